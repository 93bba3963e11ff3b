"""Saying which sources are one and which are two. The library merges those that are one, and the drafts that cite the
other one follow.

Each article is moved by a saved version of its own, as if a person had edited it: who merges has made the change, and
somebody else looks at it. Published versions keep what they were published with. An article that cannot be moved now
keeps citing the merged source, which stays; repeating the merge, or its undoing, goes on where it stopped.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from reversion.models import Version

from references import apart, merging
from references.models import Distinction, Merge, Reference
from references.recording import SaveRefused

from . import drafting, ledger, roles
from .drafting import Refused
from .models import Article

FACTS = ("locator", "accessed", "quote")


@dataclass(frozen=True)
class Moved:
    """What became of one article: how many of its citations were moved, and sentences about those that were not."""

    article: Article
    citations: int
    reasons: tuple[str, ...] = ()


def citing(reference: Reference) -> QuerySet[Article]:
    """The articles whose working copy cites a source, in the order in which they are moved."""
    return Article.objects.filter(citations__reference=reference).distinct().order_by("pk")


def merge(
    kept: Reference,
    merged: Reference,
    fields: Mapping[str, Any],
    *,
    bases: tuple[int | None, int | None],
    actor: Any,
    reason: str,
    now: datetime.datetime,
) -> tuple[Merge, list[Moved]]:
    """Merge two sources and move what cites the merged one.

    Raises what ``references.merging.merge`` raises; then nothing has happened. An article that refuses does not stop
    the others.
    """
    _may_move(actor)
    signed = ledger.actor_id(actor, now)
    made = merging.merge(kept, merged, fields, bases=bases, actor=actor, signed=signed, reason=reason.strip(), now=now)
    return made, follow(made, actor=actor, now=now)


def follow(made: Merge, *, actor: Any, now: datetime.datetime) -> list[Moved]:
    """Move the citations that still name the merged source; doing it again moves what could not be moved before."""
    _may_move(actor)
    return [_move(article, made, actor, now) for article in citing(made.merged)]


def undo(made: Merge, *, actor: Any, reason: str, now: datetime.datetime) -> tuple[merging.Undone, list[Moved]]:
    """Take a merge back, and move back the citations that are still as the merge left them."""
    _may_move(actor)
    signed = ledger.actor_id(actor, now)
    undone = merging.undo(made, actor=actor, signed=signed, reason=reason.strip(), now=now)
    found = [_move_back(article, made, undone.row, actor, now) for article in citing(made.kept)]
    return undone, [moved for moved in found if moved.citations or moved.reasons]


def keep_apart(one: Reference, other: Reference, *, actor: Any, reason: str, now: datetime.datetime) -> Distinction:
    """Say that two sources are different works. Raises what ``references.apart.keep_apart`` raises."""
    _may_tell(actor)
    signed = ledger.actor_id(actor, now)
    return apart.keep_apart(one, other, actor=actor, signed=signed, reason=reason.strip(), now=now)


def take_back(said: Distinction, *, actor: Any, reason: str, now: datetime.datetime) -> Distinction:
    """Let two sources be proposed as one again. Raises what ``references.apart.take_back`` raises."""
    _may_tell(actor)
    signed = ledger.actor_id(actor, now)
    return apart.take_back(said, actor=actor, signed=signed, reason=reason.strip(), now=now)


def _may_tell(actor: Any) -> None:
    """Whoever may merge two sources may also say that they are two."""
    if not _may_merge(actor):
        raise SaveRefused("Only authors and editors say which sources are one and which are two.")


def _may_merge(actor: Any) -> bool:
    return roles.has_role(actor, roles.AUTHOR, roles.EDITOR)


def _may_move(actor: Any) -> None:
    if not _may_merge(actor):
        raise SaveRefused("Only authors and editors merge sources, since articles that cite them change, too.")


def _move(article: Article, made: Merge, actor: Any, now: datetime.datetime) -> Moved:
    content = drafting.newest(article)
    cited = [citation for citation in content["citations"] if citation["key"] == made.merged.key]
    for citation in cited:
        citation["key"] = made.kept.key
    return _saved(article, content, len(cited), _mark(made), actor, now)


def _move_back(article: Article, made: Merge, undoing: Merge, actor: Any, now: datetime.datetime) -> Moved:
    moved = _moved_by(made, article)
    content = drafting.newest(article)
    back, left = 0, []
    for citation in content["citations"]:
        as_left = moved.get(citation["uid"])
        if as_left is None or citation["key"] != made.kept.key:
            continue
        if any(citation[name] != as_left[name] for name in FACTS):
            left.append(f"A citation of {made.kept.key} was changed after the merge, and stays: look which it means.")
            continue
        citation["key"] = made.merged.key
        back += 1
    if not back:
        return Moved(article, 0, tuple(left))
    return _saved(article, content, back, _mark(undoing), actor, now, left)


def _saved(
    article: Article,
    content: dict[str, Any],
    count: int,
    reason: str,
    actor: Any,
    now: datetime.datetime,
    left: list[str] | None = None,
) -> Moved:
    """One saved version through the door of every edit; what that door says against it, is passed on."""
    base = article.newest_revision_id
    try:
        saved = drafting.save(article, content, actor=actor, now=now, base=base, reason=reason, confirmed=True)
    except Refused as refusal:
        return Moved(article, 0, (*refusal.reasons, *(left or ())))
    return Moved(saved.article, count, tuple(left or ()))


def _moved_by(made: Merge, article: Article) -> dict[str, dict[str, Any]]:
    """The citations that a merge moved in an article, by uid, as it left them."""
    versions = Version.objects.get_for_object(article).order_by("pk")
    marked = versions.filter(revision__comment__startswith=_mark_start(made))
    found: dict[str, dict[str, Any]] = {}
    for version in marked:
        before = versions.filter(pk__lt=version.pk).last()
        was = _cited(before, made.merged.key)
        found |= {uid: citation for uid, citation in _cited(version, made.kept.key).items() if uid in was}
    return found


def _cited(version: Version | None, key: str) -> dict[str, dict[str, Any]]:
    content = json.loads(version.serialized_data) if version else {"citations": []}
    return {citation["uid"]: citation for citation in content["citations"] if citation["key"] == key}


def _mark_start(made: Merge) -> str:
    """How the saved versions that a merge made begin to tell why; by it an undoing finds them again."""
    return f"Merge {made.pk} of sources: "


def _mark(made: Merge) -> str:
    what = f"{made.merged.key} is {made.kept.key}"
    told = f"{what} no more" if made.undoes_id else what
    return f"{_mark_start(made)}{told}. {made.reason}".strip()
