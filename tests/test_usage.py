"""What articles live on, what is missing, and where a source is used: counted by hand and by the pages of the desk."""

import datetime
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import citing, drafting, evidence, usage
from articles.evidence import AlikeSources
from references import formats
from references.models import LinkCheck, Reference
from references.recording import save_reference
from references.retractions import record_notice
from tests import snapshots
from tests.desk import page_of, signed_in
from tests.people import NOW, make_reference, newsroom, reword

__all__ = ["newsroom"]

LABELS = [("trial", "clinical trial"), ("news", "news")], [("maker", "maker of the product")]
TODAY = datetime.date(2026, 5, 4)


def test_a_diet_counts_each_source_in_one_share_of_each_chart():
    groups = [
        AlikeSources("trial", "maker", is_primary=True, is_paid_by_maker=True, year=2021, count=2),
        AlikeSources("", "", year=2020),
        AlikeSources("news", "gone-kind", is_primary=False, is_paid_by_maker=False),
    ]
    diet = evidence.diet(groups, 3, 2026, *LABELS)
    assert (diet.sources, diet.publishers, diet.primary, diet.old, diet.paid_by_maker) == (4, 3, 2, 1, 2)
    told = {chart.title: [(s.label, s.count, s.percent) for s in chart.shares] for chart in diet.charts}
    assert told["Kind of evidence"] == [("clinical trial", 2, 50), ("news", 1, 25), ("not stated", 1, 25)]
    assert told["Age"] == [("five years or less", 2, 50), ("older than five years", 1, 25), ("no date", 1, 25)]
    assert told["Own findings"] == [("primary", 2, 50), ("secondary", 1, 25), ("not stated", 1, 25)]
    assert told["Paid for by a maker"] == [("yes", 2, 50), ("no", 1, 25), ("not stated", 1, 25)]
    for chart in diet.charts:
        assert sum(share.count for share in chart.shares) == diet.sources, chart.title


def test_nothing_has_a_diet_too():
    diet = evidence.diet([], 0, 2026, *LABELS)
    assert diet.sources == 0
    assert {share.percent for chart in diet.charts for share in chart.shares} == {0}


def test_leanings_name_each_statement_once_and_the_whole_page_last():
    mine = snapshots.make_snapshot(
        snapshots.section(
            "s1",
            snapshots.paragraph("p1", "One " + "word " * 60),
            snapshots.table("t1", ["Drug"], [["A"]], caption="Doses"),
            snapshots.figure("f1", "", alt="A cell"),
        ),
        citations=[
            snapshots.citation("c1", "raper2003", None),
            snapshots.citation("c2", "raper2003", "t1"),
            snapshots.citation("c3", "raper2003", "p1"),
            snapshots.citation("c4", "raper2003", "p1"),
            snapshots.citation("c5", "voss2019", "f1"),
        ],
    )
    found = evidence.leanings(mine)
    assert [told["block"] for told in found["raper2003"]] == [snapshots.full("p1"), snapshots.full("t1"), None]
    first, second, whole = (told["words"] for told in found["raper2003"])
    assert first.startswith("One word")
    assert first.endswith(" …")
    assert len(first) <= evidence.LONGEST_BEGINNING + 2
    assert (second, whole) == ("Doses", "")
    assert found["voss2019"] == [{"block": snapshots.full("f1"), "words": "A cell"}]


def test_uncited_facts_are_those_that_give_no_reason():
    mine = snapshots.make_snapshot(
        snapshots.section(
            "s1",
            snapshots.paragraph("p1"),
            snapshots.paragraph("p2", "Bare."),
            snapshots.paragraph("p3", no_source_reason="Known"),
            snapshots.paragraph("p4", claim="none"),
        ),
        citations=[snapshots.citation("c1", block="p1")],
    )
    assert [fact.words for fact in evidence.uncited_facts(mine)] == ["Bare."]


@pytest.fixture
def house(newsroom):
    """A live article whose draft has moved on, and a draft that was never published."""
    merged = make_reference("twin2003", title="Its twin", evidence="trial", publisher="Maker Ltd", is_primary=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE references_reference SET merged_into_id = %s WHERE id = %s", [newsroom.reference.pk, merged.pk]
        )
    make_reference("lone2020", title="Lone")
    live = newsroom.live()
    newsroom.edit(live, reword("p1", 'Rewritten.<cite data-uid="c1"></cite>'))
    section = snapshots.section(
        "s1",
        snapshots.paragraph("p1", f"Of the twin.{snapshots.cite('c1')}"),
        snapshots.paragraph("p2", "Bare fact."),
    )
    citations = [snapshots.citation("c1", "twin2003", "p1"), snapshots.citation("c2", "lone2020", None)]
    draft = newsroom.draft(slug="draft", title="A draft", sections=[section], citations=citations)
    return newsroom, live, draft


def test_the_pages_of_the_desk_tell_uses_gaps_and_diets(house):
    newsroom, _, draft = house
    desk = signed_in(newsroom.audrey)
    used = page_of(desk.get(reverse("admin:articles_article_where_used", args=["twin2003"])))
    assert "twin2003 was merged into raper2003" in used
    assert f'<a href="/articles/what-is-gene-therapy/#b-{snapshots.full("p1")}">yes</a>' in used
    assert "Of the twin." in used
    assert "A vector carries the gene into the cell." in used
    assert desk.get(reverse("admin:articles_article_where_used", args=["nobody1999"])).status_code == 404
    gaps = page_of(desk.get(reverse("admin:articles_article_gaps")))
    assert "Bare fact." in gaps
    assert "It is given once." not in gaps
    assert "Of the twin." not in gaps
    assert "lone2020" in gaps
    assert "raper2003" not in gaps.partition("Citations never checked")[2]
    site = page_of(desk.get(reverse("admin:articles_article_site_evidence")))
    assert "<strong>1</strong> source" in site
    assert "lone2020" not in site
    one = page_of(desk.get(reverse("admin:articles_article_evidence", args=[draft.pk])))
    assert "<strong>2</strong> sources" in one
    assert "Bare fact." in one
    for name in ("site_evidence", "gaps"):
        assert desk.post(reverse(f"admin:articles_article_{name}")).status_code == 405


def test_the_sources_of_a_draft_are_exported_in_each_format_in_the_order_of_its_list(house):
    newsroom, _, draft = house
    desk = signed_in(newsroom.audrey)
    tab = page_of(desk.get(reverse("admin:articles_article_evidence", args=[draft.pk])))
    for name, _ in citing.LIST_DOWNLOADS:
        address = reverse("admin:articles_article_sources_file", args=[draft.pk, name])
        assert f'href="{address}"' in tab, name
        answer = desk.get(address)
        assert answer["Content-Disposition"].startswith(f'attachment; filename="{draft.slug}-sources.')
        format, _ = citing.format_and_style(name)
        if format != "text":
            told = [record.item["title"] for record in formats.read(answer.content, format)]
            assert told == [newsroom.reference.title, "Lone"], name  # what the twin was merged into
    assert desk.get(reverse("admin:articles_article_sources_file", args=[draft.pk, "pdf"])).status_code == 404


def test_the_command_exports_what_a_live_page_lists(house, capsys):
    newsroom, live, draft = house
    export = partial(call_command, "export_references", format="text")
    export(article=live.slug)
    (line,) = capsys.readouterr().out.splitlines()
    assert newsroom.reference.title in line
    with pytest.raises(CommandError, match="No live page has the address “draft”"):
        export(article=draft.slug)
    with pytest.raises(CommandError, match="Give either --article, or keys or a search"):
        export("raper2003", article=live.slug)


def test_what_is_wrong_with_a_source_is_said_wherever_leanings_are_listed(house):
    newsroom, _, draft = house
    desk = signed_in(newsroom.audrey)
    tab = reverse("admin:articles_article_evidence", args=[draft.pk])  # cites the twin of what is retracted
    site = reverse("admin:articles_article_site_evidence")
    before = questions(desk, tab), questions(desk, site)
    assert "Retracted" not in page_of(desk.get(tab)) + page_of(desk.get(site))
    record_notice(newsroom.reference, "retraction", actor=newsroom.edward, now=NOW, reason="Made-up data")
    lone = Reference.objects.get(key="lone2020")
    base = lone.newest_revision_id()
    save_reference({"superseded_by": newsroom.reference}, actor=None, reference=lone, base=base)
    assert ">Retracted" in page_of(desk.get(tab)).partition("twin2003")[2].partition("</tr>")[0]
    assert (
        ">Replaced by a newer one: raper2003." in page_of(desk.get(tab)).partition("lone2020")[2].partition("</tr>")[0]
    )
    assert ">Retracted" in page_of(desk.get(site)).partition("What most pages lean on")[2]
    assert (questions(desk, tab), questions(desk, site)) == before


def test_numbers_follow_the_library_and_checks(house):
    _, _, draft = house
    diet = usage.diet_of(["twin2003", "raper2003", "lone2020"], TODAY)
    assert (diet.sources, diet.publishers, diet.old) == (2, 1, 2)
    (leaning,) = usage.leaned_on(5)
    assert (leaning.reference.key, leaning.share.count, leaning.share.of) == ("raper2003", 1, 1)
    assert [row.key for row in usage.never_checked()] == ["lone2020", "twin2003"]
    lone = next(row for row in usage.never_checked() if row.key == "lone2020")
    LinkCheck.objects.create(reference=lone, url="https://example.org/", checked_at=NOW, outcome="ok")
    assert [row.key for row in usage.never_checked()] == ["twin2003"]
    save_reference({"updated": [2025]}, actor=None, reference=lone, base=lone.newest_revision_id())
    assert usage.diet_of(["lone2020"], TODAY).old == 0
    by_key = {leant.reference.key: leant for leant in usage.sources_of(drafting.newest(draft))}
    assert (by_key["twin2003"].share.count, by_key["twin2003"].share.of) == (1, 2)
    assert by_key["lone2020"].is_checked
    assert not by_key["lone2020"].is_dated


def test_the_pages_ask_the_same_number_of_questions_however_much_there_is(house):
    newsroom, live, _ = house
    desk = signed_in(newsroom.audrey)
    addresses = [
        reverse("admin:articles_article_where_used", args=["raper2003"]),
        reverse("admin:articles_article_gaps"),
        reverse("admin:articles_article_site_evidence"),
        reverse("admin:articles_article_evidence", args=[live.pk]),
    ]
    few = {address: questions(desk, address) for address in addresses}
    for number in range(2):
        key = f"more{2000 + number}"
        make_reference(key, title=f"More {number}")
        section = snapshots.section(
            "s1", snapshots.paragraph("p1", f"One.{snapshots.cite('c1')}"), snapshots.bullet("b1")
        )
        told = {"sections": [section], "citations": [snapshots.citation("c1", key, "p1")]}
        newsroom.draft(slug=f"more-{number}", title=f"More {number}", **told)
        newsroom.live(newsroom.draft(slug=f"live-{number}", title=f"Live {number}"))
    for address, before in few.items():
        assert questions(desk, address) <= before <= 20, address


def questions(desk, address):
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(address).status_code == 200
    return len(asked)
