"""The proof file: the whole activity record as JSON lines, for auditors who need not take our word.

First a line about the file, then the entries in order, each followed by the rows it records, then rows that no entry
records (there should be none), the daily stamps and the head. ``docs/verify_proof.py`` checks such a file
with nothing but Python.
"""

import datetime
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from . import ledger, stored, verification
from .models import Checkpoint, LedgerEntry, LedgerHead

FORMAT = "gtsite-proof-1"


def lines(now: datetime.datetime) -> Iterator[str]:
    """The lines of a proof file, as the record stood when the first one was asked for."""
    with _unmoved_view():
        for part in itertools.chain([_about(now)], _entries(), _stamps(), _heads()):
            yield json.dumps(part, ensure_ascii=False, separators=(",", ":")) + "\n"


@contextmanager
def _unmoved_view() -> Iterator[None]:
    """Everything is read as of one moment, and nobody's writing is held up meanwhile."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # atomic() would take the writers' lock
            try:
                yield
            finally:
                cursor.execute("COMMIT")


def _about(now: datetime.datetime) -> dict[str, Any]:
    newest = Checkpoint.objects.order_by("-size").first()
    return {
        "format": FORMAT,
        "site": settings.SITE_URL,
        "made_at": ledger.moment(now),
        "key": newest.key if newest else "",
    }


def _entries() -> Iterator[dict[str, Any]]:
    seen: dict[str, set[str]] = {}
    entries = stored.beside(LedgerEntry.objects.order_by("sequence")).select_related("article")
    for batch in verification.batches(entries.iterator(verification.BATCH)):
        claims = {entry.sequence: verification.claims(entry, verification.body_of(entry)) for entry in batch}
        found = verification.rows_by_table(itertools.chain.from_iterable(claims.values()))
        for entry in batch:
            yield {"entry": _columns(entry)}
            for _, table, key, _ in claims[entry.sequence]:
                seen.setdefault(table, set()).add(key)
                if key in found[table]:
                    yield {"row": table, "key": key, "facts": ledger.row_facts(found[table][key])}
    for row in verification.unrecorded_rows(seen):
        yield {"row": row._meta.db_table, "key": str(row.pk), "facts": ledger.row_facts(row)}


def _columns(entry: LedgerEntry) -> dict[str, Any]:
    facts = ledger.row_facts(entry)
    told = {name: facts[name] for name in ("sequence", "kind", "at", "actor", "body", "leaf_hash")}
    return told | {"article": entry.article.uid if entry.article else None}


def _stamps() -> Iterator[dict[str, Any]]:
    for stamp in stored.beside(Checkpoint.objects.order_by("size")):
        facts = ledger.row_facts(stamp)
        yield {"stamp": {name: facts[name] for name in ("size", "root", "key", "signature", "at")}}


def _heads() -> Iterator[dict[str, Any]]:
    for head in LedgerHead.objects.order_by("pk"):
        yield {"head": {"size": head.size, "edge": head.edge}}
