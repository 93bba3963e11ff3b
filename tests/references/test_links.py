"""Visits to the addresses of sources: what answered, what changed, politely, and as far as one got."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import QuerySet

from references import http, links
from references.models import LinkCheck, Reference
from references.standing import standings
from tests.web import Reply

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
URL = "https://www.example.org/health/gene-therapy"
WORDS = "Gene therapy puts working genes into the cells of people with rare diseases. " * 4
HTML = {"Content_Type": "text/html; charset=utf-8"}


def html(title="Gene therapy", words=WORDS):
    return f"<html><head><title>{title}</title></head><body><main><p>{words}</p></main></body></html>"


@pytest.fixture
def page_source(make_source):
    """Makes a source with a web address."""

    def make(url=URL, **more):
        return make_source(type="webpage", title=f"Page at {url}", url=url, issued=[], **more)

    return make


def asked(web):
    """What was asked, without the robots.txt of each site."""
    return [seen.url for seen in web.seen if not seen.url.endswith("/robots.txt")]


# --- what answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "ok"), (404, "gone"), (410, "gone"), (401, "refused"), (403, "refused"), (451, "refused"),
        (500, "broken"), (300, "broken"),
    ],
)  # fmt: skip
def test_each_status_has_its_outcome(web, status, outcome):
    web.answers(URL, html(), status=status, **HTML)
    found = links.visit(URL)
    assert (found.outcome, found.status) == (outcome, status)
    assert ("status" in found.detail) == (outcome != "ok")


def test_an_overloaded_site_is_broken_or_refuses_after_patience(web):
    web.answers(URL, status=503)
    assert links.visit(URL).outcome == "broken"
    web.answers(URL, status=429, Retry_After="3600")
    assert links.visit("https://other.example.org/x").outcome == "gone"
    assert links.visit(URL).outcome == "refused"


def leads(web, status, target, url=URL):
    web.answers(url, status=status, Location=target)
    web.answers(target.partition("#")[0], html(), **HTML)


@pytest.mark.parametrize(
    ("status", "target", "outcome"),
    [
        (301, "https://www.example.org/new/gene-therapy", "moved"),
        (308, "https://elsewhere.example.com/gene-therapy", "moved"),
        (302, "https://www.example.org/new/gene-therapy", "ok"),
        (307, "https://www.example.org/login-free/gene-therapy", "ok"),
        # the same page by another spelling of its address is no move
        (301, "https://www.example.org/health/gene-therapy/", "ok"),
        (301, "http://www.example.org/health/gene-therapy", "ok"),
    ],
)
def test_only_a_permanent_redirect_to_another_page_is_a_move(web, status, target, outcome):
    leads(web, status, target)
    found = links.visit(URL)
    assert (found.outcome, found.final_url) == (outcome, target)
    assert ("another site" in found.detail) == ("elsewhere" in target)
    assert ("from https to http" in found.detail) == target.startswith("http:")


def test_what_cannot_be_fetched_says_why(web):
    untrusted = links.visit("https://untrusted.example.org/page")
    assert (untrusted.outcome, untrusted.status) == ("certificate", None)
    assert "untrusted.example.org" in untrusted.detail
    web.answers(URL, lambda seen: Reply(b"", 302, {"Location": "http://127.0.0.1/admin"}))
    led_away = links.visit(URL)
    assert led_away.outcome == "not-public"
    assert led_away.detail == "www.example.org sends us on to an address that is not public."
    web.answers(URL, lambda seen: Reply(b"", 302, {"Location": f"{URL}?{len(web.seen)}"}))
    assert links.visit(URL).outcome == "unreachable"


def test_robots_that_are_asked_to_stay_away_do(web):
    web.answers(URL, html(), **HTML)
    web.answers("https://www.example.org/robots.txt", "User-agent: *\nDisallow: /health/\n", Content_Type="text/plain")
    found = links.visit(URL)
    assert found.outcome == "robots"
    assert asked(web) == []


def test_a_page_longer_than_we_read_is_read_in_part(web):
    web.answers(URL, html(words=WORDS * 2_000), **HTML)
    found = links.visit(URL)
    assert (found.outcome, found.title) == ("ok", "Gene therapy")


# A name in the old form, whose marks have to be written otherwise on the way.
DOI = "10.1002/(sici)1097<16::aid-sim968>3.0.co;2-2"
WAY = "https://doi.org/10.1002/(sici)1097%3C16::aid-sim968%3E3.0.co;2-2"


def test_a_source_without_an_address_is_looked_for_where_its_doi_leads(web, make_source, page_source):
    paper, page = make_source(doi=DOI), page_source()
    web.answers(URL, html(), **HTML)
    landing = "https://journal.example.com/paper"
    web.answers(WAY, status=301, Location=landing)
    web.answers(landing, html("The paper"), **HTML)
    assert run() == [paper.key, page.key]
    row = LinkCheck.objects.get(reference=paper)
    assert (row.url, row.outcome, row.final_url, row.title) == (f"https://doi.org/{DOI}", "ok", landing, "The paper")
    assert row.detail == "", "that it leads to another site is no news"
    for robots in ("https://doi.org/robots.txt", "https://journal.example.com/robots.txt"):
        assert robots in [seen.url for seen in web.seen]
    assert run(1) == [paper.key], "what was visited longest ago comes first, by whatever address"
    web.answers(landing, html("RETRACTED: The paper"), **HTML)
    assert links.check(paper, now=NOW).is_title_changed
    web.answers(WAY, status=404)
    assert links.check(paper, now=NOW).outcome == "gone"
    assert standings([paper.key])[paper.key].is_reachable is False
    QuerySet(Reference).filter(pk=paper.pk).update(doi="10.1234/mended")
    assert standings([paper.key])[paper.key].outcome == ""
    assert links.due()[0] == paper.pk
    web.answers("https://doi.org/robots.txt", "User-agent: *\nDisallow: /\n", Content_Type="text/plain")
    web.clock.now += 2 * http.ROBOTS_KEPT
    paper.refresh_from_db()
    assert links.check(paper, now=NOW).outcome == "robots"


# --- soft 404 -----------------------------------------------------------------------------------------------


def test_a_page_that_says_that_it_is_not_there_is_none(web):
    web.answers(URL, html(title="Page not found | Example"), **HTML)
    found = links.visit(URL)
    assert (found.outcome, found.status, found.detail) == ("soft-404", 200, "Its title says “Page not found”.")


def test_a_deep_address_that_leads_to_the_front_page_is_gone(web):
    leads(web, 301, "https://www.example.org/")
    assert links.visit(URL).outcome == "soft-404"
    web.answers("https://www.example.org/", html(), **HTML)
    assert links.visit("https://www.example.org/").outcome == "ok"


def test_a_site_that_answers_the_same_where_surely_nothing_is(web):
    def anything(seen):
        return Reply(
            html("Example Health", f"Welcome to Example Health. {WORDS}").encode(), 200, {"Content-Type": "text/html"}
        )

    web.replies = _Anything(anything, {"https://www.example.org/robots.txt": Reply(b"", 404)})
    found = links.visit(URL)
    assert found.outcome == "soft-404"
    assert "for pages that it does not have" in found.detail


class _Anything(dict):
    def __init__(self, reply, known):
        super().__init__(known)
        self.reply = reply

    def get(self, url, default=None):
        return super().get(url) or self.reply


def test_a_page_with_an_honest_sister_is_asked_for_its_sister_once(web, page_source):
    source = page_source()
    web.answers(URL, html(), **HTML)
    assert links.check(source, now=NOW).outcome == "ok"
    assert len(asked(web)) == 2
    assert links.check(source, now=NOW).outcome == "ok"
    assert len(asked(web)) == 3, "the words have not changed: the page is there"


def test_pages_made_by_scripts_are_not_called_missing_because_robots_see_nothing(web):
    web.replies = _Anything(
        lambda seen: Reply(b"<title>App</title><div id=root>Loading</div>", 200, {"Content-Type": "text/html"}),
        {"https://www.example.org/robots.txt": Reply(b"", 404)},
    )
    assert links.visit(URL).outcome == "ok"


# --- what changed -------------------------------------------------------------------------------------------


def test_a_changed_title_and_changed_words_are_told_against_the_last_visit_that_found_the_page(web, page_source):
    source = page_source()

    def check(title, words, status=200):
        web.answers(URL, html(title, words), status=status, **HTML)
        row = links.check(source, now=NOW)
        return row.is_title_changed, row.is_content_changed

    assert check("Gene therapy", WORDS) == (False, False)
    assert check("GENE  THERAPY", WORDS.replace("cells", "<b>cells</b>")) == (False, False)
    assert check("Gene therapy", WORDS + " It was approved.") == (False, True)
    assert check("Error", "Down", status=500) == (False, False)
    assert check("Page not found", "We are sorry.") == (False, False)
    assert check("Gene therapy", WORDS + " It was approved.") == (False, False)
    assert check("Buy pills", "Cheap pills for all. " * 9) == (True, True)
    assert standings([source.key])[source.key].changed_on == NOW.date()


def test_another_address_starts_anew(web, page_source):
    source = page_source()
    web.answers(URL, html(), **HTML)
    links.check(source, now=NOW)
    QuerySet(Reference).filter(pk=source.pk).update(url="https://www.example.org/other")
    source.refresh_from_db()
    web.answers(source.url, html("Another", "Other words. " * 9), **HTML)
    row = links.check(source, now=NOW)
    assert (row.url, row.is_title_changed, row.is_content_changed) == (source.url, False, False)


# --- a run --------------------------------------------------------------------------------------------------


def moments():
    """Each visit is a minute after the one before."""
    at = [NOW]

    def clock():
        at[0] += timedelta(minutes=1)
        return at[0]

    return clock


def run(limit=None, clock=None):
    return [row.reference.key for row in links.check_all(links.due(limit), clock or moments())]


def test_a_run_goes_on_where_the_last_one_ended_and_leaves_out_what_has_no_address(web, page_source, make_source):
    sources = [page_source(f"https://site{number}.example.org/page") for number in range(5)]
    make_source()
    twin = page_source("https://merged.example.org/page")
    QuerySet(Reference).filter(pk=twin.pk).update(merged_into=sources[0])
    keys, clock = [source.key for source in sources], moments()
    assert run(2, clock) == keys[:2]
    assert run(2, clock) == keys[2:4]
    assert run(2, clock) == [keys[4], keys[0]]
    assert run(None, clock) == [*keys[1:], keys[0]]


def test_a_run_that_is_killed_and_started_again_visits_each_once(web, page_source):
    sources = [page_source(f"https://site{number}.example.org/page") for number in range(20)]
    rows = links.check_all(links.due(), moments())
    for _ in range(7):
        next(rows)
    rows.close()
    visited = set(LinkCheck.objects.values_list("reference_id", flat=True))
    assert len(visited) == 7
    run(13)
    assert (
        LinkCheck.objects.count() == len(sources) == len(set(LinkCheck.objects.values_list("reference_id", flat=True)))
    )


def test_one_site_is_asked_at_its_pace_and_others_meanwhile(web, page_source, monkeypatch):
    for number in range(12):
        page_source(f"https://www.example.org/{number}")
    started = web.clock.now
    run()
    assert web.clock.now - started >= 11
    assert set(LinkCheck.objects.values_list("outcome", flat=True)) == {"gone"}, "nobody lost patience in the queue"

    page_source("https://other.example.org/")
    together, asked_of, lock, another = set(), [], threading.Lock(), threading.Event()

    def held_open(url, earlier):
        host = url.split("/")[2]
        with lock:
            asked_of.append(host)
            together.add(tuple(sorted(asked_of)))
        if host == "www.example.org":
            another.set()
            threading.Event().wait(0.01)  # a second page of this site could come in now
        else:
            another.wait(10)
        with lock:
            asked_of.remove(host)
        return links.Visit("ok")

    monkeypatch.setattr(links, "visit", held_open)
    run()
    assert ("other.example.org", "www.example.org") in together
    assert max(sites.count("www.example.org") for sites in together) == 1


def test_no_transaction_waits_for_the_network(web, page_source):
    def answer(seen):
        assert not connection.in_atomic_block or len(connection.savepoint_ids) <= depth
        return Reply(b"", 200)

    depth = len(connection.savepoint_ids)
    web.answers(URL, answer)
    page_source()
    assert run() == [Reference.objects.get().key]
    assert LinkCheck.objects.get().outcome == "ok"


def cut_off(url, **options):
    raise http.NotFetched("dns", "no name server")


def test_when_it_is_we_who_are_cut_off_no_source_is_called_unreachable(web, page_source, monkeypatch):
    for number in range(15):
        page_source(f"https://site{number}.example.org/page")
    monkeypatch.setattr(http, "get", cut_off)
    with pytest.raises(links.CutOff, match="rather we"):
        run()
    assert not LinkCheck.objects.exists()
    known = page_source(URL)
    LinkCheck.objects.create(reference=known, url=URL, checked_at=NOW, outcome="ok")
    with pytest.raises(links.CutOff, match="answered before"):
        run()
    assert LinkCheck.objects.count() == 1


def test_many_dead_sites_are_dead_when_another_answers(web, page_source, monkeypatch):
    for number in range(12):
        page_source(f"https://dead{number}.example.org/page")
    last = page_source("https://alive.example.org/page")
    real = http.get
    monkeypatch.setattr(http, "get", lambda url, **more: (real if "alive" in url else cut_off)(url, **more))
    assert len(run()) == 13
    assert LinkCheck.objects.filter(outcome="unreachable").count() == 12
    assert LinkCheck.objects.get(reference=last).outcome == "gone"


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_tells_what_it_found_in_words_and_by_its_exit_code(web, page_source, capsys):
    good, gone = page_source(), page_source("https://gone.example.org/page")
    web.answers(URL, html(), **HTML)
    call_command("check_links", limit=1)
    assert capsys.readouterr().out == "1 address visited: 1 × answers.\n"
    with pytest.raises(CommandError, match="2 addresses visited: 1 × ") as failure:
        call_command("check_links")
    assert failure.value.returncode == 2
    assert f"{gone.key}: gone. It answered with status 404. https://gone.example.org/page" in capsys.readouterr().out
    moved, new = page_source("https://old.example.org/page"), "https://new.example.org/page"
    web.answers("https://old.example.org/page", "", status=301, location=new)
    web.answers(new, html(), **HTML)
    with pytest.raises(CommandError):
        call_command("check_links")
    told = f"{moved.key}: moved for good. It leads to another site: new.example.org. {moved.url} → {new}\n"
    assert told in capsys.readouterr().out
    assert standings([gone.key])[gone.key].unreachable_since == LinkCheck.objects.first().checked_at.date()
    assert standings([good.key])[good.key].is_reachable


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", "²"])
def test_a_limit_is_a_whole_number_from_one(limit):
    with pytest.raises(CommandError, match="whole number from 1"):
        call_command("check_links", f"--limit={limit}")


def test_without_the_network_the_command_says_so_and_writes_nothing(page_source, settings):
    settings.NETWORK = False
    page_source()
    with pytest.raises(CommandError, match="switched off"):
        call_command("check_links")
    with pytest.raises(http.NotFetched, match="switched off"):
        links.visit(URL)
    assert not LinkCheck.objects.exists()
