"""History outlives the schema: an old snapshot reads the same for ever."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from articles import upcasting
from articles.canonical import canonical, digest
from articles.statements import block_digests, wording_digests
from articles.upcasting import UnknownSchema, upcast
from tests.snapshots import make_context, make_snapshot

DATA = Path(__file__).parent / "data"
FROZEN = DATA / "snapshot-schema-1.json"


def test_the_frozen_snapshot_of_schema_1_reads_the_same_for_ever():
    stored = FROZEN.read_bytes()
    assert canonical(json.loads(stored)) == stored
    assert digest(json.loads(stored)) == "fdad77520ec8c87a89d7d373dd8d1b4e671425ffacf7c1d70b16809ad58eeee6"


def test_the_frozen_snapshot_upcasts_to_the_newest_schema():
    newest = upcast(json.loads(FROZEN.read_bytes()))
    assert newest["schema"] == upcasting.NEWEST_SCHEMA
    assert newest.keys() == make_snapshot().keys()
    assert set(wording_digests(newest)) >= set(block_digests(newest, make_context("raper2003")))


def test_digests_of_the_frozen_statements_stay():
    snapshot = json.loads(FROZEN.read_bytes())
    assert digest(wording_digests(snapshot)) == "af03feaf841058380c429524a9ab0f3006064407c6f4c327cedebd857d1237fb"
    assert (
        digest(block_digests(snapshot, make_context("raper2003", "unicode2024")))
        == "2c70404980e8c512d347d852756f945b952fc508454af90167b44fdcc7ab11df"
    )


def test_upcasting_leaves_what_it_was_given_alone():
    snapshot = make_snapshot()
    before = deepcopy(snapshot)
    upcast(snapshot)["title"] = "Other"
    assert snapshot == before


@pytest.mark.parametrize("schema", [0, 2, 99, -1, "1", None, True, 1.0])
def test_an_unknown_schema_is_named(schema):
    with pytest.raises(UnknownSchema, match="not known here"):
        upcast(make_snapshot(schema=schema))


def test_a_future_schema_is_reached_through_every_step(monkeypatch):
    monkeypatch.setattr(upcasting, "NEWEST_SCHEMA", 3)
    monkeypatch.setattr(
        upcasting,
        "UPCASTERS",
        {1: lambda s: s | {"schema": 2, "two": True}, 2: lambda s: s | {"schema": 3, "three": s["two"]}},
    )
    assert upcast(make_snapshot())["three"] is True


def test_every_step_up_to_the_newest_schema_exists():
    assert set(upcasting.UPCASTERS) == set(range(upcasting.OLDEST_SCHEMA, upcasting.NEWEST_SCHEMA))
