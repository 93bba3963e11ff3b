"""One record of a file: what was read, or why it could not be."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from references import csl, dates

from .languages import web_code

LONGEST_FIELD = 20_000
MOST_NAMES = 5_000
SHOWN = 400


class RecordError(ValueError):
    """The record cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class Record:
    """One record: its first line, and either its item or the ``problem``.

    ``doubts`` are sentences about what was read but may be wrong, ``notices`` about what was not kept. ``raw`` is
    the start of the record as it stands in the file; ``title`` what a record that could not be read calls itself.
    ``warnings`` say what the file knows to have been published about the source since; ``proposed_evidence`` is the
    kind of evidence that the file's words for the source speak for, for a source that nobody has judged yet.
    ``printed`` is the line where the record is a formatted reference, without its numbering and with it; ``titles``
    what its title may be.
    """

    line: int
    item: dict[str, Any] | None
    problem: str = ""
    raw: str = ""
    doubts: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    title: str = ""
    warnings: tuple[str, ...] = ()
    proposed_evidence: str = ""
    asks: str = ""
    """The identifier or address that is all that the record says: a registry or the page may know the rest."""
    origin: str = ""
    """Who told the rest: an origin of ``references.lookup``."""
    printed: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


@dataclass
class Reading:
    """What a reader has understood so far: fields of a source by our names (dates as parts, names as data)."""

    fields: dict[str, Any] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    proposed_evidence: str = ""

    def text(self, name: str, value: str) -> None:
        """Keeps a text; the first one stays, another one is told as left out."""
        if len(value) > LONGEST_FIELD:
            raise RecordError(f"The field “{name}” is {len(value):,} characters long. That is no reference.")
        if not value.strip() or self.fields.get(name) == value.strip():
            return
        if name == "language" and not web_code(value):
            self.left_out.append(f"“{shown(value)}” as language")
        elif self.fields.get(name):
            self.left_out.append(f"another {name.replace('_', ' ')}")
        else:
            self.fields[name] = web_code(value) if name == "language" else value.strip()

    def date(self, name: str, written: str) -> None:
        """Keeps a date as far as it can be read; what cannot is a doubt."""
        try:
            self.fields[name] = dates.parse(written)
        except dates.DateError as fault:
            self.doubts.append(str(fault))

    def span(self, name: str, written: str) -> None:
        """Keeps a date; of a span ("2012/2013", "2003 Sep-Oct") or a season its first year, and tells that."""
        try:
            self.fields[name] = dates.parse(written)
        except dates.DateError:
            found = _SPAN.fullmatch(written.strip())
            self.date(name, written.strip()[:4] if found else written)
            if name in self.fields:
                self.left_out.append(f"“{shown(written)}” beyond its year")

    def people(self, name: str, people: list[dict[str, str]]) -> None:
        if len(people) > MOST_NAMES:
            raise RecordError(f"The record names {len(people):,} {name}.")
        if people:
            self.fields[name] = people

    def truth(self, name: str, written: str) -> None:
        """Keeps “yes” or “no”."""
        if written.casefold() not in TRUTHS:
            self.left_out.append(f"“{shown(written)}” as {name.replace('_', ' ')}")
            return
        self.fields[name] = TRUTHS[written.casefold()]

    def record(self, line: int, raw: str) -> Record:
        item = item_of(self.fields)
        doubts = tuple(shown(doubt, SHOWN) for doubt in self.doubts)
        left_out = ", ".join(dict.fromkeys(self.left_out))
        notices = (*self.notices, *([f"Not kept: {shown(left_out, SHOWN)}."] if left_out else ()))
        warnings, evidence = tuple(self.warnings), self.proposed_evidence
        return Record(line, item, "", shown(raw, SHOWN), doubts, notices, warnings=warnings, proposed_evidence=evidence)


_DAY = r"(?:-[0-9]{2}){0,2}"
_NAMED = r"[A-Za-z]{3,9}\.?(?: [0-9]{1,2})?"
_SPAN = re.compile(
    rf"[0-9]{{4}}{_DAY} ?(?:/|–|--|-(?=[0-9]{{4}})) ?(?:[0-9]{{4}}{_DAY}|[0-9]{{2}}|\.\.)?"  # 2012/2013, 2012–13
    r"|[0-9]{4}-(?:2[1-9]|3[0-9]|4[01])"  # seasons and quarters of ISO 8601-2
    rf"|[0-9]{{4}} (?:Spring|Summer|Fall|Autumn|Winter|{_NAMED} ?[/–-] ?(?:[0-9]{{4}} )?(?:{_NAMED}|[0-9]{{1,2}}))"
)
_SPACES = str.maketrans("\t\r\n", "   ")
TRUTHS = {"yes": True, "no": False}
WORDS_OF_TRUTH = {True: "yes", False: "no"}


def item_of(fields: dict[str, Any]) -> dict[str, Any]:
    """The exchanged CSL-JSON item of the fields that were read: the day of a copy is text, a type may be missing."""
    item = csl.exchange_item({"key": "", "type": "book", **fields, "archived_on": None})
    if not fields.get("type"):
        del item["type"]
    return item | ({"archive_date": fields["archived_on"]} if fields.get("archived_on") else {})


def fields_to_write(item: dict[str, Any]) -> dict[str, Any]:
    """The fields of an item by our names, for a writer: the day of a copy is text."""
    fields = csl.named_fields(item)
    day = fields.get("archived_on")
    return fields | ({"archived_on": day.isoformat()} if day else {})


def refused(line: int, problem: str, raw: str = "", title: str = "") -> Record:
    """A record that could not be read."""
    return Record(line, None, shown(problem, SHOWN), shown(raw, SHOWN), title=shown(title, SHOWN))


def unknown_type(written: str) -> RecordError:
    """Of a type that the library does not keep; what to do about it is the same for all of them."""
    return RecordError(
        f"“{shown(written)}” is not a type of source that the library keeps. A thesis, a preprint or a manuscript can "
        "be added by hand as a report: Sources, “Add source”."
    )


def title_in(rows: list[str], *tags: str) -> str:
    """What stands in the first line that has one of the tags, such as “TI”."""
    return next((value.strip() for row in rows for tag, _, value in [row.partition("- ")] if tag.strip() in tags), "")


def one_line(value: Any) -> str:
    """A value for a line of a file: no line break in it can start another line."""
    return " ".join(str(value).split())


def shown(text: str, most: int = 60) -> str:
    """The start of a text, safe to print and to store."""
    cut = text[: most + 1].translate(_SPACES)
    safe = cut if cut.isprintable() else "".join(map(_seen, cut))
    return safe if len(cut) <= most else f"{safe[:most]}…"


def _seen(char: str) -> str:
    return "�" if unicodedata.category(char)[0] == "C" else char
