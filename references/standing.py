"""How a source stands today: what was published about it, what its address answered, what replaced it.

Worked out from the records of checks, which are only ever added to. A source that was merged into another stands as
the kept one does: what was published about either counts for both.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from . import csl, dates
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


@dataclass
class _Family:
    """A kept source and those merged into it."""

    key: str
    url: str
    superseded_by: str
    members: list[int] = field(default_factory=list)


def standings(keys: Iterable[str]) -> dict[str, Standing]:
    """How each of these sources stands; keys that the library does not have are left out.

    The number of queries does not grow with that of the keys.
    """
    return {key: standing for batch in _batches(keys) for key, standing in _standings(batch)}


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


def _copies_of(families: dict[str, _Family]) -> dict[str, list[tuple[str, date]]]:
    """What copies are known, by key; a source that was never looked for, and has none by hand, is left out."""
    members = _members(families.values())
    targets = {family.key: csl.target(family.url) for family in families.values()}
    held: dict[str, list[tuple[str, date]]] = {}
    checks = ArchiveCheck.objects.filter(reference__in=members).values_list(
        "reference_id", "url", "copy_url", "captured_on"
    )
    by_hand = Reference.objects.filter(pk__in=members, archived_on__isnull=False).values_list(
        "pk", "url", "archive_url", "archived_on"
    )
    for pk, url, copy_url, captured_on in [*checks, *by_hand]:
        family = members[pk]
        if csl.target(url) == targets[family.key]:
            found = held.setdefault(family.key, [])
            found += [(copy_url, captured_on)] if copy_url and captured_on else []
    return {key: held[family.key] for key, family in families.items() if family.key in held}


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), BATCH):
        yield wanted[start : start + BATCH]


def _standings(keys: list[str]) -> Iterator[tuple[str, Standing]]:
    families = _families(keys)
    members = _members(families.values())
    notices = defaultdict(list)
    for notice in PublicationNotice.objects.filter(reference__in=members):
        notices[members[notice.reference_id].key].append(notice)
    visits = _visits({family.members[0] for family in families.values()})
    for key, family in families.items():
        yield key, standing_of(key, notices[family.key], visits.get(family.members[0]), family.superseded_by)


def _visits(references: Collection[int]) -> dict[int, Visits]:
    """What the checks tell of the address that each source has today, which may not be the one it had."""
    mine = LinkCheck.objects.filter(reference=OuterRef("pk"), url=OuterRef("url")).order_by("-id")
    changed = mine.filter(Q(is_title_changed=True) | Q(is_content_changed=True))
    rows = Reference.objects.filter(pk__in=references).values_list(
        "pk", Subquery(mine.values("pk")[:1]), Subquery(changed.values("checked_at")[:1])
    )
    newest = {pk: (check, changed_at) for pk, check, changed_at in rows if check}
    checks = LinkCheck.objects.in_bulk([check for check, _ in newest.values()])
    dead = _dead_since([pk for pk, (check, _) in newest.items() if checks[check].outcome in DEAD])
    return {
        pk: Visits(checks[check], changed_at.date() if changed_at else None, dead.get(pk))
        for pk, (check, changed_at) in newest.items()
    }


def _dead_since(references: Collection[int]) -> dict[int, date]:
    """The day of the first check of the unbroken run of bad ones that goes on today."""
    if not references:
        return {}
    mine = LinkCheck.objects.filter(reference=OuterRef("pk"), url=OuterRef("url"))
    alive = mine.exclude(outcome__in=DEAD).order_by("-id").values("pk")[:1]
    run = mine.filter(pk__gt=OuterRef("alive")).order_by("id").values("checked_at")[:1]
    sources = Reference.objects.filter(pk__in=references).annotate(alive=Coalesce(Subquery(alive), 0))
    rows = sources.values_list("pk", Subquery(run))
    return {pk: started_at.date() for pk, started_at in rows}


def _members(families: Iterable[_Family]) -> dict[int, _Family]:
    return {pk: family for family in families for pk in family.members}


def _families(keys: Collection[str]) -> dict[str, _Family]:
    """The family of each key; a chain of merges costs a query for each of its links, whatever the number of keys."""
    asked = _rows(key__in=keys)
    rows = _with_kept(dict(asked))
    families: dict[int, _Family] = {}
    for pk, row in rows.items():
        if row["merged_into_id"] is None:
            families[pk] = _Family(row["key"], row["url"], row["superseded_by__key"] or "", [pk])
    merged = _with_merged(rows)
    for pk in merged.keys() - families.keys():
        families[_kept(merged, pk)].members.append(pk)
    return {row["key"]: families[_kept(rows, pk)] for pk, row in asked.items()}


def _kept(rows: dict[int, dict[str, Any]], pk: int) -> int:
    while rows[pk]["merged_into_id"] is not None:
        pk = rows[pk]["merged_into_id"]
    return pk


def _with_kept(rows: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """These rows and those that they were merged into, to the last."""
    while more := {row["merged_into_id"] for row in rows.values()} - rows.keys() - {None}:
        rows |= _rows(pk__in=more)
    return rows


def _with_merged(rows: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """These rows and those that were merged into them, to the last."""
    every, newest = dict(rows), set(rows)
    while newest:
        found = _rows(merged_into__in=newest)
        newest = found.keys() - every.keys()
        every |= found
    return every


def _rows(**wanted: Any) -> dict[int, dict[str, Any]]:
    names = ("pk", "key", "url", "merged_into_id", "superseded_by__key")
    return {row["pk"]: row for row in Reference.objects.filter(**wanted).values(*names)}
