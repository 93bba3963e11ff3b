"""The way out: what reaches whom, and what comes back."""

import gzip
import socket
import ssl
import threading
import time
import zlib

import pytest

from references import http
from references.http import Asked, Hop, NotFetched
from tests.web import HERE, Reply

PAGE = "https://www.example.org/page"


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
