"""Every message this site sends, one function each. Nothing else sends mail.

A message leaves at most once: it is claimed before it is handed over, and one whose worker died in between is
cleared away, not sent again. A reader's address is erased with its row when the message has left.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from . import publishing
from .models import Article, OutboxMessage

logger = logging.getLogger(__name__)

HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
ERASED_WHEN_SENT = ("share",)
MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(minutes=5)
LONGEST_SENDING = timedelta(hours=1)
MESSAGES_A_ROUND = 100


# --- the messages -----------------------------------------------------------------------------------------


def share(to: str, title: str, slug: str) -> None:
    """Somebody thought this page might help: the same words for every page and every address."""
    site = publishing.site()
    context = {"title": _one_line(title), "url": site.url + reverse("article", args=[slug])}
    _send([to], f"{_one_line(site.name)}: a page somebody wants you to see", "share", context)


def approval_owed(article: int, roles: list[str], due: str) -> None:
    """An article went out through the emergency door and nobody else has approved it in time."""
    _tell_colleagues(article, roles, "Approval is overdue", "approval_owed", {"due": due})


def schedule_failed(article: int, roles: list[str], reasons: list[str]) -> None:
    """A scheduled publication did not take place, and why."""
    _tell_colleagues(article, roles, "Not published as scheduled", "schedule_failed", {"reasons": reasons})


def check_due(article: int, roles: list[str], due: str) -> None:
    """A live page is to be checked within a month."""
    _tell_colleagues(article, roles, "To be checked soon", "check_due", {"due": due})


def check_overdue(article: int, roles: list[str], due: str) -> None:
    """A live page tells its readers that it should have been checked and was not."""
    _tell_colleagues(article, roles, "The check is overdue", "check_overdue", {"due": due})


def answer_overdue(article: int, roles: list[str], due: str) -> None:
    """Statements of a live page whose source is in trouble should have been answered for and were not."""
    _tell_colleagues(article, roles, "An answer is overdue", "answer_overdue", {"due": due}, "troubled")


MESSAGES: dict[str, Callable[..., None]] = {
    "share": share,
    "approval_owed": approval_owed,
    "schedule_failed": schedule_failed,
    "check_due": check_due,
    "check_overdue": check_overdue,
    "answer_overdue": answer_overdue,
}


# --- sending ----------------------------------------------------------------------------------------------


def send_due(now: datetime) -> int:
    """Send what is due in the outbox, each message at most once; how many have left.

    1. Clear away what a dead worker had claimed. 2. Claim a row: it is ours if it is still unsent. 3. Send. 4. Erase
    the row or leave its mark; after a refusal by the mail system, wait longer each time and give up in the end.
    """
    _clear_abandoned(now)
    due = OutboxMessage.objects.filter(sent_at=None, not_before__lte=now).order_by("not_before", "id")
    return sum(_send_one(message, now) for message in due[:MESSAGES_A_ROUND])


def _send_one(message: OutboxMessage, now: datetime) -> bool:
    row = OutboxMessage.objects.filter(pk=message.pk)
    if not row.filter(sent_at=None).update(sent_at=now, attempts=F("attempts") + 1):
        return False
    try:
        MESSAGES[message.kind](**message.payload)
    except Exception as problem:
        _put_back(message, row, type(problem).__name__, now)
        return False
    if message.kind in ERASED_WHEN_SENT:
        row.delete()
    return True


def _put_back(message: OutboxMessage, row: QuerySet[OutboxMessage], problem: str, now: datetime) -> None:
    """Try again later. Only the kind of problem is noted: its text may hold the reader's address."""
    logger.warning("A message of kind %s could not be sent: %s", message.kind, problem)
    attempts = message.attempts + 1
    if attempts < MOST_ATTEMPTS:
        row.update(sent_at=None, last_error=problem, not_before=now + FIRST_WAIT * 4 ** (attempts - 1))
    elif message.kind in ERASED_WHEN_SENT:
        row.delete()
    else:
        row.update(last_error=problem)


def _clear_abandoned(now: datetime) -> None:
    OutboxMessage.objects.filter(kind__in=ERASED_WHEN_SENT, sent_at__lt=now - LONGEST_SENDING).delete()


def _tell_colleagues(
    article: int, roles: Iterable[str], about: str, template: str, facts: dict[str, Any], screen: str = "change"
) -> None:
    """Write to everyone who holds one of the roles now and has an address; the link leads to a screen of the desk."""
    title = _one_line(Article.objects.values_list("title", flat=True).get(pk=article))
    link = settings.SITE_URL.rstrip("/") + reverse(f"admin:articles_article_{screen}", args=[article])
    people = get_user_model().objects.filter(is_active=True, groups__name__in=list(roles)).exclude(email="")
    addresses = list(people.order_by("email").values_list("email", flat=True).distinct())
    if addresses:
        _send(addresses, f"{about}: {title}", template, facts | {"title": title, "url": link})


def _send(to: list[str], subject: str, template: str, context: dict[str, Any]) -> None:
    body = render_to_string(f"emails/{template}.txt", {"site": publishing.site(), **context})
    EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, to, headers=HEADERS).send()


def _one_line(text: str) -> str:
    return " ".join(text.split())
