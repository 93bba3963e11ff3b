"""A pasted list: one reference on each line, as identifiers, an address, or a citation in NLM, AMA or APA.

A citation is read only when one of the forms of ``references.formats.citations`` accounts for the whole line; else the
record is doubted, with what could be read of it. Writing gives one formatted reference a line; a line that a
spreadsheet would calculate (it begins with =, +, -, @ or their full-width forms) gets an apostrophe before it, which
reading takes off.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from references.formatting import format_reference
from references.identifiers import identifiers_in

from .citations import understood
from .record import Reading, Record, one_line, refused

LONGEST_LINE = 4_000
FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")
_NUMBERING = re.compile(r"(?:\[[0-9]{1,4}\]|\(?[0-9]{1,4}[.)]|[•·▪◦*–—-])\s+")
_NOT_READ = "This line could not be read as a citation with certainty. Enter the source by hand, or by its identifier."
_LABELS = re.compile(
    r"(?:doi|pmid|pmcid|isbn|pubmed|available from|url)\b[\s:]*|https?://(?:dx\.)?doi\.org/", re.IGNORECASE
)
_DOIS = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/)?10\.[0-9]{4,9}/\S+")
_ALONE = "There is nothing but an identifier or an address here: the source needs a title."


def read(text: str) -> Iterator[Record]:
    """A record for each line that is not empty."""
    for number, row in enumerate(text.split("\n"), start=1):
        if row.strip():
            yield _read(number, row)


def _read(line: int, row: str) -> Record:
    if len(row) > LONGEST_LINE:
        return refused(line, f"The line is {len(row):,} characters long. That is no reference.", row)
    written = _NUMBERING.sub("", one_line(row), count=1) if _NUMBERING.match(row.strip()) else one_line(row)
    if written.startswith("'") and written[1:].startswith(FORMULA_STARTS):
        written = written[1:]
    found = _identifiers(written)
    reading = understood(written)
    if reading is None:
        reading = Reading({name: values[0] for name, values in found.items() if len(values) == 1})
        reading.doubts.append(_ALONE if _is_identifier_alone(written, found) else _NOT_READ)
    return reading.record(line, row)


def _identifiers(written: str) -> dict[str, list[str]]:
    """The identifiers of the line; what is part of a DOI, or its resolver's address, is none of its own."""
    rest = _DOIS.sub(" ", written)
    return identifiers_in(rest) | {"doi": identifiers_in(written)["doi"]}


def _is_identifier_alone(written: str, found: dict[str, list[str]]) -> bool:
    rest = _LABELS.sub("", written).casefold()
    for value in (value for values in found.values() for value in values):
        rest = rest.replace(value.casefold(), "")
    return any(found.values()) and len(re.sub(r"[\W_]", "", rest)) < 4


def write(items: Iterable[dict[str, Any]], style: str = "nlm") -> Iterator[str]:
    """One formatted reference on each line."""
    for item in items:
        line = one_line(format_reference({key: value for key, value in item.items() if key != "custom"}, style).text)
        yield ("'" if line.startswith(FORMULA_STARTS) else "") + line + "\n"
