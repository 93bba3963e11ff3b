"""Changes and records in words for screens: diffs become lines, steps become sentences. Nothing is decided here."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .. import diffs
from ..diffs import BlockChange, Piece
from ..merging import FIELD_LABELS, Conflict
from ..models import Block
from . import reading_aloud

Content = dict[str, Any]

KIND_WORDS = {
    "added": "Added",
    "removed": "Removed",
    "changed": "Changed",
    "moved": "Moved",
    "moved_and_changed": "Moved and changed",
}


#: Fields shown before the statements; the others, which say how the article is filed, come after them.
WORDS_FIRST = {"title", "subtitle", "summary"}


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
    sources_changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def lines(old: Content | None, new: Content, names: dict[str, str]) -> list[Line]:
    """Everything that differs between two snapshots, in reading order; what was merely read again comes last.

    ``names``: topic and person uids to what people call them.
    """
    found = diffs.diff(old, new)
    keys = _keys(old), _keys(new)
    reread = [change for change in found.blocks if _is_only_reread(change)]
    fields = [(change.name, _field_line(change, names)) for change in found.fields]
    shown = [(name, line) for name, line in fields if line.pieces]
    return [
        *(line for name, line in shown if name in WORDS_FIRST),
        *(_section_line(change) for change in found.sections),
        *(_block_line(change, keys) for change in found.blocks if change not in reread),
        *(line for name, line in shown if name not in WORDS_FIRST),
        *_reread_lines(reread),
    ]


def _keys(snapshot: Content | None) -> dict[str, str]:
    return {citation["uid"]: citation["key"] for citation in snapshot["citations"]} if snapshot else {}


def _field_line(change: diffs.FieldChange, names: dict[str, str]) -> Line:
    old, new = in_words(change.old, names), in_words(change.new, names)
    word = "Changed" if old and new else "Added" if new else "Removed"
    return Line(word, FIELD_LABELS.get(change.name, change.name), "", tuple(diffs.word_diff(old, new)))


def _section_line(change: diffs.SectionChange) -> Line:
    pieces = tuple(diffs.word_diff(change.old_heading or "", change.new_heading or ""))
    return Line(KIND_WORDS[change.kind], "Section", "", pieces, change.uid)


def _block_line(change: BlockChange, keys: tuple[dict[str, str], dict[str, str]]) -> Line:
    block = change.new_block or change.old_block or {}
    old, new = reading_aloud.words(change.old_block, keys[0]), reading_aloud.words(change.new_block, keys[1])
    before = {citation["uid"]: citation for citation in change.citations_removed}
    after = {citation["uid"]: citation for citation in change.citations_added}
    pairs = [f"{citation_words(before[uid])} → {citation_words(after[uid])}" for uid in after if uid in before]
    return Line(
        KIND_WORDS[change.kind],
        Block.Kind(block["kind"]).label,
        change.new_section or change.old_section or "",
        tuple(diffs.word_diff(old, new)) or (Piece("same", new or old),),
        change.uid,
        tuple(citation_words(after[uid]) for uid in after if uid not in before),
        tuple(citation_words(before[uid]) for uid in before if uid not in after),
        tuple(dict.fromkeys(pairs)),
        tuple(reading_aloud.notes(change.old_block, change.new_block)),
    )


def _is_only_reread(change: BlockChange) -> bool:
    """Nothing but the days on which sources were read has changed."""
    if change.kind != "changed" or change.old_block != change.new_block:
        return False
    return _undated(change.citations_removed) == _undated(change.citations_added)


def _undated(citations: Iterable[Content]) -> list[Content]:
    return [citation | {"accessed": ""} for citation in citations]


def _reread_lines(changes: list[BlockChange]) -> Iterator[Line]:
    """One line for all sources that were read again, however many statements cite them."""
    found: Counter[str] = Counter()
    for change in changes:
        for old, new in zip(change.citations_removed, change.citations_added, strict=True):
            found[f"{old['key']}: {old['accessed'] or 'no day'} → {new['accessed'] or 'no day'}"] += 1
    if found:
        told = tuple(f"{what} (in {_statements(number)})" for what, number in found.items())
        yield Line("Read again", "sources", "", (), sources_changed=told)


def _statements(number: int) -> str:
    return "1 place" if number == 1 else f"{number} places"


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
        citations = value.get("citations", ())
        told = reading_aloud.words(value, {citation["uid"]: citation["key"] for citation in citations})
        return "\n".join(filter(None, [told, *map(citation_words, citations), *reading_aloud.notes(None, value)]))
    if isinstance(value, dict) and "blocks" in value:
        return "\n".join(filter(None, [value["heading"], *(reading_aloud.words(b, {}) for b in value["blocks"])]))
    if isinstance(value, dict) and "key" in value:
        return citation_words(value)
    return in_words(value, names)
