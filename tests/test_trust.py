"""Honest dates: four facts from records, each moved only by what moves it."""

import datetime
from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import evidence, principles, trust
from articles.evidence import AlikeSources, Evidence, PageEvidence, article_evidence, page_evidence
from articles.trust import EditionRecord, PolicyRecord, Records, ReviewRecord, Signer, SourceRecord
from tests import snapshots

ANA = Signer("a" * 32, "Dr Ana Ruiz", "haematologist")
BEN = Signer("b" * 32, "Dr Ben Okoro", "geneticist")
LAY = Signer("c" * 32, "Cara Lind", "editor", is_health_professional=False)
BLOCKS = {f"b{n}": f"digest {n}" for n in range(4)}


def at(*when):
    return datetime.datetime(*when, 12, tzinfo=UTC)


NOW = at(2026, 11, 22)
FIRST = EditionRecord(1, at(2026, 1, 10), at(2026, 1, 10), "substantive", "First.")


def review(signer=ANA, when=None, blocks=None, due=date(2027, 5, 4)):
    return ReviewRecord(signer, when or at(2026, 5, 4), BLOCKS if blocks is None else blocks, due)


def facts(*reviews, now=NOW, **changes):
    values = {"editions": (FIRST,), "block_digests": BLOCKS, "reviews": reviews} | changes
    return trust.display_facts(Records(**values), now)


def test_a_page_with_every_statement_signed_names_who_when_and_next():
    line = trust.check_line(facts(review()))
    assert line == "Checked by Dr Ana Ruiz, haematologist, May 2026. Next check: May 2027."


def test_a_page_nobody_signed_says_so():
    assert trust.check_line(facts()) == "No health professional has checked this page."


def test_a_page_past_its_day_says_what_was_not_done():
    late = facts(review(due=date(2026, 5, 31)))
    assert trust.check_line(late) == (
        "This page should have been checked in May 2026 and was not. Ask your doctor before acting on it."
    )


def test_the_day_that_is_due_is_not_yet_overdue():
    due = date(2026, 11, 22)
    assert not facts(review(due=due), now=at(2026, 11, 22)).is_overdue
    assert facts(review(due=due), now=at(2026, 11, 23)).is_overdue


def test_a_partly_signed_page_counts_statements():
    some = facts(review(blocks={uid: BLOCKS[uid] for uid in ("b0", "b1", "b2")}))
    assert trust.check_line(some) == (
        "Dr Ana Ruiz, haematologist, checked 3 of 4 statements on this page, May 2026. "
        "The other one is marked. Next check: May 2027."
    )
    assert some.reviewed is None
    assert some.is_unchecked("b3")
    assert not some.is_unchecked("b0")


def test_a_signature_holds_only_for_the_very_wording():
    assert facts(review(blocks=BLOCKS | {"b2": "another digest"})).checked == 3


def test_a_signature_of_somebody_who_is_no_health_professional_does_not_count():
    assert facts(review(LAY)).checked == 0


def test_a_signature_from_the_future_does_not_count():
    assert facts(review(when=at(2026, 12, 1))).checked == 0


def test_reviewed_is_the_oldest_signature_and_the_next_check_the_earliest_day():
    both = facts(
        review(ANA, at(2025, 3, 1), due=date(2026, 12, 1)),
        review(BEN, at(2026, 5, 4), {"b0": "digest 0"}, date(2027, 5, 4)),
    )
    assert both.reviewed == date(2025, 3, 1)
    assert both.next_check == date(2026, 12, 1)
    assert "Dr Ana Ruiz, haematologist, and Dr Ben Okoro, geneticist, March 2025" in trust.check_line(both)


def test_renewing_moves_reviewed_and_next_check_and_nothing_else():
    before = facts(review(ANA, at(2025, 3, 1), due=date(2026, 3, 1)))
    after = facts(review(ANA, at(2025, 3, 1), due=date(2026, 3, 1)), review(ANA, at(2026, 6, 1), due=date(2027, 6, 1)))
    assert (after.reviewed, after.next_check) == (date(2026, 6, 1), date(2027, 6, 1))
    assert (after.updated, after.published) == (before.updated, before.published)


def test_a_small_change_moves_no_date():
    minor = EditionRecord(2, at(2026, 9, 1), at(2026, 9, 1), "minor", "A typo.")
    before, after = facts(review()), facts(review(), editions=(FIRST, minor))
    assert before == after


def test_a_change_in_substance_moves_updated_alone():
    second = EditionRecord(2, at(2026, 9, 1), at(2026, 9, 1), "substantive", "Dose corrected.")
    after = facts(review(), editions=(FIRST, second))
    assert after.updated == date(2026, 9, 1)
    assert after.updated_note == "Dose corrected."
    assert (after.published, after.reviewed) == (date(2026, 1, 10), date(2026, 5, 4))


def test_the_first_version_counts_as_an_update_whatever_it_is_called():
    odd = EditionRecord(1, at(2026, 1, 10), at(2026, 1, 10), "minor")
    assert facts(editions=(odd,)).updated == date(2026, 1, 10)


def test_statements_published_by_the_emergency_door_are_those_that_changed():
    urgent = EditionRecord(2, at(2026, 9, 1), at(2026, 9, 1), "substantive", awaiting=True)
    shown = facts(editions=(FIRST, urgent), approved_digests=BLOCKS | {"b1": "old"})
    assert shown.awaiting
    assert shown.awaiting_blocks == {"b1"}
    assert facts(editions=(urgent,)).awaiting_blocks == set(BLOCKS)


def test_sources_checked_is_the_oldest_day_and_only_when_every_source_has_one():
    known = (SourceRecord("a", date(2026, 1, 1), date(2026, 6, 1)), SourceRecord("b", date(2026, 3, 1)))
    assert facts(sources=known).sources_checked == date(2026, 3, 1)
    gap = facts(sources=(*known, SourceRecord("c")))
    assert gap.sources_checked is None
    assert (gap.sources_dated, gap.sources) == (2, 3)


def test_what_was_never_published_has_no_dates():
    empty = trust.display_facts(Records((), {}), NOW)
    assert (empty.published, empty.updated, empty.reviewed, empty.next_check) == (None, None, None, None)


def test_the_page_changes_by_itself_on_the_day_after():
    policies = (PolicyRecord(1, "Text", "Paula Green", date(2026, 1, 1), date(2026, 12, 31)),)
    shown = facts(review(), policies=policies)
    assert trust.next_change_at(shown, NOW) == datetime.datetime(2027, 1, 1, tzinfo=UTC)
    assert trust.next_change_at(shown, NOW, [date(2026, 11, 22)]) == datetime.datetime(2026, 11, 23, tzinfo=UTC)
    assert trust.next_change_at(shown, at(2027, 2, 1)) == datetime.datetime(2027, 5, 5, tzinfo=UTC)
    assert trust.next_change_at(shown, at(2028, 1, 1)) is None


@given(
    due=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    now=st.datetimes(at(2019, 1, 1).replace(tzinfo=None), at(2031, 1, 1).replace(tzinfo=None)),
)
def test_nothing_the_page_says_changes_before_the_moment_it_names(due, now):
    now = now.replace(tzinfo=UTC)
    signed = review(when=at(2018, 1, 1), due=due)
    until = trust.next_change_at(facts(signed, now=now), now)
    just_before = (until or at(2040, 1, 1)) - datetime.timedelta(seconds=1)
    assert trust.check_line(facts(signed, now=now)) == trust.check_line(facts(signed, now=just_before))
    if until:
        assert trust.check_line(facts(signed, now=until)) != trust.check_line(facts(signed, now=now))


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 12, date(2027, 12, 15)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_months_end_where_the_month_ends(start, months, expected):
    assert trust.add_months(start, months) == expected


# --- the eight headings ---------------------------------------------------------------------------------


def findings(shown, diet=None, **changes):
    snapshot = snapshots.make_snapshot(**changes)
    counted = article_evidence(snapshot, snapshots.make_context())
    made = principles.article_principles(shown, counted, PageEvidence((), 0, 0, 0), "desk@example.org", diet)
    return {p.heading.name: {f.about: f for f in p.findings} for p in made}


def test_there_are_eight_headings_in_their_order():
    assert [heading.number for heading in principles.HEADINGS] == list(range(1, 9))
    assert next(iter(findings(facts()))) == "Authority"


def test_every_finding_uses_one_of_the_five_words():
    for shown in (facts(), facts(review()), facts(review(due=date(2026, 1, 1)))):
        words = {finding.word for heading in findings(shown).values() for finding in heading.values()}
        assert words <= set(trust.WORDS)


def test_the_age_of_sources_is_counted_and_their_kind_only_stated():
    labels = [("trial", "clinical trial")], [("maker", "maker of the product")]
    bare = evidence.diet([AlikeSources(year=2010)], 1, 2026, *labels)
    told = findings(facts(), bare)["Attribution"]
    counted = told["Number and age of sources"]
    assert counted.word == "measured"
    assert counted.evidence == "Sources: 1; publishers: 1; older than five years: 1; no date: 0."
    assert told["Kinds of evidence"].word == "not stated"
    known = evidence.diet([AlikeSources("trial", is_paid_by_maker=True), AlikeSources(count=2)], 2, 2026, *labels)
    stated = findings(facts(), known)["Attribution"]["Kinds of evidence, as our editors see them"]
    assert stated.word == "stated"
    assert stated.evidence == "Clinical trial: 1; paid for by a maker: 1; kind not stated: 2."


def test_a_missing_check_fails_and_an_overdue_one_has_expired():
    about = "A health professional has checked the page"
    assert findings(facts())["Authority"][about].word == "failed"
    assert findings(facts(review(due=date(2026, 1, 1))))["Authority"][about].word == "expired"
    assert findings(facts(review()))["Authority"][about].word == "measured"


def test_funding_is_stated_never_measured():
    assert findings(facts(), funding="None.")["Financial disclosure"]["Funding of this page"].word == "stated"
    assert findings(facts(), funding="")["Financial disclosure"]["Funding of this page"].word == "not stated"


@pytest.mark.parametrize(
    ("expires", "word"), [(date(2026, 11, 21), "expired"), (date(2026, 11, 22), "stated"), (None, "not stated")]
)
def test_a_signed_statement_is_good_until_its_day(expires, word):
    known = [PolicyRecord(3, "Text", "Paula Green", date(2026, 1, 1), expires)] if expires else []
    assert principles.policy_finding(known, 3, date(2026, 11, 22)).word == word


def test_uncited_facts_are_counted_and_an_excuse_is_told():
    snapshot = snapshots.make_snapshot(
        snapshots.section(
            "s1",
            snapshots.paragraph("p1"),
            snapshots.paragraph("p2"),
            snapshots.paragraph("p3", no_source_reason="Common knowledge"),
            snapshots.paragraph("p4", claim="opinion"),
        ),
        citations=[snapshots.citation("c1", block="p1")],
    )
    counted = article_evidence(snapshot, snapshots.make_context("raper2003"))
    assert (counted.needing_source, counted.sourced, counted.excused) == (3, 2, 1)
    assert counted.unsourced == (snapshots.full("p2"),)


def test_a_treatment_page_misses_the_questions_it_does_not_answer():
    counted = article_evidence(snapshots.make_snapshot(kind="therapy"), snapshots.make_context())
    assert "risks" in counted.missing_kinds
    assert article_evidence(snapshots.make_snapshot(kind="condition"), snapshots.make_context()).missing_kinds == ()


def test_the_finished_page_is_read_as_a_browser_would():
    seen = page_evidence(
        '<link rel="canonical" href="https://us.example/"><link rel="stylesheet" href="https://cdn.example/x.css">'
        '<img src="//pixel.example/1.gif"><img src="/own.webp"><script src="/x.js"></script>'
        '<script type="application/ld+json">{"url":"https://schema.org"}</script><form></form>'
        '<a rel="nofollow sponsored" href="https://shop.example/">Buy</a>'
    )
    assert seen.foreign_hosts == ("cdn.example", "pixel.example")
    assert (seen.scripts, seen.forms, seen.sponsored_links) == (1, 1, 1)


def test_the_machine_form_has_the_same_findings():
    made = principles.site_principles([], date(2026, 11, 22))
    data = principles.as_json(made)
    assert [entry["findings"][0]["status"] for entry in data] == ["not stated"] * 8


def test_facts_for_machines_leave_unknown_dates_null():
    data = principles.facts_json(facts())
    assert data["reviewed"] is None
    assert data["next_check_due"] is None
    assert data["updated"] == "2026-01-10"
    assert isinstance(article_evidence(snapshots.make_snapshot(), snapshots.make_context()), Evidence)
