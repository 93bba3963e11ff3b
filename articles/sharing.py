"""Send to a friend: one fixed message about one live page, to one address that is kept only until it has left."""

from datetime import datetime, timedelta

from django.db import transaction

from articles import pacing
from articles.models import Edition, OutboxMessage

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KIND = "share"


def share(edition: Edition, address: str, sender: str, now: datetime) -> bool:
    """Put the message into the outbox. False when `sender` (a network address) has sent too many.

    What the friend's address has already received is not told: a message too many is dropped without a word.
    """
    with transaction.atomic():
        pacing.forget(now)
        if not pacing.take("share by sender", sender, 5, HOUR, now):
            return False
        if _may_receive(edition, address.lower(), now):
            _post(edition, address, now)
    return True


def _may_receive(edition: Edition, address: str, now: datetime) -> bool:
    limits = (
        ("share to friend", address, 3),
        ("share page to friend", f"{edition.article_id} {address}", 1),
        ("share page", str(edition.article_id), 200),
        ("share", "everything", 1000),
    )
    return all(pacing.take(name, whom, times, DAY, now) for name, whom, times in limits)


def _post(edition: Edition, address: str, now: datetime) -> None:
    key = pacing.keyed_hash(f"{edition.article_id} {address.lower()} {now.isoformat()}")
    payload = {"to": address, "title": edition.title, "slug": edition.slug}
    OutboxMessage.objects.create(kind=KIND, key=f"{KIND}:{key}", payload=payload, created_at=now, not_before=now)
