"""Send to a friend: one fixed message to one address, which is kept nowhere (threats F1 to F7)."""

import datetime
from email import message_from_bytes
from email.utils import getaddresses

import pytest
from django.apps import apps
from django.core import mail
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st

from articles import emails, pacing, sharing
from articles.forms import ADDRESS, share_token
from articles.models import OutboxMessage, SiteSettings, TokenBucket
from tests.people import NOW, newsroom

__all__ = ["newsroom"]

PATH = "/articles/what-is-gene-therapy/share/"
FRIEND = "friend@example.org"
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def live(newsroom):
    return newsroom.live()


@pytest.fixture
def send(client, live, time_machine):
    time_machine.move_to(NOW, tick=False)

    def post(address=FRIEND, token=None, **headers):
        data = {"address": address, "token": share_token(live.uid) if token is None else token}
        client.cookies.clear()
        return client.post(PATH, data, headers=headers)

    return post


def deliver_all():
    emails.send_due(NOW)


def test_the_form_asks_for_one_address_and_sets_no_cookie(client, live):
    response = client.get(PATH)
    text = response.content.decode()
    assert response.status_code == 200
    assert text.count("<input") == 2
    assert "<textarea" not in text
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert OutboxMessage.objects.count() == TokenBucket.objects.count() == 0


def test_one_message_with_the_address_of_the_page_is_sent(send, settings):
    SiteSettings.objects.create(name="Plain Health")
    response = send()
    assert response.status_code == 200
    assert mail.outbox == []
    deliver_all()
    (message,) = mail.outbox
    assert message.to == [FRIEND]
    assert message.from_email == settings.DEFAULT_FROM_EMAIL
    assert message.subject == "Plain Health: a page somebody wants you to see"
    assert f"{settings.SITE_URL}/articles/what-is-gene-therapy/" in message.body
    assert "What is gene therapy?" in message.body


def test_after_sending_the_address_is_nowhere(send, caplog):
    send()
    deliver_all()
    for model in apps.get_models():
        for row in model._base_manager.values():
            assert FRIEND not in str(row), model
            assert "friend@" not in str(row), model
    assert FRIEND not in caplog.text


def test_the_address_is_not_repeated_to_the_sender(send):
    assert FRIEND not in send().content.decode()


BAD = [
    "",
    " ",
    "friend",
    "friend@",
    "@example.org",
    "friend@localhost",
    "a@b@example.org",
    "friend@example.org, other@example.org",
    "friend@example.org;other@example.org",
    "friend@example.org\nBcc: other@example.org",
    "friend@example.org\r\nBcc: other@example.org",
    "friend@example.org%0ABcc:other@example.org\u0085",
    "friend\u2028@example.org",
    "friend\x00@example.org",
    "friend\t@example.org",
    '"friend other"@example.org',
    "Friend <friend@example.org>",
    "friend@example.org>",
    "=?utf-8?q?friend?=@example.org\n",
    "friend@exämple.org",
    "frïend@example.org",
    "friend@[127.0.0.1]",
    "friend@127.0.0.1",
    "friend@-example.org",
    "friend@example..org",
    ".friend@example.org",
    "friend.@example.org",
    "x" * 65 + "@example.org",
    "friend@" + "x" * 64 + ".org",
    "friend@" + "x." * 130 + "org",
    "x" * 1000 + "@example.org",
    "(comment)friend@example.org",
    "friend@example.org(comment)",
    "friend\\@example.org",
]


def test_what_is_no_plain_address_is_refused_in_words(send):
    assert {address: send(address).status_code for address in BAD} == dict.fromkeys(BAD, 400)
    assert OutboxMessage.objects.count() == 0
    assert TokenBucket.objects.count() == 0


@given(st.text(max_size=60))
def test_whatever_passes_is_one_recipient_and_adds_no_header(text):
    for address in (text, f"{text}@example.org", f"friend@{text}.org"):
        if not ADDRESS.match(address):
            continue
        raw = mail.EmailMessage("s", "b", "us@example.org", [address], headers=emails.HEADERS).message().as_bytes()
        parsed = message_from_bytes(raw)
        assert [found for _, found in getaddresses([parsed["To"]])] == [address]
        assert len(parsed.keys()) == len(set(parsed.keys())) <= 11
        assert parsed["Bcc"] is None


def test_names_with_line_breaks_add_no_header(db):
    SiteSettings.objects.create(name="Plain\r\nBcc: other@example.org")
    emails.share(FRIEND, "A\r\nBcc: other@example.org", "what-is-gene-therapy")
    parsed = message_from_bytes(mail.outbox[0].message().as_bytes())
    assert parsed["Bcc"] is None
    assert mail.outbox[0].recipients() == [FRIEND]


def test_every_well_formed_address_gets_the_same_answer(send):
    first = send()
    again = send()
    other = send("unknown@nowhere.example")
    assert first.content == again.content == other.content
    assert first.status_code == again.status_code == other.status_code == 200
    assert OutboxMessage.objects.count() == 2


def test_a_friend_gets_a_page_once_a_day_whatever_the_case_of_the_address(send, time_machine):
    send()
    send(FRIEND.upper())
    assert OutboxMessage.objects.count() == 1
    time_machine.move_to(NOW + datetime.timedelta(hours=25))
    send()
    assert OutboxMessage.objects.count() == 2


def test_a_sender_who_sends_many_is_told_to_wait(send):
    answers = [send(f"friend{number}@example.org").status_code for number in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert OutboxMessage.objects.count() == 5


def test_many_senders_cannot_flood_one_address(live):
    edition = live.live_edition
    for number in range(50):
        edition.article_id = live.pk
        assert sharing.share(edition, FRIEND, f"10.0.0.{number}", NOW + number * MINUTE)
    assert OutboxMessage.objects.count() == 1


def test_a_limit_fills_up_again_evenly(db):
    hour = datetime.timedelta(hours=1)
    assert [pacing.take("x", "me", 2, hour, NOW) for _ in range(3)] == [True, True, False]
    assert not pacing.take("x", "me", 2, hour, NOW + datetime.timedelta(minutes=29))
    assert pacing.take("x", "me", 2, hour, NOW + datetime.timedelta(minutes=31))
    assert pacing.take("x", "somebody else", 2, hour, NOW)
    assert pacing.take("y", "me", 2, hour, NOW)


def test_a_clock_that_goes_back_gives_nothing_away(db):
    hour = datetime.timedelta(hours=1)
    assert pacing.take("x", "me", 1, hour, NOW)
    assert not pacing.take("x", "me", 1, hour, NOW - 5 * hour)


def test_limits_are_kept_under_keyed_hashes_and_forgotten(send, settings):
    send()
    keys = set(TokenBucket.objects.values_list("key", flat=True))
    assert all(len(key) == 64 for key in keys)
    before = pacing.keyed_hash("x")
    settings.SECRET_KEY = "another key" * 6
    assert pacing.keyed_hash("x") != before
    pacing.forget(NOW + datetime.timedelta(days=3))
    assert TokenBucket.objects.count() == 0


def test_without_limits_nothing_is_sent(send, monkeypatch):
    def broken(*args):
        raise DatabaseError("locked")

    monkeypatch.setattr(pacing, "take", broken)
    response = send()
    assert response.status_code == 503
    assert "try again later" in response.content.decode()
    assert OutboxMessage.objects.count() == 0


def test_a_form_on_another_site_is_refused(send):
    for site in ("cross-site", "same-site"):
        assert send(**{"sec-fetch-site": site}).status_code == 403
    assert send(origin="https://evil.example").status_code == 403
    assert OutboxMessage.objects.count() == 0


def test_a_form_of_ours_is_accepted(send):
    assert send(**{"sec-fetch-site": "same-origin", "origin": "http://testserver"}).status_code == 200


def test_a_form_without_a_token_of_ours_is_refused(send):
    for token in ("", "x", "WyJ4Il0:1:x"):
        refused = send(token=token)
        assert refused.status_code == 400, token
        assert "so nothing was sent" in refused.content.decode()
        assert f'value="{FRIEND}"' in refused.content.decode()
    assert OutboxMessage.objects.count() == 0


def test_a_token_is_for_one_article_and_for_hours(send, live, time_machine):
    assert send(token=share_token("0" * 32)).status_code == 400
    old = share_token(live.uid)
    time_machine.move_to(NOW + datetime.timedelta(hours=5))
    assert send(token=old).status_code == 400


def test_nobody_chooses_sender_subject_or_words(client, live, time_machine):
    time_machine.move_to(NOW, tick=False)
    data = {"address": FRIEND, "token": share_token(live.uid), "subject": "Buy", "message": "Buy", "from": "x@y.org",
            "title": "Buy", "slug": "buy", "next": "https://evil.example"}  # fmt: skip
    response = client.post(PATH, data)
    assert response.status_code == 200
    deliver_all()
    assert "Buy" not in str(mail.outbox[0].message())
    assert "evil" not in response.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:666", "testserver.evil.example"])
def test_the_link_does_not_follow_the_host_a_reader_names(send, settings, host):
    settings.ALLOWED_HOSTS = ["*"]
    send(host=host)
    deliver_all()
    assert host not in mail.outbox[0].body
    assert settings.SITE_URL in mail.outbox[0].body


def test_the_form_knows_no_other_method(client, live):
    for method in ("put", "patch", "delete"):
        assert getattr(client, method)(PATH).status_code == 405


def test_an_article_that_is_not_live_cannot_be_sent(client, newsroom):
    newsroom.draft(slug="draft-only")
    token = share_token("0" * 32)
    assert client.post("/articles/draft-only/share/", {"address": FRIEND, "token": token}).status_code == 404
