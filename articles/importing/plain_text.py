"""Plain text: lines, blank lines, indentation and underlines are all the structure there is."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import pairwise

from .page import Piece, Reading, Report

#: A file with a line longer than this does not wrap its lines: every line is a paragraph of its own.
LONGEST_WRAPPED_LINE = 120
MAX_HEADING_CHARACTERS = 90
MAX_QUESTION_CHARACTERS = 130
MAX_HEADING_WORDS = 14
_BULLETS = "•·◦▪‣●○■□➢►✓–\\-*+"
_BULLET = re.compile(rf"^(?P<mark>[{_BULLETS}])(?:\s+(?P<rest>.*))?$")
_NUMBERED = re.compile(r"^(?:\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(?P<rest>\S.*)$")
_UNDERLINE = re.compile(r"^(?:={3,}|-{3,}|~{3,})$")
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
        found.append(Line(number, len(expanded) - len(stripped), stripped))
    return found


def _width(lines: list[Line]) -> int:
    """Where the file wraps its lines; 0 if it does not. A long address alone does not make a file unwrapped."""
    longest = max((len(line.text) for line in lines), default=0)
    if longest <= LONGEST_WRAPPED_LINE:
        return longest
    wrapped = [
        len(above.text)
        for above, below in pairwise(lines)
        if 50 <= len(above.text) <= LONGEST_WRAPPED_LINE and above.text[-1] not in ".!?:" and below.text[:1].islower()
    ]
    return max(wrapped) if len(wrapped) >= 3 else 0


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

    # Lists

    def _item(self, line: Line, kind: str, rest: str) -> None:
        if not rest:
            self.hollow = kind
            self.hollow_opened = True
            self.at += 1
            return
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
        return " ".join(parts), self.at - start

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
        self._add_prose(" ".join(parts), line, alone=self._stands_alone(start))

    def _continues(self, above: Line, below: Line) -> bool:
        """Whether a line runs on into the next: the next word would not have fitted, or the sentence goes on."""
        if _RULE.match(below.text):
            return False
        ends = above.text[-1] in ".!?:"
        if below.text[0].islower() and not ends:
            return True
        if not self.width:
            return False
        first_word = below.text.split(" ", 1)[0]
        needed = len(above.text) + 1 + len(first_word)
        return needed > self.width or (not ends and needed > self.width * 0.8)

    def _stands_alone(self, start: int) -> bool:
        """One line with nothing directly above it, and below it a blank line or a new thought."""
        if self.at - start != 1:
            return False
        above = self.lines[start - 1].text if start else ""
        below = self._next(0)
        if above and not _RULE.match(above) and not _is_item(above):
            return False
        return not (below and below.text) or not _is_item(below.text)

    def _add_prose(self, words: str, line: Line, alone: bool) -> None:
        if self.hollow:
            self._add(Piece(self.hollow, html.escape(words, quote=False), line.number, role="hollow"), keeps_list=True)
            self.hollow = ""
            return
        run_in = _RUN_IN_LIST.search(words)
        if run_in:
            self._run_in_list(words, run_in.start() + 1, line)
            return
        candidate = alone and may_be_heading(words)
        self._add(Piece("paragraph", html.escape(words, quote=False), line.number, may_be_heading=candidate))

    def _run_in_list(self, words: str, colon: int, line: Line) -> None:
        """“… include: - one - two” in one line is a list that lost its line breaks."""
        self.report.add("uncertain", line.number, "A list inside a paragraph was split into bullets.", words)
        self._add(Piece("paragraph", html.escape(words[:colon], quote=False), line.number))
        for item in _RUN_IN_MARK.split(words[colon:]):
            if item.strip():
                self._add(Piece("bullet", html.escape(item.strip(), quote=False), line.number), keeps_list=True)

    def _add(self, piece: Piece, keeps_list: bool = False) -> None:
        if not keeps_list:
            self.indents = []
            self.hollow_opened = False
        self.found.append(piece)
