"""What happens unattended: due publishing, pages whose facts change with time, mail, daily stamps, reminders.

Every chore is safe to repeat and to run in several processes at once.
"""

import datetime
import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import models, transaction

from . import checkpoints, emails, publishing, rendering, ripple, trust, workflow
from .models import Article, Edition, OutboxMessage, Page
from .roles import EDITOR, MEDICAL_REVIEWER, PUBLISHER

logger = logging.getLogger(__name__)

#: Pages made anew in one round, so that due publishing never waits long behind them.
PAGES_A_ROUND = 50
REMIND_BEFORE = datetime.timedelta(days=30)
#: How long a page that cannot be made waits, so that it does not stand in the way of the others.
SET_ASIDE = datetime.timedelta(hours=1)


def run_chores(now: datetime.datetime) -> Iterator[str]:
    """Do everything that is due; a line for each thing done. One chore's failure does not stop the others."""
    chores: tuple[Callable[[datetime.datetime], Iterator[str]], ...] = (
        publish_due,
        ripple.pull,
        refresh_pages,
        remind_of_owed_approvals,
        remind_of_checks,
        remind_of_answers,
        send_mail,
        stamp,
    )
    for chore in chores:
        try:
            yield from chore(now)
        except Exception:
            logger.exception("%s failed; it is tried again in the next round", chore.__name__)


def publish_due(now: datetime.datetime) -> Iterator[str]:
    for outcome in workflow.publish_due(now):
        if outcome.reasons:
            key = f"schedule:{outcome.article.pk}:{now:%Y%m%d%H%M}"
            tell("schedule_failed", key, now, outcome.article, reasons=list(outcome.reasons))
            yield f"“{outcome.article.title}” could not be published: {' '.join(outcome.reasons)}"
        else:
            yield f"“{outcome.article.title}” is published."


def refresh_pages(now: datetime.datetime) -> Iterator[str]:
    """Pages whose next change has come (overdue, expired, a related title), or that an older renderer made."""
    current = rendering.renderer_version()
    # Below or above, not "other than": so that each part of the question is a look into an index.
    stale = models.Q(next_change_at__lte=now) | models.Q(renderer__lt=current) | models.Q(renderer__gt=current)
    pages = Page.objects.filter(stale, status=200, edition__isnull=False, article__isnull=False)
    for page in pages.select_related("article").defer("body", "brotli", "gzip").order_by("pk")[:PAGES_A_ROUND]:
        try:
            if page.article and publishing.refresh(page.article, now):
                yield f"{page.path} is brought up to date."
        except Exception:
            logger.exception("%s cannot be made anew; it is tried again in an hour", page.path)
            publishing.set_aside(page, now + SET_ASIDE)


def send_mail(now: datetime.datetime) -> Iterator[str]:
    sent = emails.send_due(now)
    if sent:
        yield f"Mail sent: {sent}."


def stamp(now: datetime.datetime) -> Iterator[str]:
    row = checkpoints.stamp_if_due(now)
    if row:
        yield f"The activity record is stamped at {row.size} entries."


def remind_of_owed_approvals(now: datetime.datetime) -> Iterator[str]:
    """What went out through the emergency door and is not approved in time goes to every publisher, daily."""
    for edition in publishing.approvals_owed():
        due, key = owed_by(edition), f"owed:{edition.pk}:{trust.day(now)}"
        if trust.day(now) > due and tell("approval_owed", key, now, edition.article, due=due.isoformat()):
            yield f"“{edition.title}” still waits for its approval."


def owed_by(edition: Edition) -> datetime.date:
    """The last day on which an emergency edition's approval is in time: so many working days later."""
    day, left = trust.day(edition.recorded_at), settings.EMERGENCY_APPROVAL_WORKING_DAYS
    while left:
        day += datetime.timedelta(days=1)
        left -= day.weekday() < 5
    return day


def remind_of_checks(now: datetime.datetime) -> Iterator[str]:
    """A month before a check is due, and again on the day after it should have been made."""
    today = trust.day(now)
    due = Article.objects.filter(live_edition__isnull=False, due_on__lte=today + REMIND_BEFORE)
    for article in due.order_by("due_on").iterator(200):
        kind = "check_overdue" if article.due_on and article.due_on < today else "check_due"
        if tell(kind, f"{kind}:{article.pk}:{article.due_on}", now, article, due=str(article.due_on)):
            yield f"“{article.title}” should be checked by {article.due_on}."


def remind_of_answers(now: datetime.datetime) -> Iterator[str]:
    """Once for each page and day, on the day after its editors should have answered for statements whose source is in
    trouble."""
    late = ripple.open_marks().filter(due_on__lt=trust.day(now)).order_by("due_on", "article").distinct()
    days = list(late.values_list("article", "due_on"))
    articles = Article.objects.in_bulk([article for article, _ in days])
    for pk, due in days:
        if tell("answer_overdue", f"answer:{pk}:{due}", now, articles[pk], due=str(due)):
            yield f"“{articles[pk].title}” waits for an answer since {due}."


RECIPIENTS = {
    "approval_owed": (PUBLISHER, EDITOR, MEDICAL_REVIEWER),
    "schedule_failed": (PUBLISHER,),
    "check_due": (EDITOR, MEDICAL_REVIEWER),
    "check_overdue": (EDITOR, MEDICAL_REVIEWER),
    "answer_overdue": ripple.ANSWERERS,
}


def tell(kind: str, key: str, now: datetime.datetime, article: Article, **facts: Any) -> bool:
    """Put a mail to everyone concerned into the outbox, once per key; whether it is new.

    Who holds the role is asked again when the mail is sent.
    """
    with transaction.atomic():
        _, created = OutboxMessage.objects.get_or_create(
            key=key[:100],
            defaults={
                "kind": kind,
                "payload": {"article": article.pk, "roles": list(RECIPIENTS[kind])} | facts,
                "created_at": now,
                "not_before": now,
            },
        )
        return created
