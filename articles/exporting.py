"""From a draft of ours to one JSON file that says everything needed to make it again, here or elsewhere.

`importing.exchange` reads it back: import(export(x)) is x, digest for digest. The file holds the newest saved
version of the article, the sources it cites, the people and topics it names, and its pictures; approvals, reviews and
editions stay where they were made.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from . import drafting
from .canonical import canonical
from .importing.exchange import FORMAT
from .models import Article, Figure, Person, Topic
from .snapshot import blocks_of, context_of

_NOT_EXPORTED = {"schema", "uid", "user"}


def export(article: Article) -> bytes:
    """The file's content: canonical JSON (RFC 8785), so the same article always gives the same bytes."""
    snapshot = drafting.newest(article)
    whole = {
        "format": FORMAT,
        "is_sample": article.is_sample,
        "snapshot": snapshot,
        "references": context_of(snapshot)["references"],
        "people": _facts(Person.objects.filter(uid__in=[entry["person"] for entry in snapshot["people"]])),
        "topics": _facts(_with_parents(snapshot["topics"])),
        "pictures": _pictures(snapshot),
    }
    return canonical(whole) + b"\n"


def export_all(folder: Path) -> Iterator[Path]:
    """Write every article into ``folder``, one file by its address each, and yield the files written.

    A file is written whole or not at all; what is in the folder beside stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for article in Article.objects.order_by("slug").iterator():
        path = folder / f"{article.slug}.json"
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(export(article))
        unfinished.replace(path)
        yield path


def _facts(rows: Iterable[Any]) -> dict[str, dict[str, Any]]:
    return {
        row.uid: {key: fact for key, fact in row.snapshot_dict().items() if key not in _NOT_EXPORTED} for row in rows
    }


def _with_parents(uids: list[str]) -> Iterator[Topic]:
    """The topics and everything they are part of, each once."""
    found: set[str] = set()
    for topic in Topic.objects.filter(uid__in=uids):
        step: Topic | None = topic
        while step is not None and step.uid not in found:
            found.add(step.uid)
            yield step
            step = step.parent


def _pictures(snapshot: dict[str, Any]) -> dict[str, str]:
    names = {block["data"]["file"] for block in blocks_of(snapshot) if block["kind"] == "figure"}
    rows = Figure.objects.filter(name__in=names)
    return {row.name: base64.b64encode(bytes(row.content)).decode() for row in rows}
