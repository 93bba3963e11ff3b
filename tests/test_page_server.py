"""The page server: fast, honest, never stale after a publication's answer, never silent with the database."""

import gzip
import hashlib
import itertools
import os
import random
import shutil
import signal
import sqlite3
import sys
import threading
import time
from contextlib import closing, contextmanager
from io import BytesIO
from types import SimpleNamespace

import brotli
import psycopg
import pytest
from django.core.wsgi import get_wsgi_application
from django.test import override_settings

from articles import models, publishing
from gtsite.pages import PageServer, wait_one_lease
from gtsite.pages.database import Database, PostgresConnection, SqliteConnection, State, Unavailable, from_django
from gtsite.pages.disk import PATIENCE
from gtsite.pages.following import Background
from gtsite.pages.forms import Page, prepare
from gtsite.pages.memory import Memory
from gtsite.pages.waiting import Late
from tests.cluster import cluster, find_binaries, run

SCHEMA = """
CREATE TABLE articles_page (
    id integer PRIMARY KEY, path varchar(300) UNIQUE, version bigint, status smallint, location varchar(300),
    content_type varchar(80), etag varchar(80), last_modified bigint, digest varchar(64),
    body blob, brotli blob, gzip blob
);
CREATE INDEX version_path ON articles_page (version, path);
CREATE TABLE articles_pagesversion (id integer PRIMARY KEY, number bigint);
CREATE TABLE articles_article (id integer PRIMARY KEY);
CREATE TABLE articles_edition (id integer PRIMARY KEY);
CREATE TABLE articles_topic (id integer PRIMARY KEY);
CREATE TABLE articles_titleentry (id integer PRIMARY KEY);
CREATE TABLE articles_livetopic (id integer PRIMARY KEY);
INSERT INTO articles_pagesversion VALUES (1, 0);
"""
ARTICLE = "/articles/what-is-gene-therapy/"
OTHER = "/articles/haemophilia/"
LEASE = 0.2


class Clock:
    """Time that moves when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def pass_lease(self):
        self.now += LEASE + 0.001


class Publisher:
    """Writes pages as publishing does: version first, pages with it, one transaction."""

    def __init__(self, path):
        self.path = path
        with closing(self.open()) as database:
            database.executescript(SCHEMA)

    def open(self):
        return sqlite3.connect(self.path, isolation_level=None)

    def publish(self, *paths, text="first", status=200, location=""):
        with closing(self.open()) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("UPDATE articles_pagesversion SET number = number + 1")
            (number,) = database.execute("SELECT number FROM articles_pagesversion").fetchone()
            for path in paths:
                self._write(database, path, number, text, status, location)
            database.execute("COMMIT")
        return number

    def _write(self, database, path, number, text, status, location):
        body = f"<p>{text} {path}</p>".encode() * 20
        digest = hashlib.sha256(body).hexdigest()
        database.execute("DELETE FROM articles_page WHERE path = ?", (path,))
        database.execute(
            "INSERT INTO articles_page (path, version, status, location, content_type, etag, last_modified, "
            "digest, body, brotli, gzip) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (path, number, status, location, "text/html; charset=utf-8", f'"{digest[:32]}"',
             1_700_000_000 + number, digest, body, brotli.compress(body), gzip.compress(body)),
        )  # fmt: skip


class Django:
    """Stands in for Django's application: listings by path, everything else 404."""

    def __init__(self):
        self.texts = {"/": "home", "/topics/": "topics", "/a-z/": '<a href="/a-z/g/">G</a>', "/a-z/g/": "letter g"}
        self.extra = []
        self.status = None
        self.calls = []

    def __call__(self, environ, start_response):
        self.calls.append(environ)
        path = environ["PATH_INFO"]
        text = self.texts.get(path)
        status = self.status or ("200 OK" if text else "404 Not Found")
        headers = [("Content-Type", "text/html; charset=utf-8"), ("X-Frame-Options", "DENY")]
        if text:
            headers += [("X-GTSite-Listing", "1"), *self.extra]
        body = (text or "nothing here").encode()
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def rendered(self, path):
        return [call for call in self.calls if call["PATH_INFO"] == path]


class Reply:
    def __init__(self, status, headers, body):
        self.status = int(status.split()[0])
        self.headers = dict(headers)
        assert len(self.headers) == len(headers), f"doubled headers: {headers}"
        self.body = body

    @property
    def text(self):
        coding = self.headers.get("Content-Encoding")
        undo = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
        return undo[coding](self.body).decode()


class Site:
    """A page server over a real SQLite file, with time in our hand."""

    def __init__(self, publisher, **changes):
        self.publisher = publisher
        self.django = changes.pop("application", None) or Django()
        self.clock, self.wall = Clock(), Clock()
        self.server = PageServer(
            self.django,
            connect=changes.pop("connect", lambda: Database(SqliteConnection(str(publisher.path)))),
            clock=self.clock,
            wall=self.wall,
            follow=False,
            **changes,
        )

    def get(self, path, method="GET", query="", **headers):
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "HTTP_HOST": "localhost", "wsgi.url_scheme": "http", "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1", "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr,
        } | headers  # fmt: skip
        caught = []
        body = b"".join(self.server(environ, lambda *answer: caught.append(answer)))
        ((status, answer_headers),) = caught
        return Reply(status, answer_headers, body)

    def follow(self):
        self.server.follower.step()

    def restarted(self):
        return Site(self.publisher, application=self.django)


@pytest.fixture(autouse=True)
def lease_of_production(settings):
    settings.PAGE_LEASE_MS = int(LEASE * 1000)


@pytest.fixture(autouse=True)
def closed_at_the_end(monkeypatch):
    """Connections that a test's page servers opened do not outlive it."""
    opened, opens = [], SqliteConnection._open

    def remembered(self, identity):
        opened.append(self)
        return opens(self, identity)

    monkeypatch.setattr(SqliteConnection, "_open", remembered)
    yield
    for connection in opened:
        connection._close()


@pytest.fixture(autouse=True)
def unhurried_disk(monkeypatch):
    """A busy machine is no slow disk; the tests of slowness take the real limit."""
    monkeypatch.setattr("gtsite.pages.disk.PATIENCE", 10)


@pytest.fixture
def publisher(tmp_path):
    return Publisher(tmp_path / "site.sqlite3")


@pytest.fixture
def site(publisher):
    publisher.publish(ARTICLE, OTHER)
    return Site(publisher)


@contextmanager
def held_exclusively(publisher):
    """The whole file is locked, for readers too."""
    with closing(publisher.open()) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        holder.execute("UPDATE articles_pagesversion SET number = number")
        yield
        holder.execute("ROLLBACK")


@contextmanager
def gone(publisher):
    away = publisher.path.with_suffix(".away")
    publisher.path.rename(away)
    yield
    away.rename(publisher.path)


# Answers --------------------------------------------------------------------------------------------------------


def test_an_article_comes_from_memory_without_django_and_without_a_query(site):
    site.get(ARTICLE)
    site.server.database.page = None
    reply = site.get(ARTICLE)
    assert reply.status == 200
    assert "first" in reply.text
    assert site.django.calls == []


def test_after_the_lease_nothing_old_is_served(site):
    site.get(ARTICLE)
    site.publisher.publish(ARTICLE, text="second")
    site.clock.pass_lease()
    assert "second" in site.get(ARTICLE).text


def test_within_the_lease_the_database_is_not_asked(site):
    site.get(ARTICLE)
    asked = []
    state = site.server.database.state
    site.server.lease._look = lambda: asked.append(1) or state()
    for _ in range(10):
        site.get(ARTICLE)
    assert asked == []
    site.clock.pass_lease()
    site.get(ARTICLE)
    site.get(OTHER)
    assert asked == [1]


def test_a_publication_forgets_only_what_it_changed(site):
    site.get(ARTICLE)
    site.get(OTHER)
    site.publisher.publish(ARTICLE, text="second")
    site.clock.pass_lease()
    site.get("/nothing/")
    assert site.server.memory.get(OTHER) is not None
    assert site.server.memory.get(ARTICLE) is None


def test_a_page_read_before_a_publication_is_not_kept_after_it(site):
    read = site.server.database.page

    def slow_page(path):
        page = read(path)
        site.publisher.publish(ARTICLE, text="second")
        site.clock.pass_lease()
        assert site.server.lease.holds()  # meanwhile another reader has seen the publication
        return page

    site.server.database.page = slow_page
    site.get(ARTICLE)
    site.server.database.page = read
    assert "second" in site.get(ARTICLE).text


def test_withdrawn_and_moved_pages_are_answered(site):
    site.publisher.publish(ARTICLE, text="withdrawn", status=410)
    site.publisher.publish(OTHER, status=301, location="/articles/haemophilia-a/")
    gone_page, moved = site.get(ARTICLE), site.get(OTHER)
    assert (gone_page.status, "withdrawn" in gone_page.text) == (410, True)
    assert (moved.status, moved.headers["Location"]) == (301, "/articles/haemophilia-a/")


def test_unknown_paths_go_to_django(site):
    assert site.get("/nothing/").status == 404


@pytest.mark.parametrize("request_of", [{"method": "POST"}, {"query": "as_of=2019-05-01"}])
def test_other_requests_go_to_django_as_they_are(site, request_of):
    assert site.get(ARTICLE, **request_of).status == 404
    assert len(site.django.calls) == 1


@pytest.mark.parametrize(
    "path",
    [
        ARTICLE[:-1], f"{ARTICLE};x=1", f"{ARTICLE}x.css", f"/{ARTICLE}", ARTICLE.replace("s/w", "s//w"),
        f"{ARTICLE}.", f"/x/..{ARTICLE}", ARTICLE.upper(), f"{ARTICLE}\x00", "/articles/\xff\xfe/", f"{ARTICLE} ",
    ],
)  # fmt: skip
def test_odd_paths_are_never_taken_for_another_path(site, path):
    assert site.get(path).status == 404


def test_an_encoded_slash_is_not_a_slash_where_the_server_tells(site):
    assert site.get(ARTICLE, RAW_URI=ARTICLE.replace("s/w", "s%2fw")).status == 404
    assert site.get(ARTICLE, RAW_URI=ARTICLE).status == 200


# Encodings, validators, headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", None), ("br", "br"), ("gzip", "gzip"), ("gzip, deflate, br, zstd", "br"), ("GZip", "gzip"),
        ("br;q=0, gzip", "gzip"), ("br;q=0.5, gzip;q=0.8", "gzip"), ("*", "br"), ("*;q=0", None),
        ("identity", None), ("identity;q=1, gzip;q=0.5", None), ("gzip;q=0.2", "gzip"), ("x-gzip", "gzip"),
        ("br;q=2", None), ("br;q=oops, gzip", "gzip"), ("deflate", None), (", ,;", None), ("br ; q=1.000", "br"),
        ("*;q=0.1, br;q=0", "gzip"), ("br," * 5000, None),
    ],
)  # fmt: skip
def test_the_encoding_is_the_best_one_accepted(site, accept, expected):
    reply = site.get(ARTICLE, HTTP_ACCEPT_ENCODING=accept)
    assert reply.headers.get("Content-Encoding") == expected
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert "first" in reply.text
    assert int(reply.headers["Content-Length"]) == len(reply.body)


def test_each_encoding_has_a_strong_validator_of_its_own(site):
    tags = {site.get(ARTICLE, HTTP_ACCEPT_ENCODING=coding).headers["ETag"] for coding in ("br", "gzip", "")}
    assert len(tags) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


@pytest.mark.parametrize("coding", ["br", "gzip", ""])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x" , W/{}, "y"', "*", " * "])
def test_a_matching_validator_is_answered_304_without_body(site, coding, method, form):
    full = site.get(ARTICLE, HTTP_ACCEPT_ENCODING=coding)
    reply = site.get(ARTICLE, method, HTTP_ACCEPT_ENCODING=coding, HTTP_IF_NONE_MATCH=form.format(full.headers["ETag"]))
    assert (reply.status, reply.body) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "Last-Modified", "Content-Security-Policy"):
        assert reply.headers[name] == full.headers[name]
    assert "Content-Length" not in reply.headers


@pytest.mark.parametrize("known", ['"x"', "", "W/", "nonsense", '"', "**"])
def test_another_validator_is_answered_in_full(site, known):
    assert site.get(ARTICLE, HTTP_IF_NONE_MATCH=known).status == 200


def test_the_validator_of_another_encoding_does_not_match(site):
    plain = site.get(ARTICLE).headers["ETag"]
    assert site.get(ARTICLE, HTTP_ACCEPT_ENCODING="br", HTTP_IF_NONE_MATCH=plain).status == 200


def test_if_modified_since_counts_only_without_if_none_match(site):
    moment = site.get(ARTICLE).headers["Last-Modified"]
    assert site.get(ARTICLE, HTTP_IF_MODIFIED_SINCE=moment).status == 304
    assert site.get(ARTICLE, HTTP_IF_MODIFIED_SINCE=moment, HTTP_IF_NONE_MATCH='"x"').status == 200
    assert site.get(ARTICLE, HTTP_IF_MODIFIED_SINCE="Tue, 14 Nov 2023 00:00:00 GMT").status == 200
    assert site.get(ARTICLE, HTTP_IF_MODIFIED_SINCE="yesterday").status == 200


def test_a_condition_does_not_turn_a_withdrawn_page_into_304(site):
    site.publisher.publish(ARTICLE, status=410)
    assert site.get(ARTICLE, HTTP_IF_NONE_MATCH="*").status == 410


def test_head_has_the_headers_of_get_and_no_body(site):
    for path in (ARTICLE, "/"):
        full, head = site.get(path), site.get(path, "HEAD")
        assert head.headers == full.headers
        assert (head.body, head.status) == (b"", 200)


def test_answers_carry_the_security_headers_and_no_cookie(site):
    for path in (ARTICLE, "/"):
        reply = site.get(path, HTTP_COOKIE="gtsite-session=x")
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert "Set-Cookie" not in reply.headers


def test_the_body_is_a_function_of_path_and_version(site):
    chance = random.Random(7)
    values = ["evil.example", "x" * 900, "\xff", "1", "../..", 'a"b', "gzip;q=1", "text/html", "en", "null"]
    names = [
        "HTTP_X_FORWARDED_HOST", "HTTP_X_ORIGINAL_URL", "HTTP_X_REWRITE_URL", "HTTP_FORWARDED", "HTTP_ACCEPT",
        "HTTP_ACCEPT_LANGUAGE", "HTTP_USER_AGENT", "HTTP_COOKIE", "HTTP_RANGE", "HTTP_ORIGIN", "HTTP_REFERER",
        "HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_AUTHORIZATION", "HTTP_X_FORWARDED_PROTO", "HTTP_VIA",
        "HTTP_X_FORWARDED_PREFIX", "HTTP_TE", "HTTP_PRAGMA", "HTTP_CACHE_CONTROL", "HTTP_ACCEPT_ENCODING",
    ]  # fmt: skip
    bodies = {path: site.get(path).text for path in (ARTICLE, "/", "/a-z/g/")}
    for path, _ in itertools.product(bodies, range(400)):
        headers = {name: chance.choice(values) for name in chance.sample(names, 5)}
        reply = site.get(path, **headers)
        assert (reply.status, reply.text) == (200, bodies[path])


# Host and transport ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "localhost:x", "local host", "[::1"],
)
def test_a_foreign_host_is_refused(site, host):
    reply = site.get(ARTICLE, HTTP_HOST=host, SERVER_NAME="evil.example")
    assert reply.status == 400
    assert "evil" not in reply.text
    assert site.django.calls == []


def test_our_host_with_a_port_is_known(site):
    assert site.get(ARTICLE, HTTP_HOST="localhost:8000").status == 200


def test_plain_http_is_left_to_django_to_redirect(publisher):
    publisher.publish(ARTICLE)
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        site = Site(publisher)
    site.get(ARTICLE)
    assert len(site.django.calls) == 1
    site.get(ARTICLE, HTTP_X_FORWARDED_PROTO="http", **{"wsgi.url_scheme": "https"})
    assert len(site.django.calls) == 2
    assert site.get(ARTICLE, HTTP_X_FORWARDED_PROTO="https").status == 200
    assert len(site.django.calls) == 2


# Listings -------------------------------------------------------------------------------------------------------


def test_a_listing_is_rendered_once_for_each_version(site):
    site.get("/")
    before = len(site.django.calls)
    assert site.get("/").text == "home"
    assert len(site.django.calls) == before
    site.django.texts["/"] = "new home"
    site.publisher.publish(ARTICLE)
    site.clock.pass_lease()
    assert site.get("/").text == "new home"
    assert len(site.django.calls) == before + 1


def test_a_listing_rendered_while_a_publication_commits_is_not_kept(site):
    site.get("/")
    site.publisher.publish(ARTICLE)
    site.clock.pass_lease()
    render = site.django.__class__.__call__

    def slow(environ, start_response):
        answer = render(site.django, environ, start_response)
        site.django.texts["/"] = "newest home"
        site.publisher.publish(ARTICLE)
        return answer

    site.server.application = slow
    site.get("/")
    site.server.application = site.django
    site.clock.pass_lease()
    assert site.get("/").text == "newest home"


def test_a_listing_that_changes_by_time_is_rendered_again_then(site):
    site.django.extra = [("X-GTSite-Until", "1010")]
    site.get("/")
    site.django.texts["/"] = "later"
    assert site.get("/").text == "home"
    site.wall.now = 1010
    assert site.get("/").text == "later"


@pytest.mark.parametrize(
    "header",
    [("Set-Cookie", "a=b"), ("Vary", "Cookie"), ("Vary", "Accept-Encoding, Cookie"), ("vary", "*"),
     ("Content-Encoding", "gzip")],
)  # fmt: skip
def test_what_depends_on_the_reader_is_never_kept(site, header):
    site.django.extra = [header]
    site.get("/")
    site.django.texts["/"] = "for someone else"
    site.server._pass_on({"PATH_INFO": "/", "REQUEST_METHOD": "GET"}, lambda *answer: None)
    assert site.server.memory.get("/") is None


def test_a_listing_is_rendered_for_nobody_in_particular(site):
    site.get("/", HTTP_COOKIE="gtsite-session=editor", HTTP_X_FORWARDED_HOST="evil.example", HTTP_HOST="localhost:1")
    rendered = site.django.calls[-1]
    assert rendered["HTTP_HOST"] == "127.0.0.1"
    assert not {"HTTP_COOKIE", "HTTP_X_FORWARDED_HOST"} & set(rendered)


def test_notes_between_views_and_server_do_not_leave(site):
    site.django.extra = [("X-GTSite-Until", "5000")]
    for reply in (site.get("/"), site.get("/", query="utm_source=x"), site.get("/", "HEAD")):
        assert not [name for name in reply.headers if name.lower().startswith("x-gtsite")]


def test_a_failing_listing_is_not_kept(site):
    site.django.status = "500 Internal Server Error"
    assert site.get("/").status == 500
    site.django.status = None
    assert site.get("/").text == "home"


# With the real Django --------------------------------------------------------------------------------------------


def publish_page(path, text):
    body = text.encode()
    digest = hashlib.sha256(body).hexdigest()
    models.Page.objects.update_or_create(
        path=path,
        defaults={
            "version": publishing.bump(), "etag": f'"{digest}"', "last_modified": 1, "digest": digest, "body": body,
        },
    )  # fmt: skip


@pytest.fixture
def real_site(transactional_db):
    """The site's own Django, database and settings behind the page server."""
    site = Site(None, application=get_wsgi_application(), connect=from_django)
    yield site
    for database in (site.server.database, site.server.follower.database):
        release(database._connection)


def release(connection):
    patience = getattr(connection, "_patience", None)
    patience.call(connection._close) if patience else connection._close()


def test_the_real_pages_and_listings_are_served(real_site):
    publish_page(ARTICLE, "an article")
    assert real_site.get(ARTICLE).text == "an article"
    for path in ("/", "/topics/", "/a-z/", "/a-z/g/", "/feeds/new/", "/sitemap.xml", "/robots.txt"):
        full = real_site.get(path)
        assert full.status == 200
        assert real_site.get(path, HTTP_IF_NONE_MATCH=full.headers["ETag"]).status == 304, path
        assert real_site.server.memory.get(path) is not None, path


def test_real_pages_survive_the_loss_of_the_database(real_site):
    publish_page(ARTICLE, "an article")
    real_site.follow()
    silent = Site(None, application=None, connect=lambda: Database(SqliteConnection("/nowhere")))
    for path in (ARTICLE, "/", "/topics/", "/a-z/", "/feeds/new/"):
        assert silent.get(path).headers["X-GTSite-Source"] == "copy"


# Memory ---------------------------------------------------------------------------------------------------------


def entry_of(path, size):
    return prepare(Page(path, 200, "", "text/html", b"x" * size, b"", b"", '"e"', 0, 1), {})


def test_memory_stays_within_its_bound_and_forgets_the_least_used():
    memory = Memory(200_000)
    for number in range(100):
        memory.put(entry_of(f"/{number}/", 5_000), None)
        memory.get("/0/")
        assert memory.size <= 200_000
    assert memory.get("/0/") is not None
    assert memory.get("/1/") is None
    assert memory.get("/99/") is not None


def test_one_huge_page_does_not_push_out_the_others():
    memory = Memory(200_000)
    memory.put(entry_of("/small/", 100), None)
    memory.put(entry_of("/huge/", 190_000), None)
    assert memory.get("/small/") is not None
    assert memory.get("/huge/") is None


def test_memory_counts_right_when_entries_are_replaced_and_dropped():
    memory = Memory(200_000)
    for size in (10, 2_000, 300):
        memory.put(entry_of("/a/", size), None)
    memory.move_to("next", ["/a/", "/unknown/"])
    assert (memory.size, len(memory)) == (0, 0)


def test_readers_beside_publications_never_see_what_was_answered_as_replaced(publisher):
    with closing(publisher.open()) as database:
        database.execute("PRAGMA journal_mode = WAL")  # as in production: readers never wait for a commit
    publisher.publish(ARTICLE, text="edition 0")
    site = Site(publisher)
    answered, wrong, is_over = [0], [], threading.Event()

    def read():
        while not is_over.is_set():
            expected = answered[0]
            found = int(site.get(ARTICLE).text.split("edition ")[1].split()[0])
            if found < expected:
                wrong.append((found, expected))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(1, 60):
        publisher.publish(ARTICLE, text=f"edition {number}")
        site.clock.pass_lease()
        answered[0] = number
    is_over.set()
    for reader in readers:
        reader.join()
    assert wrong == []


# The database is silent -----------------------------------------------------------------------------------------

SILENCES = [held_exclusively, gone]


@pytest.fixture
def followed(site):
    """A site whose pages and listings have their copies on disk."""
    site.follow()
    site.clock.pass_lease()
    return site


def timed(site, path, **headers):
    """The answer, which comes within 300 ms; a busy machine gets another chance to show it."""
    durations = []
    for _ in range(5):
        started = time.perf_counter()
        reply = site.get(path, **headers)
        durations.append(time.perf_counter() - started)
        if durations[-1] < 0.3:
            return reply
    raise AssertionError(f"too slow: {durations}")


@pytest.mark.parametrize("silence", SILENCES)
@pytest.mark.parametrize("path", [ARTICLE, "/", "/a-z/g/", "/topics/"])
def test_memory_answers_while_the_database_is_silent_and_says_so(site, silence, path):
    before = site.get(path)
    with silence(site.publisher):
        site.clock.now += 30
        reply = timed(site, path)
        assert (reply.status, reply.text) == (200, before.text)
        assert reply.headers["X-GTSite-Source"] == "memory"
        assert reply.headers["Age"] == "30"
    site.clock.pass_lease()
    assert "X-GTSite-Source" not in site.get(path).headers


@pytest.mark.parametrize("silence", SILENCES)
@pytest.mark.parametrize("path", [ARTICLE, "/", "/a-z/g/", "/topics/"])
def test_a_restarted_process_answers_from_disk_and_says_so(followed, silence, path):
    with silence(followed.publisher):
        reborn = followed.restarted()
        reply = timed(reborn, path)
        assert reply.status == 200
        assert {ARTICLE: "first", "/a-z/": "G", "/a-z/g/": "letter g"}.get(
            path, path.strip("/") or "home"
        ) in reply.text
        assert reply.headers["X-GTSite-Source"] == "copy"
        assert timed(reborn, path, HTTP_IF_NONE_MATCH=reply.headers["ETag"]).status == 304
    reborn.clock.pass_lease()
    assert "X-GTSite-Source" not in reborn.get(path).headers


@pytest.mark.parametrize("silence", SILENCES)
def test_what_nobody_has_kept_is_refused_soon_and_politely(site, silence):
    with silence(site.publisher):
        site.clock.pass_lease()
        for changes in ({}, {"method": "POST"}, {"query": "q=1"}, {"method": "HEAD"}):
            reply = timed(site, "/search/", **changes)
            assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
            assert reply.headers["Cache-Control"] == "no-store"
        assert site.django.calls == []


def test_the_desk_and_static_files_are_left_to_django_whatever_the_database_does(site):
    with gone(site.publisher):
        site.clock.pass_lease()
        for path in ("/admin/", "/admin/login/", "/static/site.css"):
            assert site.get(path).status == 404
    assert len(site.django.calls) == 3


def test_looking_for_a_missing_file_does_not_create_it(site):
    with gone(site.publisher):
        site.clock.pass_lease()
        site.get(ARTICLE)
        site.restarted().get(ARTICLE)
        assert not site.publisher.path.exists()


def test_another_file_at_the_same_place_is_another_database(followed, tmp_path):
    followed.get(ARTICLE)
    other = Publisher(tmp_path / "restored.sqlite3")
    other.publish(ARTICLE, text="restored")
    other.path.replace(followed.publisher.path)
    followed.clock.pass_lease()
    assert "restored" in followed.get(ARTICLE).text
    assert followed.get(OTHER).status == 404
    with gone(followed.publisher):
        assert followed.restarted().get(OTHER).status == 503


def test_an_older_backup_in_the_same_file_forgets_what_came_later(followed):
    followed.publisher.publish(ARTICLE, text="second")
    followed.clock.pass_lease()
    followed.get(ARTICLE)
    followed.follow()
    with closing(followed.publisher.open()) as database:
        database.execute("UPDATE articles_pagesversion SET number = 0")
        database.execute("DELETE FROM articles_page WHERE path = ?", (ARTICLE,))
    followed.clock.pass_lease()
    assert followed.get(ARTICLE).status == 404
    with gone(followed.publisher):
        assert followed.restarted().get(ARTICLE).status == 503


def test_a_damaged_database_is_a_silent_one(followed):
    followed.publisher.path.write_bytes(b"not a database" * 1000)
    followed.clock.pass_lease()
    assert timed(followed, ARTICLE).headers["X-GTSite-Source"] == "copy"


def test_a_listing_that_fails_is_answered_with_what_was_known(followed):
    followed.publisher.publish(ARTICLE, text="second")
    followed.clock.pass_lease()
    followed.django.status = "500 Internal Server Error"
    assert followed.get("/").text == "home"
    assert followed.restarted().get("/").headers["X-GTSite-Source"] == "copy"


# Copies on disk -------------------------------------------------------------------------------------------------


def file_of(site, path):
    return site.server.disk.copies._file(path)


def after_all_is_lost(site, path):
    """What a new process answers without a database."""
    with gone(site.publisher):
        return site.restarted().get(path)


def test_a_withdrawal_that_was_seen_reaches_the_disk_before_it_is_believed(followed):
    followed.publisher.publish(ARTICLE, text="withdrawn", status=410)
    followed.get("/nothing/")  # sees the publication; nothing was copied since
    assert not file_of(followed, ARTICLE).exists()
    assert after_all_is_lost(followed, ARTICLE).status == 503
    assert after_all_is_lost(followed, OTHER).status == 200
    followed.follow()
    assert after_all_is_lost(followed, ARTICLE).status == 410


@pytest.mark.parametrize("silence", SILENCES)
def test_a_process_that_was_idle_does_not_show_what_another_has_seen_withdrawn(followed, silence):
    idle = followed.restarted()
    for path in (ARTICLE, OTHER):
        assert "first" in idle.get(path).text
    followed.publisher.publish(ARTICLE, text="withdrawn", status=410)
    followed.clock.pass_lease()
    followed.get("/nothing/")  # this process sees the withdrawal, and the host's store with it
    with silence(followed.publisher):
        idle.clock.pass_lease()
        assert idle.get(ARTICLE).status == 503
        assert "first" in idle.get(OTHER).text
    followed.clock.pass_lease()
    followed.follow()
    with silence(followed.publisher):
        idle.clock.pass_lease()
        assert "withdrawn" in idle.get(ARTICLE).text
        assert idle.get(ARTICLE).status == 410


def test_a_publication_whose_changes_cannot_be_read_is_not_believed(followed):
    followed.publisher.publish(ARTICLE, text="second")
    changed_since = followed.server.database.changed_since

    def fail(number):
        raise Unavailable("just now")

    followed.server.database.changed_since = fail
    assert followed.get(ARTICLE).headers["X-GTSite-Source"] == "copy"
    followed.server.database.changed_since = changed_since
    followed.clock.pass_lease()
    assert "second" in followed.get(ARTICLE).text


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), Late("slow")])
def test_a_disk_that_does_not_forget_is_not_believed_until_it_does(followed, failure):
    followed.publisher.publish(ARTICLE, text="withdrawn", status=410)
    forget = followed.server.disk.copies.forget

    def fail(*arguments):
        raise failure

    followed.server.disk.copies.forget = fail
    assert followed.get("/nothing/").status == 404
    followed.server.memory.move_to(None, None)
    with gone(followed.publisher):
        followed.clock.pass_lease()
        assert followed.get(ARTICLE).status == 503
    followed.server.disk.copies.forget = forget
    followed.clock.pass_lease()
    followed.follow()
    assert after_all_is_lost(followed, ARTICLE).status == 410


@pytest.mark.parametrize("where", [0, 5, 20, 80, 83, 120, 400, -300, -1])
def test_a_damaged_copy_is_never_served(followed, where):
    file = file_of(followed, ARTICLE)
    content = bytearray(file.read_bytes())
    content[where] ^= 1
    file.write_bytes(content)
    assert after_all_is_lost(followed, ARTICLE).status == 503


@pytest.mark.parametrize("length", [0, 1, 40, 90, 1000])
def test_half_a_copy_is_never_served(followed, length):
    file = file_of(followed, ARTICLE)
    file.write_bytes(file.read_bytes()[:length])
    assert after_all_is_lost(followed, ARTICLE).status == 503


def test_a_copy_of_another_path_is_never_served(followed):
    file_of(followed, ARTICLE).write_bytes(file_of(followed, OTHER).read_bytes())
    assert after_all_is_lost(followed, ARTICLE).status == 503


def test_a_copy_put_back_from_an_older_time_is_never_served(followed, tmp_path):
    old = file_of(followed, ARTICLE).read_bytes()
    other = Publisher(tmp_path / "restored.sqlite3")
    other.path.replace(followed.publisher.path)
    followed.get("/")
    file_of(followed, ARTICLE).write_bytes(old)
    assert after_all_is_lost(followed, ARTICLE).status == 503


def test_a_store_without_its_notes_is_not_believed_and_is_filled_again(followed):
    (followed.server.disk.copies.folder / "store.json").write_text("{")
    assert after_all_is_lost(followed, ARTICLE).status == 503
    followed.follow()
    assert after_all_is_lost(followed, ARTICLE).status == 200


def test_a_lost_folder_is_filled_again(followed):
    shutil.rmtree(followed.server.disk.copies.folder)
    assert after_all_is_lost(followed, ARTICLE).status == 503
    followed.follow()
    assert after_all_is_lost(followed, ARTICLE).status == 200


def test_a_disk_that_hangs_does_not_keep_readers_waiting(followed, monkeypatch):
    monkeypatch.setattr("gtsite.pages.disk.PATIENCE", PATIENCE)
    is_over = threading.Event()
    with gone(followed.publisher):
        reborn = followed.restarted()
        reborn.server.disk.copies.get = lambda path: is_over.wait(10)
        assert [timed(reborn, path).status for path in (ARTICLE, OTHER, "/")] == [503, 503, 503]
    is_over.set()


def test_what_was_read_before_a_publication_is_not_written_after_it(followed):
    copies, state = followed.server.disk.copies, followed.server.lease.state
    old = followed.server.database.page(ARTICLE)
    followed.publisher.publish(ARTICLE, text="withdrawn", status=410)
    assert followed.get(ARTICLE).status == 410
    assert copies.put(old, state) is False
    assert after_all_is_lost(followed, ARTICLE).status == 503


def test_two_processes_keep_one_store(followed):
    second = followed.restarted()
    followed.publisher.publish(ARTICLE, text="second")
    second.clock.pass_lease()
    second.get(ARTICLE)
    second.follow()
    followed.clock.pass_lease()
    followed.get(ARTICLE)  # sees the publication late; the fresh copy stays
    assert "second" in after_all_is_lost(followed, ARTICLE).text


def test_a_process_behind_the_others_does_not_throw_the_store_away(followed):
    epoch = followed.server.disk.copies.notes().epoch
    followed.publisher.publish(ARTICLE, text="second")
    followed.get(ARTICLE)
    behind = followed.restarted()
    look = behind.server.database.state
    behind.server.lease._look = lambda: State(look().database, look().number - 1)
    behind.get(ARTICLE)
    assert followed.server.disk.copies.notes().epoch == epoch


def test_more_changes_than_can_be_named_make_everything_doubtful_at_once(followed, monkeypatch):
    monkeypatch.setattr("gtsite.pages.database.MOST_CHANGES", 1)
    followed.publisher.publish(ARTICLE, OTHER, text="withdrawn", status=410)
    followed.get("/nothing/")
    assert after_all_is_lost(followed, ARTICLE).status == 503
    followed.follow()
    assert after_all_is_lost(followed, OTHER).status == 410


def test_many_pages_are_copied_in_batches(publisher, monkeypatch):
    monkeypatch.setattr("gtsite.pages.following.BATCH", 3)
    paths = [f"/articles/{number}/" for number in range(10)]
    publisher.publish(*paths[:7])
    publisher.publish(*paths[7:])
    site = Site(publisher)
    site.follow()
    assert [after_all_is_lost(site, path).status for path in paths] == [200] * 10


def test_listings_are_found_along_their_links_and_rest_between_rounds(followed):
    assert after_all_is_lost(followed, "/a-z/g/").text == "letter g"
    follower = followed.server.follower
    follower._rest_until = followed.clock.now + 100
    followed.publisher.publish(OTHER)
    followed.django.texts["/"] = "new home"
    followed.follow()
    assert after_all_is_lost(followed, "/").text == "home"
    followed.clock.now += 101
    followed.follow()
    assert after_all_is_lost(followed, "/").text == "new home"


def test_a_listing_that_can_no_longer_be_reached_has_no_copy(followed):
    followed.django.texts["/a-z/"] = "no letters"
    del followed.django.texts["/a-z/g/"]
    followed.publisher.publish(OTHER)
    followed.clock.now += 100
    followed.follow()
    assert after_all_is_lost(followed, "/a-z/g/").status == 503
    assert after_all_is_lost(followed, "/a-z/").text == "no letters"


def test_copies_of_listings_stay_when_django_could_not_make_new_ones(followed):
    followed.publisher.publish(OTHER)
    followed.django.status = "500 Internal Server Error"
    followed.clock.now += 100
    followed.follow()
    assert after_all_is_lost(followed, "/a-z/g/").text == "letter g"
    followed.django.status = None
    followed.django.texts["/a-z/g/"] = "new letter g"
    followed.clock.now += 100
    followed.follow()
    assert after_all_is_lost(followed, "/a-z/g/").text == "new letter g"


def test_nothing_is_copied_while_the_database_is_silent(site):
    with gone(site.publisher):
        site.follow()
    assert not site.server.disk.copies.folder.exists()


def test_one_process_of_the_host_follows(followed):
    first, second = Background(followed.server.follower, 0.001), Background(followed.server.follower, 0.001)
    has_stepped = threading.Event()
    followed.server.follower.step = has_stepped.set
    first.ensure_started()
    assert has_stepped.wait(5)
    assert second._elected() is None
    first.stop()
    first.thread.join(5)
    lock = second._elected()
    assert lock is not None
    os.close(lock)


def test_the_background_thread_survives_failures(followed, caplog):
    background = Background(followed.server.follower, 0.001)
    outcomes = iter([Unavailable("silent"), OSError("full"), OSError("full"), ValueError("a mistake")])
    is_over = threading.Event()

    def step():
        for outcome in outcomes:
            raise outcome
        is_over.set()

    followed.server.follower.step = step
    background.ensure_started()
    assert is_over.wait(5)
    background.stop()
    background.thread.join(5)
    assert [record.args[0].args[0] for record in caplog.records] == ["silent", "full", "a mistake"]


def test_publishing_waits_one_lease(monkeypatch, settings):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    settings.PAGE_LEASE_MS = 200
    wait_one_lease()
    settings.PAGE_LEASE_MS = 0
    wait_one_lease()
    assert waited == [0.2, 0.0]


# PostgreSQL -----------------------------------------------------------------------------------------------------


class PostgresPublisher(Publisher):
    """The same on a cluster of its own, which may be stopped."""

    def open(self):
        return PostgresSession(psycopg.connect(self.path, autocommit=True))


class PostgresSession:
    """psycopg behind the few words of sqlite3 that the publisher uses."""

    def __init__(self, raw):
        self.raw = raw

    def execute(self, sql, arguments=()):
        return self.raw.execute(sql.replace("BEGIN IMMEDIATE", "BEGIN").replace("?", "%s"), arguments)

    def executescript(self, sql):
        self.raw.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        self.raw.execute(sql.replace("blob", "bytea").replace("id integer", "id serial"))

    def close(self):
        self.raw.close()


@pytest.fixture(scope="module")
def own_cluster():
    binaries = find_binaries()
    with cluster(binaries) as url:
        folder = url.partition("host=")[2]
        yield SimpleNamespace(
            parameters={"host": folder, "user": "gtsite", "dbname": "postgres"},
            control=lambda *words: run(binaries / "pg_ctl", "-D", f"{folder}/data", "-w", *words),
            log=f"{folder}/log",
        )


@pytest.fixture
def on_postgres(own_cluster):
    publisher = PostgresPublisher(" ".join(f"{k}={v}" for k, v in own_cluster.parameters.items()))
    publisher.publish(ARTICLE, OTHER)
    site = Site(publisher, connect=lambda: Database(PostgresConnection(own_cluster.parameters)))
    recovered(site)
    site.follow()
    yield site
    for database in (site.server.database, site.server.follower.database):
        release(database._connection)


def recovered(site):
    """The first answer checked with the database; the server and a machine under load may need a moment."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        site.clock.pass_lease()
        reply = timed(site, ARTICLE)
        if reply.status == 200 and "X-GTSite-Source" not in reply.headers:
            return reply
    raise AssertionError("the page server did not recover")


@pytest.mark.postgres
def test_postgresql_serves_and_follows_publications(on_postgres):
    assert "first" in on_postgres.get(ARTICLE).text
    on_postgres.publisher.publish(ARTICLE, text="second")
    on_postgres.clock.pass_lease()
    assert "second" in on_postgres.get(ARTICLE, HTTP_ACCEPT_ENCODING="br").text


@pytest.mark.postgres
@pytest.mark.parametrize("path", ["/\x00", "/articles/\xff\xfe/", "/" + "x" * 5000, "/\x7f/"])
def test_a_path_postgresql_refuses_does_not_pass_for_trouble(on_postgres, path):
    on_postgres.get(path)
    assert "X-GTSite-Source" not in on_postgres.get(ARTICLE).headers


TABLES = ["articles_page", "articles_pagesversion", "articles_article", "articles_titleentry"]


@pytest.mark.postgres
@pytest.mark.parametrize("path", [ARTICLE, "/", "/a-z/g/", "/topics/"])
@pytest.mark.parametrize("tables", [*TABLES, ", ".join(TABLES)])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_locked_tables_do_not_keep_readers_waiting(on_postgres, own_cluster, tables, path, is_restarted):
    site = on_postgres
    with closing(site.publisher.open()) as holder:
        holder.execute(f"BEGIN; LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        if is_restarted:
            site.server.memory.move_to(site.server.lease.state, None)
            site.django.status = "500 Internal Server Error"
        site.clock.pass_lease()
        assert timed(site, path).status == 200
    site.django.status = None
    recovered(site)


@pytest.mark.postgres
def test_a_stopped_postgresql_is_survived(on_postgres, own_cluster):
    own_cluster.control("-m", "fast", "stop")
    try:
        for path in (ARTICLE, OTHER, "/", "/a-z/g/"):
            on_postgres.clock.pass_lease()
            assert timed(on_postgres, path).headers["X-GTSite-Source"] in ("memory", "copy")
    finally:
        own_cluster.control("-l", own_cluster.log, "start")
    recovered(on_postgres)
    own_cluster.control("-m", "immediate", "-l", own_cluster.log, "restart")
    recovered(on_postgres)


@pytest.mark.postgres
def test_a_postgresql_that_hangs_is_survived(on_postgres):
    database = on_postgres.server.database
    (process,) = database._fetch("SELECT pg_backend_pid()")[0]
    os.kill(process, signal.SIGSTOP)
    try:
        for path in (ARTICLE, OTHER, "/", "/a-z/g/", ARTICLE):
            on_postgres.clock.pass_lease()
            assert timed(on_postgres, path).headers["X-GTSite-Source"] in ("memory", "copy")
    finally:
        os.kill(process, signal.SIGCONT)
    recovered(on_postgres)
