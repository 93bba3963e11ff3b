"""How a source stands: the worst that is still true, in few questions, for every source it was merged with."""

from datetime import UTC, date, datetime

import pytest
from django.db.models import QuerySet

from references.models import ArchiveCheck, LinkCheck, PublicationNotice, Reference
from references.recording import save_reference
from references.standing import Visits, copies, standing_of, standings

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def notice(number, nature, dated=None, **more):
    day = date.fromisoformat(dated) if dated else None
    return PublicationNotice(pk=number, nature=nature, dated=day, noticed_at=NOW, **more)


def nature_of(*notices):
    standing = standing_of("raper2003", notices)
    return standing.nature, standing.notice_id


# --- what was published about it ----------------------------------------------------------------------------


def test_a_source_of_which_nothing_is_known_stands_without_a_mark():
    standing = standing_of("raper2003", [])
    assert (standing.nature, standing.notice_id, standing.is_retracted, standing.is_doubted) == ("", None, False, False)
    assert standing.is_reachable is None


def test_a_correction_is_no_retraction():
    standing = standing_of("raper2003", [notice(1, "correction", "2004-01-01")])
    assert standing.nature == "correction"
    assert not standing.is_retracted
    assert not standing.is_doubted


def test_the_worst_notice_is_told_whatever_came_last():
    assert nature_of(
        notice(1, "retraction", "2004-01-01"),
        notice(2, "expression-of-concern", "2005-01-01"),
        notice(3, "correction", "2006-01-01"),
    ) == ("retraction", 1)
    assert nature_of(notice(1, "correction", "2006-01-01"), notice(2, "expression-of-concern", "2004-01-01")) == (
        "expression-of-concern",
        2,
    )


@pytest.mark.parametrize(
    ("notices", "found"),
    [
        # put back: the retraction and the doubt are over, however the rows were ordered
        ([(1, "retraction", "2018-01-05"), (2, "reinstatement", "2019-02-01")], ("", None)),
        ([(1, "reinstatement", "2019-02-01"), (2, "retraction", "2018-01-05")], ("", None)),
        ([(1, "expression-of-concern", "2018-01-05"), (2, "reinstatement", "2019-02-01")], ("", None)),
        ([(1, "retraction", "2019-02-01"), (2, "reinstatement", "2019-02-01")], ("", None)),
        # a notice without a day repeats what was known
        ([(1, "reinstatement", "2019-02-01"), (2, "retraction", None)], ("", None)),
        ([(1, "retraction", "2018-01-05"), (2, "reinstatement", None)], ("", None)),
        # taken back once more
        (
            [(1, "retraction", "2018-01-05"), (2, "reinstatement", "2019-02-01"), (3, "retraction", "2020-01-01")],
            ("retraction", 3),
        ),
        # what was corrected stays corrected
        ([(1, "correction", "2018-01-05"), (2, "reinstatement", "2019-02-01")], ("correction", 1)),
        ([(1, "reinstatement", "2019-02-01")], ("", None)),
    ],
)
def test_a_reinstatement_clears_what_came_before_it(notices, found):
    assert nature_of(*(notice(*one) for one in notices)) == found


@pytest.mark.parametrize(
    ("notices", "told"),
    [
        ([(1, "retraction", "2018-01-05")], "None"),
        (
            [(1, "retraction", "2018-01-05"), (2, "reinstatement", "2019-02-01")],
            "Retracted on 5 January 2018; reinstated on 1 February 2019",
        ),
        (
            [(1, "expression-of-concern", None), (2, "reinstatement", "2019-02-01")],
            "Put in doubt; reinstated on 1 February 2019",
        ),
        ([(1, "retraction", "2018-01-05"), (2, "reinstatement", None)], "Retracted on 5 January 2018; reinstated"),
        ([(1, "reinstatement", "2019-02-01")], "Reinstated on 1 February 2019"),
        # what came after it, and a correction, were not cleared by it
        ([(1, "retraction", "2020-01-05"), (2, "reinstatement", "2019-02-01")], "Reinstated on 1 February 2019"),
        ([(1, "correction", "2018-01-05"), (2, "reinstatement", "2019-02-01")], "Reinstated on 1 February 2019"),
    ],
)
def test_that_a_source_was_put_back_is_remembered_with_what_it_was_put_back_from(notices, told):
    assert str(standing_of("raper2003", [notice(*one) for one in notices]).restored) == told


def test_a_retraction_that_a_person_just_told_of_is_not_cleared_by_an_old_reinstatement():
    back = notice(1, "reinstatement", "2019-02-01")
    assert nature_of(back, notice(2, "retraction", None, origin="person")) == ("retraction", 2)
    assert nature_of(back, notice(2, "retraction", None, origin="pubmed")) == ("", None)


def test_the_same_retraction_from_a_second_origin_is_no_news_but_another_concern_is():
    assert nature_of(notice(1, "retraction", "2018-01-05"), notice(2, "retraction", "2018-03-01")) == ("retraction", 1)
    concern = "expression-of-concern"
    assert nature_of(notice(1, concern, "2018-01-05"), notice(2, concern, "2019-03-01")) == (concern, 2)
    told_twice = [
        notice(1, concern, "2018-01-05", notice_doi="10.1/n"),
        notice(2, concern, "2018-02-05", notice_doi="10.1/n"),
    ]
    assert nature_of(*told_twice) == (concern, 1)


def test_what_the_first_record_of_a_retraction_leaves_out_the_others_fill_in():
    bare = notice(1, "retraction", None, notice_pmid="99", origin="pubmed")
    full = notice(2, "retraction", "2018-03-01", notice_doi="10.1/n", reasons="Data", origin="crossref")
    standing = standing_of("raper2003", [full, bare])
    assert (standing.notice_id, standing.origin, standing.notice_pmid) == (1, "pubmed", "99")
    assert (standing.dated, standing.notice_doi, standing.reasons) == (date(2018, 3, 1), "10.1/n", "Data")


@pytest.mark.parametrize(
    ("outcome", "is_reachable"),
    [
        ("ok", True), ("moved", True), ("soft-404", False), ("gone", False), ("broken", False), ("certificate", False),
        ("unreachable", False), ("not-public", False), ("refused", None), ("robots", None),
    ],
)  # fmt: skip
def test_only_an_answer_is_reachable_and_a_closed_door_for_robots_tells_nothing(outcome, is_reachable):
    standing = standing_of("raper2003", [], Visits(LinkCheck(outcome=outcome, checked_at=NOW)))
    assert standing.is_reachable is is_reachable
    assert standing.checked_on == NOW.date()


# --- from the tables ----------------------------------------------------------------------------------------


def visit(source, day, outcome="ok", **more):
    moment = datetime(2026, 11, day, tzinfo=UTC)
    return LinkCheck.objects.create(reference=source, url=source.address, checked_at=moment, outcome=outcome, **more)


def tell(source, nature, dated=date(2018, 1, 5), origin="crossref"):
    return PublicationNotice.objects.create(
        reference=source, nature=nature, dated=dated, origin=origin, record_id="1", noticed_at=NOW
    )


def merge(source, into):
    """Written as the act of merging leaves it."""
    QuerySet(Reference).filter(pk=source.pk).update(merged_into=into)


def test_standings_tell_the_newest_visit_and_the_day_of_the_last_change(make_source):
    page = make_source(type="webpage", url="https://example.org/page", issued=[])
    visit(page, 1)
    visit(page, 2, is_content_changed=True)
    visit(page, 3, outcome="gone")
    (standing,) = standings([page.key, "nobody1999"]).values()
    assert (standing.key, standing.outcome, standing.checked_on) == (page.key, "gone", date(2026, 11, 3))
    assert (standing.is_content_changed, standing.changed_on) == (False, date(2026, 11, 2))
    assert standing.has_changed_since(date(2026, 11, 1))
    assert not standing.has_changed_since(date(2026, 11, 2))


def test_a_dead_address_is_dead_since_the_first_of_the_last_run_of_bad_visits(make_source):
    page = make_source(type="webpage", url="https://example.org/page", issued=[])
    for day, outcome in enumerate(("gone", "ok", "broken", "gone", "unreachable"), start=1):
        visit(page, day, outcome)
    stand = standings([page.key])[page.key]
    assert (stand.is_reachable, stand.unreachable_since) == (False, date(2026, 11, 3))
    visit(page, 6, "moved")
    assert standings([page.key])[page.key].unreachable_since is None


def test_an_address_that_an_editor_mended_is_unchecked_until_it_is_visited(make_source):
    page = make_source(type="webpage", url="https://example.org/page", issued=[])
    visit(page, 1, "gone")
    save_reference({"url": "https://example.org/new"}, actor=None, reference=page, base=page.newest_revision_id())
    stand = standings([page.key])[page.key]
    assert (stand.outcome, stand.checked_on, stand.unreachable_since, stand.is_reachable) == ("", None, None, None)


def test_a_newer_edition_is_named(make_source):
    newer = make_source(title="Second edition", doi="10.1234/second")
    older = make_source(doi="10.1234/first", superseded_by=newer)
    assert standings([older.key])[older.key].superseded_by == newer.key
    assert standings([newer.key])[newer.key].superseded_by == ""


def test_merged_sources_stand_as_the_kept_one_does_and_their_notices_count_for_it(make_source):
    kept, twin, twin_of_twin = (make_source(doi=f"10.1234/{name}") for name in "abc")
    merge(twin_of_twin, twin)
    merge(twin, kept)
    found = tell(twin_of_twin, "retraction")
    visit(kept, 1)
    stand = standings([kept.key, twin.key, twin_of_twin.key])
    assert {standing.notice_id for standing in stand.values()} == {found.pk}
    assert {standing.outcome for standing in stand.values()} == {"ok"}
    assert [standing.key for standing in stand.values()] == [kept.key, twin.key, twin_of_twin.key]
    assert standings([twin.key])[twin.key].is_retracted


def test_the_number_of_questions_does_not_grow_with_the_keys(make_source, django_assert_max_num_queries):
    sources = [make_source(doi=f"10.1234/{number}") for number in range(6)]
    for source in sources:
        tell(source, "correction")
        visit(source, 1, "gone")
    for count in (1, 6):
        with django_assert_max_num_queries(6):
            assert len(standings(source.key for source in sources[:count])) == count


# --- archived copies ----------------------------------------------------------------------------------------


def test_the_copy_nearest_to_the_day_of_reading_is_found_for_each_day(make_source):
    page = make_source(type="webpage", url="https://example.org/page", issued=[])
    bare = make_source(type="webpage", title="Another", url="https://example.org/bare", issued=[])
    never = make_source(type="webpage", title="A third", url="https://example.org/never", issued=[])
    read_on = [date(2014, 6, 21), date(2020, 1, 1)]

    def look(source, wanted_on, captured_on, url=None):
        copy = f"https://archive.example/{captured_on}" if captured_on else ""
        ArchiveCheck.objects.create(
            reference=source, url=url or source.url, wanted_on=wanted_on, checked_at=NOW, copy_url=copy,
            captured_on=captured_on,
        )  # fmt: skip

    look(page, read_on[0], date(2014, 6, 11))
    look(page, read_on[1], date(2018, 1, 1))
    look(page, read_on[0], date(2014, 6, 21), url="https://example.org/where-it-was-before")
    look(bare, read_on[0], None)
    found = copies((source.key, day) for source in (page, bare, never) for day in read_on)
    near, far = found[page.key, read_on[0]], found[page.key, read_on[1]]
    assert (near.captured_on, near.is_near) == (date(2014, 6, 11), True)
    assert (far.captured_on, far.is_near) == (date(2018, 1, 1), False)
    assert (found[bare.key, read_on[0]].url, found[bare.key, read_on[0]].is_near) == ("", False)
    assert not [pair for pair in found if pair[0] == never.key]


def test_a_copy_that_an_editor_entered_counts_too(make_source):
    page = make_source(
        type="webpage", url="https://example.org/page", issued=[], archive_url="https://archive.example/1",
        archived_on=date(2014, 6, 20),
    )  # fmt: skip
    day = date(2014, 6, 21)
    assert copies([(page.key, day)])[page.key, day].url == "https://archive.example/1"
