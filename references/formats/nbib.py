"""NBIB: MEDLINE's tagged format, as PubMed's "Citation manager" button gives it.

A tag of up to four letters, a hyphen in the fifth column, continued lines indented by six spaces, a blank line
between records. PubMed's own tags are used as it uses them (PMID, TI with its full stop, FAU, CN for organisations,
FED, JT, TA, VI, IP, PG, DP "2003 Sep 12", LID "… [doi]", PMC, IS, ISBN, LA "eng", BTI for the book of a chapter, CTI
series, EN edition, PB publisher, PL place, GN one for each line of a note). What it has no tag for has one beginning
with X:

| tag | holds | tag | holds |
|---|---|---|---|
| XTYP | our type of source | XKEY | key |
| XNUM | number | XURL | address |
| XUPD | updated | XARC, XARD | archived copy, its day |
| XLAN | language that LA cannot tell | XPUB | publisher kind |
| XEVI | evidence | XPRI | primary source: yes, no |
| XPAY | paid for by a maker: yes, no | XNEW | key of the newer form |
"""

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from references import csl, dates
from references.names import NamesError

from .languages import TO_MEDLINE
from .people import read_name, write_name
from .publication_types import NOTICES, read_types
from .record import Reading, Record, RecordError, fields_to_write, one_line, refused, shown, title_in, unknown_type
from .ris import judgement, read_judgement, read_serial_number

_TAG = re.compile(r"([A-Z]{2,4}) {0,2}- ?(.*)")
_IDENTIFIER = re.compile(r"(\S+) \[(doi|pii|pmc|pmid)\]")
WIDTH = 88

# tag -> our field, where the value is the field
_TEXTS = {
    "XKEY": "key",
    "PMID": "pmid",
    "VI": "volume",
    "IP": "issue",
    "PG": "page",
    "TA": "container_title_short",
    "CTI": "collection_title",
    "PB": "publisher",
    "EN": "edition",
    "XNUM": "number",
    "XURL": "url",
    "XLAN": "language",
}
_OWN = {
    "XUPD": "updated",
    "XARC": "archive_url",
    "XARD": "archived_on",
    "XPUB": "publisher_kind",
    "XEVI": "evidence",
    "XPRI": "is_primary",
    "XPAY": "is_paid_by_maker",
    "XNEW": "superseded_by",
}
_READ_ELSEWHERE = {
    *("TI", "BTI", "JT", "XTYP", "PT", "DP", "LID", "AID", "PMC", "IS", "ISBN", "LA", "PL", "GN"),
    *("FAU", "AU", "CN", "FED", "ED", "CNED"),
    *NOTICES,
}
# What PubMed tells of its own keeping of the record: no reader of a source misses it.
_UNMENTIONED = frozenset(
    [
        "OWN",
        "STAT",
        "DCOM",
        "LR",
        "EDAT",
        "MHDA",
        "CRDT",
        "PHST",
        "PST",
        "SB",
        "SO",
        "JID",
        "DEP",
        "PMCR",
        "OAB",
        "OABL",
    ]
)
Line = tuple[str, str]


def looks_like(start: str) -> bool:
    """Whether a text begins as MEDLINE records do."""
    return bool(re.match(r"\s*(?:PMID|OWN |STAT|XTYP|XKEY|FAU |TI  )- ?\S", start))


# --- reading ------------------------------------------------------------------------------------------------


def read(text: str) -> Iterator[Record]:
    """The records of the text. A blank line ends one, and so does a second PMID."""
    begun, rows = 0, list[str]()
    for number, row in enumerate(text.split("\n"), start=1):
        is_next = row.startswith("PMID- ") and any(known.startswith("PMID- ") for known in rows)
        if rows and (is_next or not row.strip()):
            yield _read(begun, rows)
            rows = []
        if row.strip():
            begun = begun if rows else number
            rows.append(row)
    if rows:
        yield _read(begun, rows)


def _read(line: int, rows: list[str]) -> Record:
    raw = "\n".join(rows[:20])
    try:
        return _understood(_lines(rows)).record(line, raw)
    except (RecordError, NamesError) as fault:
        return refused(line, str(fault), raw, title_in(rows, "TI", "BTI"))


def _lines(rows: list[str]) -> list[Line]:
    """Tags with their whole values, in order."""
    lines: list[tuple[str, list[str]]] = []
    for row in rows:
        found = None if row.startswith("   ") else _TAG.fullmatch(row.rstrip())
        if found:
            lines.append((found[1], [found[2].strip()]))
        elif lines:
            lines[-1][1].append(row.strip())
        else:
            raise RecordError("The record begins with a line that has no tag, such as “PMID- ”.")
    return [(tag, " ".join(filter(None, pieces))) for tag, pieces in lines]


def _understood(lines: list[Line]) -> Reading:
    reading = Reading()
    tags = dict(reversed(lines))
    reading.fields["type"] = _type(tags)
    for tag, value in lines:
        if tag in _TEXTS:
            reading.text(_TEXTS[tag], value)
        elif tag in _OWN and value:
            read_judgement(reading, _OWN[tag], value)
        elif tag in ("LID", "AID"):
            _read_identifier(reading, value)
        elif tag in ("IS", "ISBN"):
            read_serial_number(reading, value)
        elif value and tag not in _READ_ELSEWHERE | _UNMENTIONED:
            reading.left_out.append(tag)
    _read_titles(reading, tags)
    _read_people(reading, lines)
    _read_rest(reading, tags)
    read_types(reading, lines)
    reading.text("note", "\n".join(value for tag, value in lines if tag == "GN"))
    return reading


def _type(tags: dict[str, str]) -> str:
    if written := tags.get("XTYP"):
        if written not in csl.KINDS:
            raise unknown_type(written)
        return written
    if "BTI" in tags:
        return "chapter" if "TI" in tags else "book"
    if {"JT", "TA"} & tags.keys():
        return "article-journal"
    raise RecordError("The record names neither a journal (JT) nor a book (BTI). The file may be cut.")


def _read_titles(reading: Reading, tags: dict[str, str]) -> None:
    kind = reading.fields["type"]
    title = tags.get("TI", "")
    if kind == "book" and "BTI" in tags and not title:
        title = tags["BTI"]
    elif "BTI" in tags:
        reading.text("container_title", tags["BTI"])
    reading.text("title", title.removesuffix("."))
    reading.text("container_title", tags.get("JT", ""))


def _read_people(reading: Reading, lines: list[Line]) -> None:
    """Full names where there are any; the short ones that PubMed gives beside them tell nothing more."""
    tags = {tag for tag, _ in lines}
    author, editor = ("FAU" if "FAU" in tags else "AU"), ("FED" if "FED" in tags else "ED")
    for name, person, organisation in (("authors", author, "CN"), ("editors", editor, "CNED")):
        reading.people(
            name,
            [
                {"literal": value} if tag == organisation else read_name(value)
                for tag, value in lines
                if tag in (person, organisation) and value
            ],
        )


def _read_identifier(reading: Reading, value: str) -> None:
    found = _IDENTIFIER.fullmatch(value)
    if found and found[2] == "doi" and reading.fields.get("doi") != found[1]:
        reading.text("doi", found[1])


def _read_rest(reading: Reading, tags: dict[str, str]) -> None:
    reading.text("pmcid", tags.get("PMC", ""))
    if "language" not in reading.fields:
        reading.text("language", tags.get("LA", ""))
    # PubMed's PL of a journal article is the country of the journal, which no style prints.
    if reading.fields["type"] != "article-journal" or "XTYP" in tags:
        reading.text("publisher_place", tags.get("PL", ""))
    if written := tags.get("DP", ""):
        _read_date(reading, written)


def _read_date(reading: Reading, written: str) -> None:
    """“2003 Sep-Oct” and “2003 Spring” are known to the year only."""
    try:
        reading.fields["issued"] = dates.parse(written)
    except dates.DateError:
        reading.date("issued", written[:4])
        reading.left_out.append(f"“{shown(written)}” beyond its year")


# --- writing ------------------------------------------------------------------------------------------------


def write(items: Iterable[dict[str, Any]], style: str = "") -> Iterator[str]:
    """Each item as one record with its blank line."""
    for item in items:
        told = (_wrapped(tag, one_line(value)) for tag, value in _lines_of(fields_to_write(item)))
        yield "".join(told) + "\n"


def _wrapped(tag: str, value: str) -> str:
    whole = f"{tag:<4}- {value}"
    folded = textwrap.wrap(
        whole, WIDTH, subsequent_indent=" " * 6, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
    return "\n".join(folded or [whole]) + "\n"


def _lines_of(fields: dict[str, Any]) -> Iterator[Line]:
    for tag, name in _TEXTS.items():
        if name in fields and name != "language":
            yield tag, fields[name]
    title = fields.get("title", "")
    yield "TI", title if title.endswith(("?", "!")) else f"{title}."
    for person_tag, organisation_tag, name in (("FAU", "CN", "authors"), ("FED", "CNED", "editors")):
        for person in fields.get(name, []):
            is_organisation = "literal" in person
            yield (organisation_tag, person["literal"]) if is_organisation else (person_tag, write_name(person))
    yield from _other_lines(fields)
    yield from (("GN", row) for row in fields.get("note", "").split("\n") if fields.get("note"))
    yield "XTYP", fields["type"]
    yield from ((tag, judgement(fields[name])) for tag, name in _OWN.items() if name in fields)


def _other_lines(fields: dict[str, Any]) -> Iterator[Line]:
    language = fields.get("language", "")
    told = [
        ("BTI" if fields["type"] == "chapter" else "JT", fields.get("container_title")),
        ("DP", dates.nlm(fields.get("issued", []))),
        ("LID", f"{fields['doi']} [doi]" if fields.get("doi") else ""),
        ("PMC", fields.get("pmcid")),
        ("IS", fields.get("issn")),
        ("ISBN", fields.get("isbn")),
        ("LA" if language in TO_MEDLINE else "XLAN", TO_MEDLINE.get(language, language)),
        ("PL", fields.get("publisher_place")),
    ]
    yield from ((tag, value) for tag, value in told if value)
