"""The page server: fast, honest, never stale after a publication's answer, never silent with the database."""

import gzip
import hashlib
import itertools
import random
import sqlite3
import threading
from contextlib import closing, contextmanager

import brotli
import pytest
from django.test import override_settings

from gtsite.pages import PageServer
from gtsite.pages.database import Database, SqliteConnection, State, Unavailable
from gtsite.pages.forms import Page, preferences, prepare
from gtsite.pages.memory import Memory

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
        } | headers  # fmt: skip
        caught = []
        body = b"".join(self.server(environ, lambda *answer: caught.append(answer)))
        ((status, answer_headers),) = caught
        return Reply(status, answer_headers, body)

    def follow(self):
        self.server.follower.step()

    def restarted(self):
        return Site(self.publisher, application=self.django)


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
