"""Reading the Retraction Watch data: a large CSV file, row by row, whatever it contains.

https://gitlab.com/crossref/retraction-watch-data: lists are joined by ";", a missing DOI reads "unavailable", a
missing PMID "0", dates "7/26/2019 0:00"; most of it is UTF-8, some of it is not. Rows are taken apart one by one, so
that neither a quotation mark that is never closed nor a field without end costs more than its own row.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from itertools import islice
from typing import BinaryIO, NamedTuple

from .identifiers import IdentifierError, normalise_doi, normalise_pmid

#: Bytes and lines of one row. The longest real ones, with hundreds of authors and their institutions, stay far below.
LONGEST_ROW = 128 * 1024
MOST_LINES = 200
COLUMNS = (
    "Record ID",
    "RetractionNature",
    "RetractionDate",
    "RetractionDOI",
    "RetractionPubMedID",
    "OriginalPaperDOI",
    "OriginalPaperPubMedID",
    "Reason",
)
NATURES = {
    "retraction": "retraction",
    "correction": "correction",
    "expression of concern": "expression-of-concern",
    "reinstatement": "reinstatement",
}
NO_VALUE = frozenset({"", "0", "unavailable", "none", "na", "n/a"})
LONGEST_RECORD_ID = 64
LONGEST_REASONS = 2_000
#: What nearly all are like: normal but for its capitals. Saves most of the time that a file takes.
_PLAIN_DOI = re.compile(r"10\.[0-9]{4,9}/[-._()/:a-z0-9]{0,200}[a-z0-9]")
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9.]+Z?)?(?: [AP]M)?)?"
_DATES = (
    re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})" + _TIME),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})" + _TIME),
)


class FileRefused(ValueError):
    """The file is no such data; the message names the line and what is wrong there."""


class RowError(ValueError):
    """A row cannot be used; the message says why."""


class Problem(NamedTuple):
    """A row that could not be read, by the number of its first line."""

    line: int
    sentence: str


class Row(NamedTuple):
    """What concerns us of one row, as written; the functions below read it."""

    line: int
    record_id: str
    nature: str
    dated: str
    notice_doi: str
    notice_pmid: str
    doi: str
    pmid: str
    reasons: str


class Notice(NamedTuple):
    """What a row says was published about the paper."""

    record_id: str
    nature: str
    dated: date | None
    notice_doi: str
    notice_pmid: str
    reasons: str


def rows(file: BinaryIO) -> Iterator[Row | Problem]:
    """The rows of the file in their order, and what cannot be read, with its line.

    Raises ``FileRefused`` before the first row when this is no Retraction Watch file.
    """
    lines = _Lines(file)
    heading = _heading(lines)
    places = [heading.index(name) for name in COLUMNS]
    count = 0
    while line := lines.take():
        if line.strip():
            count += 1
            yield _row(lines, line, len(heading), places)
    if not count:
        raise FileRefused("Line 2: there is no row below the headings. Was the download cut off?")


def dois_of(row: Row) -> list[str]:
    """The DOIs of the paper in normal form; a ";" may divide two, or be part of one."""
    written = row.doi.strip()
    return [doi for part in dict.fromkeys([written, *written.split(";")]) if (doi := _doi(part))]


def pmids_of(row: Row) -> list[str]:
    """The PMIDs of the paper; "0" is none."""
    return [pmid for part in row.pmid.split(";") if (pmid := _pmid(part))]


def notice_of(row: Row) -> Notice:
    """What the row says; ``RowError`` when its nature, its date or its number cannot be read."""
    nature = NATURES.get(" ".join(row.nature.split()).casefold())
    if nature is None:
        raise RowError(f"“{_visible(row.nature)[:40]}” is no kind of notice that we know: {', '.join(NATURES)}.")
    record_id = _visible(row.record_id)
    if not record_id or len(record_id) > LONGEST_RECORD_ID:
        raise RowError("Its Record ID is missing or too long, so that it could not be told from others.")
    reasons = "; ".join(reason for part in row.reasons.split(";") if (reason := _visible(part).lstrip("+").strip()))
    notice_doi, notice_pmid = _doi(row.notice_doi), _pmid(row.notice_pmid)
    return Notice(record_id, nature, _day(row.dated), notice_doi, notice_pmid, reasons[:LONGEST_REASONS])


class _Lines:
    """The lines of a file, some of which can be looked at before they are taken."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.ahead: deque[bytes] = deque()
        self.number = 0

    def take(self, count: int = 1) -> bytes:
        """The next lines, joined; nothing at the end of the file."""
        self.number += count
        return b"".join([self.ahead.popleft() if self.ahead else self._read() for _ in range(count)])

    def to_the_closing_mark(self) -> int:
        """How many lines after the taken one it needs for its open quotation mark to be closed; 0: none closes it."""
        size = 0
        for count in range(MOST_LINES):
            if count == len(self.ahead):
                self.ahead.append(self._read())
            line = self.ahead[count]
            size += len(line)
            if not line or size > LONGEST_ROW:
                return 0
            if line.count(b'"') % 2:
                return count + 1
        return 0

    def first(self, count: int) -> bytes:
        """The next lines, joined, without taking them; they have been looked at."""
        return b"".join(islice(self.ahead, count))

    def _read(self) -> bytes:
        """The next line; of one that is longer than a row, its beginning, which is then too long."""
        line = rest = self.file.readline(LONGEST_ROW + 1)
        while len(rest) > LONGEST_ROW and not rest.endswith(b"\n"):
            rest = self.file.readline(LONGEST_ROW + 1)
        return line


def _heading(lines: _Lines) -> list[str]:
    try:
        heading = [name.strip() for name in _fields(lines.take().removeprefix(b"\xef\xbb\xbf"))]
    except RowError as fault:
        raise FileRefused(f"Line 1: this is no Retraction Watch file. {fault}") from None
    lacking = [name for name in COLUMNS if name not in heading]
    if lacking:
        begins = _visible(",".join(heading))[:60]
        raise FileRefused(
            f"Line 1: this is no Retraction Watch file: it lacks the columns {', '.join(lacking)}. "
            f"It begins with “{begins}”."
        )
    return heading


def _row(lines: _Lines, line: bytes, width: int, places: list[int]) -> Row | Problem:
    """The row that begins with this line. When none does, the line is the problem; the next are read anew."""
    number = lines.number
    try:
        return _placed(number, _fields(line, width), places)
    except RowError as fault:
        problem = Problem(number, str(fault))
    more = lines.to_the_closing_mark() if line.count(b'"') % 2 else 0
    if more:
        with suppress(RowError):
            row = _placed(number, _fields(line + lines.first(more), width), places)
            lines.take(more)
            return row
    return problem


def _placed(number: int, fields: list[str], places: list[int]) -> Row:
    return Row(number, *[fields[place] for place in places])


def _fields(record: bytes, width: int = 0) -> list[str]:
    if len(record) > LONGEST_ROW:
        raise RowError(f"It is longer than {LONGEST_ROW:,} bytes.")
    if b"\0" in record:
        raise RowError("There is a null character in it.")
    try:
        fields = next(csv.reader([_decoded(record)], strict=True), [])
    except csv.Error as fault:
        raise RowError(f"It is not well-formed CSV: {fault}.") from None
    if not fields:
        raise RowError("It is empty.")
    if width and len(fields) != width:
        raise RowError(f"It has {len(fields)} fields instead of {width}.")
    return fields


def _decoded(record: bytes) -> str:
    """Each row by itself: one in the encoding of Windows does not spoil the others."""
    try:
        return record.decode()
    except UnicodeDecodeError:
        return record.decode("cp1252", "replace")


def _doi(written: str) -> str:
    """In normal form; "" for none, and for what is none."""
    text = written.strip()
    plain = text.lower()
    if _PLAIN_DOI.fullmatch(plain):
        return plain
    if text.casefold() not in NO_VALUE:
        with suppress(IdentifierError):
            return normalise_doi(text)
    return ""


def _pmid(written: str) -> str:
    text = written.strip()
    if text.casefold() not in NO_VALUE:
        with suppress(IdentifierError):
            return normalise_pmid(text)
    return ""


def _day(written: str) -> date | None:
    text = " ".join(written.split())
    if text.casefold() in NO_VALUE:
        return None
    for form in _DATES:
        if found := form.fullmatch(text):
            with suppress(ValueError):
                return date(int(found["year"]), int(found["month"]), int(found["day"]))
    raise RowError(f"“{_visible(text)[:40]}” is no date that we can read; 7/26/2019 0:00 would be one.")


def _visible(text: str) -> str:
    """On one line, without what steers a terminal or draws nothing."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
