"""What an import would do: one row for each record, nothing written."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q

from references import apart, csl, dates, formats, http, names, text
from references.changes import LABELS, TRUTHS
from references.formats import Record, printed
from references.formats.languages import web_code
from references.formats.record import shown
from references.models import KEY, Reference
from references.recording import EDITABLE, SaveRefused, newest_revisions, refuse_future

from .asking import Answer, filled_in, whence
from .matching import Fields, Index, Known, Match, full_pages, is_found, shares_identifier, title_words

CREATED, UPDATED, UNCHANGED, MERGED, UNCERTAIN, REFUSED, LEFT_OUT = OUTCOMES = (
    "created",
    "updated",
    "unchanged",
    "merged",
    "uncertain",
    "refused",
    "left-out",
)
CHUNK = 500
MOST_RECORDS = 100_000
NOT_YET = "It has not been looked up yet."
TOO_MANY = f"From here on nothing was read: an import takes {MOST_RECORDS:,} records. Split the file."
# Of these, capitals alone are a matter of style, and ours have been looked at.
SPELT = frozenset({"title", "container_title", "container_title_short", "collection_title", "publisher"})
# A file that names a source by the wider type of ours does not make ours wrong.
WIDER = {"guideline": "report", "trial": "webpage", "press-release": "webpage"}


@dataclass(frozen=True)
class Difference:
    """One field of a source in the library that would change, for people to read."""

    field: str
    label: str
    before: str
    after: str


@dataclass
class Row:
    """What would become of one record.

    ``reference`` is the key of the source in the library; ``base`` its newest saved version when the plan was made;
    ``into`` the number of the row that a merged record became part of. ``item`` is the exchanged CSL-JSON item in the
    form that the library keeps.
    """

    number: int
    line: int
    outcome: str
    item: dict[str, Any] | None = None
    reference: str = ""
    differences: list[Difference] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    base: int | None = None
    into: int | None = None
    raw: str = ""
    called: str = ""
    """The title of a record that was refused, where one was read."""
    warnings: list[str] = field(default_factory=list)
    """What the file knows to have been published about the source since: to be told whatever becomes of the row."""
    is_left_out: bool = False
    """Whether the person who looked at the plan chose that nothing is done with this row."""
    asks: str = ""
    """The identifier or address that somebody else has to be asked for before it can be said what becomes of it."""
    origin: str = ""
    """Who was asked for what the record does not say itself."""

    @property
    def wished_key(self) -> tuple[str, str]:
        """The key that a new source asks for, or "", and the readable start of the one that it gets otherwise."""
        item = self.item or {}
        issued = csl.parts_of(item.get("issued"))
        return item.get("id", ""), names.key_stem(item.get("title", ""), item.get("author", []), issued)

    @property
    def may_be_left_out(self) -> bool:
        """Whether it writes anything: a merged record goes with the row that it became part of."""
        return self.outcome in (CREATED, UPDATED)

    @property
    def becomes(self) -> str:
        """What becomes of the row as the person chose."""
        return LEFT_OUT if self.is_left_out else self.outcome

    @property
    def title(self) -> str:
        """What names the record to people: its title in plain words, else the start of it."""
        return text.without_markup(str((self.item or {}).get("title") or self.called)) or self.raw[:80]


@dataclass
class Plan:
    """What an import would do, row by row; goes through JSON and back, so that what was shown is carried out."""

    format: str
    made_at: str
    rows: list[Row] = field(default_factory=list)

    @property
    def asks(self) -> list[str]:
        """What others have to be asked for before this plan is whole, each once."""
        return list(dict.fromkeys(row.asks for row in self.rows if row.asks))

    def counts(self) -> dict[str, int]:
        """How many rows have each outcome, in the order of ``OUTCOMES``."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found[outcome] for outcome in OUTCOMES if found[outcome]}

    def to_json(self) -> str:
        return json.dumps(vars(self), ensure_ascii=False, default=vars)

    @classmethod
    def from_json(cls, written: str) -> "Plan":
        """Raises ``ValueError`` for what is no plan."""
        try:
            parts = json.loads(written)
            rows = [_row(row) for row in parts.pop("rows")]
            return cls(**parts, rows=rows)
        except (TypeError, KeyError, AttributeError, RecursionError) as fault:
            raise ValueError("This is no plan of an import.") from fault


@dataclass
class _Draft:
    """A row with the fields it would give to its source, and that source."""

    row: Row
    fields: Fields = field(default_factory=dict)
    target: Reference | None = None
    is_twin: bool = False
    """Found as a source that was merged into another: the kept one only gains what it lacks."""
    members: list[Fields] = field(default_factory=list)
    """What this record and those that became part of it said themselves."""
    proposed_evidence: str = ""
    """For a new source only: in the library the judgement is that of the editors."""
    printed: tuple[str, ...] = ()
    """The line, where it is a formatted reference: a number before it may be that of a list, or part of a title."""
    titles: tuple[str, ...] = ()
    """What the title of such a line may be."""


def plan(
    data: bytes,
    format: str,
    actor: Any,
    now: datetime,
    *,
    answers: Mapping[str, Answer] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Plan:
    """Reads a file and says for each of its records what an import would do.

    A citation in a line of text is a short form of its source: it may bring in a new one, and never changes one that is
    there. Which one it is, is sure where that source alone is printed as this line.

    A line that is only an identifier or an address of a source that the library does not have is ``asks`` of the plan;
    with ``answers`` to them it is planned like any record, and gives a source that is there only what that lacks.

    ``actor`` None is the system itself. ``progress`` is called with the number of records read so far. Raises
    ``SaveRefused`` when the person may not add or change sources, ``formats.UnknownFormat``.
    """
    _check_rights(actor)
    planner = _Planner(now, only_new=format == "text")
    records = formats.read(data, format)
    while chunk := list(islice(records, min(CHUNK, MOST_RECORDS - len(planner.drafts)))):
        planner.take([_answered(record, answers or {}) for record in chunk])
        if progress:
            progress(len(planner.drafts))
    if more := next(records, None):
        planner.take([replace(more, item=None, problem=TOO_MANY)])
    return Plan(format, now.isoformat(), planner.rows())


def matching_sources(wanted: list[Fields]) -> tuple[Index, dict[str, tuple[Reference, bool]]]:
    """The sources of the library that any of the descriptions may speak of, and by owner the kept source of each
    (and whether it is reached through a twin that was merged into it)."""
    given = {name: [fields[name] for fields in wanted if fields.get(name)] for name in ("doi", "pmid", "pmcid", "url")}
    alone = [fields for fields in wanted if not fields.get("title")]
    given["url"] += [url for fields in alone if fields.get("url") for url in _spellings(fields["url"])]
    given["isbn"] = [fields["isbn"] for fields in alone if fields.get("isbn")]
    given["title_words"] = [title_words(fields) for fields in wanted if fields.get("title")]
    keys = {fields["key"] for fields in wanted if fields.get("key")}
    keys |= {stem + letter for fields in wanted for stem in [_stem(fields)] for letter in ("", "a", "b", "c")}
    either = Q(key__in=keys)
    for name, values in given.items():
        either |= Q(**{f"{name}__in": values})
    index, owners = Index(), {}
    for reference in Reference.objects.filter(either).select_related("merged_into", "superseded_by"):
        kept = _kept(reference)
        owners[reference.key] = kept, kept.pk != reference.pk
        index.add(Known(reference.key, fields_of_source(reference)))
    return index, owners


def _spellings(url: str) -> list[str]:
    """An address as others may have written it into the library."""
    return [f"{scheme}://{csl.target(url)}{end}" for scheme in ("https", "http") for end in ("", "/")]


def _answered(record: Record, answers: Mapping[str, Answer]) -> Record:
    answer = answers.get(record.asks) if record.asks else None
    return record if answer is None else filled_in(record, answer)


def fields_of_source(reference: Reference) -> Fields:
    """A source's fields as an exchanged item would name them."""
    return csl.named_fields(reference.exchange_item())


class _Planner:
    """Takes records in order; what is decided of one may depend on those before it."""

    def __init__(self, now: datetime, *, only_new: bool) -> None:
        self.today, self.only_new = now.date(), only_new
        self.drafts: list[_Draft] = []
        self._file = Index()
        self._claimed: dict[int, _Draft] = {}
        self._kept_apart = apart.pairs()

    def take(self, records: list[Record]) -> None:
        drafts = [self._draft(len(self.drafts) + place, record) for place, record in enumerate(records, start=1)]
        wanted = [draft.fields for draft in drafts if draft.fields]
        wanted += [{"title": title} for draft in drafts for title in draft.titles]
        index, owners = matching_sources(wanted)
        for draft in drafts:
            self.drafts.append(draft)
            if draft.row.outcome != REFUSED:
                self._place(draft, index, owners)

    def _draft(self, number: int, record: Record) -> _Draft:
        row = Row(number, record.line, CREATED, record.item, reasons=list(record.notices), raw=record.raw)
        row.called, row.warnings, row.origin = record.title, list(record.warnings), record.origin
        if record.item is None or record.problem:
            row.outcome, row.reasons = REFUSED, [record.problem]
            return _Draft(row)
        if record.doubts:
            row.outcome, row.reasons = UNCERTAIN, [*record.doubts, *record.notices]
        try:
            fields = normalised(record.item, is_whole=row.outcome == CREATED)
            refuse_future(fields.get("archived_on"), self.today)
        except (ValidationError, csl.CslError) as fault:
            row.called = shown(str(record.item.get("title", "")), 400)
            row.outcome, row.reasons, row.item = REFUSED, sentences(fault), None
            return _Draft(row)
        row.asks = record.asks
        return _Draft(
            row,
            fields,
            members=[dict(fields)],
            proposed_evidence=record.proposed_evidence,
            printed=record.printed,
            titles=record.titles,
        )

    def _place(self, draft: _Draft, index: Index, owners: dict[str, tuple[Reference, bool]]) -> None:
        """Finds the draft's source in the library, or its twin in the file."""
        row, is_doubted = draft.row, draft.row.outcome == UNCERTAIN
        if own := self._printed_as(draft, index, owners):
            draft.target, row.reference = own, own.key
            self._settle(draft, is_doubted)
            return
        match = index.find(draft.fields, is_apart=lambda owner: self._is_named_apart(draft, owners[owner][0]))
        if match.known:
            draft.target, draft.is_twin = owners[match.known.owner]
        twin = self._file.find(draft.fields, is_apart=lambda owner: self._are_apart(draft, self._of_row(owner)))
        asks, row.asks = row.asks, ""
        if draft.target and match.known:
            row.reference = draft.target.key
            if other := self._told_apart(draft, match.known, twin):
                row.reasons.append(f"Nothing is taken from it. {other}")
            self._settle(draft, is_doubted or bool(other))
        elif is_doubted or match.reasons or (twin.reasons and not twin.known):
            row.outcome, row.reasons = UNCERTAIN, [*match.reasons, *twin.reasons, *row.reasons]
            if asks and not match.reasons and not twin.reasons:
                row.asks, row.reasons = (asks, [NOT_YET]) if http.is_on() else ("", [http.OFF])
        elif twin.known:
            self._merge(draft, self._of_row(twin.known.owner))
        else:
            self._file.add(Known(f"row {row.number}", dict(draft.fields)))

    def _printed_as(self, draft: _Draft, index: Index, owners: dict[str, tuple[Reference, bool]]) -> Reference | None:
        """The source of the library that one of our styles prints as this very line, if it is one alone."""
        if not draft.printed:
            return None
        likely = index.named(draft.titles, draft.fields)
        found = {owners[known.owner][0] for known in likely if printed.prints(csl.item(known.fields), draft.printed)}
        return found.pop() if len(found) == 1 else None

    def _settle(self, draft: _Draft, is_doubted: bool) -> None:
        """The draft's source is in the library. What is doubted of it changes nothing there."""
        assert draft.target is not None
        only_new = self.only_new and not draft.row.origin
        if only_new:  # a line of text brings nothing, so it does not matter how well it could be read
            draft.row.reasons = []
        if is_doubted or only_new:
            draft.fields, draft.members = {}, []
        first = self._claimed.setdefault(draft.target.pk, draft)
        if first is not draft:
            self._merge(draft, first)
            return
        draft.row.outcome = UNCHANGED
        if draft.fields:
            self._file.add(Known(f"row {draft.row.number}", dict(draft.fields)))

    def _told_apart(self, draft: _Draft, kept: Known, twin: Match) -> str:
        """Why the file itself says that the draft is another source than the one in the library, if only key, address
        or likeness speak for that one. In an empty library the draft would not have become that source."""
        if shares_identifier(draft.fields, kept.fields):
            return ""
        if twin.known and (first := self._of_row(twin.known.owner)).target is not draft.target:
            return f"It is like row {first.row.number} (line {first.row.line}), too."
        return "" if twin.known else " ".join(twin.reasons)

    def _is_named_apart(self, draft: _Draft, kept: Reference) -> bool:
        """Whether an earlier record with another key is that source."""
        return kept.pk in self._claimed and _have_two_keys(draft, self._claimed[kept.pk])

    def _are_apart(self, one: _Draft, other: _Draft) -> bool:
        """Whether two records are known to be two sources, unless an identifier says otherwise: by their keys, or
        because somebody said so of the sources that they are in the library."""
        targets = frozenset(draft.target.key for draft in (one, other) if draft.target)
        return _have_two_keys(one, other) or targets in self._kept_apart

    def _of_row(self, owner: str) -> _Draft:
        return self.drafts[int(owner.removeprefix("row ")) - 1]

    def _merge(self, draft: _Draft, first: _Draft) -> None:
        """The later record gives what the first one lacks, as long as all its records are still known by it.

        Else the same file again would not find them.
        """
        row = draft.row
        gained = {name: value for name, value in draft.fields.items() if name != "key" and not first.fields.get(name)}
        members = [*first.members, *draft.members]
        if gained and first.fields and not all(is_found(first.fields | gained, fields) for fields in members):
            row.outcome = UNCERTAIN
            row.reasons = [
                f"It looks like row {first.row.number} (line {first.row.line}), but together the two would be a "
                "source that neither of them names. Complete the records.",
                *row.reasons,
            ]
            return
        row.outcome, row.into, row.reference = MERGED, first.row.number, first.row.reference
        row.reasons = [f"It is the source of row {first.row.number} (line {first.row.line}).", *row.reasons]
        first.fields |= gained
        first.members = members
        if gained:  # from now on it is known by this, too
            self._file.add(Known(f"row {first.row.number}", dict(first.fields)))

    def rows(self) -> list[Row]:
        """The finished rows: what would change, and on what version it rests."""
        targets = [draft.target.pk for draft in self.drafts if draft.target]
        bases = newest_revisions(targets)
        self._resolve_newer_forms()
        for draft in self.drafts:
            _finish(draft, bases)
        return [draft.row for draft in self.drafts]

    def _resolve_newer_forms(self) -> None:
        """A newer form that neither the library nor the file has is told and left out."""
        wanted = {draft.fields["superseded_by"] for draft in self.drafts if draft.fields.get("superseded_by")}
        known = {draft.fields["key"] for draft in self.drafts if draft.fields.get("key")}
        known |= set(Reference.objects.filter(key__in=wanted).values_list("key", flat=True))
        for draft in self.drafts:
            if draft.fields.get("superseded_by") in wanted - known:
                newer = draft.fields.pop("superseded_by")
                draft.row.reasons.append(f"Not kept: its newer form, “{newer}”, is not in the library.")


def normalised(item: dict[str, Any], *, is_whole: bool = True) -> Fields:
    """The fields that an item names, in the form that the library keeps; raises ``ValidationError`` or ``CslError``.

    A key that is not of our form is no key. Of an item that is not whole, title and type may be missing.
    """
    fields = csl.named_fields({"type": "webpage", **item})
    keys = {name: fields.pop(name) for name in ("key", "superseded_by") if name in fields}
    draft = Reference(**{name: value for name, value in fields.items() if name in EDITABLE})
    skipped = {"key"} if is_whole else {"key", "title", "type"}
    draft.full_clean(exclude=skipped, validate_unique=False, validate_constraints=False)
    kept = {name: getattr(draft, name) for name in fields if name != "type" or "type" in item}
    return kept | {name: str(key) for name, key in keys.items() if KEY.fullmatch(str(key))}


def sentences(fault: Exception) -> list[str]:
    """What is wrong, each with the name of its field."""
    if not isinstance(fault, ValidationError) or not hasattr(fault, "error_dict"):
        return [shown(message, 400) for message in getattr(fault, "messages", [str(fault)])]
    return [
        f"{_heading(name)}: {shown(message, 400)}"
        for name, messages in fault.message_dict.items()
        for message in messages
    ]


def _heading(name: str) -> str:
    label = "the source" if name == NON_FIELD_ERRORS else label_of(name)
    return label[:1].upper() + label[1:]


def label_of(name: str) -> str:
    """A field as people call it."""
    return LABELS.get(name, name.replace("_", " "))


def differences(target: Reference, fields: Fields, only_lacking: bool = False) -> list[Difference]:
    """What would change in a source of the library; of a merged twin, and of what others say of it, it only takes what
    it lacks itself."""
    found = []
    for name, value in fields.items():
        ours = value_of(target, name)
        if (
            name == "key"
            or value == ours
            or (only_lacking and ours not in ("", None, []))
            or _tells_less(name, ours, value)
        ):
            continue
        if _is_other_length(target, name, value):
            continue
        found.append(Difference(name, label_of(name), _on_one_line(ours), _on_one_line(value)))
    return found


def value_of(target: Reference, name: str) -> Any:
    """A field of a source as an item names it."""
    if name == "superseded_by":
        return target.superseded_by.key if target.superseded_by else ""
    return getattr(target, name)


def readable(value: Any) -> str:
    """A field's value for people."""
    if isinstance(value, bool) or value is None:
        return TRUTHS[value]
    if isinstance(value, list):
        return dates.in_words(value) if all(isinstance(part, int) for part in value) else names.to_lines(value)
    return str(value)


def _on_one_line(value: Any) -> str:
    """A field's value for a table or a terminal: names, and the lines of a note, with a mark between them."""
    return "; ".join(filter(None, readable(value).splitlines()))


def _check_rights(actor: Any) -> None:
    for act in ("add", "change") if actor is not None else ():
        if not (actor.is_active and actor.has_perm(f"references.{act}_reference")):
            raise SaveRefused(f"You may not {act} sources.")


def _row(parts: dict[str, Any]) -> Row:
    if parts["outcome"] not in OUTCOMES:
        raise KeyError(parts["outcome"])
    return Row(**parts | {"differences": [Difference(**difference) for difference in parts["differences"]]})


def _kept(reference: Reference) -> Reference:
    """The source that the reference was merged into, at the end of any chain."""
    seen = {reference.pk}
    while reference.merged_into and reference.merged_into.pk not in seen:
        reference = reference.merged_into
        seen.add(reference.pk)
    return reference


def _stem(fields: Fields) -> str:
    return names.key_stem(fields.get("title", ""), fields.get("authors", []), fields.get("issued", []))


def _have_two_keys(one: _Draft, other: _Draft) -> bool:
    """Two keys in one file are two sources, unless an identifier says otherwise."""
    keys = {draft.fields.get("key") for draft in (one, other)}
    return None not in keys and len(keys) == 2


def _finish(draft: _Draft, bases: dict[int, int]) -> None:
    row = draft.row
    whole = [f"{whence(row.origin)}."] if row.origin else []
    if row.outcome == CREATED:
        _propose_evidence(draft)
        row.item = csl.exchange_item({"key": "", **draft.fields})
        row.reasons += whole
    if row.outcome != UNCHANGED or not draft.target:
        return
    row.differences = differences(draft.target, draft.fields, only_lacking=draft.is_twin or bool(row.origin))
    if row.differences:
        row.reasons += whole
        row.outcome, row.base = UPDATED, bases.get(draft.target.pk)
        row.item = csl.exchange_item({"key": "", "type": draft.target.type, **draft.fields})


def _propose_evidence(draft: _Draft) -> None:
    if draft.proposed_evidence and not draft.fields.get("evidence"):
        draft.fields["evidence"] = draft.proposed_evidence
        label = Reference.Evidence(draft.proposed_evidence).label
        draft.row.reasons.append(f"{_heading('evidence')}, by PubMed’s words for it: {label}.")


def _tells_less(name: str, ours: Any, theirs: Any) -> bool:
    """Whether the file says the same as the library, only with less of it."""
    if name == "type":
        return WIDER.get(ours) == theirs
    if name in csl.DATES:
        return bool(ours) and list(ours[: len(theirs)]) == list(theirs)
    if name in csl.NAMES:
        return len(ours) >= len(theirs) and all(map(_is_shorter_name, ours, theirs))
    if name == "language":
        return web_code(ours) == web_code(theirs)
    if name == "page":
        return full_pages(ours) == full_pages(theirs)
    if name in SPELT:
        return bool(ours) and ours.casefold() == theirs.casefold()
    if name == "issue":
        return bool(ours) and (_is_in_range(theirs, ours) or _is_in_range(ours, theirs))
    return name == "url" and bool(ours) and csl.target(ours) == csl.target(theirs)


def _is_other_length(target: Reference, name: str, theirs: Any) -> bool:
    """Whether the file has the short name of our journal where we have the full one, or the other way round."""
    other = {"container_title": "container_title_short", "container_title_short": "container_title"}.get(name)
    return bool(other and getattr(target, name)) and text.words(theirs) == text.words(getattr(target, other or name))


def _is_in_range(issue: str, several: str) -> bool:
    """“1” beside the double issue “1-2”."""
    return issue in (ends := several.split("-")) and len(ends) == 2


def _is_shorter_name(ours: dict[str, str], theirs: dict[str, str]) -> bool:
    """“Raper SE” beside our “Raper, Steven E.”"""
    if "literal" in ours or "literal" in theirs:
        return ours == theirs
    if text.words(ours["family"]) != text.words(theirs["family"]):
        return False
    written = "".join(text.words(theirs.get("given", "")))
    initials = "".join(word[0] for word in text.words(ours.get("given", "")))
    return initials.startswith(written) or ours.get("given", "") == theirs.get("given", "")
