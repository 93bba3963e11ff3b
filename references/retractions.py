"""What was published about sources: taken back, corrected, doubted, put back.

From the Retraction Watch data, from Crossref and PubMed, and by hand. Each fact becomes one row, once: running again,
or going on after a stop, writes what is missing and nothing twice. A notice stands at the source that has the paper's
DOI or PMID, merged or not; for the kept source of a merge it counts through ``standing``.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Subquery

from . import dates, http, lookup, record, text
from . import retraction_watch as watch
from .identifiers import normalise_doi, normalise_pmid
from .models import NoticeCheck, PublicationNotice, Reference
from .recording import SaveRefused

Nature = PublicationNotice.Nature
Origin = PublicationNotice.Origin

#: Notices written in one transaction: few enough not to hold up the desk, enough not to wait for the disk each time.
BATCH = 200
#: So many questions in a row without an answer: it is rather we who are cut off.
MOST_FAILURES = 10
LONGEST_DETAIL = 500


@dataclass
class Summary:
    """What came of reading a file."""

    rows: int = 0
    new: Counter[str] = field(default_factory=Counter)
    known: int = 0
    uncertain: int = 0
    refused: int = 0

    def __str__(self) -> str:
        found = [f"{count:,} × {Nature(nature).label}" for nature, count in sorted(self.new.items())]
        told = [f"{text.counted(self.rows, 'row')} read", text.counted(self.new.total(), "new notice")]
        told[1] += f" ({', '.join(found)})" if found else ""
        told += [f"{self.known:,} known already"]
        told += [f"{self.uncertain:,} to be looked at"] if self.uncertain else []
        told += [f"{text.counted(self.refused, 'row')} refused"] if self.refused else []
        return ", ".join(told) + "."


def check_file(
    file: BinaryIO,
    *,
    now: datetime,
    tell: Callable[[int, str], None] = lambda line, sentence: None,
    news: Callable[[str, PublicationNotice], None] = lambda key, notice: None,
    progress: Callable[[int], None] = lambda position: None,
    most: int | None = None,
) -> Summary:
    """Records what the Retraction Watch data say of the library's sources; at most so many rows of them.

    ``tell`` is called with the line and a sentence for each row that cannot be read or needs a person, ``news`` with
    the key of a source and what is new about it, ``progress`` with the position in the file. Raises
    ``retraction_watch.FileRefused`` before anything is written.
    """
    reading = _Reading(_Library(), now, tell, news)
    for row in watch.rows(file):
        if reading.summary.rows == most:
            break
        reading.take(row)
        progress(file.tell())
    reading.write()
    return reading.summary


@dataclass(frozen=True)
class Asked:
    """What a registry said about a source: the question's row, and the notices that were new."""

    check: NoticeCheck
    new: list[PublicationNotice]


class GivenUp(Exception):
    """The registries do not answer any more; the message is a sentence for people."""


def due(limit: int | None = None) -> list[int]:
    """The ids of the sources to ask Crossref and PubMed about: never asked ones first, then the longest ago."""
    mine = NoticeCheck.objects.filter(reference=OuterRef("pk")).order_by("-id")
    sources = Reference.objects.filter(merged_into=None).exclude(doi="", pmid="")
    asked = sources.annotate(asked_at=Subquery(mine.values("checked_at")[:1]))
    return list(asked.order_by(F("asked_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:limit])


def ask_all(wanted: Iterable[int], clock: Callable[[], datetime]) -> Iterator[Asked]:
    """Asks about these sources and records what is new, each answer in a transaction of its own.

    Raises ``GivenUp`` after many questions in a row without an answer, and ``http.NotFetched`` if the network is off.
    """
    failures = 0
    for pk in wanted:
        for asked in ask(Reference.objects.get(pk=pk), now=clock()):
            failures = failures + 1 if asked.check.outcome == NoticeCheck.Outcome.FAILED else 0
            yield asked
            if failures == MOST_FAILURES:
                raise GivenUp(f"{failures} questions in a row had no answer. {asked.check.detail} Try again later.")


def ask(reference: Reference, *, now: datetime) -> Iterator[Asked]:
    """Asks Crossref by DOI and PubMed by PMID what was published about one source, and records what is new."""
    questions = ((Origin.CROSSREF, reference.doi, lookup.by_doi), (Origin.PUBMED, reference.pmid, lookup.by_pmid))
    for origin, identifier, look_up in questions:
        if identifier:
            yield _recorded_answer(reference, origin, _answer(identifier, look_up), now)


def _answer(identifier: str, look_up: Callable[[str], lookup.Found]) -> tuple[str, str, tuple[lookup.Notice, ...]]:
    """How it went, what a person should know of it, and the notices."""
    try:
        return NoticeCheck.Outcome.ANSWERED, "", look_up(identifier).notices
    except lookup.NotKnown as reply:
        return NoticeCheck.Outcome.UNKNOWN, reply.sentence, ()
    except http.NotFetched as problem:
        if problem.kind == "off":
            raise
        return NoticeCheck.Outcome.FAILED, problem.sentence, ()


def _recorded_answer(
    reference: Reference, origin: str, answer: tuple[str, str, tuple[lookup.Notice, ...]], now: datetime
) -> Asked:
    outcome, detail, notices = answer
    rows = [PublicationNotice(reference=reference, origin=origin, noticed_at=now, **vars(notice)) for notice in notices]
    with transaction.atomic():
        check = NoticeCheck.objects.create(
            reference=reference, origin=origin, checked_at=now, outcome=outcome, detail=detail[:LONGEST_DETAIL]
        )
        return Asked(check, keep_new(rows, now=now))


def record_notice(
    reference: Reference,
    nature: str,
    *,
    actor: Any,
    now: datetime,
    reason: str,
    dated: date | None = None,
    notice_doi: str = "",
    notice_pmid: str = "",
) -> PublicationNotice:
    """Records what a person knows was published about a source; ``dated`` is the day of the notice, where it is known.

    Raises ``SaveRefused``, or ``ValidationError`` with sentences by field.
    """
    if not (actor.is_active and actor.has_perm("references.change_reference")):
        raise SaveRefused("You may not record notices about sources.")
    facts = _checked(nature, reason, dated, notice_doi, notice_pmid, reference.issued, now.date())
    same = {name: facts[name] for name in ("nature", "dated", "reasons")}
    with transaction.atomic():
        Reference.objects.select_for_update().get(pk=reference.pk)  # a second click waits for the first
        if PublicationNotice.objects.filter(reference=reference, origin=Origin.PERSON, **same).exists():
            raise SaveRefused("This notice has been recorded already.")
        notice = PublicationNotice(
            reference=reference, origin=Origin.PERSON, record_id=uuid.uuid4().hex, noticed_at=now, **facts
        )
        (kept,) = record.keep([notice], actor=actor, now=now)
    return kept


def _checked(
    nature: str, reason: str, dated: date | None, notice_doi: str, notice_pmid: str, issued: list[int], today: date
) -> dict[str, Any]:
    """The facts in normal form; all faults together, each by its field."""
    faults: dict[str, str] = {}
    if nature not in Nature.values:
        faults["nature"] = "Choose what was published: a retraction, a correction, a concern or a reinstatement."
    if dated and dated > today:
        faults["dated"] = "A notice cannot have been published in the future."
    if dated and _is_before(dated, issued):
        faults["dated"] = (
            f"A notice cannot be older than the source, which is of {dates.in_words(issued)}. "
            "Correct this day, or the source’s date first."
        )
    facts: dict[str, Any] = {"nature": nature, "dated": dated}
    forms = (
        ("reasons", reason, text.lines),
        ("notice_doi", notice_doi, normalise_doi),
        ("notice_pmid", notice_pmid, normalise_pmid),
    )
    for name, written, normalise in forms:
        try:
            facts[name] = normalise(written) if written.strip() else ""
        except ValueError as fault:
            faults[name] = str(fault)
    if not reason.strip():
        faults["reasons"] = "Say where you read it, in a sentence: others must be able to follow."
    if faults:
        raise ValidationError(faults)
    return facts


def _is_before(day: date, issued: list[int]) -> bool:
    """Whether a day lies before a partial date, compared as far as that is known."""
    return [day.year, day.month, day.day][: len(issued)] < issued


class _Library:
    """Which source has which identifier, and which sources are one since a merge."""

    def __init__(self) -> None:
        self.by_doi: dict[str, int] = {}
        self.by_pmid: dict[str, int] = {}
        self.facts: dict[int, tuple[str, str]] = {}
        self.merged_into: dict[int, int] = {}
        sources = Reference.objects.values_list("pk", "key", "doi", "pmid", "merged_into_id")
        # Merged ones first: where two have the same identifier, the kept one has the last word.
        for pk, key, doi, pmid, kept in sorted(sources, key=lambda source: source[4] is None):
            self.facts[pk] = key, doi
            if doi:
                self.by_doi[doi] = pk
            if pmid:
                self.by_pmid[pmid] = pk
            if kept:
                self.merged_into[pk] = kept

    def kept(self, pk: int) -> int:
        while pk in self.merged_into:
            pk = self.merged_into[pk]
        return pk

    def named_by(self, row: watch.Row) -> tuple[list[int], str]:
        """The sources whose paper the row is about, and what makes one of them uncertain.

        A number of PubMed is easily mistyped, a DOI hardly: where the two name different papers, the DOI counts.
        """
        dois = watch.dois_of(row)
        found = {self.kept(pk): pk for doi in dois if (pk := self.by_doi.get(doi))}
        doubt = ""
        for pmid in watch.pmids_of(row):
            pk = self.by_pmid.get(pmid)
            if pk is None or self.kept(pk) in found:
                continue
            key, doi = self.facts[pk]
            if doi and dois:
                doubt = f"PMID {pmid} is {key}, but that has another DOI ({doi}). Compare them, and record it by hand."
            else:
                found[self.kept(pk)] = pk
        return list(found.values()), doubt


class _Reading:
    """The rows of a file on their way into the table."""

    def __init__(
        self,
        library: _Library,
        now: datetime,
        tell: Callable[[int, str], None],
        news: Callable[[str, PublicationNotice], None],
    ) -> None:
        self.library, self.now, self.tell, self.news = library, now, tell, news
        self.summary = Summary()
        self.waiting: list[PublicationNotice] = []

    def take(self, row: watch.Row | watch.Problem) -> None:
        self.summary.rows += 1
        if isinstance(row, watch.Problem):
            self._refuse(row.line, row.sentence)
            return
        sources, doubt = self.library.named_by(row)
        if doubt:
            self.summary.uncertain += 1
            self.tell(row.line, doubt)
        if sources:
            self._note(row, sources)

    def write(self) -> None:
        """Records what waits."""
        new = keep_new(self.waiting, now=self.now)
        self.summary.known += len(self.waiting) - len(new)
        self.summary.new.update(notice.nature for notice in new)
        self.waiting.clear()
        for notice in new:
            self.news(self.library.facts[notice.reference_id][0], notice)

    def _note(self, row: watch.Row, sources: list[int]) -> None:
        try:
            said = watch.notice_of(row)
        except watch.RowError as fault:
            self._refuse(row.line, str(fault))
            return
        for pk in sources:
            facts = {**said._asdict(), "origin": Origin.RETRACTION_WATCH, "noticed_at": self.now}
            self.waiting.append(PublicationNotice(reference_id=pk, **facts))
        if len(self.waiting) >= BATCH:
            self.write()

    def _refuse(self, line: int, sentence: str) -> None:
        self.summary.refused += 1
        self.tell(line, sentence)


def keep_new(notices: Iterable[PublicationNotice], *, now: datetime) -> list[PublicationNotice]:
    """Records those of the notices that are not recorded yet, in one transaction; returns them."""
    wanted = {_identity(notice): notice for notice in notices}
    try:
        return record.keep(_unrecorded(wanted), now=now)
    except IntegrityError:  # another run recorded one of them a moment ago
        for notice in wanted.values():
            notice.pk = None
        return record.keep(_unrecorded(wanted), now=now)


def _identity(notice: PublicationNotice) -> tuple[int, str, str, str]:
    return notice.reference_id, notice.origin, notice.record_id, notice.nature


def _unrecorded(wanted: dict[tuple[int, str, str, str], PublicationNotice]) -> list[PublicationNotice]:
    rows = PublicationNotice.objects.filter(
        reference__in={notice.reference_id for notice in wanted.values()},
        record_id__in={notice.record_id for notice in wanted.values()},
    )
    recorded = set(rows.values_list("reference_id", "origin", "record_id", "nature"))
    return [notice for identity, notice in wanted.items() if identity not in recorded]
