"""Messages leave at most once, to who may have them now, and no reader's address stays behind."""

import datetime

import pytest
from django.core import mail

from articles import emails, sharing, worker
from articles.models import OutboxMessage
from tests.people import NOW, newsroom

__all__ = ["newsroom"]

FRIEND = "friend@example.org"
SHARE = {"to": FRIEND, "title": "What is gene therapy?", "slug": "what-is-gene-therapy"}


def make_message(kind="share", payload=None, key="one", not_before=NOW):
    return OutboxMessage.objects.create(
        kind=kind, key=key, payload=payload or SHARE, created_at=NOW, not_before=not_before
    )


@pytest.fixture
def article(newsroom):
    for user, address in ((newsroom.paul, "paul@desk.example"), (newsroom.edward, "edward@desk.example")):
        user.email = address
        user.save()
    return newsroom.draft()


@pytest.fixture
def broken_mail(monkeypatch):
    def refuse(self):
        raise OSError(f"no route to {self.to}")

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)


def test_a_message_for_a_reader_is_sent_once_and_its_row_erased(db):
    make_message()
    assert emails.send_due(NOW) == 1
    assert emails.send_due(NOW) == 0
    assert len(mail.outbox) == 1
    assert not OutboxMessage.objects.exists()


def test_what_is_not_due_waits(db):
    make_message(not_before=NOW + datetime.timedelta(minutes=1))
    assert emails.send_due(NOW) == 0
    assert mail.outbox == []


def test_two_workers_do_not_both_send(db, monkeypatch):
    message = make_message()
    assert emails._send_one(message, NOW)
    assert not emails._send_one(message, NOW)
    assert len(mail.outbox) == 1


def test_a_worker_that_died_while_sending_causes_no_second_message_and_keeps_no_address(db, monkeypatch):
    def die(**payload):
        raise SystemExit

    make_message()
    monkeypatch.setitem(emails.MESSAGES, "share", die)
    with pytest.raises(SystemExit):
        emails.send_due(NOW)
    monkeypatch.undo()
    assert emails.send_due(NOW + datetime.timedelta(minutes=5)) == 0
    assert OutboxMessage.objects.exists()
    assert emails.send_due(NOW + datetime.timedelta(hours=2)) == 0
    assert not OutboxMessage.objects.exists()
    assert mail.outbox == []


def test_a_refusal_is_tried_again_later_and_given_up_in_the_end(db, broken_mail):
    make_message()
    now, tries = NOW, 0
    while OutboxMessage.objects.exists():
        emails.send_due(now)
        tries += 1
        row = OutboxMessage.objects.first()
        now = row.not_before if row else now
    assert tries == emails.MOST_ATTEMPTS
    assert now > NOW + datetime.timedelta(hours=1)


def test_a_refusal_writes_no_address_down(db, broken_mail, caplog):
    make_message()
    emails.send_due(NOW)
    assert OutboxMessage.objects.get().last_error == "OSError"
    assert FRIEND not in caplog.text


def test_one_broken_message_does_not_hold_up_the_others(db, monkeypatch):
    make_message(kind="unknown", payload={"x": 1})
    make_message(key="two")
    assert emails.send_due(NOW) == 1
    assert len(mail.outbox) == 1


KINDS = [
    ("approval_owed", {"due": "2026-05-07"}, "7 May 2026"),
    ("schedule_failed", {"reasons": ["The approval is gone."]}, "The approval is gone."),
    ("check_due", {"due": "2026-06-01"}, "1 June 2026"),
    ("check_overdue", {"due": "2026-04-01"}, "1 April 2026"),
    ("answer_overdue", {"due": "2026-04-02"}, "2 April 2026"),
]


@pytest.mark.parametrize(("kind", "facts", "told"), KINDS)
def test_colleagues_are_told_in_words_and_once(article, settings, kind, facts, told):
    make_message(kind, {"article": article.pk, "roles": ["publisher"], **facts})
    assert emails.send_due(NOW) == 1
    assert emails.send_due(NOW + datetime.timedelta(days=9)) == 0
    (message,) = mail.outbox
    assert message.to == ["paul@desk.example"]
    assert "What is gene therapy?" in message.subject
    assert told in message.body
    screen = "sources-in-trouble" if kind == "answer_overdue" else "change"
    assert f"{settings.SITE_URL}/admin/articles/article/{article.pk}/{screen}/" in message.body
    assert OutboxMessage.objects.get().sent_at == NOW


def test_who_lost_the_role_or_left_is_not_written_to(article, newsroom):
    newsroom.paul.groups.clear()
    newsroom.edward.is_active = False
    newsroom.edward.save()
    make_message("check_due", {"article": article.pk, "roles": ["publisher", "editor"], "due": "2026-06-01"})
    assert emails.send_due(NOW) == 1
    assert mail.outbox == []


def test_there_is_a_message_for_every_kind_the_worker_tells(db):
    assert set(emails.MESSAGES) == {*worker.RECIPIENTS, sharing.KIND}
