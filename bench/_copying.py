"""A writer for measurements only: copies of an article with everything it left behind, record and all.

The acts make an article in a tenth of a second; 100,000 of them would take hours. So one article goes the real road,
and every row it left is written again under other names: saved versions, wordings, steps, signatures, editions, pages,
lines of the A-Z, and entries of the activity record over the new rows. `verify_ledger` finds nothing to object to.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from typing import Any

import brotli
from django.db import models, transaction
from reversion.models import Revision, Version

from articles import ledger, merkle, publishing
from articles.canonical import canonical, digest, digest_bytes
from articles.models import (
    Article,
    ArticlePerson,
    ArticleTopic,
    Block,
    Citation,
    Edition,
    EditionSource,
    LedgerEntry,
    LedgerHead,
    LiveTopic,
    Page,
    Rendering,
    Review,
    Section,
    TitleEntry,
    Transition,
    Wording,
)

#: In an order in which later rows point to earlier ones; an article's own pointers are set with it.
MODELS: tuple[Any, ...] = (
    *(Revision, Version, Article, ArticleTopic, ArticlePerson, Section, Block, Citation, Edition, EditionSource),
    *(Transition, Review, Wording, Page, Rendering, TitleEntry, LiveTopic),
)
BATCH = 100  # articles a transaction
INSERT = 500  # rows a statement
Names = dict[str, str]


class Copier:
    """Writes copies of one live article."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.rows = {model: list(_rows_of(article, model)) for model in MODELS}
        self.entries = [json.loads(entry.body) for entry in article.ledger_entries.order_by("sequence")]
        self.next_key: dict[Any, int] = {}

    def write(self, copies: Iterable[tuple[str, str, Any]]) -> None:
        """Write a copy for each (address, title, topic)."""
        waiting = list(copies)
        self.next_key = {model: _highest(model) for model in MODELS}
        for start in range(0, len(waiting), BATCH):
            self._write_batch(waiting[start : start + BATCH])

    @transaction.atomic
    def _write_batch(self, copies: list[tuple[str, str, Any]]) -> None:
        made: dict[Any, list[models.Model]] = {model: [] for model in MODELS}
        bodies = []
        for slug, title, topic in copies:
            copy = self._copy(slug, title, topic)
            for model, rows in copy.items():
                made[model] += rows.values()
            bodies += [(body, copy[Article][self.article.pk]) for body in self._entries(copy)]
        for model, rows in made.items():
            model._base_manager.bulk_create(rows, batch_size=INSERT)
        _append(bodies)

    def _copy(self, slug: str, title: str, topic: Any) -> dict[Any, dict[Any, models.Model]]:
        """New rows by model and by the key of the row they were copied from."""
        names = self._names(slug, title, topic)
        keys = {model: {row.pk: self._key(model) for row in rows} for model, rows in self.rows.items()}
        copy = {m: {r.pk: _copied(r, keys, names) for r in rows} for m, rows in self.rows.items()}
        self._settle(copy, keys, slug, title, topic)
        return copy

    def _key(self, model: Any) -> int:
        self.next_key[model] += 1
        return self.next_key[model]

    def _names(self, slug: str, title: str, topic: Any) -> Names:
        """What the article is called to what its copy is called, digests of its saved versions included."""
        uid = digest_bytes(slug.encode())[:32]
        own = self.rows[LiveTopic][0].topic
        names = {
            self.article.uid: uid,
            self.article.slug: slug,
            self.article.title: title,
            own.uid: topic.uid,
            own.slug: topic.slug,
            own.name: topic.name,
        }
        for version in self.rows[Version]:
            old = version.serialized_data
            names[digest_bytes(old.encode())] = digest(json.loads(_renamed(old, names)))
        return names

    def _settle(self, copy: Any, keys: Any, slug: str, title: str, topic: Any) -> None:
        """What is no plain renaming: keys in texts, the place in the A-Z and the tree, and bytes made anew."""
        for version in copy[Version].values():
            version.serialized_data = canonical(json.loads(version.serialized_data)).decode()
            version.object_id = str(copy[Article][self.article.pk].pk)
        for edition in copy[Edition].values():
            edition.snapshot = canonical(json.loads(edition.snapshot)).decode()
            edition.approvals = [keys[Transition][step] for step in edition.approvals]
        for line in copy[TitleEntry].values():
            fresh = publishing._entry(copy[Article][self.article.pk], title, line.is_title)
            line.label, line.letter, line.sort_key = fresh.label, fresh.letter, fresh.sort_key
        for link in (*copy[LiveTopic].values(), *copy[ArticleTopic].values()):
            link.topic_id = topic.pk
        for link in copy[LiveTopic].values():
            link.sort_key = next(line.sort_key for line in copy[TitleEntry].values() if line.is_title)
        for page in copy[Page].values():
            _made_anew(page)
        newest = max(copy[Rendering].values(), key=lambda row: row.pk)
        newest.digest = next(page.digest for page in copy[Page].values() if page.path == newest.path)

    def _entries(self, copy: Any) -> Iterable[dict[str, Any]]:
        tables = {model._meta.db_table: model for model in MODELS}
        for body in self.entries:
            rows = [copy[tables[row["table"]]][int(row["key"])] for row in body["rows"]]
            yield body | {
                "article": copy[Article][self.article.pk].uid,
                "rows": [ledger.row_entry(row) for row in rows],
            }


def _rows_of(article: Article, model: Any) -> models.QuerySet[Any]:
    versions = Version.objects.get_for_object(article)
    if model is Version:
        return versions.order_by("pk")
    if model is Revision:
        return Revision.objects.filter(version__in=versions).order_by("pk")
    field = {"pk": article.pk} if model is Article else {"article": article}
    if model is EditionSource:
        field = {"edition__article": article}
    return model._base_manager.filter(**field).order_by("pk")


def _highest(model: Any) -> int:
    return model._base_manager.aggregate(highest=models.Max("pk"))["highest"] or 0


def _copied(row: models.Model, keys: dict[Any, dict[Any, int]], names: Names) -> models.Model:
    values = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.primary_key:
            value = keys[type(row)][value]
        elif field.is_relation:
            value = keys.get(field.related_model, {}).get(value, value)
        elif isinstance(value, str):
            value = _renamed(value, names)
        elif isinstance(field, models.BinaryField) and value is not None:
            value = bytes(value)
        values[field.attname] = value
    return type(row)(**values)


def _renamed(text: str, names: Names) -> str:
    for old, new in names.items():
        if old in text:
            text = text.replace(old, new)
    return text


def _made_anew(page: Any) -> None:
    """A page's bytes under its new name: the same article in fresh encodings."""
    page.body = page.body.replace(f"/articles/{SLUG}/".encode(), page.path.encode())
    page.digest = digest_bytes(page.body)
    page.etag = f'"{page.digest[:32]}"'
    page.brotli = brotli.compress(page.body, quality=publishing.BROTLI_QUALITY)
    page.gzip = gzip.compress(page.body, mtime=0)


#: The address of the article that is copied.
SLUG = "copied-article"


def _append(bodies: list[tuple[dict[str, Any], Any]]) -> None:
    """Entries for these bodies, behind those that are there; the one head row is written once for all of them."""
    head = LedgerHead.objects.select_for_update().get()
    edge = [bytes.fromhex(part) for part in head.edge]
    entries = []
    for body, article in bodies:
        text = canonical(body | {"sequence": head.size})
        leaf = merkle.leaf_hash(text)
        entries.append(
            LedgerEntry(
                sequence=head.size,
                kind=body["kind"],
                article=article,
                actor=body["actor"],
                at=body["at"],
                body=text.decode(),
                leaf_hash=leaf.hex(),
            )
        )
        edge = merkle.add_leaf(edge, head.size, leaf)
        head.size += 1
    LedgerEntry.objects.bulk_create(entries, batch_size=INSERT)
    head.edge = [part.hex() for part in edge]
    head.save()
