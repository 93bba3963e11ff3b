"""Checking the record: recompute everything and name what does not fit.

Rows against entries, entries against the tree, gaps, order, stamps, and the drift that bulk updates or raw SQL leave
between the working copy and its newest saved version.
"""

import gzip
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import brotli
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, models
from reversion.models import Version

from . import checkpoints, ledger, merkle, protection, roles, snapshot, stored
from .canonical import canonical, digest, digest_bytes
from .models import (
    ActorName,
    Article,
    Checkpoint,
    Edition,
    LedgerEntry,
    LedgerHead,
    Page,
    Rendering,
    RoleChange,
    Transition,
)

BATCH = 500
NOT_READ = "The row cannot be read: it holds what nobody wrote there."
RESPELT = "The bytes of a column are not those that were written."
#: What an entry says of a row: sequence, table, key, digest.
Claim = tuple[int, str, str, str]
Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Problem:
    """One thing that does not fit, and where."""

    table: str
    key: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.sentence}"


def problems() -> Iterator[Problem]:
    """Everything that does not fit, in the order in which it is found; nothing when the record is whole."""
    yield from _missing_triggers()
    try:
        for check in (_entries_and_rows, _editions, _drift, _roles, _pages):
            yield from check()
    except (ValueError, TypeError, AttributeError, OperationalError):
        unreadable = list(_unreadable())
        if not unreadable:
            raise
        yield from unreadable


def _unreadable() -> Iterator[Problem]:
    """Rows with a column that holds no value of its type, which SQLite takes and the other checks stumble over."""
    recorded: list[type[models.Model]] = [LedgerEntry, Checkpoint, *recorded_tables().values()]
    for model in recorded:
        texts = [f.attname for f in model._meta.concrete_fields if isinstance(f, (models.CharField, models.TextField))]
        for pk in model._base_manager.order_by("pk").values_list("pk", flat=True):
            try:
                row = model._base_manager.get(pk=pk)
                is_read = all(isinstance(getattr(row, name), str | None) for name in texts)
            except (ValueError, TypeError, OperationalError) as error:
                if isinstance(error, OperationalError) and "decode" not in str(error):
                    raise  # the database itself did not answer
                is_read = False
            if not is_read:
                yield Problem(model._meta.db_table, str(pk), NOT_READ)


def _missing_triggers() -> Iterator[Problem]:
    for name in protection.missing(connection):
        yield Problem("triggers", name, "This protection is missing. “manage.py migrate” puts it back.")


# --- the tree -----------------------------------------------------------------------------------------------------


def _entries_and_rows() -> Iterator[Problem]:
    edge: list[bytes] = []
    size = 0
    seen: dict[str, set[str]] = {table: set() for table in recorded_tables()}
    stamps = {stamp.size: stamp for stamp in stored.beside(Checkpoint.objects.order_by("size"))}
    expected = 0
    entries = stored.beside(LedgerEntry.objects.order_by("sequence")).annotate(article_uid=models.F("article__uid"))
    for batch in batches(entries.iterator(BATCH)):
        claimed = []
        for entry in batch:
            leaf, body = merkle.leaf_hash(entry.body.encode()), body_of(entry)
            yield from _entry(entry, expected, leaf, body)
            expected = entry.sequence + 1
            edge = merkle.add_leaf(edge, size, leaf)
            size += 1
            if stamp := stamps.pop(size, None):
                yield from _stamp(stamp, merkle.root(edge))
            claimed += claims(entry, body)
        yield from _rows(claimed, seen)
    for stamp in stamps.values():
        yield Problem(
            "articles_checkpoint", str(stamp.pk), f"The stamp is over {stamp.size} entries; there are not so many."
        )
    yield from _head(size, edge)
    yield from _unrecorded(seen)


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in lists of ``BATCH``."""
    rows = iter(rows)
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch


def _entry(entry: Any, expected: int, leaf: bytes, body: dict[str, Any] | None) -> Iterator[Problem]:
    """The entry's columns (and ``article_uid``) say what its body says, and its hash is the body's."""
    key = str(entry.sequence)
    if entry.sequence != expected:
        yield Problem("articles_ledgerentry", str(expected), f"This entry is missing; the next one is {key}.")
    if leaf.hex() != entry.leaf_hash:
        yield Problem("articles_ledgerentry", key, "The body is not what its hash says.")
    if any(stored.spellings(entry)):
        yield Problem("articles_ledgerentry", key, RESPELT)
        return
    if body is None:
        yield Problem("articles_ledgerentry", key, "The body cannot be read.")
        return
    told = (body.get("sequence"), body.get("kind"), body.get("at"), body.get("actor"), body.get("article"))
    columns = (entry.sequence, entry.kind, ledger.moment(entry.at), entry.actor, entry.article_uid)
    if told != columns or canonical(body) != entry.body.encode():
        yield Problem("articles_ledgerentry", key, "The columns differ from the body.")


def body_of(entry: LedgerEntry) -> dict[str, Any] | None:
    """What an entry says; None where it cannot be read."""
    try:
        body = json.loads(entry.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def claims(entry: LedgerEntry, body: dict[str, Any] | None) -> list[Claim]:
    """The rows an entry records by its body: its sequence, table, key, digest."""
    try:
        return [(entry.sequence, row["table"], row["key"], row["digest"]) for row in (body or {})["rows"]]
    except (KeyError, TypeError):
        return []


def _stamp(stamp: Checkpoint, root: bytes) -> Iterator[Problem]:
    if stamp.root != root.hex():
        yield Problem("articles_checkpoint", str(stamp.pk), "The stamped root is not that of the entries up to it.")
    if any(stored.spellings(stamp)):
        yield Problem("articles_checkpoint", str(stamp.pk), RESPELT)
        return
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(stamp.key))
        key.verify(bytes.fromhex(stamp.signature), checkpoints.signed_bytes(stamp))
    except (InvalidSignature, ValueError, TypeError):
        yield Problem("articles_checkpoint", str(stamp.pk), "The signature does not fit.")


def _head(size: int, edge: list[bytes]) -> Iterator[Problem]:
    head = LedgerHead.objects.first() or LedgerHead()
    if head.size != size or head.edge != [part.hex() for part in edge]:
        yield Problem(
            "articles_ledgerhead",
            str(head.pk),
            f"It counts {head.size} entries; {size} are there, or the tree differs.",
        )


# --- rows ---------------------------------------------------------------------------------------------------------


def recorded_tables() -> dict[str, type[models.Model]]:
    """Tables of which every row stands in an entry."""
    found = [apps.get_model(name) for name in protection.APPEND_ONLY if name not in protection.UNRECORDED]
    return {model._meta.db_table: model for model in found if model not in (LedgerEntry, Checkpoint)}


def _rows(claimed: list[Claim], seen: dict[str, set[str]]) -> Iterator[Problem]:
    """Each row an entry records is there and is as it was."""
    found = rows_by_table(claimed)
    for sequence, table, key, expected in claimed:
        row = found[table].get(key)
        if row is None:
            yield Problem(table, key, f"Entry {sequence} records this row; it is gone.")
        elif digest(ledger.row_facts(row)) != expected:
            yield Problem(table, key, f"The row is not as entry {sequence} recorded it.")
        elif key in seen.get(table, ()):
            yield Problem(table, key, f"Entry {sequence} records this row a second time.")
        seen.setdefault(table, set()).add(key)


def rows_by_table(claimed: Iterable[Claim]) -> dict[str, dict[str, models.Model]]:
    """The rows that are there of those claimed, by table and key."""
    wanted: dict[str, list[str]] = {}
    for _, table, key, _ in claimed:
        wanted.setdefault(table, []).append(key)
    return {table: _in_bulk(table, keys) for table, keys in wanted.items()}


def _in_bulk(table: str, keys: list[str]) -> dict[str, models.Model]:
    model = recorded_tables().get(table)
    if model is None:
        return {}
    rows = stored.beside(model._base_manager.all()).in_bulk([int(key) for key in keys if key.isdigit()])
    return {str(pk): row for pk, row in rows.items()}


def _unrecorded(seen: dict[str, set[str]]) -> Iterator[Problem]:
    for row in unrecorded_rows(seen):
        yield Problem(row._meta.db_table, str(row.pk), "No entry records this row.")


def unrecorded_rows(seen: dict[str, set[str]]) -> Iterator[models.Model]:
    """Rows of the record whose keys are not among those seen in entries, by table."""
    for table, model in recorded_tables().items():
        for pk in model._base_manager.order_by("pk").values_list("pk", flat=True).iterator(BATCH):
            if str(pk) not in seen.get(table, ()):
                yield model._base_manager.get(pk=pk)


# --- editions, working copies, pages ------------------------------------------------------------------------------


def _editions() -> Iterator[Problem]:
    """An edition is, byte for byte, the saved version it names, and its digests are those of its texts."""
    for batch in batches(Edition.objects.order_by("pk").iterator(BATCH)):
        revisions = Version.objects.filter(revision__in=[edition.revision_id for edition in batch])
        stored = set(revisions.values_list("revision_id", "object_id", "serialized_data"))
        steps = Transition.objects.filter(article__in={edition.article_id for edition in batch})
        approved = {step[:2]: step[2] for step in steps.values_list("article_id", "pk", "snapshot_digest")}
        for edition in batch:
            yield from _edition(edition, stored, approved)


def _edition(
    edition: Edition, stored: set[tuple[int, str, str]], approved: dict[tuple[int, int], str]
) -> Iterator[Problem]:
    key = str(edition.pk)
    told = (digest_bytes(edition.snapshot.encode()), digest_bytes(edition.context.encode()))
    if told != (edition.snapshot_digest, edition.context_digest):
        yield Problem("articles_edition", key, "Its text is not what its fingerprint says.")
    if (edition.revision_id, str(edition.article_id), edition.snapshot) not in stored:
        yield Problem("articles_edition", key, "It is not the saved version it was made from.")
    named = edition.approvals if isinstance(edition.approvals, list) else []
    digests = [approved.get((edition.article_id, step)) for step in named if isinstance(step, int)]
    if not edition.is_emergency and digests != [edition.snapshot_digest]:
        yield Problem("articles_edition", key, "What was approved is not what was published.")


def _drift() -> Iterator[Problem]:
    """The working copy is its newest saved version: bulk updates, raw SQL and fixtures show here."""
    for article in Article.objects.order_by("pk").iterator(BATCH):
        newest = Version.objects.get_for_object(article).values("revision_id", "serialized_data").first()
        if newest is None or newest["revision_id"] != article.newest_revision_id:
            yield Problem("articles_article", str(article.pk), "Its newest saved version is not the one it names.")
            continue
        told = digest_bytes(newest["serialized_data"].encode())
        if digest(snapshot.take(article)) != told or article.digest != told:
            yield Problem(
                "articles_article", str(article.pk), "The draft's tables differ from its newest saved version."
            )


def _roles() -> Iterator[Problem]:
    """Everybody active holds the roles that the record says they were given, and no others."""
    recorded: dict[str, set[str]] = {}
    for change in RoleChange.objects.order_by("pk"):
        held = recorded.setdefault(change.person, set())
        if change.action == RoleChange.Action.GRANTED:
            held.add(change.role)
        elif change.action == RoleChange.Action.REVOKED:
            held.discard(change.role)
    actors = dict(ActorName.objects.order_by("since", "pk").values_list("user_id", "actor"))
    users = get_user_model().objects.filter(is_active=True).order_by("pk").prefetch_related("groups")
    for user in users.iterator(BATCH):
        held = {group.name for group in user.groups.all()} & set(roles.ROLES)
        if held != recorded.get(actors.get(user.pk, ""), set()):
            yield Problem("auth_user", str(user.pk), "Holds other roles than the record says were given.")


def _pages() -> Iterator[Problem]:
    """A page's bytes are those last recorded for its address, in all three forms."""
    for page in Page.objects.order_by("pk").iterator(BATCH):
        body = bytes(page.body)
        if digest_bytes(body) != page.digest or not _same_forms(page, body):
            yield Problem("articles_page", page.path, "Its bytes are not what its fingerprint says.")
        if page.edition_id and page.status == 200:
            last = Rendering.objects.filter(path=page.path, edition=page.edition_id).order_by("-pk").first()
            if last is None or last.digest != page.digest:
                yield Problem("articles_page", page.path, "Readers get other bytes than those recorded.")


def _same_forms(page: Page, body: bytes) -> bool:
    try:
        forms: list[Any] = [brotli.decompress(bytes(page.brotli))] if page.brotli else []
        forms += [gzip.decompress(bytes(page.gzip))] if page.gzip else []
    except (brotli.error, OSError, EOFError):
        return False
    return all(form == body for form in forms)
