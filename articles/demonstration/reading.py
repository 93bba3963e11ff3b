"""Reads the sample articles from their files: a small Markdown, one line for one statement. See README.md.

Pure: files in, plain dicts out. Ids are made from addresses and labels, so that a statement keeps its id from one
state of its article to the next, and from one load to the next.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

HERE = Path(__file__).parent
STATE = re.compile(r"\+\+\+\n(?P<head>.*?)\n\+\+\+\n(?P<body>.*)", re.DOTALL)
SECTION = re.compile(r"## ?(?P<heading>.*?) ?\{(?P<label>[a-z0-9-]+) ?(?P<kind>[a-z-]*)\}")
TAIL = re.compile(r"\s*\{(?P<label>[^|{}]*)(?:\|(?P<claim>[^|{}]*))?(?:\|(?P<reason>[^{}]*))?\}$")
CITATIONS = re.compile(r"\s*\[(@[^\]]+)\]")
CALLOUT = re.compile(r"(?P<urgency>[a-z-]+): (?P<heading>[^|]+?) \| (?P<text>.*)")
FIGURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<file>[^)]+)\) ?(?P<text>.*)")
#: How a line begins, the kind of statement it is, and what is cut off before its words.
BEGINNINGS = (
    (re.compile(r"### "), "subheading"),
    (re.compile(r"- "), "bullet"),
    (re.compile(r"\d+\. "), "numbered"),
    (re.compile(r"> "), "callout"),
    (re.compile(r"Table: "), "table"),
    (re.compile(r"(?=!\[)"), "figure"),
    (re.compile(r""), "paragraph"),
)
#: What a figure's data says about its file, by the name of its drawing.
Figures = dict[str, dict[str, Any]]

_markdown = MarkdownIt("commonmark")


class ContentError(ValueError):
    """A sample file that cannot be read; the message names the article and the line."""


@dataclass(frozen=True)
class State:
    """One state of an article: what its head says, with what earlier heads said, and its text."""

    slug: str
    number: int
    head: dict[str, Any]
    body: str


def stories() -> dict[str, list[State]]:
    """Every sample article's states in order, by address."""
    folders = sorted(path for path in (HERE / "content").iterdir() if path.is_dir())
    return {folder.name: list(_states(folder)) for folder in folders}


def _states(folder: Path) -> Iterator[State]:
    inherited: dict[str, Any] = {}
    for number, path in enumerate(sorted(folder.glob("*.md")), start=1):
        found = STATE.fullmatch(_typeset(path.read_text("utf-8")))
        if not found:
            raise ContentError(f"{path.name} of {folder.name} does not begin with a head between lines of +++.")
        own = tomllib.loads(found["head"])
        yield State(folder.name, number, inherited | own, found["body"])
        inherited |= {key: value for key, value in own.items() if key in LASTING}


#: What a later state takes over from an earlier one; the rest tells about one state only.
LASTING = {
    *("title", "subtitle", "summary", "kind", "topics", "also_called", "codes"),
    *("authors", "editor", "reviewer", "funding", "review_interval_months"),
}


def data(name: str) -> dict[str, Any]:
    """One of the TOML files beside this module."""
    return tomllib.loads(_typeset((HERE / f"{name}.toml").read_text("utf-8")))


def references() -> list[dict[str, Any]]:
    """The sources, as CSL-JSON items."""
    return json.loads((HERE / "references.json").read_text("utf-8"))


def _typeset(text: str) -> str:
    """Files are typed with the straight apostrophe of the keyboard; readers get the printed one."""
    return text.replace("'", "’")


def uid_of(kind: str, label: str) -> str:
    """The id of an article, a person or a topic of the demonstration."""
    return hashlib.sha256(f"gtsite demonstration {kind} {label}".encode()).hexdigest()[:32]


# --- from a state to a snapshot -----------------------------------------------------------------------------------


def snapshot_of(state: State, figures: Figures) -> dict[str, Any]:
    """The snapshot of one state. ``figures`` tells what became of the drawings."""
    reader = _Reader(state, figures)
    for line in state.body.splitlines():
        if line.strip():
            reader.read(line.strip())
    head = state.head
    people = [{"role": "author", "person": uid_of("person", key)} for key in head["authors"]]
    return {
        "schema": 1,
        "uid": uid_of("article", state.slug),
        "slug": state.slug,
        "language": "en",
        **{key: head[key] for key in ("kind", "title", "subtitle", "summary", "also_called", "funding")},
        "review_interval_months": head["review_interval_months"],
        "codes": head.get("codes", []),
        "topics": [uid_of("topic", slug) for slug in head["topics"]],
        "people": [*people, {"role": "editor", "person": uid_of("person", head["editor"])}],
        "sections": reader.sections,
        "citations": reader.citations,
    }


def drawings_of(state: State) -> set[str]:
    """The drawings that a state shows."""
    return {found["file"] for found in map(FIGURE.match, state.body.splitlines()) if found}


@dataclass
class _Reader:
    """Reads the lines of one state, top to bottom."""

    state: State
    figures: Figures
    sections: list[dict[str, Any]] = field(default_factory=list)
    citations: list[dict[str, Any]] = field(default_factory=list)
    label: str = ""

    def read(self, line: str) -> None:
        if line.startswith("## "):
            self._begin_section(line)
        elif line.startswith("|"):
            self._add_row(line)
        else:
            self._add_block(line)

    def _begin_section(self, line: str) -> None:
        found = SECTION.fullmatch(line)
        if not found:
            raise self._error(line, "a heading ends with its label in curly brackets")
        self.label = found["label"]
        uid = self._uid("section", self.label)
        self.sections.append({"uid": uid, "heading": found["heading"], "kind": found["kind"], "blocks": []})

    def _add_block(self, line: str) -> None:
        if not self.sections:
            raise self._error(line, "a statement stands in a section")
        blocks = self.sections[-1]["blocks"]
        words, label, claim, reason = _without_tail(line)
        uid = self._uid("block", label or f"{self.label}-{len(blocks) + 1}")
        beginning, kind = next((pattern, kind) for pattern, kind in BEGINNINGS if pattern.match(words))
        block = {"uid": uid, "kind": kind, "level": 0, "no_source_reason": reason, "data": None}
        words = SHAPERS.get(kind, lambda reader, block, words: words)(self, block, beginning.sub("", words, count=1))
        known = len(self.citations)
        block["html"] = self._inline(words, uid)
        block["claim"] = claim or ("none" if kind == "subheading" else "fact" if len(self.citations) > known else "")
        blocks.append(block)

    def _shape_callout(self, block: dict[str, Any], words: str) -> str:
        found = CALLOUT.fullmatch(words)
        if not found:
            raise self._error(words, "a callout is written “> urgent: Heading | words”")
        block["data"] = {"urgency": found["urgency"], "heading": found["heading"]}
        return found["text"]

    def _shape_table(self, block: dict[str, Any], words: str) -> str:
        block["data"] = {"caption": words, "header": [], "rows": []}
        return ""

    def _shape_figure(self, block: dict[str, Any], words: str) -> str:
        found = FIGURE.fullmatch(words)
        if not found:
            raise self._error(words, "a figure is written “![what it shows](file.svg) words”")
        block["data"] = {"alt": found["alt"], "decorative": False, "credit": "Our own drawing."} | self.figures[
            found["file"]
        ]
        return found["text"]

    def _add_row(self, line: str) -> None:
        table = self.sections[-1]["blocks"][-1]
        cells = [self._inline(cell.strip(), table["uid"]) for cell in line.strip("|").split("|")]
        if not table["data"]["header"]:
            table["data"]["header"] = cells
        else:
            table["data"]["rows"].append(cells)
            table["claim"] = table["claim"] or "fact"

    def _inline(self, words: str, block: str) -> str:
        marked = CITATIONS.sub(lambda found: "".join(self._cite(one, block) for one in found[1].split(";")), words)
        return _markdown.renderInline(marked)

    def _cite(self, written: str, block: str) -> str:
        key, _, locator = written.strip().removeprefix("@").partition(", ")
        uid = self._uid("citation", f"{block} {key} {self._times(block, key)}")
        accessed = self.state.head["checked"]
        self.citations.append(
            {"uid": uid, "block": block, "key": key, "locator": locator, "accessed": accessed, "quote": ""}
        )
        return f'<cite data-uid="{uid}"></cite>'

    def _times(self, block: str, key: str) -> int:
        return sum(1 for citation in self.citations if citation["block"] == block and citation["key"] == key)

    def _uid(self, kind: str, label: str) -> str:
        return uid_of(kind, f"{self.state.slug} {label}")[:12]

    def _error(self, line: str, why: str) -> ContentError:
        return ContentError(f"{self.state.slug}, state {self.state.number}, “{line[:60]}”: {why}.")


def _without_tail(line: str) -> tuple[str, str, str, str]:
    """A line's words, and its label, claim and reason for having no source; each may be empty."""
    found = TAIL.search(line)
    if not found:
        return line, "", "", ""
    label, claim, reason = ((part or "").strip() for part in found.groups())
    return line[: found.start()], label, claim, reason


#: Kinds of statement that keep more than their words: each takes its part out and returns the words that are left.
SHAPERS: dict[str, Callable[[_Reader, dict[str, Any], str], str]] = {
    "callout": _Reader._shape_callout,
    "table": _Reader._shape_table,
    "figure": _Reader._shape_figure,
}
