"""The activity record: every act appends one entry, in its own transaction, last.

An entry's body is canonical JSON: ``{"sequence", "kind", "at", "actor", "article", "rows": [{"table", "key",
"digest"}], "data"}``. A row's digest covers every column, so any changed byte of a recorded row shows; the entry is
a leaf of an RFC 6962 tree, so any changed, removed, inserted or reordered entry shows. If the entry cannot be
written, the act does not happen: the exception rolls it back.
"""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from reversion.models import Revision, Version

from . import merkle, stored
from .canonical import canonical, digest
from .models import ActorName, Article, LedgerEntry, LedgerHead

SYSTEM = "system"


def actor_id(user: Any, now: datetime.datetime) -> str:
    """The pseudonymous id under which a user's acts are recorded; made at the first act, kept for ever.

    A changed name is noted beside the earlier ones. ``None`` is the system itself.
    """
    if user is None:
        return SYSTEM
    newest = ActorName.objects.filter(user=user).order_by("since", "id").last()
    name = user.get_full_name() or user.get_username()
    if newest is None or newest.name != name:
        actor = newest.actor if newest else uuid.uuid4().hex
        newest = ActorName.objects.create(actor=actor, user=user, name=name, since=now)
    return newest.actor


def known_actor_id(user: Any) -> str:
    """The id under which a user's acts are recorded, or nothing for somebody who has not acted yet; writes nothing."""
    newest = ActorName.objects.filter(user=user).order_by("since", "id").last()
    return newest.actor if newest else ""


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Actor id to the newest name known; an erased one reads “former colleague”."""
    wanted = set(actors)
    rows = ActorName.objects.filter(actor__in=wanted).order_by("since", "id").values_list("actor", "name")
    names = dict.fromkeys(wanted, "former colleague") | dict(rows)
    return names | ({SYSTEM: "the system"} if SYSTEM in wanted else {})


def row_facts(row: models.Model) -> dict[str, Any]:
    """Every column of a row as plain JSON values: what its digest is taken over.

    A row that came with its stored form (see ``stored``) tells of a column that this form is not the one of its value.
    """
    facts = {field.attname: _plain(getattr(row, field.attname), field) for field in row._meta.concrete_fields}
    for name, found in stored.spellings(row):
        facts[name] = {"stored": found}
    return facts


def moment(value: datetime.datetime) -> str:
    """A moment as the record writes it: UTC, ISO 8601, with microseconds."""
    return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")


def _plain(value: Any, field: "models.Field[Any, Any]") -> Any:
    if value is None or isinstance(value, int):
        return value
    # SQLite takes text for bytes and bytes for text; one would read as the other's hexadecimal.
    if isinstance(value, str):
        return {"stored": repr(value)} if isinstance(field, models.BinaryField) else value
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex() if isinstance(field, models.BinaryField) else {"stored": repr(value)}
    if isinstance(value, datetime.datetime):
        return moment(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def row_entry(row: models.Model) -> dict[str, Any]:
    """How an entry names a row: its table, its key and the digest of its columns."""
    return {"table": row._meta.db_table, "key": str(row.pk), "digest": digest(row_facts(row))}


def append(
    kind: str,
    rows: Iterable[models.Model],
    *,
    actor: str,
    now: datetime.datetime,
    article: Article | None = None,
    data: dict[str, Any] | None = None,
) -> LedgerEntry:
    """Record rows just written. Must be called inside the act's transaction, after its other writes.

    Raises ``TransactionManagementError`` outside a transaction: an entry without its act, or an act without its
    entry, must not be possible.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("The activity record is written inside the act's transaction.")
    head = _locked_head()
    body = canonical(
        {
            "sequence": head.size,
            "kind": kind,
            "at": moment(now),
            "actor": actor,
            "article": article.uid if article else None,
            "rows": [row_entry(row) for row in rows],
            "data": data or {},
        }
    )
    leaf = merkle.leaf_hash(body)
    entry = LedgerEntry.objects.create(
        sequence=head.size,
        kind=kind,
        article=article,
        actor=actor,
        at=now,
        body=body.decode(),
        leaf_hash=leaf.hex(),
    )
    head.edge = [h.hex() for h in merkle.add_leaf([bytes.fromhex(h) for h in head.edge], head.size, leaf)]
    head.size += 1
    head.save()
    return entry


def _locked_head() -> LedgerHead:
    head = LedgerHead.objects.select_for_update().first()
    if head is None:
        LedgerHead.objects.get_or_create(pk=1)
        head = LedgerHead.objects.select_for_update().get()
    return head


def record_revision(sender: Any, revision: Revision, versions: list[Version], **kwargs: Any) -> None:
    """Receiver of the recorder's commit: one entry for the revision and its stored versions.

    It runs inside the recorder's transaction, so an exception here rolls the save back.
    """
    of_articles = ContentType.objects.get_for_model(Article).pk
    articles = [version.object_id for version in versions if version.content_type_id == of_articles]
    article = Article.objects.filter(pk=articles[0]).only("uid").first() if articles else None
    append(
        "revision",
        [revision, *versions],
        actor=actor_id(revision.user, revision.date_created),
        now=revision.date_created,
        article=article,
    )


def record_sources(sender: Any, rows: list[models.Model], actor: Any, now: datetime.datetime, **kwargs: Any) -> None:
    """Receiver of the library's record: one entry for notices about sources, merges, or pairs kept apart.

    It runs inside the transaction that wrote them, so an exception here rolls them back, and a row without an entry
    was not written by the library.
    """
    append("source", rows, actor=actor_id(actor, now), now=now)
