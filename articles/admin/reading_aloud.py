"""A statement as its readers read it, for people who compare two of them; what cannot be read is told in sentences.

Words are never hidden: odd characters are named, and where a link leads, what is bold or another picture is a note.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ..models import Block
from ..text import inline_pieces, plain, show_hidden

Content = dict[str, Any]

MARKS = {
    "strong": "Bold",
    "em": "Italic",
    "sub": "Lowered",
    "sup": "Raised",
    "a": "Link to",
    "abbr": "Explained as",
    "span": "In the language",
}
FACTS = {
    "kind": "Form",
    "level": "Level in the list",
    "claim": "Kind of statement",
    "no_source_reason": "Needs no source",
}
DATA = {"urgency": "Urgency", "alt": "Described as", "decorative": "Decoration only", "credit": "Credit"}


def words(block: Content | None, keys: dict[str, str]) -> str:
    """A statement without marks, its citations by the keys of their sources (``keys``: citation uid to key)."""
    if block is None:
        return ""
    data = block["data"] or {}
    rows = [data["header"], *data["rows"]] if "rows" in data else []
    lines = [show_hidden(data.get("heading", "")), show_hidden(data.get("caption", ""))]
    lines += [" | ".join(_inline(cell, keys) for cell in row) for row in rows]
    return "\n".join(line for line in (*lines, _inline(block["html"], keys)) if line)


def _inline(html: str, keys: dict[str, str]) -> str:
    return "".join(_said(tag, text, keys) for tag, text in _with_raised(html)).strip()


def _said(tag: str, text: str, keys: dict[str, str]) -> str:
    if tag == "cite":
        return f" [{show_hidden(keys.get(text, 'source'))}]"
    if tag == "br":
        return "\n"
    return "" if tag else show_hidden(text)


def _with_raised(html: str) -> Iterator[tuple[str, str]]:
    """The pieces of inline HTML, raised digits as such: ten to the power of five never reads 105."""
    raised = 0
    for tag, text in inline_pieces(html):
        raised += (tag == "sup") - (tag == "/sup")
        yield tag, plain(f"<sup>{text}</sup>") if raised > 0 and not tag and text.isalnum() else text


# --- what cannot be read ------------------------------------------------------------------------------------------


def notes(old: Content | None, new: Content | None) -> Iterator[str]:
    """Sentences about everything that differs and does not show in the words; of a new statement, its links."""
    if new is None:
        return
    if old is None:
        yield from (_marked(*mark) for mark in _marks(new) if mark[0] == "a")
        return
    yield from _fact_notes(FACTS, old, new)
    yield from _fact_notes(DATA, old["data"] or {}, new["data"] or {})
    if (old["data"] or {}).get("file") != (new["data"] or {}).get("file"):
        yield "Another picture"
    before, after = Counter(_marks(old)), Counter(_marks(new))
    yield from (f"No longer: {_marked(*mark)}" for mark in before - after)
    yield from (f"New: {_marked(*mark)}" for mark in after - before)


def _fact_notes(labels: dict[str, str], old: Content, new: Content) -> Iterator[str]:
    for name, label in labels.items():
        if old.get(name) != new.get(name):
            yield f"{label}: {_fact(name, old.get(name))} → {_fact(name, new.get(name))}"


def _fact(name: str, value: Any) -> str:
    if name == "kind" and value:
        return str(Block.Kind(value).label)
    if name == "claim" and value:
        return str(Block.Claim(value).label)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return show_hidden(str(value)) if value not in (None, "") else "–"


def _marked(tag: str, value: str, marked: str) -> str:
    what = " ".join(filter(None, [MARKS[tag], show_hidden(value)]))
    return f"{what}: “{show_hidden(marked)}”"


def _marks(block: Content) -> Iterator[tuple[str, str, str]]:
    for html in _htmls(block):
        yield from _marks_of(html)


def _htmls(block: Content) -> Iterable[str]:
    data = block["data"] or {}
    rows = [data["header"], *data["rows"]] if "rows" in data else []
    return [block["html"], *(cell for row in rows for cell in row)]


def _marks_of(html: str) -> Iterator[tuple[str, str, str]]:
    """Each marked stretch: its tag, the address, meaning or language it carries, and the words it is about."""
    opened: list[tuple[str, str, list[str]]] = []
    for tag, text in inline_pieces(html):
        if not tag:
            for _, _, said in opened:
                said.append(text)
        elif tag in MARKS:
            opened.append((tag, text, []))
        elif tag.startswith("/") and opened and opened[-1][0] == tag[1:]:
            name, value, said = opened.pop()
            yield name, value, "".join(said)
