"""How often something may be done: one row per limit, named by a keyed hash, so that it tells nothing about anybody."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from articles.models import TokenBucket

LONGEST_PERIOD = timedelta(days=1)


def take(name: str, whom: str, times: int, period: timedelta, now: datetime) -> bool:
    """Whether `whom` may do `name` once more: at most `times` at once, refilled evenly over `period`.

    Call it inside the transaction of the act that it limits.
    """
    key = keyed_hash(f"{name} {whom}")
    with transaction.atomic():
        bucket, is_new = TokenBucket.objects.select_for_update().get_or_create(key=key, defaults={"updated_at": now})
        refilled = 0 if is_new else max(timedelta(0), now - bucket.updated_at) / period
        left = min(1.0, bucket.tokens + refilled) - 1 / times
        if left < -1e-9:
            return False
        bucket.tokens, bucket.updated_at = left, now
        bucket.save()
        return True


def forget(now: datetime) -> None:
    """Drop limits that are full again."""
    TokenBucket.objects.filter(updated_at__lt=now - 2 * LONGEST_PERIOD).delete()


def keyed_hash(text: str) -> str:
    """A digest that cannot be computed, or guessed back, without the site's secret key."""
    return hmac.new(settings.SECRET_KEY.encode(), f"pace {text}".encode(), hashlib.sha256).hexdigest()
