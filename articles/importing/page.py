"""What an import yields: the page, the report, or a refusal in one sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

#: A report is read by a person. Past this many lines of one sort only the number is told.
MAX_ENTRIES = 1000


class ImportRefused(Exception):
    """The file cannot be imported; the message is one sentence for the person who tried."""


@dataclass(frozen=True)
class Entry:
    """One line of a report. ``text`` holds the words of the page it speaks about; line 0 is the whole page."""

    line: int
    sentence: str
    text: str = ""


@dataclass
class Report:
    """What was recognised, kept as a note for the editor, dropped, and what an editor should look at."""

    recognised: list[Entry] = field(default_factory=list)
    kept: list[Entry] = field(default_factory=list)
    dropped: list[Entry] = field(default_factory=list)
    uncertain: list[Entry] = field(default_factory=list)

    def add(self, sort: str, line: int, sentence: str, text: str = "") -> None:
        """Note one finding under ``sort`` (the name of one of the four lists)."""
        entries: list[Entry] = getattr(self, sort)
        if len(entries) < MAX_ENTRIES:
            entries.append(Entry(line, sentence, text))
        elif len(entries) == MAX_ENTRIES:
            entries.append(Entry(0, "There is more of this sort than a report can usefully list."))

    def as_dict(self) -> dict[str, list[dict[str, Any]]]:
        """The report in JSON types, as stored beside the draft."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, list[dict[str, Any]]]) -> Report:
        """The report that `as_dict` stored."""
        return cls(**{sort: [Entry(**entry) for entry in entries] for sort, entries in stored.items()})


@dataclass
class Piece:
    """A heading, paragraph, list item or table as a reader found it, before anyone asked what it is for.

    ``level`` is 1 to 6 for headings and 0 to 3 for list items. ``may_be_heading`` marks a short line that
    stands alone; whether it is a heading depends on what surrounds it.
    """

    kind: str
    html: str
    line: int
    level: int = 0
    data: dict[str, Any] | None = None
    may_be_heading: bool = False
    role: str = ""


@dataclass
class Reading:
    """What a reader of one format made of a file: pieces in order, and facts from outside the text."""

    pieces: list[Piece]
    facts: dict[str, list[str]] = field(default_factory=dict)
    topic_path: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ProposedReference:
    """A source as CSL-JSON, with the day the old page said it was read (ISO 8601, or empty)."""

    csl: dict[str, Any]
    accessed: str
    line: int


@dataclass
class ImportedPage:
    """A page ready to become a draft: a snapshot, its sources, and what an editor should know.

    ``dates`` holds what the old page said about itself ("updated": "2014-06-21"); it decides nothing here.
    ``people``, ``topics``, ``pictures`` (in base 64) and ``is_sample`` are filled by our own format only.
    """

    name: str
    snapshot: dict[str, Any]
    references: list[ProposedReference]
    report: Report
    dates: dict[str, str] = field(default_factory=dict)
    topic_path: list[str] = field(default_factory=list)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    topics: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    is_exchange: bool = False
    is_sample: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The page in JSON types, as handed over between processes."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> ImportedPage:
        """The page that `as_dict` handed over."""
        parts = dict(stored)
        parts["references"] = [ProposedReference(**each) for each in parts["references"]]
        parts["report"] = Report.from_dict(parts["report"])
        return cls(**parts)
