"""Requests that another site makes, or that name another site: no write, no way out, no foreign name in an answer."""

import random
import re
from io import BytesIO
from itertools import product
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gtsite.security import admin_headers
from tests.desk import at, form_of, signed_in
from tests.people import PASSWORD

pytestmark = pytest.mark.usefixtures("quiet")

EVIL = "evil.example"
LIVE = "/articles/what-is-gene-therapy/"

# --- posts of other sites -----------------------------------------------------------------------------------------

OWN_ORIGIN = {"HTTP_ORIGIN": "http://testserver"}
FOREIGN = [
    {"HTTP_ORIGIN": f"https://{EVIL}"},
    {"HTTP_ORIGIN": "null"},
    {"HTTP_ORIGIN": "http://testserver.evil.example"},
    {"HTTP_ORIGIN": "http://testserver:8080"},
    {"HTTP_ORIGIN": "https://testserver"},
    {"HTTP_ORIGIN": "http://testserver@evil.example"},
]


@pytest.fixture
def strict(newsroom):
    """Alice's browser, as its own site sees it: the token in the form counts."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(newsroom.alice)
    return client


def token_of(client, path):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).content.decode())[1]


def test_a_post_of_another_site_is_refused_even_with_a_token(newsroom, strict):
    article = newsroom.draft()
    form = form_of(strict, article, title="Theirs") | {"csrfmiddlewaretoken": token_of(strict, at(article))}
    for headers in FOREIGN:
        assert strict.post(at(article), form, **headers).status_code == 403, headers
    article.refresh_from_db()
    assert article.title == "What is gene therapy?"


def test_the_same_post_of_our_own_page_is_taken(newsroom, strict):
    article = newsroom.draft()
    form = form_of(strict, article, title="Ours") | {"csrfmiddlewaretoken": token_of(strict, at(article))}
    assert strict.post(at(article), form, **OWN_ORIGIN).status_code == 302
    article.refresh_from_db()
    assert article.title == "Ours"


def test_a_post_with_a_made_up_token_is_refused(newsroom, strict):
    article = newsroom.draft()
    form = form_of(strict, article, title="Theirs")
    for token in ("", "x", "a" * 64, "a" * 32, "\x00", "é" * 64):
        assert strict.post(at(article), form | {"csrfmiddlewaretoken": token}).status_code == 403, token


def test_the_token_of_one_browser_is_of_no_use_in_another(newsroom, strict):
    article = newsroom.draft()
    theirs = Client(enforce_csrf_checks=True)
    theirs.force_login(newsroom.anna)
    form = form_of(strict, article, title="Theirs") | {"csrfmiddlewaretoken": token_of(theirs, at(article))}
    assert strict.post(at(article), form).status_code == 403


def test_an_expired_form_says_that_nothing_was_saved_and_gives_the_words_back(newsroom, strict):
    article = newsroom.draft()
    form = form_of(strict, article, title="Words </textarea><script>x", reason="Two words")
    stale = form | {"csrfmiddlewaretoken": "a" * 64, "new_password1": "a secret phrase"}

    def told(**headers):
        with CaptureQueriesContext(connection) as asked:
            answer = strict.post(at(article), stale, **headers)
        assert (answer.status_code, len(asked)) == (403, 0)
        assert {n: answer[n] for n in admin_headers()} == admin_headers()
        return answer.content.decode()

    shown = told()
    assert "Nothing was saved and nothing was sent." in shown
    assert "Words &lt;/textarea&gt;&lt;script&gt;x</textarea>" in shown
    assert "Two words</textarea>" in shown
    assert "A vector carries the gene" in shown
    for hidden in ("a secret phrase", "a" * 64, "<script", "style="):
        assert hidden not in shown
    for headers in (*FOREIGN, {"HTTP_SEC_FETCH_SITE": "cross-site"}):
        shown = told(**headers)
        assert "Nothing was saved" in shown
        assert "<textarea" not in shown
        assert "Back button" in shown
    article.refresh_from_db()
    assert article.title == "What is gene therapy?"


def test_nobody_is_signed_in_or_out_by_another_site(newsroom, strict):
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post("/admin/login/", {"username": "paul", "password": PASSWORD}).status_code == 403
    assert not get_user(stranger).is_authenticated
    assert strict.get("/admin/logout/").status_code == 405
    assert strict.post("/admin/logout/", headers={"Origin": f"https://{EVIL}"}).status_code == 403
    assert get_user(strict) == newsroom.alice


def test_cookies_of_the_desk_do_not_travel_with_posts_of_other_sites_and_no_script_reads_them(newsroom):
    client = Client()
    client.post("/admin/login/", {"username": "paul", "password": PASSWORD})
    client.get("/admin/")
    assert {django_settings.SESSION_COOKIE_NAME} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert cookie["samesite"] in ("Lax", "Strict")
        assert cookie["httponly"]
        assert cookie["path"] == "/"
        assert not cookie["domain"]


def test_a_form_for_a_friend_that_another_site_sends_is_refused(newsroom):
    newsroom.live()
    client = Client(enforce_csrf_checks=True)
    for headers in (
        *FOREIGN[:1],
        *FOREIGN[2:],
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
    ):
        answer = client.post(f"{LIVE}share/", {"address": "a@example.org", "token": "x"}, **headers)
        assert answer.status_code in (400, 403), headers
    assert client.post(f"{LIVE}share/", {}, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403


# --- ways out -----------------------------------------------------------------------------------------------------

SCHEMES = ["https:", "http:", "HTTPS:", "ftp:", "javascript:", "data:text/html,", "vbscript:", "", "//", "\\\\", "///"]
AUTHORITIES = [
    f"//{EVIL}", f"//{EVIL}/admin/", f"\\\\{EVIL}", f"/\\{EVIL}", f"//testserver@{EVIL}", f"//{EVIL}#@testserver",
    f"//testserver.{EVIL}", f"//testserver%2f@{EVIL}", f"//{EVIL}%00testserver", f"//{EVIL}?testserver", f"//{EVIL}:80",
    f"//{EVIL}\\@testserver", "//[::1]", "//127.1", "//0x7f.1", f"//%65vil.example/{EVIL}", f"//ｅvil.example/{EVIL}",
]  # fmt: skip
BEFORE = ["", " ", "\t", "\n", "\r\n", "\x00", "\x0b", "%20", "%09", "\u200b", "\ufeff", ".", "/.", "/%09", "/\t"]


def ways_out():
    """More than 200 addresses that some browser would take for another site."""
    plain = [f"{scheme}{authority}" for scheme in SCHEMES[:7] for authority in AUTHORITIES]
    hidden = [f"{before}//{EVIL}" for before in BEFORE[1:] if before not in (".", "/.")]
    hidden += [f"{before}https://{EVIL}/" for before in BEFORE[1:]]
    split = [f"/{middle}/{EVIL}" for middle in ("\t", "\n", "\r", "\x00", "\\", "%5c", "%2f", "\t\\")]
    scripts = [f"{scheme}alert(1)" for scheme in ("javascript:", "JaVaScRiPt:", "java\tscript:", "\x01javascript:")]
    scripts += [f"data:text/html,<script>alert('{EVIL}')</script>", f"https:{EVIL}", f"https:/{EVIL}", f"///{EVIL}"]
    scripts += [quote(address) for address in plain[:40]]
    return list(dict.fromkeys([*plain, *hidden, *split, *scripts, *AUTHORITIES, "".join(SCHEMES)]))


WAYS_OUT = ways_out()


def leads_away(location):
    """Whether a browser would leave the site: browsers drop tabs and line breaks and read `\\` as `/`."""
    seen = re.sub(r"[\t\r\n]", "", location).strip("\x00\x0b \u200b\ufeff").replace("\\", "/")
    parts = urlsplit(seen)
    return bool(parts.scheme or parts.netloc) and parts.netloc != "testserver"


def test_there_are_enough_ways_out_to_try():
    assert len(WAYS_OUT) >= 200
    assert sum(map(leads_away, WAYS_OUT)) > 100


def test_signing_in_leads_nowhere_else(newsroom):
    client = Client()
    for address in WAYS_OUT:
        body = {"username": "paul", "password": PASSWORD, "next": address}
        for response in (client.post("/admin/login/", body), client.post(f"/admin/login/?next={quote(address)}", body)):
            assert response.status_code == 302
            assert not leads_away(response.headers["Location"]), address
        client.logout()


def test_signed_in_people_who_open_the_sign_in_page_are_sent_nowhere_else(newsroom):
    client = signed_in(newsroom.alice)
    for address in WAYS_OUT:
        response = client.get("/admin/login/", {"next": address})
        assert not leads_away(response.headers.get("Location", "")), address


def test_signing_out_leads_nowhere_else(newsroom):
    client = Client()
    for address in WAYS_OUT[::3]:
        client.force_login(newsroom.alice)
        response = client.post("/admin/logout/", {"next": address})
        assert not leads_away(response.headers.get("Location", "")), address


def test_no_form_of_the_desk_leads_nowhere_else(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.edward)
    move, topic = at(article, "move", "submit"), reverse("admin:articles_topic_add")
    for number, address in enumerate(WAYS_OUT[::7]):
        names = {
            "next": address,
            "then": address,
            "_continue": address,
            "return": address,
            "_changelist_filters": address,
        }
        made = {"name": f"T {number}", "slug": f"t-{number}", "position": "1"}
        for response in (client.post(move, names), client.post(f"{topic}?next={quote(address)}", names | made)):
            assert not leads_away(response.headers.get("Location", "")), address


def test_no_public_address_leads_away(newsroom):
    newsroom.live()
    client = Client()
    for address in WAYS_OUT:
        for path in (
            f"/{quote(address, safe='/:@')}",
            f"{LIVE}?as_of={quote(address)}",
            f"{LIVE}{quote(address, safe='/:')}",
        ):
            response = client.get(path)
            assert response.status_code < 500, path
            assert not leads_away(response.headers.get("Location", "")), path
    for path in (f"//{EVIL}", f"//{EVIL}/..", f"/{EVIL}", "//admin", f"/\\{EVIL}/articles"):
        response = client.generic("GET", path)
        assert not leads_away(response.headers.get("Location", "")), path


# --- hosts --------------------------------------------------------------------------------------------------------

HOSTS = [
    EVIL, f"{EVIL}:80", f"testserver.{EVIL}", f"{EVIL}/testserver", f"testserver@{EVIL}", f"testserver:80@{EVIL}",
    f"testserver#{EVIL}", f"testserver?{EVIL}", "testserver:evil", "testserver\r\nX: y", "testserver evil",
    "", " ", "*", ".testserver", "testserver..", "testserver%00", "testserver:80:90", "127.0.0.1", "[::1]", "0.0.0.0",
    "localhost",
    "testserver,evil.example", f"testserver, {EVIL}", "test_server", "TESTSERVER.EVIL", "téstserver", "testserver\t",
    "testserver:99999999", "testserver:-1", "testserver:", "xn--testserver", "[testserver]", "testserver;",
]  # fmt: skip
SPOOFED = ["HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_SERVER", "HTTP_X_HOST", "HTTP_X_ORIGINAL_HOST", "HTTP_FORWARDED",
           "HTTP_X_REAL_HOST", "HTTP_X_HTTP_HOST_OVERRIDE", "HTTP_X_REWRITE_URL", "HTTP_X_ORIGINAL_URL"]  # fmt: skip
PAGES = [
    "/",
    LIVE,
    f"{LIVE}share/",
    f"{LIVE}verify.json",
    "/sitemap.xml",
    "/robots.txt",
    "/feeds/new/",
    "/admin/login/",
]


@pytest.fixture
def live(newsroom, settings):
    settings.SITE_URL = "https://genes.example"
    settings.ALLOWED_HOSTS = ["testserver"]
    return newsroom.live()


def test_a_foreign_host_is_refused_or_answered_without_its_name(live):
    for host, path in product(HOSTS, PAGES):
        response = Client().get(path, HTTP_HOST=host)
        domain = host.strip().rpartition(":")[0] or host.strip()
        if response.status_code != 400:
            assert domain in ("", "testserver"), (host, path)
        told = response.content.decode() + repr(response.headers)
        assert EVIL not in told, (host, path)


def test_headers_that_name_another_host_are_not_believed(live):
    client = Client()
    for path in PAGES:
        plain = client.get(path)
        for name, value in product(SPOOFED, (EVIL, f"host={EVIL}", f"https://{EVIL}/")):
            spoofed = client.get(path, **{name: value})
            assert spoofed.status_code == plain.status_code, (name, path)
            assert EVIL not in spoofed.content.decode() + repr(spoofed.headers), (name, path)


def test_absolute_addresses_come_from_the_settings_only(live):
    client = Client()
    for path in (LIVE, f"{LIVE}verify.json", "/sitemap.xml", "/robots.txt", "/feeds/new/", f"{LIVE}feed/"):
        text = client.get(path).content.decode()
        assert "https://genes.example" in text, path
        assert "testserver" not in text, path


def test_the_web_server_door_refuses_foreign_hosts_too(live):
    application = get_wsgi_application()
    for host in (EVIL, f"testserver.{EVIL}", ""):
        caught = []
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": "", "SCRIPT_NAME": "", "SERVER_PORT": "80",
            "SERVER_NAME": EVIL, "HTTP_HOST": host, "wsgi.url_scheme": "http", "wsgi.input": BytesIO(),
        }  # fmt: skip
        b"".join(application(environ, lambda status, headers, caught=caught: caught.append(status)))
        assert caught == ["400 Bad Request"], host


def test_random_headers_never_break_an_answer(live):
    """Every header a name from the wild and a value of noise: refused or answered, never an error of ours."""
    dice = random.Random(2)
    names = ["HTTP_ACCEPT", "HTTP_COOKIE", "HTTP_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_REFERER",
             "HTTP_ORIGIN", "HTTP_ACCEPT_LANGUAGE", "CONTENT_TYPE", "CONTENT_LENGTH", *SPOOFED]  # fmt: skip
    client = Client()
    for _ in range(300):
        noise = "".join(chr(dice.randrange(32, 255)) for _ in range(dice.randrange(60)))
        headers = {dice.choice(names): noise for _ in range(3)} | {"HTTP_HOST": "testserver"}
        headers.pop("CONTENT_LENGTH", None)
        response = client.generic(dice.choice(["GET", "HEAD", "POST"]), dice.choice(PAGES), **headers)
        assert response.status_code < 500, headers
