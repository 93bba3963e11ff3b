"""Broken files: each record comes in whole or not at all, and a second time nothing changes."""

import datetime

import pytest

from tests.broken_references import NAMES, broken_file
from tests.import_rounds import round_of

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)


@pytest.mark.parametrize("place", range(len(NAMES)), ids=NAMES)
def test_no_broken_file_crashes_the_import_or_comes_in_by_half(db, place):
    ended = set()
    for seed in range(place, 45, len(NAMES)):
        name, data = broken_file(seed)
        ended.add(round_of(data, name, NOW, stops=seed % 7 == 0))
    assert ended <= {"imported", "uncertain", "refused", "empty"}
    assert "refused" in ended or name == "text"


def test_records_of_one_file_that_complete_one_another_are_found_again(db):
    """Scrambled files, in which a later record gave an earlier one what the others were known by."""
    for seed in (2_002_482, 2_005_687, 2_006_957):
        name, data = broken_file(seed)
        assert round_of(data, name, NOW, stops=seed % 7 == 0) in {"imported", "refused"}, seed
