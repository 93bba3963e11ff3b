"""Addresses of private networks, in every dress: none is ever connected to."""

import random
import socket

import pytest

from references import http
from references.addresses import is_public
from references.http import Asked, NotFetched
from tests.hostile_addresses import PRIVATE, PRIVATE_6, Listeners, hostile_answers, hostile_urls, in_ipv6, numeric
from tests.web import HERE, Reply


@pytest.fixture
def listeners():
    found = Listeners()
    yield found
    found.close()


@pytest.fixture
def connects(monkeypatch):
    """Every address that anything in this process connects to."""
    made, connect = [], socket.socket.connect

    def recorded(self, address):
        made.append(address[:2])
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", recorded)
    return made


def refusal(client, url):
    with pytest.raises(NotFetched) as caught:
        client.get(Asked(url))
    return caught.value.kind


def test_hundreds_of_hostile_addresses_are_typed_and_none_is_connected_to(web, listeners, connects):
    """The name server is hostile, too: it calls every name by the number in it, or by this machine's."""

    def resolve(host, port):
        return [(address, listeners.port) for address in numeric(host) or ["127.0.0.1"]]

    client = web.client(resolve=resolve, is_public=is_public, ports={80, 443, listeners.port})
    hostile = list(dict.fromkeys(hostile_urls(listeners.port)))
    assert len(hostile) > 500
    assert {refusal(client, url) for url in hostile} == {"not-public"}
    assert (connects, listeners.accepted) == ([], 0)


def test_the_listeners_would_have_counted_a_visit(web, listeners, connects):
    client = web.client(resolve=lambda host, port: [(HERE, listeners.port)], is_public=lambda address: True)
    assert refusal(client, "http://www.example.org/") == "refused"
    assert listeners.accepted == len(connects) == http.ATTEMPTS


def test_hostile_answers_of_name_servers_lead_nowhere(web, listeners, connects):
    answers = random.Random(6).sample(list(hostile_answers()), 150)
    for number, answer in enumerate(answers):
        told = [(address, listeners.port) for address in answer]
        client = web.client(resolve=lambda *_, told=told: told, is_public=is_public)
        assert refusal(client, f"http://host{number}.example/") == "not-public", answer
    assert (connects, listeners.accepted) == ([], 0)


def test_numbers_in_disguise_are_seen_through_even_when_they_get_past_the_address_check(web, monkeypatch, connects):
    monkeypatch.setattr(http, "normalise_url", lambda url: url)
    client = web.client(resolve=lambda host, port: [(found, port) for found in numeric(host)], is_public=is_public)
    seen = set()
    for host in ("127.1", "0x7f.1", "0177.0.0.1", "2130706433", "017700000001", "0x7f000001", "0.0.0.0", "0"):
        seen |= set(numeric(host))
        assert refusal(client, f"http://{host}/") == "not-public"
    assert seen == {"127.0.0.1", "0.0.0.0"}
    assert connects == []


def test_redirects_into_private_space_are_not_followed(web, listeners, connects):
    """The machine's own address is public here, so that the first hop works; all its other dresses are not."""
    answers = [answer for answer in hostile_answers() if HERE not in answer]
    told = {name: [("::1", listeners.port)] for name in ("localhost.localdomain", "metadata.google.internal")}
    told |= {f"host{number}.example": [(one, listeners.port) for one in said] for number, said in enumerate(answers)}
    client = web.client(
        resolve=lambda host, port: told.get(host) or [(HERE, web.plain.server_port)],
        is_public=lambda address: address == HERE or is_public(address),
        ports={80, listeners.port},
    )
    targets = [url.encode().decode("latin-1") for url in hostile_urls(listeners.port)]
    targets = random.Random(5).sample(targets + [f"http://{name}/" for name in told], 200)
    for target in targets:
        web.answers("http://www.example.org/", status=302, Location=target)
        assert refusal(client, "http://www.example.org/") == "not-public", target
    assert set(connects) == {(HERE, web.plain.server_port)}
    assert listeners.accepted == 0


def test_a_name_that_changes_its_address_is_never_asked_for_it_twice(web, listeners, connects):
    """Rebinding: public when checked, private when connected to. What was checked is what is connected to."""
    public, private = [(HERE, web.plain.server_port)], [("0.0.0.0", listeners.port)]
    turns = {"asked": 0}

    def rebinding(host, port):
        turns["asked"] += 1
        return public if turns["asked"] % 2 else private

    web.answers("http://www.example.org/", b"public")
    client = web.client(resolve=rebinding)
    for number in range(1, 101):
        if number % 2:
            assert client.get(Asked("http://www.example.org/")).body == b"public"
        else:
            assert refusal(client, "http://www.example.org/") == "not-public"
        assert turns["asked"] == number
    for mixed in (public + private, private + public):
        assert refusal(web.client(resolve=lambda *_, mixed=mixed: mixed), "http://www.example.org/") == "not-public"
    assert set(connects) == {(HERE, web.plain.server_port)}
    assert listeners.accepted == 0


def test_ports_of_other_services_are_left_alone(web, connects):
    for port in (22, 25, 6379, 8000, 11211):
        assert refusal(web.client(), f"http://www.example.org:{port}/") == "not-public"
    assert connects == []


def test_proxies_of_the_environment_are_not_asked(web, listeners, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listeners.port}")
    web.answers("http://www.example.org/", b"direct")
    web.answers("https://www.example.org/", b"direct")
    for scheme in ("http", "https"):
        assert http.get(f"{scheme}://www.example.org/").body == b"direct"
    assert listeners.accepted == 0


def test_what_is_told_to_one_host_is_not_told_to_the_next(web):
    web.answers("https://www.example.org/", status=302, Location="https://other.example.com/")
    web.answers("https://other.example.com/", b"x")
    http.get("https://www.example.org/", headers={"X-Key": "secret"})
    first, second = web.seen
    assert first.headers["x-key"] == "secret"
    assert "x-key" not in second.headers
    assert "referer" not in second.headers


def test_no_special_address_is_public():
    dressed = [dress for address in PRIVATE for dress in in_ipv6(address)]
    assert [address for address in (*PRIVATE, *PRIVATE_6, *dressed) if is_public(address)] == []


def test_public_addresses_are_public_and_the_next_block_is_not():
    for address in ("8.8.4.4", "93.184.216.34", "100.128.0.1", "172.32.0.1", "192.167.255.255", "223.255.255.255"):
        assert is_public(address), address
    for address in ("2606:2800:220:1::1", "2a00:1450:4001::1", "2001:4860:4860::8844", "3ffe::1"):
        assert is_public(address), address
    assert not any(map(is_public, ("", "www.example.org", "8.8.4.4.", "8.8", "0x8.8.4.4", "2606:2800:220:1::1%1")))


def test_a_callers_question_carries_no_second_question(web):
    """Line breaks in what the caller adds never reach the wire."""
    web.answers("https://www.example.org/", lambda seen: Reply(b"x"))
    with pytest.raises(NotFetched, match="does not answer"):
        http.get("https://www.example.org/", headers={"X-A": "1\r\nX-B: 2"})
    assert web.seen == []
