"""What a page may say about itself: computed from records, never typed, never derived from each other.

Four dates stand beside every article (Updated, Reviewed, Sources checked, Next check due) and eight headings
organise the disclosures, as HONcode's did from 1996 to 2022. Everything here is a pure function of records
and one moment, so that the page, the verify page and its JSON cannot disagree.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from articles.troubles import ANSWERED, REVISED, Mark, Trouble

MEASURED = "measured"
STATED = "stated"
NOT_STATED = "not stated"
EXPIRED = "expired"
FAILED = "failed"
WORDS = (MEASURED, STATED, NOT_STATED, EXPIRED, FAILED)

NOT_CHECKED = "No health professional has checked this page."


@dataclass(frozen=True)
class Signer:
    """A person as named when they signed."""

    uid: str
    name: str
    profession: str = ""
    is_health_professional: bool = True

    @property
    def title(self) -> str:
        """The name with the profession behind it: "Dr Ana Ruiz, haematologist"."""
        return f"{self.name}, {self.profession}" if self.profession else self.name


@dataclass(frozen=True)
class ReviewRecord:
    """One signature over block digests, and the day by which it promised to look again.

    A signature that an approved minor change took along is a record too: the new digests, the old dates.
    """

    signer: Signer
    at: datetime
    block_digests: Mapping[str, str]
    due_on: date


@dataclass(frozen=True)
class EditionRecord:
    """One published version; `awaiting` means nobody else has approved it yet."""

    number: int
    published_at: datetime
    recorded_at: datetime
    significance: str
    change_note: str = ""
    awaiting: bool = False


@dataclass(frozen=True)
class SourceRecord:
    """When a cited source was last opened by a person or checked by us, and what was found."""

    key: str
    accessed: date | None = None
    checked: date | None = None
    is_reachable: bool | None = None
    is_retracted: bool = False

    @property
    def seen_on(self) -> date | None:
        """The later of the two dates; None when neither is known."""
        return max((day for day in (self.accessed, self.checked) if day), default=None)


@dataclass(frozen=True)
class PolicyRecord:
    """A signed statement under one of the eight headings, good until it expires."""

    principle: int
    text: str
    signed_by: str
    signed_on: date
    expires_on: date


@dataclass(frozen=True)
class Records:
    """All that the facts of one published version are computed from.

    `editions` are oldest first and end with the one shown, whose statements are `block_digests`;
    `approved_digests` are those of the newest approved one before it, needed only while it awaits approval.
    """

    editions: tuple[EditionRecord, ...]
    block_digests: Mapping[str, str]
    approved_digests: Mapping[str, str] = field(default_factory=dict)
    reviews: tuple[ReviewRecord, ...] = ()
    sources: tuple[SourceRecord, ...] = ()
    policies: tuple[PolicyRecord, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Signature:
    """Who answers for one statement, since when, until when."""

    signer: Signer
    on: date
    due: date


@dataclass(frozen=True)
class DisplayFacts:
    """The facts shown on the page and on the verify page."""

    today: date
    published: date | None = None
    updated: date | None = None
    updated_note: str = ""
    statements: int = 0
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    reviewed: date | None = None
    next_check: date | None = None
    awaiting: bool = False
    awaiting_blocks: frozenset[str] = frozenset()
    sources: int = 0
    sources_dated: int = 0
    sources_checked: date | None = None
    sources_unreachable: int = 0
    sources_retracted: tuple[str, ...] = ()
    policies: tuple[PolicyRecord, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def checked(self) -> int:
        """How many statements carry a current signature of a health professional."""
        return len(self.signatures)

    @property
    def is_fully_checked(self) -> bool:
        return self.statements > 0 and self.checked == self.statements

    @property
    def signed_on(self) -> date | None:
        """The oldest current signature, whether or not every statement has one."""
        return min((signature.on for signature in self.signatures.values()), default=None)

    @property
    def checkers(self) -> tuple[Signer, ...]:
        """Everyone whose signature is current, each once, the one with most statements first."""
        counts: dict[Signer, int] = {}
        for signature in self.signatures.values():
            counts[signature.signer] = counts.get(signature.signer, 0) + 1
        return tuple(sorted(counts, key=lambda signer: (-counts[signer], signer.name)))

    @property
    def is_overdue(self) -> bool:
        return self.next_check is not None and self.today > self.next_check

    @property
    def level(self) -> str:
        """One of overdue, none, partial, full: how the line under the title is marked."""
        if self.is_overdue:
            return "overdue"
        if not self.checked:
            return "none"
        return "full" if self.is_fully_checked else "partial"

    def is_unchecked(self, uid: str) -> bool:
        """Whether this one statement stands out as unsigned on a page that is otherwise signed."""
        return self.level == "partial" and uid not in self.signatures


def display_facts(records: Records, now: datetime) -> DisplayFacts:
    """The facts about the last edition of `records` as they stand at `now`."""
    if not records.editions:
        return DisplayFacts(today=day(now), policies=records.policies)
    current = records.editions[-1]
    first = records.editions[0]
    signatures = current_signatures(records, now)
    substantive = [e for e in records.editions if e is first or e.significance != "minor"][-1]
    seen = [source.seen_on for source in records.sources if source.seen_on]
    is_whole = len(signatures) == len(records.block_digests)
    return DisplayFacts(
        today=day(now),
        published=day(first.published_at),
        updated=day(substantive.published_at),
        updated_note=substantive.change_note,
        statements=len(records.block_digests),
        signatures=signatures,
        reviewed=min((s.on for s in signatures.values()), default=None) if is_whole else None,
        next_check=min((s.due for s in signatures.values()), default=None),
        awaiting=current.awaiting,
        awaiting_blocks=awaiting_blocks(records),
        sources=len(records.sources),
        sources_dated=len(seen),
        sources_checked=min(seen) if seen and len(seen) == len(records.sources) else None,
        sources_unreachable=sum(source.is_reachable is False for source in records.sources),
        sources_retracted=tuple(source.key for source in records.sources if source.is_retracted),
        policies=records.policies,
        marks=records.marks,
    )


def current_signatures(records: Records, now: datetime) -> dict[str, Signature]:
    """The newest signature of each statement: it holds only for the very digest it was given to."""
    held: dict[str, Signature] = {}
    for review in sorted(records.reviews, key=lambda review: review.at):
        if review.at > now or not review.signer.is_health_professional:
            continue
        signature = Signature(review.signer, day(review.at), review.due_on)
        held.update(dict.fromkeys(_signed(records.block_digests, review.block_digests), signature))
    return held


def _signed(current: Mapping[str, str], signed: Mapping[str, str]) -> Iterable[str]:
    return (uid for uid, digest in signed.items() if current.get(uid) == digest)


def awaiting_blocks(records: Records) -> frozenset[str]:
    """Statements that differ from the last approved version, while the newest one awaits approval."""
    if not records.editions[-1].awaiting:
        return frozenset()
    known = records.approved_digests
    return frozenset(uid for uid, digest in records.block_digests.items() if known.get(uid) != digest)


def check_line(facts: DisplayFacts) -> str:
    """The one line under the title, in words a reader understands."""
    if facts.is_overdue:
        return (
            f"This page should have been checked in {month(facts.next_check)} and was not. "
            "Ask your doctor before acting on it."
        )
    if not facts.checked:
        return NOT_CHECKED
    if facts.is_fully_checked:
        return f"Checked by {names(facts.checkers)}, {month(facts.signed_on)}. Next check: {month(facts.next_check)}."
    return _partial_line(facts)


def _partial_line(facts: DisplayFacts) -> str:
    missing = facts.statements - facts.checked
    rest = "The other one is marked." if missing == 1 else f"The other {missing} are marked."
    return (
        f"{names(facts.checkers, ',')} checked {facts.checked} of {facts.statements} statements "
        f"on this page, {month(facts.signed_on)}. {rest} Next check: {month(facts.next_check)}."
    )


def names(signers: Iterable[Signer], close: str = "") -> str:
    """ "Dr Ana Ruiz, haematologist, and Dr Ben Okoro, geneticist"; `close` ends the last profession."""
    *most, last = signers
    title = last.title + (close if last.profession else "")
    return f"{', '.join(signer.title for signer in most)}, and {title}" if most else title


def what_happened(trouble: Trouble) -> str:
    """ "was retracted on 26 July 2019", to stand after the name of the source."""
    when = f" {trouble.nature.since} {long_date(trouble.dated)}" if trouble.dated else ""
    return f"{trouble.nature.happened}{when}"


def what_was_answered(mark: Mark, today: date) -> str:
    """Our editors' answer with who gave it and when; or that none has come, and by when it should."""
    if mark.status == ANSWERED:
        return f"Our editors’ answer, by {mark.by}, {long_date(mark.on)}: “{mark.words}”"
    if mark.status == REVISED:
        return f"The statement was changed after that, on {long_date(mark.on)}."
    if mark.due_on is None:
        return "Our editors have not answered yet."
    if mark.due_on < today:
        return f"Our editors should have answered by {long_date(mark.due_on)} and have not."
    return f"Our editors have not answered yet; they should by {long_date(mark.due_on)}."


def next_change_at(facts: DisplayFacts, now: datetime, until: Iterable[date] = ()) -> datetime | None:
    """The next midnight at which what the page says changes by itself, or None.

    A page turns overdue, a policy expires and an answer is late on the day after the date it was good for. `until`
    takes the last days of the notices laid over the page.
    """
    last_days = [*until, *(policy.expires_on for policy in facts.policies)]
    last_days += [mark.due_on for mark in facts.marks if mark.is_open and mark.due_on]
    if facts.next_check:
        last_days.append(facts.next_check)
    moments = (midnight_after(last_day) for last_day in last_days)
    return min((moment for moment in moments if moment > now), default=None)


def midnight_after(last_day: date) -> datetime:
    """The first moment of the day after, on the site's own calendar."""
    return timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time()))


def day(moment: datetime) -> date:
    """The date of a moment on the site's own calendar."""
    return timezone.localtime(moment).date()


def month(when: date | None) -> str:
    """ "May 2026", in English whatever the server's locale."""
    return f"{calendar.month_name[when.month]} {when.year}" if when else ""


def long_date(when: date | None) -> str:
    """ "3 May 2026"."""
    return f"{when.day} {month(when)}" if when else ""


def add_months(start: date, months: int) -> date:
    """The same day some months later; the last day of the month where that day does not exist."""
    years, index = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, index + 1, min(start.day, calendar.monthrange(year, index + 1)[1]))
