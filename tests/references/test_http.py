"""The way out: what reaches whom, and what comes back."""

import gzip
import itertools
import socket
import threading
import time
import tracemalloc
import zlib
from contextlib import suppress

import pytest

from references import http, robots
from references.http import Asked, Hop, NotFetched
from tests.web import HERE, Reply

PAGE = "https://www.example.org/page"


@pytest.fixture
def raw():
    """`raw(talk)`: a server that does with each connection what `talk` does; returns its resolver."""
    opened = []

    def serve(talk):
        server = socket.create_server((HERE, 0))
        opened.append(server)

        def run():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.recv(65_536)
                    talk(connection)

        threading.Thread(target=run, daemon=True).start()
        return lambda host, port: [(HERE, server.getsockname()[1])]

    yield serve
    for server in opened:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def kind_of(ask, *arguments, **options):
    with pytest.raises(NotFetched) as caught:
        ask(*arguments, **options)
    assert caught.value.sentence.endswith(".")
    return caught.value.kind


def test_nothing_is_asked_while_the_network_is_off(web, settings):
    settings.NETWORK = False
    assert kind_of(http.get, PAGE) == "off"
    assert web.seen == []


def test_a_question_says_who_asks_and_nothing_else(web):
    web.answers(PAGE, "hello", Content_Type="text/plain", Set_Cookie="a=b", X_Two="1")
    answer = http.get(f"{PAGE}?a=1#part", accept="text/html")
    assert (answer.url, answer.status, answer.body) == (f"{PAGE}?a=1#part", 200, b"hello")
    assert answer.headers["content-type"] == "text/plain"
    assert "set-cookie" not in answer.headers
    [seen] = web.seen
    assert seen.url == f"{PAGE}?a=1"
    assert seen.headers == {
        "host": "www.example.org",
        "user-agent": "GTSite (+https://www.example.org; mailto:editors@example.org)",
        "accept": "text/html",
        "accept-encoding": "gzip",
        "connection": "close",
    }


def test_the_real_client_names_the_site_and_its_contact(settings):
    settings.NETWORK, settings.NETWORK_CONTACT, settings.SITE_URL = True, "us@example.org", "https://s.example"
    http.client.cache_clear()
    assert http.client("GTSite (+https://s.example; mailto:us@example.org)").is_public("127.0.0.1") is False
    assert kind_of(http.get, "http://127.0.0.1/") == "not-public"
    assert http.client.cache_info().hits == 1


# --- how it ends ------------------------------------------------------------------------------------------------


def test_redirects_are_followed_and_told(web):
    web.answers("http://www.example.org/", status=301, Location="https://www.example.org/new")
    web.answers("https://www.example.org/new", status=302, Location="page")
    web.answers(PAGE, "here")
    web.answers("https://xn--bcher-kva.example/%C3%BC", "IDN")
    web.answers("https://www.example.org/idn", status=307, Location="https://bücher.example/ü")
    assert http.get("https://www.example.org/idn").body == b"IDN"
    answer = http.get("http://www.example.org/")
    assert (answer.url, answer.body, answer.is_downgraded) == (PAGE, b"here", False)
    assert answer.history == (Hop("http://www.example.org/", 301), Hop("https://www.example.org/new", 302))


def test_a_redirect_from_https_to_http_is_seen(web):
    web.answers(PAGE, status=302, Location="http://www.example.org/page")
    web.answers("http://www.example.org/page", "x")
    assert http.get(PAGE).is_downgraded


@pytest.mark.parametrize("location", ["https://www.example.org/page", "/page", "?x", "https://[::1/", "javascript:x"])
def test_redirects_end(web, location):
    web.answers(PAGE, status=302, Location=location)
    assert kind_of(http.get, PAGE) in ("too-many-redirects", "refused", "not-public")
    assert len(web.seen) <= http.MOST_REDIRECTS + 1


def test_a_status_is_an_answer(web):
    for status in (204, 300, 304, 401, 404, 410, 500):
        web.answers(PAGE, status=status)
        assert http.get(PAGE).status == status


def test_a_wrong_certificate_is_named(web):
    assert kind_of(http.get, "https://untrusted.example.org/") == "certificate"
    assert kind_of(web.client(context=None).get, Asked(PAGE)) == "certificate"
    assert web.seen == []


def test_an_unknown_name_a_silent_name_server_and_a_closed_port_are_told_apart(web):
    def unknown(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    silence = threading.Event()
    assert kind_of(web.client(resolve=unknown).get, Asked(PAGE)) == "dns"
    assert kind_of(web.client(resolve=lambda *_: []).get, Asked(PAGE)) == "dns"
    slow = web.client(resolve=lambda *_: silence.wait() and [], seconds=0.1, clock=time.monotonic)
    assert kind_of(slow.get, Asked(PAGE)) == "dns"
    silence.set()
    closed = socket.create_server((HERE, 0))
    port = closed.getsockname()[1]
    closed.close()
    assert kind_of(web.client(resolve=lambda *_: [(HERE, port)]).get, Asked(PAGE)) == "refused"


def test_the_next_address_of_a_host_is_tried(web):
    closed = socket.create_server((HERE, 0))
    port = closed.getsockname()[1]
    closed.close()
    web.answers("http://www.example.org/", "second")
    client = web.client(resolve=lambda *_: [(HERE, port), (HERE, web.plain.server_port)])
    assert client.get(Asked("http://www.example.org/")).body == b"second"


def test_a_silent_address_leaves_time_for_the_next(web, monkeypatch):
    tried = []

    def connect_tcp(self, host, port, timeout):
        tried.append((host, timeout))
        raise http.httpcore2.ConnectTimeout

    monkeypatch.setattr(http.httpcore2.SyncBackend, "connect_tcp", connect_tcp)
    addresses = [("2606:2800:220:1::1", 443), ("93.184.216.34", 443)]
    client = web.client(resolve=lambda *_: addresses, is_public=lambda _: True, seconds=8)
    assert kind_of(client.get, Asked(PAGE)) == "timeout"
    assert tried == [("2606:2800:220:1::1", 4), ("93.184.216.34", 8)]


def drips(first):
    def talk(connection):
        connection.sendall(first)
        for _ in range(200):
            time.sleep(0.02)
            connection.sendall(b"a")

    return talk


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_an_answer_that_drips_for_ever_ends_in_time(web, raw, first):
    client = web.client(resolve=raw(drips(first)), seconds=0.15, clock=time.monotonic)
    started = time.monotonic()
    assert kind_of(client.get, Asked("http://www.example.org/")) == "timeout"
    assert time.monotonic() - started < 1


def test_what_is_not_http_is_refused(web, raw):
    for said in (
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"a" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nbroken off",
        b"",
    ):
        client = web.client(resolve=raw(lambda connection, said=said: connection.sendall(said)))
        assert kind_of(client.get, Asked("http://www.example.org/")) == "refused"


def test_an_endless_answer_is_left_or_cut(web, raw):
    def endless(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in itertools.count():
            connection.sendall(b"a" * 65_536)

    client = web.client(resolve=raw(endless))
    assert kind_of(client.get, Asked("http://www.example.org/", most_bytes=1000)) == "too-large"
    cut = client.get(Asked("http://www.example.org/", most_bytes=1000, cut=True))
    assert (len(cut.body), cut.is_cut) == (1000, True)


def test_a_bomb_is_not_unpacked(web):
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packing.compress(bytes(2**20)) for _ in range(50)) + packing.flush()
    web.answers(PAGE, bomb, Content_Encoding="gzip")
    assert len(bomb) < 60_000
    assert kind_of(http.get, PAGE) == "too-large"
    tracemalloc.start()
    try:
        assert len(http.get(PAGE, most_bytes=65_536, cut=True).body) == 65_536
        assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_packed_answers_are_unpacked(web, pack):
    body = b"hello " * 100_000
    web.answers(PAGE, pack(body), Content_Encoding="gzip" if pack is gzip.compress else "deflate")
    answer = http.get(PAGE)
    assert (answer.body, answer.is_cut) == (body, False)


# --- politely ---------------------------------------------------------------------------------------------------


def test_one_host_is_asked_once_a_second_and_others_meanwhile(web):
    for number in range(3):
        http.get(f"https://www.example.org/{number}")
        http.get(f"https://other{number}.example.org/")
    assert web.clock.slept == [1.0, 1.0]


def test_threads_share_the_pace(web):
    client = web.client()
    threads = [threading.Thread(target=client.get, args=[Asked(f"{PAGE}{number}")]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(web.seen) == 4
    assert sum(web.clock.slept) >= 3


def test_what_fails_for_the_moment_is_asked_again_later_and_later(web):
    replies = iter([Reply(status=503), Reply(status=502), Reply(b"at last")])
    web.answers(PAGE, lambda seen: next(replies))
    assert http.get(PAGE).body == b"at last"
    assert web.clock.slept == [1.0, 2.0]


def test_the_third_failure_is_the_answer(web):
    web.answers(PAGE, status=503)
    assert http.get(PAGE).status == 503
    assert len(web.seen) == 3


@pytest.mark.parametrize(
    ("wish", "pauses"),
    [("4", [4.0]), ("Sun, 22 Nov 2026 10:00:03 GMT", [3.0]), ("soon", [1.0]), ("-5", [1.0]), ("9" * 40, [])],
)
def test_a_host_that_says_when_is_asked_then(web, wish, pauses):
    replies = iter([Reply(status=429, headers={"Retry-After": wish, "Date": "Sun, 22 Nov 2026 10:00:00 GMT"})])
    web.answers(PAGE, lambda seen: next(replies, Reply(b"x")))
    assert http.get(PAGE).status == (200 if pauses else 429)
    assert web.clock.slept == pauses


def test_a_host_that_wants_long_peace_gets_it_and_others_are_asked(web):
    web.answers(PAGE, status=429, Retry_After="300")
    assert http.get(PAGE).status == 429
    assert kind_of(http.get, "https://www.example.org/other") == "busy"
    assert len(web.seen) == 1
    assert http.get("https://elsewhere.example.org/").status == 404
    web.clock.now += 300
    web.answers(PAGE, "rested")
    assert http.get(PAGE).body == b"rested"


def test_waiting_for_our_turn_does_not_use_up_the_time_for_the_answer(web):
    client = web.client(seconds=5)
    web.answers(PAGE, status=503, Retry_After="9")
    assert client.get(Asked(PAGE)).status == 503
    assert web.clock.slept == [9.0]


def test_what_is_kept_is_asked_for_once_an_hour_and_then_only_if_it_changed(web):
    replies = {'"1"': Reply(status=304)}
    web.answers(PAGE, lambda seen: replies.get(seen.headers.get("if-none-match"), Reply(b"one", 200, {"ETag": '"1"'})))
    client = web.client()
    first = client.get(Asked(PAGE), keep=True)
    assert client.get(Asked(PAGE), keep=True) == first
    assert len(web.seen) == 1
    expire_freshness(client)
    assert client.get(Asked(PAGE), keep=True) == first
    assert client.get(Asked(PAGE), keep=True) == first
    assert [seen.headers.get("if-none-match") for seen in web.seen] == [None, '"1"']
    replies['"1"'] = Reply(b"two", 200, {"Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"})
    expire_freshness(client)
    assert client.get(Asked(PAGE), keep=True).body == b"two"
    expire_freshness(client)
    client.get(Asked(PAGE), keep=True)
    assert web.seen[-1].headers["if-modified-since"] == "Sun, 22 Nov 2026 10:00:00 GMT"


def expire_freshness(client):
    for key in list(client.kept._cache):
        if key.endswith(":fresh"):
            client.kept.delete(key.split(":", 2)[2])


def test_failures_and_large_answers_are_not_kept(web):
    web.answers(PAGE, bytes(http.MOST_KEPT_BYTES + 1))
    assert len(http.get(PAGE, keep=True).body) > http.MOST_KEPT_BYTES
    web.answers(PAGE, status=404)
    assert http.get(PAGE, keep=True).status == 404
    web.answers(PAGE, "there")
    assert http.get(PAGE, keep=True).body == b"there"


# --- robots -----------------------------------------------------------------------------------------------------


def test_robots_txt_is_asked_once_and_obeyed(web):
    web.answers("https://www.example.org/robots.txt", "User-agent: *\nDisallow: /private")
    web.answers(PAGE, "x")
    assert http.get(PAGE, robots=True).status == 200
    assert kind_of(http.get, "https://www.example.org/private/1", robots=True) == "robots"
    assert http.get("https://www.example.org/private/1").status == 404
    assert [seen.url.rpartition("/")[2] for seen in web.seen] == ["robots.txt", "page", "1"]


def test_a_redirect_into_a_forbidden_place_is_not_followed(web):
    web.answers("https://other.example.org/robots.txt", "User-agent: gtsite\nDisallow: /")
    web.answers(PAGE, status=302, Location="https://other.example.org/")
    assert kind_of(http.get, PAGE, robots=True) == "robots"
    assert "https://other.example.org/" not in [seen.url for seen in web.seen]


@pytest.mark.parametrize(("status", "is_welcome"), [(404, True), (403, True), (500, False), (503, False)])
def test_a_site_that_cannot_say_allows_nothing(web, status, is_welcome):
    web.answers("https://www.example.org/robots.txt", status=status)
    web.answers(PAGE, "x")
    if is_welcome:
        assert http.get(PAGE, robots=True).status == 200
    else:
        assert kind_of(http.get, PAGE, robots=True) == "robots"


def test_robots_txt_is_read_again_after_an_hour(web):
    web.answers("https://www.example.org/robots.txt", "User-agent: *\nDisallow: /")
    assert kind_of(http.get, PAGE, robots=True) == "robots"
    web.answers("https://www.example.org/robots.txt", "")
    assert kind_of(http.get, PAGE, robots=True) == "robots"
    web.clock.now += http.ROBOTS_KEPT + 1
    assert http.get(PAGE, robots=True).status == 404


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: *\nDisallow: /", "/x", False),
        ("Disallow: /", "/x", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: GTSite\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: gtsite\nAllow: /", "/b", True),
        ("User-agent: gtsite\nDisallow: /a\nUser-agent: gtsite\nDisallow: /b", "/b", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
        ("User-agent: *\nDisallow: /*a*a$", "/ba", True),
        ("User-agent: *\nDisallow: /x$", "/x", False),
        ("User-agent: *\nDisallow: /x$", "/xy", True),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/caf%c3%a9/1", False),
        ("User-agent: *\nDisallow: /café", "/caf%C3%A9", False),
        ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),
        ("\ufeffuser-agent : *  # all\ndisallow : /x # no", "/x", False),
        ("User-agent: *\nDisallow: /search?q=", "/search?q=x", False),
    ],
)
def test_robots_txt_is_read_as_the_standard_says(rules, path, allowed):
    assert robots.allows(rules, "gtsite", path) is allowed


def test_a_robots_txt_that_means_harm_takes_no_time():
    rules = "User-agent: *\nDisallow: /" + "*a" * 20_000 + "$\n" + "Disallow: /x\n" * 20_000
    started = time.process_time()
    assert robots.allows(rules, "gtsite", "/" + "a" * 2000 + "b")
    assert time.process_time() - started < 1
