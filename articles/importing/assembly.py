"""From pieces in order to a page: where sections begin, which source a mark means, what the snapshot says."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any

from articles.text import plain, slugify_ascii

from . import furniture
from .hidden import clean_markup, without_hidden
from .page import ImportedPage, ImportRefused, Piece, ProposedReference, Reading, Report
from .recognition import LIST_KINDS, MAX_SUBTITLE, PROMOTED, Recogniser, runs

MAX_STATEMENTS = 5_000
MAX_STATEMENT_CHARACTERS = 50_000
MAX_HEADING = 200
MAX_CELLS = 2_000
MAX_SOURCES = 500
_MARK = re.compile(r"\s?(?:<sup>)?\[(?P<numbers>\d{1,3}(?:\s?[,–-]\s?\d{1,3}){0,20})\](?:</sup>)?")
_ALL_BOLD = re.compile(r"^<strong>([^<]*)</strong>:?$")
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
_KINDS = {"condition", "therapy", "test", "explainer"}


def assemble(name: str, digest: str, reading: Reading, report: Report) -> ImportedPage:
    """The page made of a reading. Raises `ImportRefused` if no words are left or there are too many."""
    return _Assembler(name, digest, reading, report).page()


class _Assembler:
    """Makes the snapshot of what the recogniser left and found. The same file always gives the same ids."""

    def __init__(self, name: str, digest: str, reading: Reading, report: Report) -> None:
        if len(reading.pieces) > MAX_STATEMENTS * 2:  # before any word is looked at
            raise _too_many(len(reading.pieces))
        self.name = name
        self.digest = digest
        self.report = report
        self.facts = {key: [self._clean_words(each) for each in values] for key, values in reading.facts.items()}
        pieces = [piece for piece in map(self._cleaned, reading.pieces) if piece]
        self.found = Recogniser(name, pieces, self.facts, reading.topic_path, report)
        self.found.recognise()
        self.pieces = self.found.pieces
        self.references = self.found.references
        self.citations: list[dict[str, Any]] = []
        self.uids: Counter[tuple[str, str]] = Counter()

    def page(self) -> ImportedPage:
        self._take_facts()
        self._decide_headings()
        snapshot = self._snapshot()
        self._refuse_extremes(snapshot)
        self._summarise(snapshot)
        return ImportedPage(self.name, snapshot, self.references, self.report, self.found.dates, self.found.topic_path)

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

    # Facts from outside the text

    def _take_facts(self) -> None:
        used = {"language", "also_called", "aliases", "kind", "subtitle", "summary", *_CODE_FACTS}
        for key, values in self.facts.items():
            words = "; ".join(values)
            if key in ("title", "page_title"):
                if words and words.casefold() != self.found.title.casefold():
                    self.report.add("kept", 0, f"Another title ({key.replace('_', ' ')}).", words)
            elif key in _DATE_FACTS and (dated := furniture.date_line(f"updated {words}")):
                self.found.dates.setdefault(_DATE_FACTS[key], dated.date.iso())
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
        for run in runs(self.pieces, lambda piece: piece.may_be_heading):
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

    def _snapshot(self) -> dict[str, Any]:
        _make_keys_differ(self.references)
        uid = hashlib.sha256(f"article\n{self.name}\n{self.digest}".encode("utf-8", "replace")).hexdigest()[:32]
        title = self.found.title
        slug = slugify_ascii(title, longest=90) or f"imported-{uid[:8]}"
        return {
            "schema": 1,
            "uid": uid,
            "slug": slug,
            "language": self._language(),
            "kind": self._kind(title),
            "title": title,
            "subtitle": self.found.subtitle or self._fact("subtitle")[:MAX_SUBTITLE],
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
        if len(self.references) > MAX_SOURCES:
            raise ImportRefused(f"The page has {len(self.references):,} sources; the limit is {MAX_SOURCES:,}.")
        for piece in self.pieces:
            if piece.data and len(piece.data["header"]) * (1 + len(piece.data["rows"])) > MAX_CELLS:
                raise ImportRefused(f"The table on line {piece.line:,} has more than {MAX_CELLS:,} cells.")
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
