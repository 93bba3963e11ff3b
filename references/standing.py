"""How a source stands today: what was published about it, what its address answered, what replaced it.

Worked out from the records of checks, which are only ever added to. A source that was merged into another stands as
the kept one does: what was published about either counts for both.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from . import csl, dates, families
from .models import ArchiveCheck, LinkCheck, PublicationNotice, Reference

Nature = PublicationNotice.Nature
Outcome = LinkCheck.Outcome

#: From bad to less bad: the worst is what readers are told.
GRAVITY = (Nature.RETRACTION, Nature.CONCERN, Nature.CORRECTION)
#: What a reinstatement clears, in words.
HAPPENED: dict[str, str] = {Nature.RETRACTION: "retracted", Nature.CONCERN: "put in doubt"}
ANSWERS = frozenset({Outcome.OK, Outcome.MOVED})
#: A site that turns robots away may well answer people: that is no finding about the source.
UNKNOWN = frozenset({"", Outcome.REFUSED, Outcome.ROBOTS})
DEAD = frozenset(Outcome.values) - ANSWERS - UNKNOWN
#: A copy made within so many days of the reading is taken for what was read.
NEAR_DAYS = 30
NOTICED = ("nature", "dated", "noticed_at", "notice_doi", "notice_pmid", "origin", "reasons")
CHECKED = ("outcome", "is_title_changed", "is_content_changed")
#: Keys asked for at once: below the number of values that SQLite takes in one question.
BATCH = 5_000


@dataclass(frozen=True)
class Restored:
    """That a paper was put back, and what that cleared: empty where only the reinstatement is known."""

    on: date | None
    nature: str = ""
    dated: date | None = None

    def __str__(self) -> str:
        """For people: "Retracted on 5 January 2018; reinstated on 1 February 2019"."""
        back = _told("reinstated", self.on)
        told = f"{_told(HAPPENED[self.nature], self.dated)}; {back}" if self.nature in HAPPENED else back
        return told[:1].upper() + told[1:]


def _told(happened: str, day: date | None) -> str:
    return f"{happened} on {dates.in_words([day.year, day.month, day.day])}" if day else happened


@dataclass(frozen=True)
class Standing:
    """What is known of one source; empty where nothing is."""

    key: str
    nature: str = ""
    dated: date | None = None
    noticed_at: datetime | None = None
    notice_doi: str = ""
    notice_pmid: str = ""
    origin: str = ""
    reasons: str = ""
    notice_id: int | None = None
    outcome: str = ""
    checked_on: date | None = None
    is_title_changed: bool = False
    is_content_changed: bool = False
    changed_on: date | None = None
    unreachable_since: date | None = None
    superseded_by: str = ""
    restored: Restored | None = None

    @property
    def notice_named(self) -> str:
        """What the notice is, in words: "expression of concern"."""
        return self.nature.replace("-", " ")

    @property
    def is_retracted(self) -> bool:
        return self.nature == Nature.RETRACTION

    @property
    def is_doubted(self) -> bool:
        return self.nature == Nature.CONCERN

    @property
    def is_reachable(self) -> bool | None:
        """Whether the address answered at the last visit; None when nobody could tell."""
        return None if self.outcome in UNKNOWN else self.outcome in ANSWERS

    def has_changed_since(self, day: date) -> bool:
        """Whether a visit after that day found other words or another title at the address."""
        return self.changed_on is not None and self.changed_on > day


@dataclass(frozen=True)
class Copy:
    """The archived copy nearest to the day on which a source was read; without address: looked for, none found."""

    url: str
    captured_on: date | None
    wanted_on: date

    @property
    def is_near(self) -> bool:
        return self.captured_on is not None and abs((self.captured_on - self.wanted_on).days) <= NEAR_DAYS


@dataclass(frozen=True)
class Visits:
    """The newest check of an address, the day of the newest that found it changed, and since when it is dead."""

    newest: LinkCheck
    changed_on: date | None = None
    unreachable_since: date | None = None


def standings(keys: Iterable[str]) -> dict[str, Standing]:
    """How each of these sources stands; keys that the library does not have are left out.

    The number of queries does not grow with that of the keys.
    """
    return {key: standing for batch in _batches(keys) for key, standing in _standings(batch)}


def standing_in(family: Collection[int], kept: Reference) -> Standing:
    """How a kept source stands, with the ids of its family (``families.members``) in hand: two queries."""
    notices = PublicationNotice.objects.filter(reference__in=family)
    newer = kept.superseded_by.key if kept.superseded_by else ""
    return standing_of(kept.key, notices, _visits([kept.pk]).get(kept.pk), newer)


def standing_of(
    key: str, notices: Iterable[PublicationNotice], visits: Visits | None = None, superseded_by: str = ""
) -> Standing:
    """The standing of one source, from the notices about it and what is remembered of the visits to its address."""
    notices = list(notices)
    standing = Standing(key, superseded_by=superseded_by, restored=restored(notices))
    told = worst(notices)
    if told:
        standing = replace(standing, notice_id=told[0].pk, **_filled(told))
    if visits:
        standing = replace(
            standing,
            checked_on=visits.newest.checked_at.date(),
            changed_on=visits.changed_on,
            unreachable_since=visits.unreachable_since,
            **{name: getattr(visits.newest, name) for name in CHECKED},
        )
    return standing


def _filled(notices: list[PublicationNotice]) -> dict[str, Any]:
    """What the first says, and where it is silent, the next that speaks."""
    return {
        name: next(filter(None, (getattr(notice, name) for notice in notices)), getattr(notices[0], name))
        for name in NOTICED
    }


def worst(notices: Iterable[PublicationNotice]) -> list[PublicationNotice]:
    """The notices of the one matter that readers must know of, as first told of it and then by others; [] for none.

    A reinstatement clears what was published before it. That a paper is retracted is one matter, however many origins
    tell it: the first record of it stays the first, so that an editor's answer to it holds. Another concern or
    correction is news: the newest stands.
    """
    told = sorted(notices, key=lambda notice: notice.pk)
    standing = [notice for notice in told if not any(_clears(other, notice) for other in told)]
    for nature in GRAVITY:
        found = [notice for notice in standing if notice.nature == nature]
        if found:
            return found if nature == Nature.RETRACTION else _newest_matter(found)
    return []


def restored(notices: Iterable[PublicationNotice]) -> Restored | None:
    """The newest reinstatement, with the worst of what it cleared; None where nothing was put back."""
    told = list(notices)
    backs = [notice for notice in told if notice.nature == Nature.REINSTATEMENT]
    if not backs:
        return None
    newest = max(backs, key=lambda notice: (notice.dated or notice.noticed_at.date(), notice.pk))
    cleared = worst(notice for notice in told if _clears(newest, notice))
    if not cleared:
        return Restored(newest.dated)
    facts = _filled(cleared)
    return Restored(newest.dated, facts["nature"], facts["dated"])


def _clears(reinstatement: PublicationNotice, notice: PublicationNotice) -> bool:
    """Whether the paper was put back after this notice; what was corrected stays corrected.

    A notice without a date repeats, in PubMed, what was known before; from a person it is as new as it was noticed.
    """
    if reinstatement.nature != Nature.REINSTATEMENT or notice.nature in (Nature.REINSTATEMENT, Nature.CORRECTION):
        return False
    published_on = notice.dated
    if published_on is None and notice.origin == PublicationNotice.Origin.PERSON:
        published_on = notice.noticed_at.date()
    restored_on = reinstatement.dated or reinstatement.noticed_at.date()
    return published_on is None or published_on <= restored_on


def _newest_matter(notices: list[PublicationNotice]) -> list[PublicationNotice]:
    """The newest of several, and what else tells of the same."""
    newest = max(notices, key=lambda notice: (notice.dated or notice.noticed_at.date(), notice.pk))
    return [notice for notice in notices if notice is newest or _tell_the_same(notice, newest)]


def _tell_the_same(one: PublicationNotice, other: PublicationNotice) -> bool:
    names = ("notice_doi", "notice_pmid", "dated")
    return any(getattr(one, name) and getattr(one, name) == getattr(other, name) for name in names)


def copies(wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], Copy]:
    """For each source and day on which it was read, the archived copy nearest to that day.

    A pair that nobody looked for is left out. Copies of another address, which the source had before, do not count.
    """
    pairs = list(dict.fromkeys(wanted))
    found: dict[tuple[str, date], Copy] = {}
    for batch in _batches(key for key, _ in pairs):
        held = _copies_of(_families(batch))
        found |= {pair: _nearest(held[pair[0]], pair[1]) for pair in pairs if pair[0] in held}
    return found


def _nearest(held: list[tuple[str, date]], day: date) -> Copy:
    if not held:
        return Copy("", None, day)
    url, captured_on = min(held, key=lambda copy: (abs((copy[1] - day).days), copy[1]))
    return Copy(url, captured_on, day)


def _copies_of(found: "_Families") -> dict[str, list[tuple[str, date]]]:
    """What copies are known, by key; a source that was never looked for, and has none by hand, is left out."""
    targets = {kept.key: csl.target(kept.url) for kept in found.asked.values()}
    held: dict[str, list[tuple[str, date]]] = {}
    checks = ArchiveCheck.objects.filter(reference__in=found.members).values_list(
        "reference_id", "url", "copy_url", "captured_on"
    )
    by_hand = Reference.objects.filter(pk__in=found.members, archived_on__isnull=False).values_list(
        "pk", "url", "archive_url", "archived_on"
    )
    for pk, url, copy_url, captured_on in [*checks, *by_hand]:
        kept = found.members[pk]
        if csl.target(url) == targets[kept.key]:
            copies = held.setdefault(kept.key, [])
            copies += [(copy_url, captured_on)] if copy_url and captured_on else []
    return {key: held[kept.key] for key, kept in found.asked.items() if kept.key in held}


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), BATCH):
        yield wanted[start : start + BATCH]


def _standings(keys: list[str]) -> Iterator[tuple[str, Standing]]:
    found = _families(keys)
    notices = defaultdict(list)
    for notice in PublicationNotice.objects.filter(reference__in=found.members):
        notices[found.members[notice.reference_id].pk].append(notice)
    visits = _visits({kept.pk for kept in found.asked.values()})
    for key, kept in found.asked.items():
        yield key, standing_of(key, notices[kept.pk], visits.get(kept.pk), kept.superseded_by)


def _visits(references: Collection[int]) -> dict[int, Visits]:
    """What the checks tell of the address that each source has today, which may not be the one it had."""
    newest = _newest().filter(pk__in=references).values("newest")
    checks = _remembered().filter(pk__in=newest)
    return {check.reference_id: Visits(check, _day(check.changed_at), _day(check.dead_since)) for check in checks}


@cache
def _newest() -> QuerySet[Any]:
    """Sources with the newest check of the address that they have. To write such a query costs more than to ask it."""
    theirs = LinkCheck.objects.filter(reference=OuterRef("pk"), url=OuterRef("looked_at")).order_by("-id")
    return Reference.objects.with_address().order_by().annotate(newest=Subquery(theirs.values("pk")[:1]))


@cache
def _remembered() -> QuerySet[Any]:
    """Checks with what those before them told of the same address: when it changed last, since when it is dead."""
    same = LinkCheck.objects.filter(reference=OuterRef("reference"), url=OuterRef("url")).order_by("-id")
    changed = same.filter(Q(is_title_changed=True) | Q(is_content_changed=True))
    run = same.filter(pk__gt=OuterRef("alive")).order_by("id")
    return LinkCheck.objects.order_by().annotate(
        changed_at=Subquery(changed.values("checked_at")[:1]),
        alive=Coalesce(Subquery(same.exclude(outcome__in=DEAD).values("pk")[:1]), 0),
        dead_since=Subquery(run.values("checked_at")[:1]),
    )


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@dataclass(frozen=True)
class _Kept:
    """What counts for a whole family: the address and the newer form of the source that was kept."""

    pk: int
    key: str
    url: str
    superseded_by: str


@dataclass(frozen=True)
class _Families:
    """The kept sources of some families, by the keys that were asked for, and by the ids of all members."""

    asked: dict[str, _Kept]
    members: dict[int, _Kept]


def _families(keys: list[str]) -> _Families:
    found = families.members(key__in=keys)
    rows = Reference.objects.filter(pk__in={member.kept for member in found}).values_list(
        "pk", "key", "url", "superseded_by__key"
    )
    kept = {pk: _Kept(pk, key, url, newer or "") for pk, key, url, newer in rows}
    by_key = {member.key: kept[member.kept] for member in found}
    return _Families({key: by_key[key] for key in keys if key in by_key}, {m.pk: kept[m.kept] for m in found})
