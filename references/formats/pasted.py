"""A pasted list: one reference on each line, as identifiers, an address, or a citation in NLM, AMA or APA.

What is nothing but identifiers says with ``Record.asks`` what a registry may be asked for; identifiers of several kinds
on one line are of one source, several of one kind are several sources.

A citation is read only when one of the forms of ``references.formats.citations`` accounts for the whole line; else the
record is doubted, with what could be read of it. Writing gives one formatted reference a line; a line that a
spreadsheet would calculate (it begins with =, +, -, @ or their full-width forms) gets an apostrophe before it, which
reading takes off.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from references.formatting import format_reference
from references.identifiers import BY_LOOKS, IdentifierError, identifiers_in, normalise_url, recognised

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
_SEVERAL = "Identifiers of several sources stand on this line. Write each source on a line of its own."
_CALLS_ITSELF_ONE = re.compile(r"(?:(?:urn:)?doi|pmid|pmcid|isbn)\b.{0,60}|https?://\S+", re.IGNORECASE)
# Whose registry is asked when a line has identifiers of several kinds: the one that says most.
_ASKED_FIRST = ("doi", "pmid", "pmcid", "isbn", "url")


def read(text: str) -> Iterator[Record]:
    """A record for each line that is not empty."""
    for number, row in enumerate(text.split("\n"), start=1):
        if row.strip():
            yield from _read(number, row)


def _read(line: int, row: str) -> Iterator[Record]:
    if len(row) > LONGEST_LINE:
        yield refused(line, f"The line is {len(row):,} characters long. That is no reference.", row)
        return
    written = _NUMBERING.sub("", one_line(row), count=1) if _NUMBERING.match(row.strip()) else one_line(row)
    if written.startswith("'") and written[1:].startswith(FORMULA_STARTS):
        written = written[1:]
    found = _identifiers(written)
    if reading := understood(written):
        yield reading.record(line, row)
    elif alone := _alone(written, found):
        for asks, fields in alone:
            yield replace(Reading(fields, [_ALONE]).record(line, row), asks=asks)
    elif fault := _fault(written, found):
        yield refused(line, fault, row)
    else:
        fields = {name: values[0] for name, values in found.items() if len(values) == 1}
        is_alone = _is_identifier_alone(written, found)
        yield Reading(fields, [_SEVERAL if is_alone else _NOT_READ]).record(line, row)


def _alone(written: str, found: dict[str, list[str]]) -> list[tuple[str, dict[str, str]]]:
    """The sources that the line names by nothing but identifiers: what to ask for, and what is known by field.

    The address of a page may have a DOI in it: then the page is asked for, and both are known.
    """
    with suppress(IdentifierError):
        kind, value = recognised(written.rstrip(" .,;"))
        if any(found.values()):
            within = {"doi": found["doi"][0]} if kind == "url" and found["doi"] else {}
            return [(value, {kind: value, **within})]
    if not _is_identifier_alone(written, found):
        return []
    told = {name: values for name, values in found.items() if values}
    if len(told) == 1:
        return [(value, {name: value}) for name, values in told.items() for value in values]
    if any(len(values) > 1 for values in told.values()):
        return []
    fields = {name: values[0] for name, values in told.items()}
    return [(next(fields[name] for name in _ASKED_FIRST if name in fields), fields)]


def _fault(written: str, found: dict[str, list[str]]) -> str:
    """Why a line that calls itself an identifier or an address is none; "" when it does not, or has another one."""
    if any(found.values()) or not _CALLS_ITSELF_ONE.fullmatch(written):
        return ""
    label = written.lower().removeprefix("urn:")
    try:
        next((BY_LOOKS[name] for name in BY_LOOKS if label.startswith(name)), normalise_url)(written)
    except IdentifierError as fault:
        return str(fault)
    return ""


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
