"""A source's own page and references to take along: from published versions only, whatever stands in drafts."""

import datetime
from importlib import import_module

import html5lib
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles import citing, publishing, sources
from articles.models import EditionSource
from references import formats
from references.models import ArchiveCheck, LinkCheck, PublicationNotice
from references.record import keep
from references.recording import save_reference
from tests import snapshots
from tests.people import NOW, make_reference, newsroom, reword

__all__ = ["newsroom"]

LATER = NOW + datetime.timedelta(days=40)
PAGE = "/sources/raper2003/"
ARTICLE = "/articles/what-is-gene-therapy/"
DOWNLOADS = ("ris", "bibtex", "csl-json")
SECRET = "canary-in-the-draft"


def text_of(client, address=PAGE):
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    html5lib.HTMLParser(strict=True).parse(response.content.decode())
    assert not response.cookies
    return response.content.decode()


def statuses(client, key):
    addresses = [f"/sources/{key}/", *(f"/sources/{key}/cite/{format}/" for format in DOWNLOADS)]
    return {client.get(address).status_code for address in addresses}


def merge(merged, kept):
    """As the act of merging leaves the rows; only the links between them matter here."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE references_reference SET merged_into_id = %s WHERE id = %s", [kept.pk, merged.pk])


def cited(*keys):
    """One statement that cites all these sources."""
    marks = "".join(snapshots.cite(f"c{number}") for number, _ in enumerate(keys))
    section = snapshots.section("s1", snapshots.paragraph("p1", f"A vector carries the gene.{marks}"))
    citations = [snapshots.citation(f"c{number}", key, "p1") for number, key in enumerate(keys)]
    return {"sections": [section], "citations": citations}


def republish(newsroom, article, change, now=LATER):
    newsroom.edit(article, change, now=now)
    newsroom.do(article, "submit", newsroom.alice, now, reason="News")
    newsroom.do(article, "pass_on", newsroom.edward, now)
    newsroom.do(article, "approve", newsroom.rita, now)
    newsroom.do(article, "publish", newsroom.paul, now, change_note="Another source.")


def without_sources(mine):
    mine["citations"] = []
    for section in mine["sections"]:
        for block in section["blocks"]:
            block["no_source_reason"] = "Known"
    reword("p1", "A vector carries the gene.")(mine)


def test_a_source_tells_what_leans_on_it_in_few_questions_and_writes_nothing(client, newsroom):
    newsroom.live()
    with CaptureQueriesContext(connection) as asked:
        text = text_of(client)
    assert len(asked) <= 8
    assert {query["sql"].split()[0] for query in asked.captured_queries} <= {"SELECT", "WITH"}
    assert f'<a href="{ARTICLE}#b-{snapshots.full("p1")}">A vector carries the gene into the cell.</a>' in text
    assert "journal article" in text
    assert client.get(PAGE)["X-GTSite-Listing"] == "1"
    assert f'href="{PAGE}"' in client.get(ARTICLE).content.decode()
    assert f"{PAGE}</loc>" in client.get("/sitemap.xml").content.decode()


def test_nothing_of_a_draft_is_told(client, newsroom):
    make_reference("draft2020", title=SECRET)
    live = newsroom.live()

    def change(mine):
        mine["title"] = f"{SECRET} title"
        mine["citations"].append(snapshots.citation("c2", "raper2003", "b1"))
        mine["citations"].append(snapshots.citation("c3", "draft2020", "b1"))
        reword("b1", SECRET)(mine)

    newsroom.edit(live, change, now=LATER)
    newsroom.draft(slug="another", title=f"{SECRET} other")
    source = newsroom.reference
    fields = {"title": SECRET, "note": SECRET, "container_title_short": SECRET}
    save_reference(fields, actor=None, reference=source, base=source.newest_revision_id())
    assert SECRET not in text_of(client)
    for format in DOWNLOADS:
        assert SECRET not in client.get(f"{PAGE}cite/{format}/").content.decode()
    assert statuses(client, "draft2020") == {404}
    assert statuses(client, "nobody1999") == {404}
    assert "draft2020" not in client.get("/sitemap.xml").content.decode()


def test_what_only_an_old_version_cites_is_told_as_past_and_goes_with_a_withdrawal(client, newsroom):
    live = newsroom.live()
    republish(newsroom, live, without_sources)
    text = text_of(client)
    assert "No page of today leans on this source." in text
    assert f'{ARTICLE}editions/1/#b-{snapshots.full("p1")}"' in text
    assert 'content="noindex"' in text
    assert PAGE not in client.get("/sitemap.xml").content.decode()
    newsroom.do(live, "withdraw", newsroom.paul, LATER, words="The dose was wrong.", reason="error")
    assert statuses(client, "raper2003") == {404}
    assert client.get(f"{ARTICLE}editions/1/cite/ris/").status_code == 410


def test_a_withheld_statement_is_told_nowhere(client, newsroom):
    live = newsroom.live()

    def change(mine):
        mine["citations"].append(snapshots.citation("c2", "raper2003", "b1"))
        reword("b1", f"It is given once.{snapshots.cite('c2')}")(mine)

    republish(newsroom, live, change)
    for uid, left in (("p1", "It is given once."), ("b1", "")):
        words = {"words": "Being checked.", "reason": "r", "actor": "x" * 32, "now": LATER}
        publishing.withhold(live, block_uid=snapshots.full(uid), **words)
        response = client.get(PAGE)
        assert "carries the gene" not in response.content.decode()
        assert response.status_code == (200 if left else 404)
        assert left in response.content.decode()


def test_a_merged_source_leads_to_the_kept_one_which_tells_the_statements_of_both(client, newsroom):
    first, second = make_reference("first2001", title="First"), make_reference("second2002", title="Second")
    told = cited("first2001", "raper2003")
    told["sections"][0]["blocks"].append(snapshots.paragraph("p2", f"Only the twin says so.{snapshots.cite('c9')}"))
    told["citations"].append(snapshots.citation("c9", "first2001", "p2"))
    newsroom.live(newsroom.draft(**told))
    merge(first, second)
    merge(second, newsroom.reference)
    for key in ("first2001", "second2002"):
        response = client.get(f"/sources/{key}/")
        assert (response.status_code, response["Location"]) == (301, PAGE)
        assert client.get(f"/sources/{key}/cite/ris/")["Location"] == f"{PAGE}cite/ris/"
    text = text_of(client)
    assert text.count("A vector carries the gene.</a>") == text.count("Only the twin says so.</a>") == 1
    assert client.get("/sitemap.xml").content.decode().count("/sources/") == 1


def test_a_merged_source_that_nothing_public_cites_does_not_say_into_what(client, newsroom):
    merge(make_reference("first2001", title="First"), newsroom.reference)
    newsroom.draft()
    assert statuses(client, "first2001") == {404}


def test_a_source_tells_its_standing_its_copies_and_its_newer_form(client, newsroom, settings):
    newsroom.live()
    assert "We know of no retraction, correction or expression of concern." in text_of(client)
    source = newsroom.reference
    newer = make_reference("newer2024", title="The newer form")
    base = source.newest_revision_id()
    fields = {"superseded_by": newer, "evidence": "trial", "is_paid_by_maker": True, "url": "https://example.org/a"}
    save_reference(fields, actor=None, reference=source, base=base)
    retracted = PublicationNotice(
        reference=source, nature="retraction", origin="crossref", record_id="1", dated=datetime.date(2025, 3, 2),
        notice_doi="10.1000/182", reasons="Made-up data", noticed_at=NOW,
    )  # fmt: skip
    keep([retracted], now=NOW)
    LinkCheck.objects.create(reference=source, url="https://example.org/a", checked_at=NOW, outcome="gone")
    ArchiveCheck.objects.create(
        reference=source, url="https://example.org/a", wanted_on=NOW.date(), checked_at=NOW,
        copy_url="https://web.archive.org/web/2026/x", captured_on=datetime.date(2026, 4, 1),
    )  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        text = text_of(client)
    assert len(asked) <= 8
    for told in (
        "This source was retracted on 2 March 2025. We know it from: Crossref.",
        "Made-up data.",
        'href="https://doi.org/10.1000/182"',
        "Its address, when we last looked on 4 May 2026: gone.",
        'href="https://web.archive.org/web/2026/x"',
        "clinical trial",
        "a company that gains from the result paid",
        "There is a newer form, which no page here cites.",
    ):
        assert told in text, told
    newsroom.live(newsroom.draft(slug="newer", **cited("newer2024")))
    assert '<a href="/sources/newer2024/">The newer form</a>' in text_of(client)
    assert "newer2024" not in text
    assert "The newer form" not in text


def test_a_source_that_was_put_back_goes_on_telling_its_history(client, newsroom):
    newsroom.live()
    days = {"retraction": datetime.date(2018, 1, 5), "reinstatement": datetime.date(2019, 2, 1)}
    facts = {"reference": newsroom.reference, "origin": "crossref", "noticed_at": NOW}
    keep([PublicationNotice(nature=n, dated=day, record_id=n, **facts) for n, day in days.items()], now=NOW)
    text = text_of(client)
    assert "<p>Retracted on 5 January 2018; reinstated on 1 February 2019.</p>" in text
    assert "We know of no retraction" not in text
    assert 'class="banner' not in text


def test_versions_that_were_published_before_there_was_an_index_are_entered_alike(newsroom):
    republish(newsroom, newsroom.live(), reword("b1", "It is given twice."))
    rows = EditionSource.objects.order_by("edition_id").values_list("edition", "reference", "statements")
    written = list(rows)
    assert len(written) == 2
    EditionSource.objects.all().delete()
    import_module("articles.migrations.0004_note_what_each_edition_cites").fill(apps, None)
    assert list(rows.all()) == written


def test_many_pages_that_lean_on_a_source_stand_on_sheets_the_newest_first(client, newsroom, monkeypatch):
    monkeypatch.setattr(sources, "PAGES_ON_A_SHEET", 1)
    newsroom.live()
    newsroom.live(newsroom.draft(slug="second", title="The second page"))
    first, second = text_of(client), text_of(client, f"{PAGE}?page=2")
    assert [("The second page" in text, ARTICLE in text) for text in (first, second)] == [(True, False), (False, True)]
    assert [("?page=2" in first, "?page=0" in first), ("?page=1" in second, "?page=3" in second)] == [(True, False)] * 2
    assert client.get(f"{PAGE}?page=3").status_code == 404
    assert text_of(client, f"{PAGE}?page=-1") == text_of(client, f"{PAGE}?page=x") == first


def test_downloads_hold_the_reference_and_are_files(client, newsroom):
    live = newsroom.live()
    for name in DOWNLOADS:
        for address, title in (
            (f"{PAGE}cite/{name}/", newsroom.reference.title),
            (f"{ARTICLE}editions/1/cite/{name}/", live.title),
        ):
            answer = client.get(address)
            (record,) = formats.read(answer.content, name)
            assert record.item["title"] == title, address
            assert answer["Content-Type"].startswith(formats.FORMATS[name].media_type)
            assert answer["Content-Disposition"].startswith('attachment; filename="')
    for wrong in ("text", "nbib", "pdf"):
        assert client.get(f"{PAGE}cite/{wrong}/").status_code == 404
        assert client.get(f"{ARTICLE}editions/1/cite/{wrong}/").status_code == 404
    assert client.get(f"{ARTICLE}editions/7/cite/ris/").status_code == 404


def test_the_sources_of_a_version_are_taken_along_in_each_format_as_that_version_lists_them(client, newsroom):
    other = make_reference("first2001", title="Cited first")
    newsroom.live(newsroom.draft(**cited("first2001", "raper2003")))
    save_reference({"title": "Changed since"}, actor=None, reference=other, base=other.newest_revision_id())
    listed = client.get(ARTICLE).content.decode().partition('id="sources"')[2].partition("</section>")[0]
    wanted = ["Cited first", newsroom.reference.title]
    for name, _ in citing.LIST_DOWNLOADS:
        address = f"{ARTICLE}editions/1/sources/{name}/"
        assert f'href="{address}"' in listed, name
        answer = client.get(address)
        format, _ = citing.format_and_style(name)
        if format == "text":
            assert [part in line for part, line in zip(wanted, answer.content.decode().splitlines(), strict=True)]
        else:
            assert [record.item["title"] for record in formats.read(answer.content, format)] == wanted, name
        assert answer["Content-Disposition"].startswith('attachment; filename="what-is-gene-therapy-1-sources.')
    texts = {client.get(f"{ARTICLE}editions/1/sources/text-{style}/").content for style in ("nlm", "ama", "apa")}
    assert len(texts) == 3
    for wrong in (
        f"{ARTICLE}editions/1/sources/pdf/",
        f"{ARTICLE}editions/1/sources/text/",
        f"{ARTICLE}editions/7/sources/ris/",
    ):
        assert client.get(wrong).status_code == 404


def test_the_sources_of_what_is_withheld_or_withdrawn_cannot_be_taken_along(client, newsroom):
    live = newsroom.live()
    address = f"{ARTICLE}editions/1/sources/text-nlm/"
    assert newsroom.reference.title in client.get(address).content.decode()
    newsroom.do(live, "withhold", newsroom.paul, LATER, block=snapshots.full("p1"), words="Checked.", reason="error")
    assert client.get(address).status_code == 404
    newsroom.do(live, "withdraw", newsroom.paul, LATER, words="The dose was wrong.", reason="error")
    assert client.get(address).status_code == 410


def test_each_version_is_cited_by_its_own_address_and_day(client, newsroom, settings):
    live = newsroom.live()
    republish(newsroom, live, reword("b1", "It is given twice."))
    minor = LATER + datetime.timedelta(days=1)
    newsroom.edit(live, reword("b1", "It is given <em>twice</em>."), now=minor)
    newsroom.do(live, "submit", newsroom.alice, minor, reason="Emphasis")
    newsroom.do(live, "approve_minor", newsroom.edward, minor)
    newsroom.do(live, "publish", newsroom.paul, minor)
    days = {1: [2026, 5, 4], 2: [2026, 6, 13], 3: [2026, 6, 13]}
    for number, day in days.items():
        item = client.get(f"{ARTICLE}editions/{number}/cite/csl-json/").json()[0]
        assert item["URL"] == f"{settings.SITE_URL}{ARTICLE}editions/{number}/"
        assert item["issued"] == {"date-parts": [day]}
        assert item["author"] == [{"family": "Moor", "given": "Alice"}]
    section = client.get(ARTICLE).content.decode().partition('id="cite-this-page"')[2]
    assert f"{settings.SITE_URL}{ARTICLE}editions/3/" in section
    assert f'href="{ARTICLE}editions/3/cite/ris/"' in section
    old = client.get(f"{ARTICLE}editions/1/").content.decode().partition('id="cite-this-page"')[2]
    assert f"{settings.SITE_URL}{ARTICLE}editions/1/" in old
