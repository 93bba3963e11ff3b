"""A pasted list: one reference on each line, as identifiers, an address, or a citation in NLM, AMA or APA.

What is nothing but identifiers says with ``Record.asks`` what a registry may be asked for; identifiers of several kinds
on one line are of one source, several of one kind are several sources.

What our own styles print is read by their grammars and proved by printing it again (``references.formats.printed``).
Any other citation is read only when one of the forms of ``references.formats.citations`` accounts for the whole line;
else the record is doubted, with what could be read of it. Writing gives one formatted reference a line; a line that a
spreadsheet would calculate (it begins with =, +, -, @ or their full-width forms) gets an apostrophe before it, which
reading takes off.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from references.csl import NAMES
from references.formatting import format_reference
from references.identifiers import BY_LOOKS, IdentifierError, identifiers_in, normalise_url, recognised
from references.names import is_et_al

from . import printed
from .citations import NOT_WHOLE, understood
from .record import Reading, Record, one_line, refused

LONGEST_LINE = 4_000
FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")
_NUMBERING = re.compile(r"(?:\[[0-9]{1,4}\]|\(?[0-9]{1,4}[.)]|[•·▪◦*–—-])\s+")
_NOT_READ = "This line could not be read as a citation with certainty. Enter the source by hand, or by its identifier."
_LABELS = re.compile(
    r"(?:doi|pmid|pmcid|isbn|pubmed|available from|url)\b[\s:]*|https?://(?:dx\.)?doi\.org/", re.IGNORECASE
)
_CALLED = {
    "article-newspaper": "a newspaper article",
    "book": "a book",
    "dataset": "a data set",
    "report": "a report",
    "webpage": "a web page",
}
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
    whole = one_line(row)
    written = _NUMBERING.sub("", whole, count=1) if _NUMBERING.match(whole) else whole
    if written.startswith("'") and written[1:].startswith(FORMULA_STARTS):
        written = written[1:]
    found = _identifiers(written)
    proved = printed.readings(written)
    reading = _told(proved) if proved else understood(written)
    if reading is None and (named := _named_only(line, row, written, found)):
        yield from named
        return
    reading = reading or _doubted(written, found)
    titles = [*printed.titles(written, proved), *(printed.titles(whole, []) if whole != written else [])]
    yield replace(reading.record(line, row), printed=(written, whole), titles=tuple(titles))


def _told(proved: list[printed.Guess]) -> Reading | None:
    """The one reading that a style of ours prints as this line; None where it prints two sources alike."""
    guess = proved[0]
    if len(proved) > 1 or not guess.is_sure:
        return None
    reading = Reading(guess.fields | {"type": guess.types[0]})
    if len(guess.types) > 1:
        others = ", ".join(_CALLED[type] for type in guess.types[1:])
        reading.notices.append(f"Taken for {_CALLED[guess.types[0]]}; in this style it might as well be {others}.")
    if guess.is_cut:
        whole = {role: [name for name in guess.fields.get(role, []) if not is_et_al(name)] for role in NAMES}
        reading.fields |= {role: named for role, named in whole.items() if named}
        reading.doubts.append(NOT_WHOLE)
    return reading


def _doubted(written: str, found: dict[str, list[str]]) -> Reading:
    """What could not be read but for its identifiers."""
    fields = {name: values[0] for name, values in found.items() if len(values) == 1}
    return Reading(fields, [_SEVERAL if _is_identifier_alone(written, found) else _NOT_READ])


def _named_only(line: int, row: str, written: str, found: dict[str, list[str]]) -> list[Record]:
    """The records of a line that is nothing but identifiers, or was meant to be."""
    if alone := _alone(written, found):
        return [replace(Reading(fields, [_ALONE]).record(line, row), asks=asks) for asks, fields in alone]
    fault = _fault(written, found)
    return [refused(line, fault, row)] if fault else []


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
