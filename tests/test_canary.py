"""What is not published is found nowhere: a word of each secret, and everything that readers can ask for.

The whole site is asked through its page server: the resolver's public patterns, every link found on the way, the
addresses of what is not public, odd queries, headers and methods, and every kind of error.
"""

import datetime
import gzip
import os
import random
import re
import sys
from contextlib import closing
from io import BytesIO
from unittest import mock

import brotli
import pytest
from django.conf import settings as django_settings
from django.core.handlers.base import BaseHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client

from articles import recording, roles
from articles.models import ImportOriginal
from articles.uploads import store_picture
from gtsite.pages import PageServer
from references.models import Reference
from references.recording import save_reference
from tests import snapshots
from tests.doors import CAPTURE, House, doors, patterns, picture
from tests.people import NOW, make_person, make_reference, make_topic, make_user, reword

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ODD_REQUESTS = 10_000 if LONG else 600
CANARY = "xcanaryx"
EXPLAINED = {"no_source_reason": "As the leaflet says"}
NOT_PUBLIC = ("draft", "changes requested", "editorial review", "medical review", "approved", "scheduled")
STEPS = {
    "changes requested": ["submit", "request_changes"],
    "editorial review": ["submit"],
    "medical review": ["submit", "pass_on"],
    "approved": ["submit", "pass_on", "approve"],
    "scheduled": ["submit", "pass_on", "approve", "schedule"],
}
LINK = re.compile(r"""(?:href|src|action)="([^"]+)"|<(?:loc|link|id|guid|uri)>([^<]+)<|"(?:url|@id)": ?"([^"]+)\"""")


def secret(label):
    """A word that no page may show."""
    return f"{CANARY}{re.sub('[^a-z0-9]', '', label)}"


class SecretHouse(House):
    """The seeded newsroom with a canary in everything that readers must not see."""

    def __init__(self, newsroom):
        super().__init__(newsroom)
        self.hidden_person = make_person(
            secret("person"), profession=secret("profession"), affiliation=secret("affiliation"),
            biography=secret("biography"), degrees=[{"abbreviation": secret("md"), "meaning": secret("degree")}],
            interests=[{"text": secret("interest"), "from": "2026-01-01", "until": ""}],
        )  # fmt: skip
        self.hidden_topic = make_topic(secret("topic"), slug=secret("topicaddress"), description=secret("about"))
        self.hidden_source = make_reference(
            "nobody1999", title=secret("source"), container_title=secret("journal"), note=secret("note"),
            authors=[{"family": secret("family"), "given": secret("given")}], publisher=secret("publisher"),
        )  # fmt: skip
        for state in NOT_PUBLIC:
            self._hide(state)
        self._hide_behind_live_pages()
        self._hide_in_records()

    def _hide(self, state):
        """An article that was never published, whole of secrets, brought to its state."""
        room, word = self.newsroom, secret(state)
        section = snapshots.section(
            "s1",
            snapshots.paragraph("p1", f'{word} text<cite data-uid="c1"></cite>'),
            snapshots.bullet("b1", f"{word} bullet", no_source_reason=f"{word} reason"),
            snapshots.table("t1", [f"{word} head"], [[f"{word} cell"]], caption=f"{word} caption") | EXPLAINED,
            snapshots.figure("f1", file=self.hidden_figure.name, alt=f"{word} alt", credit=f"{word} credit"),
            snapshots.callout("k1", f"{word} callout", heading=f"{word} warning") | EXPLAINED,
            heading=f"{word} heading",
        )
        people = [{"role": "author", "person": self.hidden_person.uid}]
        article = room.draft(
            slug=f"{word}-address", title=f"{word} title", subtitle=f"{word} subtitle", summary=f"{word} summary",
            funding=f"{word} funding", also_called=[f"{word} name"], topics=[self.hidden_topic.uid, self.topic.uid],
            people=people, sections=[section],
        )  # fmt: skip
        self._bring(article, state)
        self.articles[f"secret {state}"] = article

    def _bring(self, article, state):
        room = self.newsroom
        actors = {"submit": room.alice, "request_changes": room.edward, "pass_on": room.edward, "approve": room.rita}
        far = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=400)
        for name in STEPS.get(state, []):
            room.do(article, name, actors.get(name, room.paul), reason=secret(f"reason {name}"), at=far)

    def _hide_behind_live_pages(self):
        """A draft, a parked draft, a withheld and a withdrawn text behind addresses that readers know."""
        room = self.newsroom
        for state in ("live and draft", "live"):
            article = self.articles[state]
            room.edit(article, lambda mine: mine.update(title=secret("new title"), summary=secret("new summary")))
            room.edit(article, reword("b1", secret("new text")), reason=secret("why saved"))
        parked = room.live(room.draft(slug="parked-too", title="Parked too"))
        room.edit(parked, reword("b1", secret("parked")))
        room.do(parked, "fix_live", room.anna)
        room.edit(parked, reword("b2", secret("being fixed")))
        for name, details in (("withhold", {"block": snapshots.full("b1")}), ("withdraw", {})):
            article = room.draft(slug=f"now-{name}", title=f"Now {name}")
            room.edit(article, reword("b1", secret(f"text of {name}")))
            room.live(article)
            room.do(article, name, room.paul, reason=secret(f"why {name}"), words="Being checked.", **details)
            self.articles[name] = article

    def _hide_in_records(self):
        room = self.newsroom
        self._change_later(room.reference, {"title": secret("source now"), "note": secret("note now")})
        person = room.doctor
        base = recording.fingerprint(person)
        person.biography, person.affiliation = secret("life"), secret("employer now")
        recording.save_record(person, actor=room.edward, now=NOW, reason=secret("why person"), base=base)
        names = {"first_name": secret("first"), "email": f"{secret('mail')}@example.org"}
        account = make_user(secret("account"), "editor", **names)
        roles.set_active(account, False, actor=room.root, now=NOW, reason=secret("why left"))
        ImportOriginal.objects.create(
            article=self.article, name=f"{secret('file')}.txt", sha256="1" * 64, content=secret("original").encode(),
            report={"kept": [secret("report")]}, actor="0" * 32, imported_at=NOW,
        )  # fmt: skip
        self.unseen = store_picture(picture("yellow"), actor=room.alice, now=NOW)

    def _change_later(self, reference, fields):
        base = reference.newest_revision_id()
        actor = self.newsroom.alice
        save_reference(fields, actor=actor, reason=secret("why source"), reference=reference, base=base)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.raw, self.headers = int(status.split()[0]), body, dict(headers)
        undo = {"br": brotli.decompress, "gzip": gzip.decompress}.get(self.headers.get("Content-Encoding"), bytes)
        self.body = undo(body) if body and self.status != 206 else body

    @property
    def everything(self):
        return self.body + self.raw + repr(sorted(self.headers.items())).encode()


class Reader:
    """Somebody in front of the page server, with whatever headers they like."""

    def __init__(self):
        self.server = PageServer(get_wsgi_application(), follow=False)

    def ask(self, address, method="GET", body=b"", **headers):
        path, _, query = address.partition("?")
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "HTTP_HOST": "localhost", "wsgi.url_scheme": "http", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1", "wsgi.input": BytesIO(body), "wsgi.errors": sys.stderr,
            "CONTENT_LENGTH": str(len(body)),
        } | headers  # fmt: skip
        caught = []
        answer = self.server(environ, lambda *found: caught.append(found))
        content = b"".join(answer)
        getattr(answer, "close", lambda: None)()
        ((status, answer_headers),) = [found[:2] for found in caught]
        return Reply(status, answer_headers, content)

    def close(self):
        for database in (self.server.database, self.server.follower.database):
            connection = database._connection
            patience = getattr(connection, "_patience", None)
            patience.call(connection._close) if patience else connection._close()


@pytest.fixture
def house(transactional_db, newsroom, settings):
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    return SecretHouse(newsroom)


@pytest.fixture
def reader_of_one(transactional_db, newsroom, settings):
    """A reader of a site with one live article, where nothing is secret."""
    settings.ALLOWED_HOSTS = ["localhost"]
    newsroom.live(newsroom.draft(slug="live"))
    with closing(Reader()) as found:
        yield found


def public_addresses(house):
    """What the resolver knows, for what is public and for what is not."""
    found = [door.path for door in doors(house) if not door.path.startswith("/admin/")]
    unknown = {
        "slug": [article.slug for article in house.articles.values()] + [house.hidden_topic.slug],
        "uid": [house.hidden_person.uid, house.newsroom.author.uid, house.newsroom.doctor.uid],
        "name": [house.hidden_figure.name, house.unseen.name, house.figure.name],
        "number": [1, 2, 3],
        "page": [1, 2],
        "key": list(Reference.objects.values_list("key", flat=True)),
        "format": ["ris", "bibtex", "csl-json"],
    }
    for pattern in patterns():
        if not pattern.startswith(("admin/", "^")) and CAPTURE.search(pattern):
            found += _filled(f"/{pattern}", unknown)
    found += [f"/a-z/{letter}/" for letter in [*"abcdefghijklmnopqrstuvwxyz", "0-9"]]
    return list(dict.fromkeys(found))


def _filled(pattern, known):
    capture = CAPTURE.search(pattern)
    if capture is None:
        return [pattern]
    made = [pattern.replace(capture[0], str(value), 1) for value in known[capture[1]]]
    return [address for one in made for address in _filled(one, known)]


def links_of(reply):
    base = django_settings.SITE_URL
    for groups in LINK.findall(reply.body.decode("utf-8", "replace")):
        link = next(filter(None, groups)).replace("&amp;", "&").removeprefix(base)
        if link.startswith("/") and not link.startswith(("//", "/static/", "/admin/")):
            yield link.partition("#")[0]


def assert_silent(reply, asked):
    text = reply.everything.lower()
    place = text.find(CANARY.encode())
    assert place < 0, f"{asked}: …{text[max(place - 80, 0) : place + 80]!r}"


def crawled(reader, house):
    """Every address reached, each asked once, and nothing secret in any answer."""
    waiting, replies = public_addresses(house), {}
    while waiting:
        address = waiting.pop()
        if address not in replies:
            replies[address] = reader.ask(address)
            assert_silent(replies[address], address)
            assert replies[address].status < 500, address
            waiting += links_of(replies[address])
    return replies


def no_secret_is_on_any_page_feed_list_or_error_that_the_site_leads_to(reader, house):
    replies = crawled(reader, house)
    shown = [address for address, reply in replies.items() if reply.status == 200]
    assert len(replies) > 300
    assert len(shown) > 50
    for article in (house.articles[f"secret {state}"] for state in NOT_PUBLIC):
        of_article = [reply.status for address, reply in replies.items() if article.slug in address]
        assert set(of_article) == {404}, article.slug
    for kind in ("/feeds/", "/sitemap", "verify.json", "/history/", "/compare/", "/share/", "/people/", "/policies/"):
        assert [address for address in shown if kind in address], kind


def the_canaries_are_there_for_those_who_may_see_them(reader, house):
    """Otherwise this file would prove nothing."""
    client = Client()
    client.force_login(house.newsroom.audrey)
    for state in NOT_PUBLIC:
        pk = house.articles[f"secret {state}"].pk
        for page in ("change", "preview"):
            assert secret(state).encode() in client.get(f"/admin/articles/article/{pk}/{page}/").content
    pages = ("person", "topic", "importoriginal", "article", "rolechange", "review")
    seen = [page for page in pages if CANARY.encode() in client.get(f"/admin/articles/{page}/").content]
    assert len(seen) >= 4


def previews_leave_nothing_behind_for_readers(reader, house):
    client = Client()
    client.force_login(house.newsroom.alice)
    for article in house.articles.values():
        assert client.get(f"/admin/articles/article/{article.pk}/preview/").status_code == 200
    for article in house.articles.values():
        for address in (f"/articles/{article.slug}/", f"/articles/{article.slug}/verify.json"):
            assert_silent(reader.ask(address), address)


QUERIES = [
    "preview=1", "draft=1", "edit", "state=draft", "version=2", "edition=99", "as_of=2026-05-04", "as_of=2030-01-01",
    "as_of=9999-12-31", "as_of=0001-01-01", "as_of=x", "page=2", "page=-1", "page=last", "from=1&to=2", "from=0&to=1",
    "from=2&to=1", "to=99", "q=xcanar", "search=xcanar", "format=json", "format=raw", "print=1", "utm_source=a", "%00",
    "page=%C0%AF", "_popup=1", "next=/admin/", "lang=es", "debug=1", "callback=x", "as_of=2026-05-04&as_of=2020-01-01",
    "uid=1", "token=x", "a=1;b=2", "_method=PUT", "page=99999999999999999999",
]  # fmt: skip
HEADERS = [
    {"HTTP_ACCEPT": "application/json"}, {"HTTP_ACCEPT": "text/plain"}, {"HTTP_ACCEPT": "*/*;q=0"},
    {"HTTP_ACCEPT_ENCODING": "br"}, {"HTTP_ACCEPT_ENCODING": "gzip"}, {"HTTP_ACCEPT_ENCODING": "identity;q=0, *;q=0"},
    {"HTTP_RANGE": "bytes=0-10"}, {"HTTP_RANGE": "bytes=-500"}, {"HTTP_RANGE": "bytes=5-1,9-2"},
    {"HTTP_IF_NONE_MATCH": "*"}, {"HTTP_IF_NONE_MATCH": '"x"'},
    {"HTTP_IF_MODIFIED_SINCE": "Mon, 04 May 2026 09:00:00 GMT"},
    {"HTTP_COOKIE": "gtsite-session=x; gtsite-csrf=y"}, {"HTTP_AUTHORIZATION": "Basic cm9vdDpyb290"},
    {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, {"HTTP_X_HTTP_METHOD_OVERRIDE": "PUT"},
    {"HTTP_X_FORWARDED_HOST": "evil"},
    {"HTTP_X_ORIGINAL_URL": "/admin/"}, {"HTTP_X_REWRITE_URL": "/admin/"}, {"HTTP_ACCEPT_LANGUAGE": "es"},
    {"HTTP_REFERER": "https://example.org/admin/"}, {"HTTP_USER_AGENT": "preview"},
    {"HTTP_TRANSFER_ENCODING": "chunked"},
]  # fmt: skip
PATHS = ["{}.json", "{}%00", "{}..%2f", "/{}", "{}?", "{}index.html", "{};x", "{}/", "{}~", "{}.bak", "{}edit/"]
METHODS = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"]


def odd_requests(house, dice):
    addresses = public_addresses(house)
    for _ in range(ODD_REQUESTS):
        address = dice.choice(addresses).partition("?")[0]
        if dice.random() < 0.3:
            address = dice.choice(PATHS).format(address).partition("?")[0]
        headers = {}
        for _ in range(dice.randrange(3)):
            headers |= dice.choice(HEADERS)
        yield f"{address}?{dice.choice(QUERIES)}", dice.choice(METHODS), headers


def no_secret_answers_to_odd_queries_headers_paths_or_methods(reader, house):
    for address, method, headers in odd_requests(house, random.Random(11)):
        reply = reader.ask(address, method, **headers)
        assert_silent(reply, (method, address, headers))
        assert reply.status < 500, (method, address, headers)


def test_a_secret_is_seen_on_the_desk_and_by_no_reader_on_any_road(house, subtests):
    """One house for all, since none of this may change what readers see; a new page server for each."""
    for promise in (
        the_canaries_are_there_for_those_who_may_see_them,
        previews_leave_nothing_behind_for_readers,
        no_secret_is_on_any_page_feed_list_or_error_that_the_site_leads_to,
        no_secret_answers_to_odd_queries_headers_paths_or_methods,
    ):
        with subtests.test(promise.__name__), closing(Reader()) as reader:
            promise(reader, house)


@pytest.mark.parametrize("path", ["/", "/articles/live/", "/verify.json", "/admin/", "/admin/articles/article/add/"])
def test_an_answer_for_something_that_broke_tells_nothing(newsroom, path):
    """No text, path, query, setting or class of the error."""

    def breaks(request, *args, **kwargs):
        raise RuntimeError(f"{secret('error')} in {__file__}")

    client = Client(raise_request_exception=False)
    client.force_login(newsroom.root)
    with mock.patch.object(BaseHandler, "resolve_request", return_value=(breaks, (), {})):
        reply = client.get(path, {"token": secret("query")})
    assert reply.status_code == 500
    told = (reply.content + repr(reply.headers).encode()).decode()
    for word in (CANARY, __file__, "RuntimeError", "Traceback", "SECRET_KEY", "sqlite", "Django"):
        assert word not in told


# --- what may be kept by caches -----------------------------------------------------------------------------------

NOISE = [
    {"HTTP_COOKIE": "{session}"}, {"HTTP_USER_AGENT": "another"}, {"HTTP_ACCEPT_LANGUAGE": "de, es;q=0.5"},
    {"HTTP_AUTHORIZATION": "Bearer x"}, {"HTTP_X_FORWARDED_FOR": "10.0.0.1"}, {"HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_X_FORWARDED_PROTO": "https"}, {"HTTP_FORWARDED": "host=evil.example"},
    {"HTTP_REFERER": "https://evil.example/"},
    {"HTTP_DNT": "1"}, {"HTTP_ORIGIN": "https://evil.example"}, {"REMOTE_ADDR": "10.1.1.1"},
    {"HTTP_HOST": "localhost:80"},
]  # fmt: skip


def kept_pages(house, dice):
    """Public addresses whose answers anybody may keep; the form for friends is made anew for each.

    One of every kind, and some of all the others.
    """
    found = [address for address in public_addresses(house) if "/share/" not in address and "?" not in address]
    kinds = {door.path for door in doors(house)}
    others = [address for address in found if address not in kinds]
    return [a for a in found if a in kinds] + (others if LONG else dice.sample(others, 60))


def a_public_page_is_the_same_for_everybody_and_sets_no_cookie(reader, house):
    client = Client()
    client.force_login(house.newsroom.root)
    session = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    dice = random.Random(5)
    for address in kept_pages(house, dice):
        plain = reader.ask(address)
        noisy = dice.sample(NOISE, 2) if not LONG else NOISE
        for noise in [NOISE[0], *noisy]:
            headers = {name: value.format(session=session) for name, value in noise.items()}
            reply = reader.ask(address, **headers)
            assert (reply.status, reply.body) == (plain.status, plain.body), (address, headers)
            assert_shared(reply, address)


def assert_shared(reply, address):
    assert "Set-Cookie" not in reply.headers, address
    vary = {name.strip().lower() for name in reply.headers.get("Vary", "").split(",")} - {""}
    assert vary <= {"accept-encoding"}, (address, vary)


def test_noise_in_the_query_does_not_change_a_stored_page(reader_of_one):
    for address in ("/articles/live/", "/", "/topics/", "/a-z/a/", "/robots.txt", "/sitemap.xml"):
        plain = reader_of_one.ask(address)
        for noise in ("utm_source=x", "fbclid=1", "a=1;b=2", "%00"):
            reply = reader_of_one.ask(f"{address}?{noise}")
            assert (reply.status, reply.body) == (plain.status, plain.body), (address, noise)


def test_the_form_for_friends_is_kept_by_nobody_and_sets_no_cookie(reader_of_one):
    reply = reader_of_one.ask("/articles/live/share/")
    assert reply.status == 200
    assert "no-store" in reply.headers["Cache-Control"]
    assert "Set-Cookie" not in reply.headers


def every_answer_of_the_desk_is_private_and_stored_nowhere(reader, house):
    signed_out, signed_in = Client(), Client()
    signed_in.force_login(house.newsroom.root)
    for door in doors(house):
        if door.path.startswith("/admin/") and not door.path.startswith("/admin/logout/"):
            for client in (signed_out, signed_in):
                assert client.get(door.path).headers["Cache-Control"] == "no-store, private", door.path


def test_what_anybody_may_keep_is_for_everybody_and_the_desk_is_kept_by_nobody(house, subtests):
    for promise in (
        every_answer_of_the_desk_is_private_and_stored_nowhere,
        a_public_page_is_the_same_for_everybody_and_sets_no_cookie,
    ):
        with subtests.test(promise.__name__), closing(Reader()) as reader:
            promise(reader, house)


def test_no_page_cache_of_the_framework_is_used():
    assert not [name for name in django_settings.MIDDLEWARE if "cache" in name.lower()]
