"""What of a page is not its text: breadcrumbs, dates, notes, menus, sources, and the title above it all."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from articles.text import plain

from . import furniture
from .hidden import without_hidden
from .page import Piece, ProposedReference, Report
from .plain_text import may_be_heading
from .sources import looks_like_source, parse_source

MAX_TITLE, MAX_SUBTITLE = 200, 300
PROMOTED = 99  # level of a line taken for a heading, until the levels of the page are known
LIST_KINDS = ("bullet", "numbered")


class Recogniser:
    """Takes things off the list of pieces, one sort after the other; what remains in ``pieces`` is the text.

    ``facts`` are those from outside the text (front matter, the head of a web page).
    """

    def __init__(
        self, name: str, pieces: list[Piece], facts: dict[str, list[str]], topic_path: list[str], report: Report
    ) -> None:
        self.name = name
        self.pieces = pieces
        self.facts = facts
        self.topic_path = topic_path
        self.report = report
        self.dates: dict[str, str] = {}
        self.references: list[ProposedReference] = []
        self.title = ""
        self.subtitle = ""

    def recognise(self) -> None:
        """Fill title, subtitle, dates, topic path and references, and leave the text in ``pieces``."""
        self._take_breadcrumbs()
        self._take_lines()
        self._take_masthead()
        self._take_sources()
        self.title = self._take_title()
        self.subtitle = self._take_subtitle()

    # Furniture

    def _remove(self, places: set[int]) -> None:
        self.pieces = [piece for place, piece in enumerate(self.pieces) if place not in places]

    def _take_breadcrumbs(self) -> None:
        names = self._title_names()
        gone: set[int] = set()
        text_begins = next((n for n, piece in enumerate(self.pieces) if self._is_text(piece)), len(self.pieces))
        for run in runs(self.pieces, lambda piece: piece.kind in LIST_KINDS):
            steps = [plain(self.pieces[place].html) for place in run]
            if self._is_breadcrumb(run, steps, names, text_begins):
                self._keep_path(steps, names, self.pieces[run[0]].line)
                gone.update(run)
            elif all(furniture.is_noise(step) for step in steps):
                self._drop_noise(run)
                gone.update(run)
        self._remove(gone)

    def _is_breadcrumb(self, run: list[int], steps: list[str], names: set[str], text_begins: int) -> bool:
        if not all(furniture.is_crumb(step) for step in steps) or any(self.pieces[n].may_be_heading for n in run):
            return False
        if len(steps) > 1 and steps[-1].casefold() in names:
            return True
        return run[-1] < text_begins and self.pieces[run[0]].kind == "numbered"

    def _is_text(self, piece: Piece) -> bool:
        words = plain(piece.html)
        is_prose = piece.kind in ("heading", "paragraph", "table")
        return is_prose and not furniture.is_noise(words) and not furniture.crumbs(words)

    def _title_names(self) -> set[str]:
        names = [plain(piece.html) for piece in self.pieces if piece.kind == "heading" and piece.level == 1]
        names += [plain(piece.html) for piece in self.pieces if piece.may_be_heading][:4]
        names += self.facts.get("title", []) + self.facts.get("page_title", [])
        return {name.casefold() for name in names}

    def _keep_path(self, steps: list[str], names: set[str], line: int) -> None:
        self.report.add("recognised", line, "Breadcrumb.", " > ".join(steps))
        path = steps[:-1] if steps[-1].casefold() in names else steps
        if len(path) > len(self.topic_path):
            self.topic_path = path

    def _drop_noise(self, run: list[int]) -> None:
        for place in run:
            piece = self.pieces[place]
            self.report.add("dropped", piece.line, "Navigation was dropped.", plain(piece.html))

    def _take_lines(self) -> None:
        """Single lines that are no text: dates, by-lines, copyright, seals, navigation."""
        gone: set[int] = set()
        names = self._title_names()
        text_begins = next((n for n, piece in enumerate(self.pieces) if len(plain(piece.html)) > 160), len(self.pieces))
        before: Piece | None = None
        for place, piece in enumerate(self.pieces):
            if piece.kind in ("paragraph", "heading") and self._is_furniture(piece, place < text_begins, names):
                gone.add(place)
                if before and piece.role == "date" and not before.role:
                    before.role = "dated"
            elif piece.kind != "heading" or piece.level != 1:
                before = piece
        self._remove(gone)

    def _is_furniture(self, piece: Piece, is_above_text: bool, names: set[str]) -> bool:
        words = plain(piece.html).strip()
        if len(words) > furniture.MAX_CHARACTERS or (piece.level == 1 and piece.kind == "heading"):
            return False
        if dated := furniture.date_line(words):
            piece.role = "date"
            self.dates.setdefault(dated.kind, dated.date.iso())
            self.report.add(
                "recognised", piece.line, f"The page says it was {dated.kind} on {dated.date.iso()}.", words
            )
        elif path := furniture.crumbs(words):
            self._keep_path(path, names, piece.line)
        elif furniture.is_copyright(words):
            self.report.add("kept", piece.line, "Copyright line.", words)
        elif furniture.is_seal(words):
            self.report.add(
                "kept", piece.line, "The page claimed a seal. It is a note for you, not part of the draft.", words
            )
        elif is_above_text and furniture.is_by_line(words):
            piece.role = "date"
            self.report.add("kept", piece.line, "The page named a person. Add them yourself if it still holds.", words)
        elif furniture.is_noise(words):
            self.report.add("dropped", piece.line, "Navigation was dropped.", words)
        else:
            return False
        return True

    def _take_masthead(self) -> None:
        """Short words without a full stop above the one title of a page are its masthead or menu."""
        titles = [n for n, piece in enumerate(self.pieces) if piece.kind == "heading" and piece.level == 1]
        above = range(titles[0]) if titles else range(0)
        gone = [place for place in above if self._is_masthead(self.pieces[place])]
        self._drop_noise(gone)
        self._remove(set(gone))

    def _is_masthead(self, piece: Piece) -> bool:
        words = plain(piece.html)
        return piece.kind != "table" and len(words) <= furniture.MAX_CRUMB_CHARACTERS and words[-1] not in ".!?:;,"

    # Sources

    def _take_sources(self) -> None:
        gone = set(self._headed_sources()) or set(self._trailing_sources())
        for place in sorted(gone):
            piece = self.pieces[place]
            if piece.role != "sources-heading":
                self._add_source(piece)
        self._remove(gone)

    def _headed_sources(self) -> Iterator[int]:
        """The headings of lists of sources and what stands in them, to the next heading or the end of the list."""
        level, before = 0, ""
        for place, piece in enumerate(self.pieces):
            words = plain(piece.html)
            own_level = piece.level if piece.kind == "heading" else PROMOTED
            if place and furniture.is_sources_heading(words):
                level, piece.role = own_level, "sources-heading"
                self.report.add("recognised", piece.line, "List of sources.", words)
            elif self._ends_sources(piece, own_level, level, before) and not looks_like_source(words):
                level = 0
            if level and piece.kind != "table":
                yield place
            before = piece.kind

    def _ends_sources(self, piece: Piece, own_level: int, level: int, before: str) -> bool:
        is_heading = piece.kind == "heading" or piece.may_be_heading
        return (is_heading and own_level <= level) or (piece.kind == "paragraph" and before in LIST_KINDS)

    def _trailing_sources(self) -> Iterator[int]:
        for place in range(len(self.pieces) - 1, 0, -1):
            piece = self.pieces[place]
            if piece.kind == "heading" or not looks_like_source(plain(piece.html)):
                return
            yield place

    def _add_source(self, piece: Piece) -> None:
        words = plain(piece.html)
        for address in re.findall(r'<a href="(https?://[^"]+)"', piece.html)[:1]:
            words = words if address in words else f"{words} {html.unescape(address)}"
        source = parse_source(words)
        self.references.append(ProposedReference(source.csl, source.accessed, piece.line))
        self.report.add("recognised", piece.line, f"Source: “{source.csl['title'][:120]}”.", words)
        if not source.is_certain:
            self.report.add("uncertain", piece.line, "Not every part of this source is clear: check it.", words)

    # Title

    def _take_title(self) -> str:
        place = self._title_place()
        if place is not None:
            piece = self.pieces.pop(place)
            title = plain(piece.html)
            self.report.add("recognised", piece.line, f"Title: “{title}”.")
            return title
        return self._title_from_outside()

    def _title_place(self) -> int | None:
        wanted = {name.casefold() for name in self.facts.get("title", [])}
        for place, piece in enumerate(self.pieces):
            if piece.kind == "heading" and piece.level == 1:
                return place if len(plain(piece.html)) <= MAX_TITLE else None
        for place, piece in enumerate(self.pieces[:3]):
            if plain(piece.html).casefold() in wanted:
                return place
        first = self.pieces[0] if self.pieces else None
        if first and not wanted and (first.kind == "heading" or may_be_heading(plain(first.html))):
            return 0 if len(plain(first.html)) <= MAX_TITLE else None
        return None

    def _title_from_outside(self) -> str:
        for key, where in (("title", "the front matter"), ("page_title", "the name of the page in the browser")):
            for words in self.facts.get(key, []):
                if words:
                    self.report.add("uncertain", 0, f"The title was taken from {where}.", words)
                    return words[:MAX_TITLE].strip()
        stem = without_hidden(PurePosixPath(self.name).stem, self.report, 0)
        words = re.sub(r"[\W_]+", " ", stem).strip() or "Untitled"
        self.report.add("uncertain", 0, "The page has no title; the file's name stands in for it.", words)
        return words[0].upper() + words[1:MAX_TITLE]

    def _take_subtitle(self) -> str:
        for place, piece in enumerate(self.pieces[:2]):
            words = plain(piece.html)
            fits = piece.kind in ("paragraph", "heading") and len(words) <= MAX_SUBTITLE
            if fits and (piece.role == "subtitle" or (place == 0 and piece.role == "dated" and may_be_heading(words))):
                self.report.add("recognised", piece.line, f"Subtitle: “{words}”.")
                del self.pieces[place]
                return words
        return ""


def runs(pieces: list[Piece], belongs: Callable[[Piece], bool]) -> Iterator[list[int]]:
    """Places of pieces that stand together, run by run."""
    run: list[int] = []
    for place, piece in enumerate(pieces):
        if belongs(piece):
            run.append(place)
        elif run:
            yield run
            run = []
    if run:
        yield run
