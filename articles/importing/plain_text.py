"""Plain text: lines, blank lines, indentation and underlines are all the structure there is."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import pairwise

from .furniture import stands_alone
from .page import Piece, Reading, Report

#: Lines between these lengths may be wrapped ones; a longer one is a paragraph of its own.
SHORTEST_WRAPPED_LINE = 45
LONGEST_WRAPPED_LINE = 120
#: A line directly below a heading is a paragraph's first, not another entry of a list.
SHORTEST_TEXT_BELOW_HEADING = 60
MAX_HEADING_CHARACTERS = 90
COLUMN_GAP = "    "
MAX_CELL_CHARACTERS = 60
MAX_QUESTION_CHARACTERS = 130
MAX_HEADING_WORDS = 14
_BULLETS = "•·◦▪‣●○■□➢►✓–\\-*+"
_BULLET = re.compile(rf"^(?P<mark>[{_BULLETS}])(?:\s+(?P<rest>.*))?$")
_NUMBERED = re.compile(r"^(?:\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(?P<rest>\S.*)$")
_UNDERLINE = re.compile(r"^(?:={3,}|-{3,}|~{3,})$")
_COLUMNS = re.compile(r"(?<![.!?:;,\s])\s{2,}")
_RULES_OF_COLUMNS = re.compile(r"^[-=_+|\s]+$")
_RULE = re.compile(r"^(?:[=_*~#-]\s?){3,}$")
_RUN_IN_LIST = re.compile(r":\s{1,4}[•-]\s")
_RUN_IN_MARK = re.compile(r"\s{1,4}[•-]\s{1,4}")


@dataclass(frozen=True)
class Line:
    number: int
    indent: int
    text: str


def read_plain_text(text: str, report: Report) -> Reading:
    """The pieces of a plain text; guesses are reported as uncertain."""
    return Reading(_Reader(_lines(text), report).pieces())


def may_be_heading(text: str) -> bool:
    """Whether a line that stands alone looks like a heading: short, without final punctuation, or a question."""
    if not any(character.isalpha() for character in text[:60]):
        return False
    if text.endswith("?"):
        return len(text) <= MAX_QUESTION_CHARACTERS and not text[0].islower()
    return (
        len(text) <= MAX_HEADING_CHARACTERS
        and len(text.split()) <= MAX_HEADING_WORDS
        and text[-1] not in ".!:;,…"
        and not text[0].islower()
    )


def _lines(text: str) -> list[Line]:
    found = []
    for number, raw in enumerate(text.split("\n"), 1):
        expanded = raw.expandtabs(4).rstrip()
        stripped = expanded.lstrip()
        found.append(Line(number, len(expanded) - len(stripped), raw.strip().replace("\t", COLUMN_GAP)))
    return found


def _width(lines: list[Line]) -> int:
    """Where the file wraps its lines, told by those whose sentence goes on in the next; 0 if it does not."""
    return max(
        (
            above.indent + len(above.text)
            for above, below in pairwise(lines)
            if SHORTEST_WRAPPED_LINE <= len(above.text) <= LONGEST_WRAPPED_LINE
            and above.text[-1] not in ".!?:"
            and below.text[:1].islower()
        ),
        default=0,
    )


def _is_item(text: str) -> bool:
    return bool(_BULLET.match(text) or _NUMBERED.match(text))


class _Reader:
    """Walks the lines once. State: where it stands, the indents of the open list, a mark without words."""

    def __init__(self, lines: list[Line], report: Report) -> None:
        self.lines = lines
        self.report = report
        self.at = 0
        self.found: list[Piece] = []
        self.indents: list[int] = []
        self.hollow = ""
        self.hollow_opened = False
        self.width = _width(lines)

    def pieces(self) -> list[Piece]:
        while self.at < len(self.lines):
            self._step(self.lines[self.at])
        return self.found

    def _step(self, line: Line) -> None:
        if not line.text or (_RULE.match(line.text) and not _BULLET.match(line.text)):
            self.at += 1
        elif self._is_underlined(line):
            self._underlined(line)
        elif table := self._columns():
            self._text_table(line, table)
        elif bullet := _BULLET.match(line.text):
            self._item(line, "bullet", bullet.group("rest") or "")
        elif numbered := _NUMBERED.match(line.text):
            self._item(line, "numbered", numbered.group("rest"))
        else:
            self._prose(line)

    def _next(self, offset: int = 1) -> Line | None:
        place = self.at + offset
        return self.lines[place] if place < len(self.lines) else None

    def _is_underlined(self, line: Line) -> bool:
        below = self._next()
        return bool(below and _UNDERLINE.match(below.text) and not _is_item(line.text))

    def _underlined(self, line: Line) -> None:
        mark = self.lines[self.at + 1].text[0]
        self._add(Piece("heading", html.escape(line.text, quote=False), line.number, level=1 if mark == "=" else 2))
        self.at += 2

    # Tables set with spaces

    def _columns(self) -> list[list[str]]:
        """The cells of at least two lines in a row that have the same number of columns, two spaces apart."""
        rows: list[list[str]] = []
        place = self.at
        while place < len(self.lines) and self.lines[place].text:
            cells = _COLUMNS.split(self.lines[place].text)
            fits = len(cells) > 1 and max(map(len, cells)) <= MAX_CELL_CHARACTERS
            if not fits or (rows and len(cells) != len(rows[0])) or _BULLET.match(self.lines[place].text):
                return []
            rows.append(cells)
            place += 1
        return rows if len(rows) > 1 else []

    def _text_table(self, line: Line, rows: list[list[str]]) -> None:
        self.report.add("uncertain", line.number, "Lines set in columns were made a table: check its cells.", line.text)
        has_header = bool(_RULES_OF_COLUMNS.match("".join(rows[1])))
        cells = [[html.escape(cell, quote=False) for cell in row] for row in rows]
        header = cells[0] if has_header else [""] * len(rows[0])
        body = [row for row in cells[1 if has_header else 0 :] if not _RULES_OF_COLUMNS.match("".join(row))]
        self._add(Piece("table", "", line.number, data={"caption": "", "header": header, "rows": body}))
        self.at += len(rows)

    # Lists

    def _item(self, line: Line, kind: str, rest: str) -> None:
        if not rest:
            self.hollow = kind
            self.hollow_opened = True
            self.at += 1
            return
        if line.text[0] in "-–" and rest[0].isdigit():
            self.report.add("uncertain", line.number, "A dash before a number is a bullet here, or a minus.", line.text)
        words, line_count = self._continued(line, rest)
        level = min(3, self._level(line.indent) + self._level_below_hollow())
        self._add(Piece(kind, html.escape(words, quote=False), line.number, level=level), keeps_list=True)
        self._maybe_numbered_heading(kind, line_count, words)

    def _level_below_hollow(self) -> int:
        """Marks that follow a mark-only item ending in a colon belong below it."""
        if not self.hollow_opened:
            return 0
        above = next((piece for piece in reversed(self.found) if piece.role == "hollow"), None)
        return 1 if above and above.html.endswith(":") else 0

    def _level(self, indent: int) -> int:
        while self.indents and indent < self.indents[-1]:
            self.indents.pop()
        if not self.indents or indent > self.indents[-1] + 1:
            self.indents.append(indent)
        return len(self.indents) - 1

    def _continued(self, line: Line, rest: str) -> tuple[str, int]:
        """The words of an item with its wrapped lines, and how many lines they took."""
        parts, last, start = [rest], line, self.at
        self.at += 1
        while (below := self._next(0)) and below.text and not _is_item(below.text) and not self._is_underlined(below):
            if below.indent <= line.indent and not self._continues(last, below):
                break
            parts.append(below.text)
            last = below
            self.at += 1
        return self._joined(parts, line), self.at - start

    def _joined(self, parts: list[str], line: Line) -> str:
        """Wrapped lines as one. A hyphen at a line's end may belong to the word, so it stays."""
        words = parts[0]
        for part in parts[1:]:
            is_divided = words.endswith("-") and words[-2:-1].isalpha() and part[0].islower()
            words += part if is_divided else f" {part}"
            if is_divided:
                self.report.add("uncertain", line.number, "A word is divided at the end of a line.", words[-60:])
        return words

    def _maybe_numbered_heading(self, kind: str, line_count: int, words: str) -> None:
        """“2. Symptoms” alone between blank lines, with a paragraph below it, heads that paragraph."""
        piece = self.found[-1]
        above = self.lines[self.at - line_count - 1] if self.at > line_count else None
        below, after = self._next(0), self._next(1)
        alone = line_count == 1 and not (above and above.text) and not (below and below.text)
        heads = after and len(after.text) > 60 and not _is_item(after.text)
        if kind == "numbered" and alone and heads and may_be_heading(words):
            piece.may_be_heading = True

    # Prose

    def _prose(self, line: Line) -> None:
        parts, last, start = [line.text], line, self.at
        self.at += 1
        while (below := self._next(0)) and below.text and not _is_item(below.text) and not self._is_underlined(below):
            if not self._continues(last, below):
                break
            parts.append(below.text)
            last = below
            self.at += 1
        self._add_prose(self._joined(parts, line), line, alone=self._stands_alone(start))

    def _continues(self, above: Line, below: Line) -> bool:
        """Whether a line runs on into the next: the next word would not have fitted, or the sentence goes on."""
        if _RULE.match(below.text) or stands_alone(above.text) or stands_alone(below.text):
            return False
        ends = above.text[-1] in ".!?:"
        if below.text[0].islower() and not ends:
            return True
        if not self.width:
            return False
        if not ends and SHORTEST_WRAPPED_LINE <= len(above.text) <= LONGEST_WRAPPED_LINE:
            return True
        first_word = below.text.split(" ", 1)[0]
        return self.width < above.indent + len(above.text) + 1 + len(first_word) <= LONGEST_WRAPPED_LINE

    def _stands_alone(self, start: int) -> bool:
        """One line with nothing directly above it, and below it a blank line or a new thought."""
        if self.at - start != 1:
            return False
        above = self.lines[start - 1].text if start else ""
        below = self._next(0)
        if above and not _RULE.match(above) and not _is_item(above):
            return False
        if not (below and below.text):
            return True
        text_follows = len(below.text) >= SHORTEST_TEXT_BELOW_HEADING or self.lines[start].text.endswith("?")
        return text_follows and not _is_item(below.text)

    def _add_prose(self, words: str, line: Line, alone: bool) -> None:
        if self.hollow:
            self._add(Piece(self.hollow, html.escape(words, quote=False), line.number, role="hollow"), keeps_list=True)
            self.hollow = ""
            return
        run_in = _RUN_IN_LIST.search(words)
        items = [item.strip() for item in _RUN_IN_MARK.split(words[run_in.start() + 1 :])[1:]] if run_in else []
        # A dash before a digit may be a minus, or the middle of a range.
        if run_in and len(items) > 1 and not any(item[:1].isdigit() or not item for item in items):
            self._run_in_list(words, words[: run_in.start() + 1], items, line)
            return
        candidate = alone and may_be_heading(words)
        self._add(Piece("paragraph", html.escape(words, quote=False), line.number, may_be_heading=candidate))

    def _run_in_list(self, words: str, lead_in: str, items: list[str], line: Line) -> None:
        """“… include: - one - two” in one line is a list that lost its line breaks."""
        self.report.add("uncertain", line.number, "A list inside a paragraph was split into bullets.", words)
        self._add(Piece("paragraph", html.escape(lead_in, quote=False), line.number))
        for item in items:
            self._add(Piece("bullet", html.escape(item, quote=False), line.number), keeps_list=True)

    def _add(self, piece: Piece, keeps_list: bool = False) -> None:
        if not keeps_list:
            self.indents = []
            self.hollow_opened = False
        self.found.append(piece)
