"""What is laid over an article because its sources went bad, and the record of its coming and going.

Publishing asks here whenever it makes a page. The marks themselves follow from the snapshot, how the sources stand
today and what was answered; the rows written here note when each came, until when an answer is due, and why it went.
"""

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from references.models import LinkCheck, PublicationNotice, Reference
from references.standing import ANSWERS, UNKNOWN, Standing, standings

from . import ledger, statements, troubles, trust
from .four_eyes import State
from .models import Article, Edition, SourceMark, Transition
from .troubles import Mark, Place, Said
from .upcasting import upcast

Action = SourceMark.Action
SETTLED = (Action.ANSWERED, Action.REVISED)

NO_STATEMENT = "The statement is no longer on the page."
NO_CITATION = "The statement no longer cites the source."
NO_TROUBLE = "The source stands well again, or something else is the matter with it now."
CHANGED_AFTER = "The statement changed after the answer, so the answer no longer holds for it."


@dataclass(frozen=True)
class Laid:
    """How an article's sources stand today, and what was said about its statements because of that."""

    standings: Mapping[str, Standing]
    said: tuple[Said, ...] = ()

    def plus(self, rows: Iterable[SourceMark]) -> "Laid":
        """The same with rows that were written since."""
        return Laid(self.standings, (*self.said, *map(_said, rows)))

    def over(self, state: State, digests: Mapping[str, str]) -> tuple[Mark, ...]:
        """The marks of one state of the article, whose statements have these digests."""
        if not self.standings:
            return ()
        places: dict[Place, str] = {None: troubles.whole_page_digest(state.snapshot, state.context)}
        places.update(digests)
        return troubles.marks(state.snapshot, places, self.standings, self.said)


def laid(article: Article, *states: State) -> Laid:
    """What is laid over these states of an article today; as many queries for one source as for a hundred."""
    keys = {citation["key"] for state in states for citation in state.snapshot["citations"]}
    return Laid(standings(keys), tuple(map(_said, SourceMark.objects.filter(article=article))))


def laid_if_any(article: Article, *states: State) -> Laid:
    """The same for a screen: one query where nothing is the matter with anything that is cited."""
    keys = {citation["key"] for state in states for citation in state.snapshot["citations"]}
    return laid(article, *states) if _suspects(keys).exists() else Laid({})


def _suspects(keys: set[str]) -> "QuerySet[Reference]":
    """Sources of which anything is on record that could be bad; whether it is, `standings` says."""
    about = OuterRef("pk")
    twins, notices = Reference.objects.filter(merged_into=about), PublicationNotice.objects.filter(reference=about)
    failed = LinkCheck.objects.filter(reference=about).exclude(outcome__in=ANSWERS | UNKNOWN)
    signs = Q(superseded_by__isnull=False) | Q(merged_into__isnull=False)
    signs |= Q(Exists(twins)) | Q(Exists(notices)) | Q(Exists(failed))
    return Reference.objects.filter(signs, key__in=keys)


def _said(row: SourceMark) -> Said:
    return Said(
        row.pk,
        row.action,
        row.block_uid or None,
        row.key,
        row.matter,
        row.digest,
        trust.day(row.at),
        row.of_id,
        row.due_on,
        row.text,
        ", ".join(filter(None, [row.person_name, row.person_profession])),
    )


def keep_up(
    article: Article, edition: Edition, state: State, before: Laid, now: datetime.datetime, *, is_approved: bool
) -> list[SourceMark]:
    """Note which marks of the live edition came and which went since the page was made last. The caller holds the
    article's row, renders the page and records what is returned.

    ``is_approved``: a second person stands behind the edition, so what it changed counts as changed.
    """
    return list(_Round(article, edition, state, before, now, is_approved).rows())


class _Round:
    """One comparison of what is marked with what was noted."""

    def __init__(
        self, article: Article, edition: Edition, state: State, before: Laid, now: datetime.datetime, is_approved: bool
    ) -> None:
        self.article, self.edition, self.state, self.now = article, edition, state, now
        self.is_minor = edition.significance == Edition.Significance.MINOR
        self.is_approved = is_approved
        self.said = before.said
        digests = state.blocks
        self.marks = before.over(state, digests)

    def rows(self) -> Iterator[SourceMark]:
        for raised in self._standing():
            yield from self._gone(raised)
        for mark in self.marks:
            yield from self._settled_anew(mark) if mark.raised else self._come(mark)

    def _standing(self) -> list[Said]:
        lifted = {row.of for row in self.said if row.action == Action.LIFTED}
        return [row for row in self.said if row.action == Action.RAISED and row.pk not in lifted]

    def _gone(self, raised: Said) -> Iterator[SourceMark]:
        if raised.pk not in {mark.raised for mark in self.marks}:
            yield self._lift(raised, self._why_gone(raised))

    def _why_gone(self, raised: Said) -> str:
        snapshot = self.state.snapshot
        places = {None, *(block["uid"] for _, _, block in statements.blocks_of(snapshot))}
        if raised.place not in places:
            return NO_STATEMENT
        is_cited = (raised.place, raised.key) in troubles.leaning(snapshot)
        return NO_TROUBLE if is_cited else NO_CITATION

    def _come(self, mark: Mark) -> Iterator[SourceMark]:
        """A new mark; an answer that was once given to these very words about this very matter holds again. A notice
        that follows its source under another key (after a merge) is no news: its day stays, and its answer goes along
        as with any small change."""
        twin = self._under_another_key(mark)
        raised = self._write(mark, Action.RAISED, due_on=twin.due_on if twin else self._due(mark))
        yield raised
        answered = self._last_settled(mark.identity)
        if mark.is_open and twin and self.is_minor and self.is_approved:
            answered = self._last_settled((twin.place, twin.key, twin.matter), of=twin.pk)
        elif mark.is_open:
            return
        if answered:
            yield self._carry(mark, raised.pk, answered)

    def _under_another_key(self, mark: Mark) -> Said | None:
        same = (mark.place, mark.trouble.matter)
        return next((row for row in self._standing() if mark.trouble.notice and (row.place, row.matter) == same), None)

    def _settled_anew(self, mark: Mark) -> Iterator[SourceMark]:
        """The statement has other words than when it was marked or answered."""
        assert mark.raised is not None
        if not mark.is_open:
            return
        answered = self._last_settled(mark.identity, of=mark.raised)
        if answered and self.is_minor and self.is_approved:
            yield self._carry(mark, mark.raised, answered)
        elif self._is_revised(mark):
            yield self._write(mark, Action.REVISED, of_id=mark.raised, actor=self.edition.actor)
        elif answered:
            raised = next(row for row in self.said if row.pk == mark.raised)
            yield self._lift(raised, CHANGED_AFTER)
            yield self._write(mark, Action.RAISED, due_on=self._due(mark))

    def _last_settled(self, identity: tuple[Any, ...], of: int | None = None) -> Said | None:
        found = [
            row
            for row in self.said
            if row.action in SETTLED and (row.place, row.key, row.matter) == identity and of in (None, row.of)
        ]
        return max(found, key=lambda row: row.pk, default=None)

    def _is_revised(self, mark: Mark) -> bool:
        """Whether a second person approved other words, knowing of the mark: one approval later than it."""
        if mark.place is None or mark.raised is None or self.is_minor or not self.is_approved:
            return False
        raised = SourceMark.objects.select_related("edition").get(pk=mark.raised)
        approvals = Q(pk__in=self.edition.approvals) | Q(name="approve_after", edition=self.edition)
        if raised.digest == mark.digest or not Transition.objects.filter(approvals, at__gt=raised.at).exists():
            return False
        then = upcast(json.loads(raised.edition.snapshot))
        return troubles.is_revised(then, self.state.snapshot, mark.place)

    def _due(self, mark: Mark) -> datetime.date:
        return trust.day(self.now) + datetime.timedelta(days=mark.trouble.nature.days)

    def _lift(self, raised: Said, why: str) -> SourceMark:
        row = SourceMark.objects.get(pk=raised.pk)
        return self._again(row, Action.LIFTED, of_id=row.pk, text=why, due_on=None, actor=ledger.SYSTEM)

    def _carry(self, mark: Mark, raised: int, answered: Said) -> SourceMark:
        """Take an answer along: over a second-checked minor change, or to a mark that came back."""
        row = SourceMark.objects.get(pk=answered.pk)
        names = {"of_id": raised, "carried_from_id": row.pk, "digest": mark.digest, "key": mark.trouble.key}
        return self._again(row, Action(row.action), **names)

    def _again(self, row: SourceMark, action: Action, **changes: Any) -> SourceMark:
        """A later row about what an earlier one names, over the edition that is live now."""
        row.pk, row._state.adding = None, True
        row.action, row.edition, row.at = action, self.edition, self.now
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(force_insert=True)
        return row

    def _write(self, mark: Mark, action: Action, actor: str = ledger.SYSTEM, **more: Any) -> SourceMark:
        return write(self.article, self.edition, mark, action, self.now, actor=actor, **more)


def write(
    article: Article, edition: Edition, mark: Mark, action: Action, now: datetime.datetime, **more: Any
) -> SourceMark:
    """One more row about a mark."""
    trouble = mark.trouble
    return SourceMark.objects.create(
        article=article,
        edition=edition,
        action=action,
        block_uid=mark.place or "",
        digest=mark.digest,
        key=trouble.key,
        nature=trouble.nature.name,
        matter=trouble.matter,
        dated=trouble.dated,
        notice_id=trouble.notice,
        at=now,
        **more,
    )


def source_record(key: str, accessed: str, standing: Standing | None) -> trust.SourceRecord:
    """When a source was last opened by a person or by us, and what was found. A visit that could tell nothing (robots
    are turned away) was no look at the source."""
    opened = datetime.date.fromisoformat(accessed) if accessed else None
    if standing is None:
        return trust.SourceRecord(key, opened)
    checked = standing.checked_on if standing.is_reachable else None
    return trust.SourceRecord(key, opened, checked, standing.is_reachable, standing.is_retracted)
