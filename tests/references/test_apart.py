"""Two that look like one and are two: said once, not proposed again, whatever is merged, until it is taken back."""

from datetime import UTC, datetime

import pytest

from references import apart, duplicates, importing, merging
from references.models import Distinction
from references.recording import SaveRefused

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SAID = {"actor": None, "signed": "0" * 32, "now": NOW}
SAME = {"title": "Fatal systemic inflammatory response syndrome after gene transfer"}
RIS = "TY  - JOUR\nTI  - {title}\nAU  - Raper, Steven E.\nPY  - 2003\n{sign}\nER  - \n\n"


def proposed():
    return {frozenset((pair.one, pair.other)) for pair in duplicates.pairs()}


def merge(kept, merged):
    bases = (kept.newest_revision_id(), merged.newest_revision_id())
    return merging.merge(kept, merged, {}, bases=bases, reason="One paper", **SAID)


def say(one, other):
    return apart.keep_apart(one, other, reason="Two reports of two trials", **SAID)


def test_a_pair_that_somebody_kept_apart_is_proposed_again_only_when_that_is_taken_back(make_source):
    one, other, third = (make_source(**SAME) for _ in range(3))
    said = say(one, other)
    assert say(other, one) == said
    assert proposed() == {frozenset((one.key, third.key)), frozenset((other.key, third.key))}
    assert [(pair.one, pair.other) for pair in duplicates.like(one)] == [(one.key, third.key)]
    undone = apart.take_back(said, reason="It is one trial", **SAID)
    assert (undone.undoes, apart.take_back(said, reason="Twice", **SAID)) == (said, undone)
    assert frozenset((one.key, other.key)) in proposed()
    assert say(one, other) != said
    assert Distinction.objects.count() == 3


def test_what_was_said_holds_for_whatever_the_two_are_merged_with(make_source):
    one, other, kept, twin = (make_source(**SAME) for _ in range(4))
    say(one, other)
    made = merge(kept, one)
    assert frozenset((kept.key, other.key)) not in proposed()
    assert apart.between(other, kept).reason == "Two reports of two trials"
    for pair in ((kept, other), (other, kept)):
        with pytest.raises(SaveRefused, match=f"{one.key} and {other.key} are kept apart.*Take that back first"):
            merge(*pair)
    with pytest.raises(SaveRefused, match="was merged into"):
        say(one, twin)
    assert frozenset((kept.key, twin.key)) in proposed()
    merging.undo(made, reason="Two papers", **SAID)
    assert {frozenset((kept.key, one.key)), frozenset((kept.key, other.key))} <= proposed()
    assert frozenset((one.key, other.key)) not in proposed()


def test_nobody_says_it_of_one_source_or_without_a_reason_or_takes_back_a_taking_back(make_source):
    one, other = make_source(**SAME), make_source(**SAME)
    with pytest.raises(SaveRefused, match="from itself"):
        say(one, one)
    with pytest.raises(SaveRefused, match="Say why"):
        apart.keep_apart(one, other, reason=" ", **SAID)
    said = say(one, other)
    with pytest.raises(SaveRefused, match="Say why"):
        apart.take_back(said, reason="", **SAID)
    undone = apart.take_back(said, reason="One", **SAID)
    with pytest.raises(SaveRefused, match="say so again"):
        apart.take_back(undone, reason="One", **SAID)
    assert Distinction.objects.count() == 2


def planned(*signs):
    file = "".join(RIS.format(title=SAME["title"], sign=sign) for sign in signs)
    rows = importing.plan(file.encode(), "ris", None, NOW).rows
    return [(row.outcome, row.reference, " ".join(row.reasons)) for row in rows]


def test_an_import_does_not_name_the_one_beside_the_other_but_an_equal_identifier_wins(make_source):
    one = make_source(**SAME, url="https://example.org/one", doi="10.1234/one")
    other = make_source(**SAME, url="https://example.org/other")
    both = ("UR  - https://example.org/one", "UR  - https://example.org/other")
    named = planned(*both)
    assert "It is like row 1" in named[1][2]
    said = say(one, other)
    assert planned(*both) == [("unchanged", one.key, ""), ("unchanged", other.key, "")]
    with_its_number = f"{both[1]}\nDO  - 10.1234/one"
    assert [row[:2] for row in planned(both[0], with_its_number)] == [("unchanged", one.key), ("merged", one.key)]
    apart.take_back(said, reason="One paper", **SAID)
    assert planned(*both) == named
