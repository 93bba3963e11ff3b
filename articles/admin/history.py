"""An article's history as one list: saved versions, steps, published versions, notices."""

import datetime
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import drafting
from ..ledger import names_of
from ..models import Article, Edition
from ..troubles import NATURES
from ..workflow import MOVES

#: Steps that are told by the published version they made.
TOLD_BY_EDITION = {"publish", "publish_now"}
OTHER_STEPS = {"save": "Back to draft by an edit", "schedule_failed": "Could not be published when its moment came"}


@dataclass(frozen=True)
class Event:
    """One line of the history. ``revision``, ``edition`` (with its public address) or ``original`` say what it left
    behind, if anything."""

    at: datetime.datetime
    order: int
    what: str
    who: str
    why: str
    revision: int | None = None
    edition: int | None = None
    address: str = ""
    original: int | None = None
    tone: str = ""
    at_version: int = sys.maxsize

    @property
    def place(self) -> tuple[datetime.datetime, int, int]:
        """Where it stands in time: of what happened in one moment, by the saved version it happened to."""
        return self.at, self.at_version, self.order


def events_of(article: Article) -> list[Event]:
    """Everything that ever happened to an article, newest first (eleven queries, whatever its length)."""
    events = [*_saved(article), *_steps(article), *_editions(article), *_notices(article), *_imports(article)]
    events += _marks(article)
    return sorted(events, key=lambda event: event.place, reverse=True)


def saved_after(article: Article, revision: int) -> list[Event]:
    """Who saved after that version, and when; newest first (one query)."""
    return list(_saves(drafting.revisions_of(article).filter(pk__gt=revision)))


def _saved(article: Article) -> Iterator[Event]:
    return _saves(drafting.revisions_of(article))


def _saves(rows: Any) -> Iterator[Event]:
    for row in rows:
        who = row.user.get_full_name() or row.user.get_username() if row.user else "the system"
        yield Event(row.date_created, 0, "Saved", who, row.comment, revision=row.pk, at_version=row.pk)


def _steps(article: Article) -> Iterator[Event]:
    rows = list(article.transitions.exclude(name__in=TOLD_BY_EDITION))
    names = names_of(row.actor for row in rows)
    for row in rows:
        move = MOVES.get(row.name)
        label = move.label if move else OTHER_STEPS.get(row.name, row.name)
        yield Event(
            row.at, 1, label, names[row.actor], row.reason, tone="step", at_version=row.revision_id or sys.maxsize
        )


def _editions(article: Article) -> Iterator[Event]:
    rows = list(article.editions.without_texts())
    names = names_of(row.actor for row in rows)
    for row in rows:
        yield Event(
            row.recorded_at,
            2,
            _published(row),
            names[row.actor],
            row.change_note,
            edition=row.number,
            address=f"/articles/{row.slug}/editions/{row.number}/",
            tone="edition",
            at_version=row.revision_id,
        )


def _published(row: Edition) -> str:
    kind = "before it was checked" if row.is_emergency else row.get_significance_display().lower()
    dated = f", dated {row.published_at:%-d %b %Y}" if row.published_at.date() != row.recorded_at.date() else ""
    return f"Published version {row.number} ({kind}{dated})"


def _notices(article: Article) -> Iterator[Event]:
    rows: list[Any] = list(article.notices.all())
    names = names_of(row.actor for row in rows)
    for row in rows:
        what = f"{row.get_kind_display()}: {row.get_action_display().lower()}"
        yield Event(row.at, 3, what, names[row.actor], row.reason or row.text, tone="notice")


def _marks(article: Article) -> Iterator[Event]:
    """What came and went because a source was in trouble; an answer taken along over a small change is told once."""
    rows: list[Any] = list(article.source_marks.filter(carried_from=None))
    names = names_of(row.actor for row in rows)
    for row in rows:
        label = NATURES[row.nature].label.lower()
        what = f"Source {row.key}, {label}: {row.get_action_display().lower()}"
        yield Event(row.at, 4, what, names[row.actor], row.text, tone="notice")


def _imports(article: Article) -> Iterator[Event]:
    rows = list(article.originals.defer("content", "report"))
    names = names_of(row.actor for row in rows)
    for row in rows:
        yield Event(row.imported_at, 5, f"Imported from {row.name}", names[row.actor], "", original=row.pk)
