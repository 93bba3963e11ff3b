"""From pieces in order to a page: what is furniture, which are the sources, where sections begin."""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from articles.text import plain, slugify_ascii

from . import furniture
from .hidden import clean_markup, without_hidden
from .page import ImportedPage, ImportRefused, Piece, ProposedReference, Reading, Report
from .plain_text import may_be_heading
from .sources import looks_like_source, parse_source

MAX_STATEMENTS = 5_000
MAX_STATEMENT_CHARACTERS = 50_000
MAX_TITLE, MAX_SUBTITLE, MAX_HEADING = 200, 300, 200
_MARK = re.compile(r"\s?(?:<sup>)?\[(?P<numbers>\d{1,3}(?:\s?[,–-]\s?\d{1,3}){0,20})\](?:</sup>)?")
_ALL_BOLD = re.compile(r"^<strong>([^<]*)</strong>:?$")
PROMOTED = 99  # level of a line taken for a heading, until the levels of the page are known
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LANGUAGE = re.compile(r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?$")
_CODE = re.compile(r"^[A-Za-z0-9.:_-]{1,30}$")
_CODE_FACTS = {
    "umls_cui": "umls",
    "umls": "umls",
    "mesh": "mesh",
    "omim": "omim",
    "orpha": "orpha",
    "orphanet": "orpha",
    "icd10cm": "icd10cm",
    "snomed": "snomed",
    "mondo": "mondo",
}
_DATE_FACTS = {
    "updated": "updated",
    "modified": "updated",
    "lastmod": "updated",
    "reviewed": "reviewed",
    "date": "published",
}
_KIND_WORDS = (
    ("therapy", re.compile(r"\b(?:therap(?:y|ies)|treatments?|surgery|vaccines?|medicines?|transplants?)\b", re.I)),
    ("test", re.compile(r"\b(?:tests?|testing|screening|scans?|biopsy)\b", re.I)),
    (
        "condition",
        re.compile(
            r"\b(?:disease|disorder|syndrome|deficiency|cancer|leuk[a]?emia|h[a]?emophilia|infection)s?\b|itis\b", re.I
        ),
    ),
)
_KIND_NAMES = {"paragraph": "paragraph", "bullet": "bullet", "numbered": "numbered step", "table": "table"}
LIST_KINDS = ("bullet", "numbered")
_KINDS = {"condition", "therapy", "test", "explainer"}


def assemble(name: str, digest: str, reading: Reading, report: Report) -> ImportedPage:
    """The page made of a reading. Raises `ImportRefused` if no words are left or there are too many."""
    return _Assembler(name, digest, reading, report).page()


class _Assembler:
    """Takes things off the list of pieces, one sort after the other; what remains is the text."""

    def __init__(self, name: str, digest: str, reading: Reading, report: Report) -> None:
        if len(reading.pieces) > MAX_STATEMENTS * 2:  # before any word is looked at
            raise _too_many(len(reading.pieces))
        self.name = name
        self.digest = digest
        self.report = report
        self.topic_path = reading.topic_path
        self.facts = {key: [self._clean_words(each) for each in values] for key, values in reading.facts.items()}
        self.pieces = [piece for piece in map(self._cleaned, reading.pieces) if piece]
        self.dates: dict[str, str] = {}
        self.references: list[ProposedReference] = []
        self.citations: list[dict[str, Any]] = []
        self.uids: Counter[tuple[str, str]] = Counter()

    def page(self) -> ImportedPage:
        self._take_breadcrumbs()
        self._take_lines()
        self._take_masthead()
        self._take_sources()
        title = self._take_title()
        subtitle = self._take_subtitle()
        self._take_facts(title)
        self._decide_headings()
        snapshot = self._snapshot(title, subtitle)
        self._refuse_extremes(snapshot)
        self._summarise(snapshot)
        return ImportedPage(self.name, snapshot, self.references, self.report, self.dates, self.topic_path)

    # Words

    def _clean_words(self, text: str, line: int = 0) -> str:
        return " ".join(without_hidden(text, self.report, line).split(" ")).strip()

    def _cleaned(self, piece: Piece) -> Piece | None:
        piece.html = self._clean_html(piece.html, piece.line)
        if piece.data:
            piece.data["header"] = [self._clean_html(cell, piece.line) for cell in piece.data["header"]]
            piece.data["rows"] = [[self._clean_html(cell, piece.line) for cell in row] for row in piece.data["rows"]]
            piece.data["caption"] = self._clean_words(piece.data["caption"], piece.line)
            return piece
        return piece if plain(piece.html).strip() else None

    def _clean_html(self, markup: str, line: int) -> str:
        if len(markup) > MAX_STATEMENT_CHARACTERS * 4:
            raise ImportRefused(f"A paragraph on line {line:,} is longer than {MAX_STATEMENT_CHARACTERS:,} characters.")
        return clean_markup(markup, self.report, line)

    # Furniture

    def _remove(self, places: set[int]) -> None:
        self.pieces = [piece for place, piece in enumerate(self.pieces) if place not in places]

    def _take_breadcrumbs(self) -> None:
        names = self._title_names()
        gone: set[int] = set()
        text_begins = next((n for n, piece in enumerate(self.pieces) if self._is_text(piece)), len(self.pieces))
        for run in _runs(self.pieces, lambda piece: piece.kind in LIST_KINDS):
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
            is_heading = piece.kind == "heading" or piece.may_be_heading or furniture.is_sources_heading(words)
            own_level = piece.level if piece.kind == "heading" else PROMOTED
            if is_heading and furniture.is_sources_heading(words) and place:
                level = own_level
                piece.role = "sources-heading"
                self.report.add("recognised", piece.line, "List of sources.", plain(piece.html))
                yield place
            elif (level and is_heading and own_level <= level and not looks_like_source(words)) or (
                level and piece.kind == "paragraph" and before in LIST_KINDS and not looks_like_source(words)
            ):
                level = 0
            elif level and piece.kind in ("paragraph", *LIST_KINDS):
                yield place
            before = piece.kind

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
        words = re.sub(r"[\W_]+", " ", PurePosixPath(self.name).stem).strip() or "Untitled"
        self.report.add("uncertain", 0, "The page has no title; the file's name stands in for it.", words)
        return self._clean_words(words[0].upper() + words[1:MAX_TITLE])

    def _take_subtitle(self) -> str:
        for place, piece in enumerate(self.pieces[:2]):
            words = plain(piece.html)
            fits = piece.kind in ("paragraph", "heading") and len(words) <= MAX_SUBTITLE
            if fits and (piece.role == "subtitle" or (place == 0 and piece.role == "dated" and may_be_heading(words))):
                self.report.add("recognised", piece.line, f"Subtitle: “{words}”.")
                del self.pieces[place]
                return words
        return ""

    # Facts from outside the text

    def _take_facts(self, title: str) -> None:
        used = {"language", "also_called", "aliases", "kind", "subtitle", "summary", *_CODE_FACTS}
        for key, values in self.facts.items():
            words = "; ".join(values)
            if key in ("title", "page_title"):
                if words and words.casefold() != title.casefold():
                    self.report.add("kept", 0, f"Another title ({key.replace('_', ' ')}).", words)
            elif key in _DATE_FACTS and (dated := furniture.date_line(f"updated {words}")):
                self.dates.setdefault(_DATE_FACTS[key], dated.date.iso())
                self.report.add(
                    "recognised", 0, f"The page says it was {_DATE_FACTS[key]} on {dated.date.iso()}.", words
                )
            elif key not in used and words:
                self.report.add("kept", 0, f"“{key.replace('_', ' ')}” from the top of the file.", words)

    def _fact(self, key: str) -> str:
        return " ".join(self.facts.get(key, []))

    def _language(self) -> str:
        language = self._fact("language").replace("_", "-")
        if _LANGUAGE.match(language):
            return language
        if language:
            self.report.add("uncertain", 0, "The language of the page is not clear; English was assumed.", language)
        return "en"

    def _also_called(self) -> list[str]:
        names = [
            part.strip()
            for value in self.facts.get("also_called", self.facts.get("aliases", []))
            for part in value.split(";")
        ]
        return list(dict.fromkeys(name for name in names if name))

    def _codes(self) -> list[dict[str, str]]:
        found = []
        for key, system in _CODE_FACTS.items():
            for code in self.facts.get(key, []):
                if _CODE.match(code):
                    found.append({"system": system, "code": code, "relation": "exact"})
                    self.report.add("uncertain", 0, f"The {system} code {code} was taken over as exact: check it.")
                else:
                    self.report.add("kept", 0, f"“{key}” from the top of the file is no code.", code)
        return found

    def _kind(self, title: str) -> str:
        stated = self._fact("kind").casefold()
        if stated in _KINDS:
            return stated
        kind = next((kind for kind, words in _KIND_WORDS if words.search(title)), "explainer")
        self.report.add("uncertain", 0, f"The kind of article was guessed from the title: {kind}.")
        return kind

    # Headings

    def _decide_headings(self) -> None:
        """Which lines that stand alone are headings: those with text below them. Several below a colon are a list."""
        for run in _runs(self.pieces, lambda piece: piece.may_be_heading):
            above = self.pieces[run[0] - 1] if run[0] else None
            if len(run) > 1 and above and above.kind == "paragraph" and plain(above.html).endswith(":"):
                self._make_list(run)
                continue
            if run[-1] == len(self.pieces) - 1:
                last = self.pieces[run.pop()]
                self.report.add(
                    "uncertain",
                    last.line,
                    "A last line without text below it was kept as a paragraph.",
                    plain(last.html),
                )
            for place in run:
                self._promote(self.pieces[place])

    def _make_list(self, run: list[int]) -> None:
        for place in run:
            self.pieces[place].kind = "bullet"
            self.pieces[place].may_be_heading = False
        first = self.pieces[run[0]]
        self.report.add("uncertain", first.line, "Short lines below a colon were made bullets.", plain(first.html))

    def _promote(self, piece: Piece) -> None:
        piece.kind, piece.level = "heading", PROMOTED
        if _ALL_BOLD.match(piece.html):
            piece.html = _ALL_BOLD.sub(r"\1", piece.html).rstrip(": ")
        self.report.add("uncertain", piece.line, "A short line was taken for a heading.", plain(piece.html))

    def _section_level(self) -> int:
        levels = [max(piece.level, 2) for piece in self.pieces if piece.kind == "heading"]
        return min(levels, default=2)

    # The snapshot

    def _snapshot(self, title: str, subtitle: str) -> dict[str, Any]:
        _make_keys_differ(self.references)
        uid = hashlib.sha256(f"article\n{self.name}\n{self.digest}".encode("utf-8", "replace")).hexdigest()[:32]
        slug = slugify_ascii(title, longest=90) or f"imported-{uid[:8]}"
        return {
            "schema": 1,
            "uid": uid,
            "slug": slug,
            "language": self._language(),
            "kind": self._kind(title),
            "title": title,
            "subtitle": subtitle or self._fact("subtitle")[:MAX_SUBTITLE],
            "summary": self._fact("summary"),
            "also_called": self._also_called(),
            "topics": [],
            "codes": self._codes(),
            "people": [],
            "funding": "",
            "review_interval_months": 12,
            "sections": self._sections(),
            "citations": self._citations(),
        }

    def _uid(self, role: str, words: str) -> str:
        """The same for the same words in the same file, and different for each of several equal statements."""
        self.uids[role, words] += 1
        text = f"{self.name}\n{role}\n{words}\n{self.uids[role, words]}"
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]

    # Reference marks

    def _bind_marks(self, piece: Piece, uid: str) -> str:
        """The words of a statement with “[2]” made a citation of the second source."""
        if not self.references or "[" not in piece.html:
            return piece.html
        return _MARK.sub(lambda mark: self._citation_marks(mark, uid), piece.html)

    def _citation_marks(self, mark: re.Match[str], uid: str) -> str:
        numbers = _numbers(mark.group("numbers"))
        if not numbers or not all(1 <= number <= len(self.references) for number in numbers):
            return mark.group(0)
        return "".join(f'<cite data-uid="{self._cite(number, uid)}"></cite>' for number in numbers)

    def _cite(self, number: int, block: str | None) -> str:
        reference = self.references[number - 1]
        key = str(reference.csl["id"])
        uid = self._uid("citation", f"{key} {block or ''}")
        self.citations.append(
            {"uid": uid, "block": block, "key": key, "locator": "", "accessed": reference.accessed, "quote": ""}
        )
        return uid

    def _sections(self) -> list[dict[str, Any]]:
        section_level = self._section_level()
        sections: list[dict[str, Any]] = []
        for piece in self.pieces:
            words = plain(piece.html)
            if piece.kind == "heading" and max(piece.level, 2) == section_level and len(words) <= MAX_HEADING:
                sections.append({"uid": self._uid("section", words), "heading": words, "kind": "", "blocks": []})
                continue
            if not sections:
                sections.append({"uid": self._uid("section", ""), "heading": "", "kind": "", "blocks": []})
            sections[-1]["blocks"].append(self._block(piece))
        return sections

    def _block(self, piece: Piece) -> dict[str, Any]:
        kind = "subheading" if piece.kind == "heading" else piece.kind
        uid = self._uid(kind, piece.html or str(piece.data))
        if kind == "subheading" and len(plain(piece.html)) > MAX_HEADING:
            kind = "paragraph"
        return {
            "uid": uid,
            "kind": kind,
            "level": piece.level if kind in LIST_KINDS else 0,
            "claim": "none" if kind == "subheading" else "fact",
            "html": self._bind_marks(piece, uid),
            "no_source_reason": "",
            "data": piece.data,
        }

    def _citations(self) -> list[dict[str, Any]]:
        """Marks in the text first. A source without a mark supports the whole page, until an editor says more."""
        marked = {citation["key"] for citation in self.citations}
        if marked:
            self.report.add("recognised", 0, f"{len(self.citations)} reference marks were bound to their sources.")
        unmarked = [n for n, each in enumerate(self.references, 1) if each.csl["id"] not in marked]
        for number in sorted(unmarked, key=lambda n: str(self.references[n - 1].csl["id"])):
            self._cite(number, None)
        return self.citations

    # The end

    def _refuse_extremes(self, snapshot: dict[str, Any]) -> None:
        blocks = [block for section in snapshot["sections"] for block in section["blocks"]]
        if not blocks:
            raise ImportRefused("No text was found in the file.")
        if len(blocks) > MAX_STATEMENTS:
            raise _too_many(len(blocks))
        longest = max(self.pieces, key=lambda piece: len(piece.html))
        if len(longest.html) > MAX_STATEMENT_CHARACTERS:
            raise ImportRefused(
                f"The statement on line {longest.line:,} is longer than {MAX_STATEMENT_CHARACTERS:,} characters."
            )

    def _summarise(self, snapshot: dict[str, Any]) -> None:
        kinds = Counter(block["kind"] for section in snapshot["sections"] for block in section["blocks"])
        headings = sum(1 for section in snapshot["sections"] if section["heading"]) + kinds.pop("subheading", 0)
        counts = [("heading", headings), *((_KIND_NAMES[kind], kinds[kind]) for kind in sorted(kinds))]
        counts.append(("source", len(self.references)))
        told = ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for word, number in counts if number)
        self.report.add("recognised", 0, f"The draft has {told}.")


def _too_many(statements: int) -> ImportRefused:
    return ImportRefused(f"The page has {statements:,} statements; the limit is {MAX_STATEMENTS:,}.")


def _runs(pieces: list[Piece], belongs: Callable[[Piece], bool]) -> Iterator[list[int]]:
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


def _make_keys_differ(references: list[ProposedReference]) -> None:
    """Two sources of one author and year are told apart by a letter: raper2003, raper2003a."""
    used: Counter[str] = Counter()
    for reference in references:
        key = str(reference.csl["id"])
        used[key] += 1
        if used[key] > 1:
            reference.csl["id"] = key + _LETTERS[(used[key] - 2) % 26] * (1 + (used[key] - 2) // 26)


def _numbers(text: str) -> list[int]:
    """“1, 3-5” as 1, 3, 4, 5; nothing for what is no range, runs backwards or is longer than twenty."""
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.replace("–", "-").partition("-")
        if "-" in last:
            return []
        steps = range(int(first), int(last or first) + 1)
        if not 0 < len(steps) <= 20:
            return []
        numbers += steps
    return numbers
