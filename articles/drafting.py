"""Saving: the only way into the working copy. One save, one revision, one stored version.

A save carries the revision it started from. If somebody saved in between, the server merges what does not clash and
refuses the rest with base, theirs and mine in hand; nothing is overwritten and nothing is lost.
"""

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import reversion
from django.db import transaction
from reversion.models import Revision, Version

from . import ledger, roles, snapshot, statements, text, upcasting
from .canonical import digest
from .merging import MergeResult, merge
from .models import Article, Edition, Review, Transition, Wording

State = Article.State
EDITABLE = {
    State.CLEAN,
    State.DRAFT,
    State.CHANGES_REQUESTED,
    State.EDITORIAL_REVIEW,
    State.MEDICAL_REVIEW,
    State.APPROVED,
}
IN_REVIEW = {State.EDITORIAL_REVIEW, State.MEDICAL_REVIEW}


class Refused(Exception):
    """An act that may not happen. ``reasons`` are sentences for the person who tried; all of them at once."""

    def __init__(self, reasons: str | Iterable[str]):
        self.reasons = [reasons] if isinstance(reasons, str) else list(reasons)
        super().__init__(" ".join(self.reasons))


class StaleSave(Refused):
    """Somebody saved in between, and the two edits clash. ``result`` holds base, theirs and mine of each clash."""

    def __init__(self, result: MergeResult, newest: int | None, mine: dict[str, Any]):
        self.result, self.newest, self.mine = result, newest, mine
        count = len(result.conflicts)
        super().__init__(
            f"Somebody else saved this article while you were editing, and {count} of your changes "
            f"{'clashes' if count == 1 else 'clash'} with theirs. Nothing of yours is lost: choose for each."
        )


class NeedsConfirmation(Refused):
    """The save is possible, and returns signatures; the person must say that this is meant."""


@dataclass(frozen=True)
class Saved:
    """What a save did. ``merged`` says that another person's edit was joined with this one."""

    article: Article
    revision_id: int | None
    changed: bool
    merged: bool = False


def read(revision_id: int | None, article: Article) -> dict[str, Any]:
    """The article as a revision stored it, in today's schema. Raises ``Version.DoesNotExist``."""
    version = Version.objects.get_for_object(article).get(revision_id=revision_id)
    return upcasting.read(version.serialized_data)


def newest(article: Article) -> dict[str, Any]:
    """The newest saved version of an article."""
    return read(article.newest_revision_id, article)


def save(
    article: Article | None,
    content: dict[str, Any],
    *,
    actor: Any,
    now: datetime.datetime,
    base: int | None = None,
    reason: str = "",
    confirmed: bool = False,
) -> Saved:
    """Store one edit of the whole article.

    ``article`` is ``None`` for a new one; ``base`` is the revision the editor started from; ``confirmed`` says that
    an edit during review is meant to return signatures. ``actor`` is a user, or ``None`` for an unattended import.
    Nothing changed means no revision.

    Raises ``Refused`` with every reason, ``StaleSave`` on a clash, ``NeedsConfirmation`` during review.
    """
    with transaction.atomic():
        _may_write(actor)
        mine = _tidied(content)
        if article is None:
            return _create(mine, actor, now, reason)
        article = Article.objects.select_for_update().get(pk=article.pk)
        _may_save(article)
        theirs = newest(article)
        mine["uid"] = theirs["uid"]
        merged = base != article.newest_revision_id
        if merged:
            mine = _merged(article, base, theirs, mine)
        _refuse(snapshot.validate(mine))
        if digest(mine) == article.digest:
            return Saved(article, article.newest_revision_id, changed=False, merged=merged)
        if article.state in IN_REVIEW and not confirmed:
            _ask_before_returning_signatures(article, theirs, mine)
        makers = {ledger.actor_id(actor, now)}
        return Saved(article, record(article, theirs, mine, actor, now, reason, makers), changed=True, merged=merged)


def restore(
    article: Article,
    content: dict[str, Any],
    *,
    actor: Any,
    now: datetime.datetime,
    base: int,
    reason: str,
    confirmed: bool = False,
) -> Saved:
    """Make an old state the newest draft: an edit like any other, through the same door."""
    return save(article, upcasting.upcast(content), actor=actor, now=now, base=base, reason=reason, confirmed=confirmed)


def _may_write(actor: Any) -> None:
    if actor is not None and not roles.has_role(actor, roles.AUTHOR, roles.EDITOR):
        raise Refused("Only authors and editors write articles.")


def _may_save(article: Article) -> None:
    if article.state not in EDITABLE:
        raise Refused("This article is scheduled for publication. Take it off the schedule before editing it.")
    if article.state == State.CLEAN and article.live_edition_id is None:
        raise Refused("This article is withdrawn. A publisher must reopen it before it can be edited.")


def _tidied(content: dict[str, Any]) -> dict[str, Any]:
    try:
        return snapshot.tidy(content)
    except text.TextError as error:
        raise Refused(str(error)) from error


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise Refused(reasons)


def _create(mine: dict[str, Any], actor: Any, now: datetime.datetime, reason: str) -> Saved:
    _refuse(snapshot.validate(mine))
    article = Article(uid=mine["uid"], created_at=now)
    makers = {ledger.actor_id(actor, now)}
    revision = record(article, None, mine, actor, now, reason or "First draft", makers)
    return Saved(article, revision, changed=True)


def _merged(article: Article, base: int | None, theirs: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
    try:
        common = read(base, article) if base else None
    except Version.DoesNotExist:
        common = None
    if common is None:
        raise Refused("This edit does not say which saved version it started from. Open the article again.")
    result = merge(common, theirs, mine)
    if result.conflicts:
        raise StaleSave(result, article.newest_revision_id, mine)
    return _tidied(result.merged)


def _ask_before_returning_signatures(article: Article, theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    """A sentence for each signature that this edit would take back."""
    blocks = {block["uid"] for block in snapshot.blocks_of(theirs)}
    digests = statements.block_digests(mine, snapshot.context_of(mine))
    lost = []
    for review in Review.objects.filter(article=article, edition=None, snapshot_digest=article.digest).order_by("id"):
        signed = blocks & set(review.statements)
        gone = sum(1 for key in signed if digests.get(key) != review.statements[key])
        if gone:
            lost.append(f"{review.person_name} signed {len(signed)} statements; this returns {gone}.")
    raise NeedsConfirmation([*lost, "This article is being checked. Confirm that you want to change it now."])


def record(
    article: Article,
    old: dict[str, Any] | None,
    new: dict[str, Any],
    actor: Any,
    now: datetime.datetime,
    reason: str,
    makers: set[str],
    state: str = "",
) -> int:
    """Write a validated snapshot as the newest revision; who made what, and the step back to draft, follow.

    For acts of this package that hold the article's row; everybody else calls ``save``.
    """
    before, previous = article.state, article.newest_revision_id
    with reversion.create_revision(manage_manually=True, atomic=False):  # the caller's transaction holds it
        if actor is not None:
            reversion.set_user(actor)
        reversion.set_date_created(now)
        reversion.set_comment(reason)
        snapshot.write(article, new)
        reversion.add_to_revision(article)
    revision = Version.objects.get_for_object(article).values_list("revision_id", flat=True)[0]
    saved = digest(new)
    after = state or _state_after_save(article, new, saved)
    won = Article.objects.filter(pk=article.pk, newest_revision=previous, state=before).claim(
        newest_revision=revision, digest=saved, state=after
    )
    if not won:
        raise Refused("Somebody else changed this article at the same moment. Try again.")
    article.newest_revision_id, article.digest, article.state = revision, saved, after
    _record_wordings(article, old, new, revision, makers, now)
    if old is not None and before != after:
        record_step(article, "save", before, after, ledger.actor_id(actor, now), now, reason)
    return revision


def _state_after_save(article: Article, new: dict[str, Any], saved: str) -> str:
    """Who brings the words of the live version back, with the sources it had, leaves nothing to check or publish."""
    if article.live_edition_id and article.parked_revision_id is None:
        live = Edition.objects.filter(pk=article.live_edition_id, snapshot_digest=saved).first()
        if live is not None and _means_the_same(json.loads(live.context), snapshot.context_of(new)):
            return State.CLEAN
    return article.state if article.state in IN_REVIEW else State.DRAFT


def _means_the_same(had: dict[str, Any], has: dict[str, Any]) -> bool:
    return statements.context_digest(had) == statements.context_digest(has)


def _record_wordings(
    article: Article,
    old: dict[str, Any] | None,
    new: dict[str, Any],
    revision: int,
    makers: set[str],
    now: datetime.datetime,
) -> None:
    said = statements.wording(new)
    earlier = _earlier_makers(article) if len(makers) > 1 else {}
    rows = [
        Wording(article=article, statement=key, aspect=aspect, digest=value, revision_id=revision, actor=maker)
        for key, aspects in statements.changed_statements(old, new).items()
        for aspect in sorted(aspects)
        for value in [digest(said[key]) if aspect == "text" else ""]
        for maker in sorted(earlier.get((key, aspect, value)) or makers)
    ]
    Wording.objects.bulk_create(rows)
    if rows:
        ledger.append("wording", rows, actor=min(makers), now=now, article=article)


def _earlier_makers(article: Article) -> dict[tuple[str, str, str], set[str]]:
    """Who last made each wording, move and removal of this article: a merge gives everybody their own back."""
    found: dict[tuple[str, str, str], tuple[int, set[str]]] = {}
    for row in Wording.objects.filter(article=article).order_by("id"):
        key = (row.statement, row.aspect, row.digest)
        if key not in found or found[key][0] != row.revision_id:
            found[key] = (row.revision_id, set())
        found[key][1].add(row.actor)
    return {key: makers for key, (_, makers) in found.items()}


def record_step(
    article: Article,
    name: str,
    before: str,
    after: str,
    actor: str,
    now: datetime.datetime,
    reason: str = "",
    **more: Any,
) -> Transition:
    """Write down one workflow step and its entry in the activity record."""
    step = Transition.objects.create(
        article=article,
        name=name,
        from_state=before,
        to_state=after,
        actor=actor,
        at=now,
        reason=reason,
        revision_id=article.newest_revision_id,
        snapshot_digest=article.digest,
        **more,
    )
    ledger.append("step", [step], actor=actor, now=now, article=article)
    return step


def revisions_of(article: Article) -> Any:
    """Saved versions of an article, newest first, without their content."""
    return (
        Revision.objects.filter(version__in=Version.objects.get_for_object(article))
        .select_related("user")
        .order_by("-pk")
    )
