"""Changes and records in words for screens: diffs become lines, steps become sentences. Nothing is decided here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import diffs
from ..diffs import ArticleDiff, BlockChange, Piece
from ..merging import FIELD_LABELS, Conflict
from ..models import Block

Content = dict[str, Any]

KIND_WORDS = {
    "added": "Added",
    "removed": "Removed",
    "changed": "Changed",
    "moved": "Moved",
    "moved_and_changed": "Moved and changed",
}


@dataclass(frozen=True)
class Line:
    """One change as a screen shows it: what happened, to what, where, and the words."""

    word: str
    what: str
    where: str
    pieces: tuple[Piece, ...]
    uid: str = ""
    sources_added: tuple[str, ...] = ()
    sources_removed: tuple[str, ...] = ()


def lines(found: ArticleDiff, names: dict[str, str]) -> list[Line]:
    """Every change in reading order. ``names``: topic and person uids to what people call them."""
    return [
        *(_field_line(change, names) for change in found.fields),
        *(_section_line(change) for change in found.sections),
        *(_block_line(change) for change in found.blocks),
    ]


def _field_line(change: diffs.FieldChange, names: dict[str, str]) -> Line:
    old, new = in_words(change.old, names), in_words(change.new, names)
    word = "Changed" if old and new else "Added" if new else "Removed"
    return Line(word, FIELD_LABELS.get(change.name, change.name), "", tuple(diffs.word_diff(old, new)))


def _section_line(change: diffs.SectionChange) -> Line:
    pieces = tuple(diffs.word_diff(change.old_heading or "", change.new_heading or ""))
    return Line(KIND_WORDS[change.kind], "Section", "", pieces, change.uid)


def _block_line(change: BlockChange) -> Line:
    block = change.new_block or change.old_block or {}
    old, new = diffs.block_text(change.old_block), diffs.block_text(change.new_block)
    return Line(
        KIND_WORDS[change.kind],
        Block.Kind(block["kind"]).label,
        change.new_section or change.old_section or "",
        tuple(diffs.word_diff(old, new)) or (Piece("same", new or old),),
        change.uid,
        tuple(citation_words(citation) for citation in change.citations_added),
        tuple(citation_words(citation) for citation in change.citations_removed),
    )


def citation_words(citation: Content) -> str:
    """A citation in one line: key, place, day and quote."""
    quote = f"“{citation['quote']}”" if citation["quote"] else ""
    day = f"read {citation['accessed']}" if citation["accessed"] else ""
    return ", ".join(filter(None, [citation["key"], citation["locator"], day, quote]))


def in_words(value: Any, names: dict[str, str]) -> str:
    """A field's value as one text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(in_words(item, names) for item in value)
    if isinstance(value, dict):
        return " ".join(in_words(item, names) for item in value.values())
    return names.get(str(value), str(value))


# --- clashes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clash:
    """One clash of two edits, as text for the three columns of the merge page."""

    where: str
    label: str
    base: str
    theirs: tuple[Piece, ...]
    mine: tuple[Piece, ...]


def clashes(conflicts: Iterable[Conflict], names: dict[str, str]) -> list[Clash]:
    """Each clash with both edits marked against what they started from."""
    return [_clash(conflict, names) for conflict in conflicts]


def _clash(conflict: Conflict, names: dict[str, str]) -> Clash:
    base, theirs, mine = (_value(value, names) for value in (conflict.base, conflict.theirs, conflict.mine))
    return Clash(
        conflict.where,
        conflict.label,
        base,
        tuple(diffs.word_diff(base, theirs)),
        tuple(diffs.word_diff(base, mine)),
    )


def _value(value: Any, names: dict[str, str]) -> str:
    if isinstance(value, dict) and "html" in value:
        cited = "; ".join(citation_words(citation) for citation in value.get("citations", ()))
        return "\n".join(filter(None, [diffs.block_text(value), cited]))
    if isinstance(value, dict) and "blocks" in value:
        return "\n".join(filter(None, [value["heading"], *(diffs.block_text(b) for b in value["blocks"])]))
    if isinstance(value, dict) and "key" in value:
        return citation_words(value)
    return in_words(value, names)
