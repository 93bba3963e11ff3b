"""Rows that must leave a trace beyond the library: what was published about sources, and which are one or two.

The library does not know who keeps the trace. Whoever does connects to ``written`` and writes it in the same
transaction: a row that came in by any other way stands out as one that nobody recorded.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.dispatch import Signal

from .models import Distinction, Merge, PublicationNotice

Row = TypeVar("Row", PublicationNotice, Merge, Distinction)

#: Sent with ``rows``, ``actor`` (a user, or None for the system) and ``now``, inside the transaction that wrote them.
written = Signal()


def keep(rows: Iterable[Row], *, actor: Any = None, now: datetime) -> list[Row]:
    """Write new rows of one table and have them recorded, all or none.

    Call it last in a transaction of your own, in batches: whoever records waits for nobody's network.
    """
    kept = list(rows)
    if not kept:
        return kept
    with transaction.atomic():
        for row in kept:
            row.save(force_insert=True)
        written.send(sender=type(kept[0]), rows=kept, actor=actor, now=now)
    return kept
