"""What readers find at every public address, and what they must not find."""

import datetime
import hashlib
import html
import re
from xml.etree import ElementTree

import html5lib
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles import publishing
from articles.models import Edition, PolicyStatement, SiteSettings, TitleEntry
from articles.views import browsing
from tests import snapshots
from tests.people import NOW, make_person, make_topic, newsroom, reword

__all__ = ["newsroom"]

LATER = NOW + datetime.timedelta(days=40)
SECRET = "canary-in-the-draft"


def strictly_parsed(response):
    """The answer's tree; any error in its markup fails the test."""
    return html5lib.HTMLParser(strict=True).parse(response.content.decode())


@pytest.fixture
def topic(db):
    return make_topic()


@pytest.fixture
def live(newsroom, topic):
    draft = newsroom.draft(topics=[topic.uid], also_called=["Genetic therapy", "Élan therapy", "5-gene therapy"])
    return newsroom.live(draft)


@pytest.fixture
def twice(newsroom, live):
    """A live article with two versions; the second changes one statement and removes another."""

    def change(mine):
        reword("p1", 'A vector, often a virus, carries the gene into the cell.<cite data-uid="c1"></cite>')(mine)
        mine["sections"][0]["blocks"] = [b for b in mine["sections"][0]["blocks"] if b["uid"] != snapshots.full("b1")]

    newsroom.edit(live, change, now=LATER)
    newsroom.do(live, "submit", newsroom.alice, LATER, reason="News")
    newsroom.do(live, "pass_on", newsroom.edward, LATER)
    newsroom.do(live, "approve", newsroom.rita, LATER)
    newsroom.do(live, "publish", newsroom.paul, LATER, change_note="Told that vectors are often viruses.")
    return live


ADDRESSES = [
    "/",
    "/topics/",
    "/topics/treatments/",
    "/a-z/",
    "/a-z/w/",
    "/a-z/0-9/",
    "/articles/what-is-gene-therapy/",
    "/articles/what-is-gene-therapy/editions/1/",
    "/articles/what-is-gene-therapy/editions/2/",
    "/articles/what-is-gene-therapy/history/",
    "/articles/what-is-gene-therapy/compare/",
    "/articles/what-is-gene-therapy/verify/",
    "/articles/what-is-gene-therapy/share/",
    "/sources/raper2003/",
    "/verify/",
    "/policies/",
    "/policies/authority/",
]


def test_every_page_is_valid_html_without_inline_code_or_cookie(client, twice):
    for address in ADDRESSES:
        response = client.get(address)
        assert response.status_code == 200, address
        assert_clean(response)


def assert_clean(response):
    tree = strictly_parsed(response)
    elements = list(tree.iter())
    ns = "{http://www.w3.org/1999/xhtml}"
    assert not [e for e in elements if e.tag == f"{ns}script" and e.get("type") != "application/ld+json"]
    assert not [e for e in elements if e.tag == f"{ns}style"]
    assert not [name for e in elements for name in e.attrib if name == "style" or name.startswith("on")]
    assert len([e for e in elements if e.tag == f"{ns}h1"]) == 1
    ids = [e.get("id") for e in elements if e.get("id")]
    assert len(ids) == len(set(ids))
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def test_reading_asks_a_constant_number_of_questions_and_writes_nothing(client, newsroom, twice, topic):
    def another(number):
        newsroom.live(newsroom.draft(slug=f"else-{number}", title=f"What else {number}?", topics=[topic.uid]))

    another(1)
    few = {address: queries_of(client, address) for address in ADDRESSES}
    for number in (2, 3, 4):
        another(number)
    for address, before in few.items():
        now = queries_of(client, address)
        assert len(now) <= len(before) <= 19, address
        assert not [sql for sql in now if sql.split()[0] in ("INSERT", "UPDATE", "DELETE")], address


def queries_of(client, address):
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("address", ["/", "/topics/", "/topics/treatments/", "/a-z/", "/a-z/w/", "/sitemap.xml",
                                     "/robots.txt", "/feeds/new/", "/feeds/corrections/", "/policies/"])  # fmt: skip
def test_listings_say_so_to_the_page_server_and_need_few_questions(
    client, live, django_assert_max_num_queries, address
):
    with django_assert_max_num_queries(8):
        response = client.get(address)
    assert response.status_code == 200
    assert response["X-GTSite-Listing"] == "1"


def test_nothing_of_a_draft_is_to_be_seen_anywhere(client, newsroom, twice):
    def change(mine):
        mine["title"] = f"{SECRET} title"
        mine["also_called"] = [f"{SECRET} name"]
        mine["summary"] = f"{SECRET} summary"
        reword("p1", SECRET)(mine)

    newsroom.edit(twice, change, now=LATER)
    newsroom.draft(slug="another", title=f"{SECRET} other", summary=SECRET)
    machines = ["/sitemap.xml", "/feeds/new/", "/feeds/corrections/", "/articles/what-is-gene-therapy/feed/",
                "/articles/what-is-gene-therapy/verify.json", "/verify.json", "/a-z/c/"]  # fmt: skip
    for address in [*ADDRESSES, *machines, "/articles/another/", "/articles/another/history/"]:
        response = client.get(address)
        assert SECRET not in response.content.decode(), address
    assert client.get("/articles/another/").status_code == 404
    assert client.get("/articles/another/verify/").status_code == 404


def test_the_letter_pages_fold_accents_and_list_other_names(client, live):
    assert "Élan therapy: see" in client.get("/a-z/e/").content.decode()
    assert "Genetic therapy: see" in client.get("/a-z/g/").content.decode()
    assert "5-gene therapy: see" in client.get("/a-z/0-9/").content.decode()
    assert (
        '<a href="/articles/what-is-gene-therapy/">What is gene therapy?</a>' in client.get("/a-z/w/").content.decode()
    )


def test_the_a_to_z_of_a_small_site_holds_every_name_under_its_letter_and_of_a_large_one_the_letters(
    client, live, monkeypatch
):
    def told():
        shown = " ".join(re.sub(r"<[^>]+>", " ", client.get("/a-z/").content.decode().split("</nav>")[-1]).split())
        return shown.split(" This page gives")[0]

    names = TitleEntry.objects.count()
    monkeypatch.setattr(browsing, "NAMES_AT_A_GLANCE", names)
    shown = told()
    title, other = "W What is gene therapy?", "see What is gene therapy?"
    assert f"E Élan therapy: {other} G Genetic therapy: {other} {title} 0-9 5-gene therapy: {other}" in shown
    page = client.get("/a-z/").content.decode()
    assert page.count('href="/articles/what-is-gene-therapy/"') == names
    assert '<h2 id="names-w">W</h2>' in page
    monkeypatch.setattr(browsing, "NAMES_AT_A_GLANCE", names - 1)
    page = client.get("/a-z/").content.decode()
    assert "gene therapy" not in page
    assert '<a href="/a-z/w/">W</a>' in page
    assert not [sql for sql in queries_of(client, "/a-z/") if "articles_edition" in sql]


NOWHERE = [
    "/a-z/W/",
    "/a-z/ab/",
    "/a-z/é/",
    "/topics/none/",
    "/people/nobody/",
    f"/people/{'0' * 32}/",
    "/policies/honour/",
    "/media/x.webp",
    "/articles/none/",
    "/articles/none/editions/1/",
    "/sitemap-2.xml",
    "/articles/what-is-gene-therapy/editions/9/",
]


def test_what_is_not_there_is_a_plain_404(client, live):
    for address in NOWHERE:
        response = client.get(address)
        assert response.status_code == 404, address
        strictly_parsed(response)
        assert "Page not found" in response.content.decode()


def test_a_topic_without_live_articles_is_not_shown(client, live):
    make_topic(name="Planned for next year", slug="planned")
    assert "Planned for next year" not in client.get("/topics/").content.decode()
    assert client.get("/topics/planned/").status_code == 404


def test_topics_above_an_article_lead_to_it_and_make_the_way(client, newsroom, db):
    above = make_topic(name="Genetics", slug="genetics")
    below = make_topic(name="Therapies", slug="therapies", parent=above)
    newsroom.live(newsroom.draft(topics=[below.uid]))
    assert "Therapies" in client.get("/topics/genetics/").content.decode()
    assert "1 page" in client.get("/topics/").content.decode()
    page = client.get("/articles/what-is-gene-therapy/").content.decode()
    assert page.index('href="/topics/genetics/"') < page.index('href="/topics/therapies/"')


def test_an_old_version_is_marked_and_never_indexed(client, twice):
    old = client.get("/articles/what-is-gene-therapy/editions/1/")
    text = old.content.decode()
    assert "This is an old version of this page." in text
    assert '<meta name="robots" content="noindex">' in text
    assert old["X-Robots-Tag"] == "noindex"
    assert "often a virus" not in text
    assert "It is given once." in text


def test_the_newest_version_at_its_own_address_is_not_called_old(client, twice):
    text = client.get("/articles/what-is-gene-therapy/editions/2/").content.decode()
    assert "This is an old version" not in text
    assert "version 2" in text
    assert '<meta name="robots" content="noindex">' in text


@pytest.mark.parametrize(
    ("day", "number"), [("2026-05-04", 1), ("2026-06-12", 1), ("2026-06-13", 2), ("2026-11-22", 2)]
)
def test_a_day_leads_to_the_version_that_readers_saw_then(client, twice, day, number):
    with time_machine.travel(datetime.datetime(2026, 11, 22, 22, 30, tzinfo=datetime.UTC), tick=False):
        response = client.get(f"/articles/what-is-gene-therapy/?as_of={day}")
    assert response.status_code == 302
    assert response["Location"] == f"/articles/what-is-gene-therapy/editions/{number}/"


@pytest.mark.parametrize("day", ["2026-11-24", "2030-01-01", "9999-12-31"])
def test_a_day_to_come_is_said_to_be_one_and_costs_nothing(client, twice, settings, django_assert_num_queries, day):
    settings.TIME_ZONE = "Pacific/Auckland"
    with (
        time_machine.travel(datetime.datetime(2026, 11, 22, 22, 30, tzinfo=datetime.UTC), tick=False),
        django_assert_num_queries(1),  # what the site is called
    ):
        response = client.get(f"/articles/what-is-gene-therapy/?as_of={day}")
        text = response.content.decode()
    assert response.status_code == 404
    assert "That day is still to come: here it is 23 November 2026. Ask for that day or an earlier one" in text
    assert "leave the date out to read the page as it is now" in text


def test_the_day_that_has_begun_here_is_no_day_to_come(client, twice, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    with time_machine.travel(datetime.datetime(2026, 11, 22, 22, 30, tzinfo=datetime.UTC), tick=False):
        assert client.get("/articles/what-is-gene-therapy/?as_of=2026-11-23").status_code == 302


@pytest.mark.parametrize("day", ["2026-05-03", "yesterday", "", "2026-13-40", "9999-12-31x", "0001-01-01"])
def test_a_day_before_the_first_version_or_no_day_at_all_is_a_404(client, twice, day):
    assert client.get(f"/articles/what-is-gene-therapy/?as_of={day}").status_code == 404


def test_the_history_tells_in_words_what_was_added_and_removed(client, twice):
    text = client.get("/articles/what-is-gene-therapy/history/").content.decode()
    assert "Told that vectors are often viruses." in text
    assert "<strong>Removed:</strong> It is given once." in text
    assert "<strong>Changed:</strong> A vector, often a virus, carries" in text
    assert text.index("13 June 2026") < text.index("4 May 2026")


def test_the_comparison_marks_words(client, twice):
    text = client.get("/articles/what-is-gene-therapy/compare/?from=1&to=2").content.decode()
    assert "<ins>" in text
    assert "often a virus" in text
    assert "<del>" in text


def test_the_comparison_names_people_topics_headings_and_sources_as_readers_know_them(client, newsroom, live):
    topics = make_topic("Hearts", "hearts"), make_topic("Cells", "cells", parent=make_topic("Body", "body"))
    other = make_person("Bo Lind")

    def turn(mine):
        mine["people"].append({"role": "fact_checker", "person": other.uid})
        mine["topics"] = [topic.uid for topic in topics]
        mine["codes"] = [{"system": "mesh", "code": "D015316", "relation": "exact"}]
        mine["sections"][0]["heading"] = "What it is for"
        mine["citations"].append(snapshots.citation("c9"))

    newsroom.edit(live, turn, now=LATER)
    newsroom.approved(live, now=LATER)
    newsroom.do(live, "publish", newsroom.paul, LATER, change_note="Much of it is new.")
    text = client.get("/articles/what-is-gene-therapy/compare/?from=1&to=2").content.decode()
    told = {
        re.sub(r"<[^>]+>", "", name): " ".join(re.sub(r"<[^>]+>", "", rest).split())
        for name, rest in re.findall(r'<section class="change">\s*<h2>(.*?)</h2>(.*?)</section>', text, re.DOTALL)
    }
    assert told == {
        "Changed Topics": "TreatmentsHearts, Cells",
        "Changed Medical codes": "mesh D015316",
        "Changed People named": "Alice Moor (author); Bo Lind (fact checker)",
        "Changed Sources for the page as a whole": told["Changed Sources for the page as a whole"],
        "Changed Heading": "What it is for",
    }
    assert told["Changed Sources for the page as a whole"].startswith("Raper 2003. Fatal")
    assert told["Changed Sources for the page as a whole"].endswith("Sources: 1 added.")
    history = client.get("/articles/what-is-gene-therapy/history/").content.decode()
    assert "What it is for" in history


@pytest.mark.parametrize(
    "query", ["from=1&to=9", "from=a&to=2", "from=2&to=2", "from=-1&to=2", "to=1", "from=1&to=2222222"]
)
def test_versions_that_cannot_be_compared_are_a_404(client, twice, query):
    assert client.get(f"/articles/what-is-gene-therapy/compare/?{query}").status_code == 404


def test_a_withheld_statement_is_gone_from_the_page_its_versions_history_and_comparison(client, newsroom, twice):
    publishing.withhold(
        twice, block_uid=snapshots.full("p1"), actor="x" * 32, now=LATER, words="This is being checked.", reason="r"
    )
    for address in ADDRESSES:
        assert "carries the gene" not in client.get(address).content.decode(), address
    assert "This is being checked." in client.get("/articles/what-is-gene-therapy/").content.decode()


def test_a_withdrawn_article_is_gone_at_all_its_addresses(client, newsroom, twice):
    newsroom.do(twice, "withdraw", newsroom.paul, LATER, words="The dose was wrong.", reason="error")
    for tail in ("", "editions/1/", "editions/2/", "history/", "compare/", "verify/", "verify.json", "share/", "feed/"):
        response = client.get(f"/articles/what-is-gene-therapy/{tail}")
        assert response.status_code == 410, tail
        assert "The dose was wrong." in response.content.decode()
        assert "carries the gene" not in response.content.decode()
    with time_machine.travel(LATER, tick=False):
        assert client.get("/articles/what-is-gene-therapy/?as_of=2026-05-05", follow=True).status_code == 410
    for address in ("/", "/a-z/w/", "/sitemap.xml", "/feeds/new/"):
        assert "what-is-gene-therapy" not in client.get(address).content.decode()


def test_the_verify_page_has_eight_headings_and_five_words(client, twice):
    text = client.get("/articles/what-is-gene-therapy/verify/").content.decode()
    for name in ("Authority", "Complementarity", "Privacy", "Attribution", "Justifiability", "Transparency",
                 "Financial disclosure", "Advertising"):  # fmt: skip
        assert f". {name}</h2>" in text
    assert "not stated" in text
    assert "✓" not in text


def test_the_json_gives_every_input_and_digests_that_can_be_recomputed(client, twice):
    data = client.get("/articles/what-is-gene-therapy/verify.json").json()
    edition = Edition.objects.get(article=twice, number=2)
    assert data["snapshot_sha256"] == edition.snapshot_digest
    page = client.get("/articles/what-is-gene-therapy/").content
    assert data["page_sha256"] == hashlib.sha256(page).hexdigest()
    assert [p["principle"] for p in data["principles"]] == list(range(1, 9))
    words = {f["status"] for p in data["principles"] for f in p["findings"]}
    assert words <= {"measured", "stated", "not stated", "expired", "failed"}
    assert data["facts"]["statements"] == 2


def make_policy(principle=1, signed_on=datetime.date(2026, 1, 1), expires_on=datetime.date(2027, 1, 1), **fields):
    values = {"text": "Two people read everything.", "signer": "Paula Green", "signer_role": "editor-in-chief",
              "actor": "x" * 32, "recorded_at": NOW} | fields  # fmt: skip
    return PolicyStatement.objects.create(principle=principle, signed_on=signed_on, expires_on=expires_on, **values)


def test_policies_are_stated_until_they_expire(client, db, time_machine):
    time_machine.move_to(NOW)
    make_policy()
    make_policy(2, expires_on=datetime.date(2026, 2, 1))
    text = client.get("/policies/").content.decode()
    assert "Signed by Paula Green, editor-in-chief on 1 January 2026, good until 1 January 2027." in text
    assert "expired on 1 February 2026" in text
    assert text.count("Nobody has signed a statement under this heading.") == 6
    assert "Two people read everything." in client.get("/policies/authority/").content.decode()


def test_people_are_shown_as_live_pages_name_them(client, newsroom, live):
    newsroom.author.affiliation = SECRET
    newsroom.author.save()
    text = client.get(f"/people/{newsroom.author.uid}/").content.decode()
    assert "medical writer" in text
    assert "MD (Doctor of Medicine)" in text
    assert "What is gene therapy?" in text
    assert SECRET not in text
    assert "Checked" in client.get(f"/people/{newsroom.doctor.uid}/").content.decode()


def test_people_of_drafts_are_not_shown(client, newsroom):
    newsroom.draft()
    assert client.get(f"/people/{newsroom.author.uid}/").status_code == 404


ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.parametrize("address", ["/feeds/new/", "/feeds/corrections/", "/articles/what-is-gene-therapy/feed/"])
def test_feeds_are_whole_atom_with_our_own_addresses(client, twice, address, settings):
    response = client.get(address, headers={"host": "127.0.0.1"})
    feed = ElementTree.fromstring(response.content)
    for holder in [feed, *feed.findall(f"{ATOM}entry")]:
        for name in ("id", "title", "updated"):
            assert holder.find(f"{ATOM}{name}").text
    links = [link.get("href") for link in feed.iter(f"{ATOM}link")]
    assert all(link.startswith(settings.SITE_URL) for link in links)


def test_each_feed_has_an_id_of_its_own(client, twice):
    addresses = ["/feeds/new/", "/feeds/corrections/", "/articles/what-is-gene-therapy/feed/"]
    assert len({ElementTree.fromstring(client.get(a).content).find(f"{ATOM}id").text for a in addresses}) == 3


def test_words_in_a_feed_are_still_words_when_read_as_html(client, newsroom):
    """RFC 4287, 3.1: what says that it is HTML is read as HTML."""
    words = "Take <b>less</b> if a<b & <img src=x onerror=alert(1)>"
    newsroom.live(newsroom.draft(summary=words))
    summary = ElementTree.fromstring(client.get("/feeds/new/").content).find(f".//{ATOM}summary")
    assert summary.get("type") == "html"
    assert "<" not in summary.text
    assert html.unescape(summary.text) == words


def test_a_small_change_does_not_move_updated_in_feed_or_site_map(client, newsroom, live):
    before = client.get("/feeds/new/").content, client.get("/sitemap.xml").content
    newsroom.edit(live, reword("b1", "It is given <em>once</em>."), now=LATER)
    newsroom.do(live, "submit", newsroom.alice, LATER, reason="Emphasis")
    newsroom.do(live, "approve_minor", newsroom.edward, LATER)
    newsroom.do(live, "publish", newsroom.paul, LATER)
    assert live.editions.count() == 2
    assert (client.get("/feeds/new/").content, client.get("/sitemap.xml").content) == before


def test_the_site_map_gives_the_day_of_the_last_change_in_substance(client, twice, settings):
    text = client.get("/sitemap.xml").content.decode()
    ElementTree.fromstring(text)
    assert f"<loc>{settings.SITE_URL}/articles/what-is-gene-therapy/</loc><lastmod>2026-06-13</lastmod>" in text


def test_robots_are_told_the_site_map(client, db, settings):
    text = client.get("/robots.txt").content.decode()
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in text
    assert "Disallow: /admin/" in text


def test_pages_are_only_read(client, twice):
    for address in ADDRESSES:
        for method in ("post", "put", "patch", "delete"):
            if "share" not in address:
                assert getattr(client, method)(address).status_code == 405, (method, address)


def test_the_host_a_reader_names_is_in_no_page(client, twice, settings):
    settings.ALLOWED_HOSTS = ["*"]
    for address in ADDRESSES:
        assert "evil.example" not in client.get(address, headers={"host": "evil.example"}).content.decode()


def test_an_error_of_ours_tells_nothing(client, db, monkeypatch, settings):
    def broken():
        raise RuntimeError("secret-detail")

    monkeypatch.setattr(browsing, "topic_tree", broken)
    client.raise_request_exception = False
    response = client.get("/topics/")
    assert response.status_code == 500
    strictly_parsed(response)
    assert "secret-detail" not in response.content.decode()


def test_home_says_what_the_publisher_wrote(client, live):
    SiteSettings.objects.create(name="Plain Health", tagline="Health you can check", home_text="Hello <b>there</b>")
    text = client.get("/").content.decode()
    assert "Health you can check" in text
    assert "Hello &lt;b&gt;there&lt;/b&gt;" in text


@pytest.mark.parametrize(
    ("asked", "told"),
    [("2010-01-01", "It first was on 4 May 2026."), ("rubbish", "A date is written like 2019-05-01.")],
)
def test_a_day_without_a_version_says_why(newsroom, client, asked, told):
    newsroom.live()
    answer = client.get(f"/articles/what-is-gene-therapy/?as_of={asked}")
    assert answer.status_code == 404
    assert told in answer.content.decode()
