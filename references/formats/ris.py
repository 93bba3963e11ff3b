"""RIS: what reference managers exchange, one tag a line ("TY  - JOUR" … "ER  - ").

The type is TY; what RIS has no type for is told in M3 (type of work): "guideline", "trial registration" and "press
release", as in CSL's genre. Fields that RIS has no tag for are in the custom fields C1 to C8, each with a label, so
that what other programs keep there is not taken for ours:

| tag | holds |
|---|---|
| C1 | ``Updated: 2013-03-04`` |
| C2 | PMCID, as EndNote has it |
| C3 | ``Archived copy: https://…`` |
| C4 | ``Archived on: 2014-06-21`` |
| C5 | ``Publisher kind: government`` |
| C6 | ``Evidence: trial`` |
| C7 | ``Primary source: yes`` |
| C8 | ``Paid for by a maker: no``; another C8 ``Newer form: key`` |

The PMID is the accession number (AN) of a record whose database (DB) is PubMed. ID holds the key, M1 the number of
a report, law or trial, T3 the series. SN is an ISBN or ISSN, by its form. A note has one N1 for each of its lines.
Dates stand in DA as far as they are known ("2003/09//"), the year in PY, too.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any

from references import dates, identifiers
from references.names import NamesError

from .people import read_name, write_name
from .record import (
    WORDS_OF_TRUTH,
    Reading,
    Record,
    RecordError,
    fields_to_write,
    one_line,
    refused,
    shown,
    title_in,
    unknown_type,
)

_TAG = re.compile(r"([A-Z][A-Z0-9])  -(?: (.*))?")
_DATE = re.compile(r"([0-9]{4})(?:/([0-9]{0,2}))?(?:/([0-9]{0,2}))?(?:/(.*))?")
_NAMED_MONTH = re.compile(r"([0-9]{4})/([A-Za-z]{3,9})\.?(?:/([0-9]{0,2}))?/?")
_YEAR_ALONE = re.compile(r"[0-9]{4}[/0\s]*")
_PAGES = re.compile(r"([^-\s]+)-([^-\s]+)")

# our type -> (TY, M3)
TYPES = {
    "article-journal": ("JOUR", ""),
    "webpage": ("ELEC", ""),
    "book": ("BOOK", ""),
    "chapter": ("CHAP", ""),
    "report": ("RPRT", ""),
    "guideline": ("RPRT", "guideline"),
    "trial": ("ELEC", "trial registration"),
    "dataset": ("DATA", ""),
    "legislation": ("LEGAL", ""),
    "press-release": ("ELEC", "press release"),
    "article-newspaper": ("NEWS", ""),
}
_READ_TYPES = {written: ours for ours, written in TYPES.items()}
# Other names of the same things.
_ALSO = {
    **dict.fromkeys(("ABST", "EJOUR", "EJOU", "INPR", "JFULL", "MGZN"), "article-journal"),
    **dict.fromkeys(("WEB", "BLOG", "ICOMM"), "webpage"),
    **dict.fromkeys(("EBOOK", "EDBOOK", "CONF", "SER"), "book"),
    **dict.fromkeys(("ECHAP", "CPAPER", "DICT", "ENCYC"), "chapter"),
    **dict.fromkeys(("GOVDOC", "STAND", "PAMP"), "report"),
    **dict.fromkeys(("AGGR", "DBASE"), "dataset"),
    **dict.fromkeys(("STAT", "BILL", "HEAR"), "legislation"),
}
# tag -> our field; the first tag of a field is the one that is written
_TEXTS = {
    "ID": "key",
    "TI": "title",
    "T1": "title",
    "T2": "container_title",
    "JF": "container_title",
    "BT": "container_title",
    "J2": "container_title_short",
    "JA": "container_title_short",
    "J1": "container_title_short",
    "T3": "collection_title",
    "PB": "publisher",
    "CY": "publisher_place",
    "PP": "publisher_place",
    "ET": "edition",
    "M1": "number",
    "VL": "volume",
    "IS": "issue",
    "UR": "url",
    "LA": "language",
}
_NAMES = {"AU": "authors", "A1": "authors", "ED": "editors", "A2": "editors"}
_LABELLED = {
    "Updated": ("C1", "updated"),
    "Archived copy": ("C3", "archive_url"),
    "Archived on": ("C4", "archived_on"),
    "Publisher kind": ("C5", "publisher_kind"),
    "Evidence": ("C6", "evidence"),
    "Primary source": ("C7", "is_primary"),
    "Paid for by a maker": ("C8", "is_paid_by_maker"),
    "Newer form": ("C8", "superseded_by"),
}
_CUSTOM = {f"C{number}" for number in range(1, 9)}
_READ_ELSEWHERE = {"TY", "ER", "M3", "JO", "SP", "EP", "PY", "Y1", "DA", "DO", "AN", "DB", "SN", "N1"}
Tags = dict[str, list[str]]


def looks_like(start: str) -> bool:
    """Whether a text begins as RIS does."""
    return bool(re.search(r"^TY  - ?\S", start, re.MULTILINE))


# --- reading ------------------------------------------------------------------------------------------------


def read(text: str) -> Iterator[Record]:
    """The records of the text; one that has no end, or no type that the library keeps, is refused."""
    begun, rows = 0, list[str]()
    for number, row in enumerate(text.split("\n"), start=1):
        tag = row[:2] if _TAG.fullmatch(row.rstrip()) else ""
        if tag == "TY" and rows:
            yield _outside(begun, rows)
            rows = []
        if not rows:
            begun = number
        if rows or row.strip():
            rows.append(row)
        if tag == "ER":
            yield _read(begun, rows)
            rows = []
    if any(row.strip() for row in rows):
        yield _outside(begun, rows)


def _outside(line: int, rows: list[str]) -> Record:
    if rows[0].startswith("TY  -"):
        return refused(line, "The record has no end (ER). The file may be cut here.", "\n".join(rows[:20]))
    return refused(line, "These lines stand outside of a record, which begins with TY.", "\n".join(rows[:20]))


def _read(line: int, rows: list[str]) -> Record:
    raw = "\n".join(rows[:20])
    if not rows[0].startswith("TY  -"):
        return _outside(line, rows)
    try:
        return _understood(_tags(rows)).record(line, raw)
    except (RecordError, NamesError) as fault:
        return refused(line, str(fault), raw, title_in(rows, "TI", "T1"))


def _tags(rows: list[str]) -> Tags:
    """The values by tag; a line without a tag continues the one before it."""
    tags: Tags = {}
    pieces: list[str] = []
    last = ("", pieces)
    for row in rows:
        found = _TAG.fullmatch(row.rstrip())
        if found:
            _close(tags, last)
            last = (found[1], [found[2] or ""])
        else:
            last[1].append(row)
    _close(tags, last)
    return tags


def _close(tags: Tags, last: tuple[str, list[str]]) -> None:
    tag, pieces = last
    if tag:
        tags.setdefault(tag, []).append(" ".join(piece.strip() for piece in pieces if piece.strip()))


def _understood(tags: Tags) -> Reading:
    reading = Reading()
    _read_type(reading, tags)
    for tag, name in _TEXTS.items():
        for value in tags.get(tag, []):
            if tag == "ET" and "/" in value and _DATE.fullmatch(value):  # when PubMed's records were first online
                reading.left_out.append(tag)
            else:
                reading.text(name, value)
    # JO is the full name in some programs and the short one, beside the full one, in others.
    reading.text(
        "container_title_short" if "container_title" in reading.fields else "container_title", _first(tags, "JO")
    )
    for name in ("authors", "editors"):
        written = [value for tag, role in _NAMES.items() if role == name for value in tags.get(tag, []) if value]
        reading.people(name, [read_name(value) for value in written])
    _read_pages(reading, tags)
    _read_date(reading, tags)
    _read_numbers(reading, tags)
    _read_custom(reading, tags)
    reading.text("note", "\n".join(tags.get("N1", [])))
    known = _TEXTS.keys() | _NAMES.keys() | _CUSTOM | _READ_ELSEWHERE
    reading.left_out += [tag for tag in tags if tag not in known and any(tags[tag])]
    return reading


def _first(tags: Tags, tag: str) -> str:
    return next(filter(None, tags.get(tag, [])), "")


def _read_type(reading: Reading, tags: Tags) -> None:
    written, genre = _first(tags, "TY").strip().upper(), _first(tags, "M3")
    ours = _READ_TYPES.get((written, genre)) or _READ_TYPES.get((written, "")) or _ALSO.get(written)
    if not ours:
        raise unknown_type(written)
    is_paper = written == "CONF" and (_first(tags, "T2") or _first(tags, "BT"))  # Zotero's; of others it is the whole
    reading.fields["type"] = "chapter" if is_paper else ours
    if genre and genre != TYPES[ours][1]:
        reading.left_out.append("M3")


def _read_pages(reading: Reading, tags: Tags) -> None:
    start, end = _first(tags, "SP"), _first(tags, "EP")
    reading.text("page", f"{start}-{end}" if start and end and start != end else start or end)


def _read_date(reading: Reading, tags: Tags) -> None:
    """The most exact of the dates; what else they say of one that is known to the year only is told."""
    written = [value.strip() for tag in ("DA", "PY", "Y1") for value in tags.get(tag, []) if value]
    year = next((value[:4] for value in written if _DATE.fullmatch(value)), "")
    readable = [parts for value in written if (parts := _parts(value, year))]
    if readable:
        issued = reading.fields["issued"] = max(readable, key=len)
        untold = [value for value in written if len(issued) == 1 and not _YEAR_ALONE.fullmatch(value)]
        reading.left_out += [f"“{shown(value)}” beyond its year" for value in untold]
    elif written:
        reading.span("issued", written[0])


def _parts(written: str, year: str) -> list[int]:
    """The date as far as it can be read, by the year of another tag where it has none; [] when it cannot."""
    found, named = _DATE.fullmatch(written), _NAMED_MONTH.fullmatch(written)
    try:
        if found and not named:
            known = takewhile(lambda part: part.strip("0"), found.groups("")[:3])
            parts = dates.check([int(part) for part in known])
            return (_in_year(found[1], found[4]) if found[4] and len(parts) == 1 else []) or parts
        return dates.parse(" ".join(filter(None, named.groups())) if named else written)
    except dates.DateError:
        return _in_year(year, written) if year else []


def _in_year(year: str, written: str) -> list[int]:
    """“Jan 12” of 2018; of 2012 it may be January 2012, which nobody can tell: []."""
    try:
        parts = dates.parse(f"{written} {year}")
    except dates.DateError:
        return []
    return [] if parts[2:] == [int(year) % 100] else parts


def _read_numbers(reading: Reading, tags: Tags) -> None:
    reading.text("doi", _first(tags, "DO"))
    accession, database = _first(tags, "AN"), _first(tags, "DB").lower()
    if "pmid" in accession.lower() or "pubmed" in database or "medline" in database:
        reading.text("pmid", accession)
    elif accession:
        reading.left_out.append("AN")
    for value in tags.get("SN", []):
        read_serial_number(reading, value)


def read_serial_number(reading: Reading, value: str) -> None:
    """An ISBN or ISSN, whichever it is; the first of each is kept."""
    for written in re.split(r"\s*[;,]\s*|\s*\([^()]*\)\s*", value[:200]):
        kinds: list[tuple[str, Callable[[str], str]]] = [
            ("issn", identifiers.normalise_issn),
            ("isbn", identifiers.normalise_isbn),
        ]
        for name, normalise in kinds if written.strip() else []:
            try:
                reading.text(name, normalise(written))
                break
            except identifiers.IdentifierError:
                continue
        else:
            reading.left_out += [f"“{shown(written)}”, which is neither an ISBN nor an ISSN"] if written.strip() else []


def _read_custom(reading: Reading, tags: Tags) -> None:
    for tag in sorted(_CUSTOM & tags.keys()):
        for value in filter(None, tags[tag]):
            label, _, rest = value.partition(": ")
            if label in _LABELLED:
                read_judgement(reading, _LABELLED[label][1], rest)
            elif tag == "C2" and re.fullmatch(r"PMC[0-9]+", value):
                reading.text("pmcid", value)
            else:
                reading.left_out.append(tag)


def read_judgement(reading: Reading, name: str, written: str) -> None:
    """One of the fields that other programs do not have, from its text."""
    if name == "updated":
        reading.date(name, written)
    elif name in ("is_primary", "is_paid_by_maker"):
        reading.truth(name, written)
    else:
        reading.text(name, written)


# --- writing ------------------------------------------------------------------------------------------------


def write(items: Iterable[dict[str, Any]], style: str = "") -> Iterator[str]:
    """Each item as one record with its blank line."""
    for item in items:
        yield "".join(f"{tag}  - {one_line(value)}\n" for tag, value in _lines(fields_to_write(item))) + "\n"


def _lines(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind, genre = TYPES[fields["type"]]
    yield "TY", kind
    written = set[str]()
    for tag, name in _TEXTS.items():
        if name in fields and name not in written:
            written.add(name)
            yield tag, fields[name]
    for tag, name in (("AU", "authors"), ("ED", "editors")):
        yield from ((tag, write_name(person)) for person in fields.get(name, []))
    yield from _other_lines(fields, genre)
    yield from (("N1", row) for row in fields.get("note", "").split("\n") if fields.get("note"))
    yield "ER", ""


def _other_lines(fields: dict[str, Any], genre: str) -> Iterator[tuple[str, str]]:
    pages = _PAGES.fullmatch(fields.get("page", ""))
    start, end = pages.groups() if pages and pages[1] != pages[2] else (fields.get("page"), "")
    issued = fields.get("issued", [])
    told = [
        ("M3", genre),
        ("SP", start),
        ("EP", end),
        ("PY", f"{issued[0]:04}" if issued else ""),
        ("DA", _slashed(issued) if len(issued) > 1 else ""),
        ("DO", fields.get("doi")),
        ("AN", fields.get("pmid")),
        ("DB", "PubMed" if fields.get("pmid") else ""),
        ("C2", fields.get("pmcid")),
        ("SN", fields.get("isbn")),
        ("SN", fields.get("issn")),
    ]
    yield from ((tag, value) for tag, value in told if value)
    for label, (tag, name) in _LABELLED.items():
        if name in fields:
            yield tag, f"{label}: {judgement(fields[name])}"


def _slashed(parts: list[int]) -> str:
    written = [f"{part:02}" for part in parts[1:]]
    return "/".join([f"{parts[0]:04}", *written, *[""] * (3 - len(parts)), ""])


def judgement(value: Any) -> str:
    """A truth, a date or a word as other programs may show it."""
    if isinstance(value, bool):
        return WORDS_OF_TRUTH[value]
    return dates.iso(value) if isinstance(value, list) else str(value)
