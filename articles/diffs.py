"""What changed between two snapshots, as data. Words for people and markup are put to it elsewhere.

Statements are told apart by uid, so a move is a move and not a removal with an addition. Every order here is the
reading order, and every result the same on every computer.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from articles.statements import blocks_of, longest_kept, moved_statements
from articles.text import inline_pieces, plain, show_hidden, word_core

Content = dict[str, Any]
T = TypeVar("T", bound=Hashable)

# The order in which fields are shown. "citations" are those of the article as a whole.
FIELDS = (
    "title", "subtitle", "summary", "also_called", "slug", "language", "kind", "topics", "codes", "people", "funding",
    "review_interval_months",
)  # fmt: skip

# Stretches without a unique word are compared pair by pair up to this many pairs, else shown as replaced:
# keeps the whole linear in the length of the text.
MOST_PAIRS = 2_500
DEEPEST_SEARCH = 8


@dataclass(frozen=True)
class FieldChange:
    """`old` is None for a new article."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class SectionChange:
    """`kind`: added, removed, changed, moved or moved_and_changed; `old_kind`, `new_kind`: the section's own kind."""

    uid: str
    kind: str
    old_heading: str | None
    new_heading: str | None
    old_kind: str | None
    new_kind: str | None


@dataclass(frozen=True)
class BlockChange:
    """`kind` as in SectionChange. `section_uid`: where it stands now, or stood; `old_section`, `new_section`: headings.

    A citation whose locator, quote or access date changed is both removed and added.
    """

    uid: str
    kind: str
    section_uid: str
    old_block: Content | None
    new_block: Content | None
    old_section: str | None
    new_section: str | None
    citations_added: tuple[Content, ...]
    citations_removed: tuple[Content, ...]


@dataclass(frozen=True)
class ArticleDiff:
    """Changes in reading order; what was removed stands after what preceded it."""

    fields: tuple[FieldChange, ...]
    sections: tuple[SectionChange, ...]
    blocks: tuple[BlockChange, ...]

    @property
    def has_changes(self) -> bool:
        return bool(self.fields or self.sections or self.blocks)


@dataclass(frozen=True)
class Piece:
    """`op`: same, added or removed. Same and removed pieces make the old text, same and added ones the new."""

    op: str
    text: str


def diff(old: Content | None, new: Content) -> ArticleDiff:
    """Everything that differs between two snapshots of the newest schema; `old` None means a new article."""
    moved = moved_statements(old, new) if old else set()
    return ArticleDiff(
        fields=tuple(_field_changes(old, new)),
        sections=tuple(_section_changes(old, new, moved)),
        blocks=tuple(_block_changes(old, new, moved)),
    )


def word_diff(old_plain: str, new_plain: str) -> list[Piece]:
    """The differences of two plain texts: whole sentences first, then words inside those that differ.

    Linear in the length of the texts, up to a logarithm.
    """
    old_sentences, new_sentences = _sentences(old_plain), _sentences(new_plain)
    pieces: list[Piece] = []
    for old_run, new_run, is_same in _stretches(old_sentences, new_sentences):
        old_words = [word for sentence in old_run for word in sentence]
        if is_same:
            pieces.append(Piece("same", "".join(old_words)))
        else:
            pieces.extend(_word_pieces(old_words, [word for sentence in new_run for word in sentence]))
    return _tidied(pieces)


def block_text(block: Content | None) -> str:
    """A block as text without anything hidden, for `word_diff`: markup, addresses, cells, odd characters spelt out.

    Two blocks with equal html and data have equal text, and different ones different text.
    """
    if block is None:
        return ""
    return "\n".join(line for line in (*_data_lines(block["data"] or {}), spelt_out(block["html"])) if line)


def block_words(block: Content | None) -> str:
    """A block as its readers read it: no markup, no addresses, no file names. Different blocks may read the same."""
    if block is None:
        return ""
    data = block["data"] or {}
    lines = [data.get("heading", ""), data.get("caption", "")]
    lines += [" | ".join(plain(cell) for cell in row) for row in [data.get("header", []), *data.get("rows", [])]]
    return "\n".join(line for line in (*lines, plain(block["html"]), data.get("alt", "")) if line)


def spelt_out(html: str) -> str:
    """Inline HTML as text with its markup in square brackets: "H[sub]2[/sub]O", "[link /about/]About us[/link]"."""
    return "".join(_spelt_piece(tag, text) for tag, text in inline_pieces(html))


# --- rows -------------------------------------------------------------------------------------------------


def _field_changes(old: Content | None, new: Content) -> Iterator[FieldChange]:
    for name in FIELDS:
        before = old[name] if old else None
        if before != new[name]:
            yield FieldChange(name, before, new[name])
    before = _citations(old).get(None, []) if old else None
    after = _citations(new).get(None, [])
    if (before or []) != after:
        yield FieldChange("citations", before, after)


def _section_changes(old: Content | None, new: Content, moved: set[str]) -> Iterator[SectionChange]:
    before = {section["uid"]: section for section in old["sections"]} if old else {}
    after = {section["uid"]: section for section in new["sections"]}
    for uid in _reading_order(list(before), list(after)):
        was, now = before.get(uid), after.get(uid)
        is_changed = _bare(was) != _bare(now)
        kind = _kind_of_change(was, now, is_changed, uid in moved)
        if kind:
            yield SectionChange(
                uid, kind, _get(was, "heading"), _get(now, "heading"), _get(was, "kind"), _get(now, "kind")
            )


def _block_changes(old: Content | None, new: Content, moved: set[str]) -> Iterator[BlockChange]:
    before = {block["uid"]: (section, block) for section, _, block in blocks_of(old)} if old else {}
    after = {block["uid"]: (section, block) for section, _, block in blocks_of(new)}
    old_citations, new_citations = _citations(old) if old else {}, _citations(new)
    for uid in _reading_order(list(before), list(after)):
        old_section, was = before.get(uid, (None, None))
        new_section, now = after.get(uid, (None, None))
        cited, cites = old_citations.get(uid, []), new_citations.get(uid, [])
        kind = _kind_of_change(was, now, (was, cited) != (now, cites), uid in moved)
        if kind:
            yield BlockChange(
                uid=uid,
                kind=kind,
                section_uid=_get(new_section or old_section, "uid") or "",
                old_block=was,
                new_block=now,
                old_section=_get(old_section, "heading"),
                new_section=_get(new_section, "heading"),
                citations_added=_without(cites, cited),
                citations_removed=_without(cited, cites),
            )


def _kind_of_change(was: Content | None, now: Content | None, is_changed: bool, is_moved: bool) -> str:
    if was is None:
        return "added"
    if now is None:
        return "removed"
    if is_moved:
        return "moved_and_changed" if is_changed else "moved"
    return "changed" if is_changed else ""


def _reading_order(old: list[str], new: list[str]) -> list[str]:
    """The new keys in their order, each removed key after the one it followed."""
    present = set(new)
    followers: dict[str | None, list[str]] = {}
    anchor: str | None = None
    for key in old:
        if key in present:
            anchor = key
        else:
            followers.setdefault(anchor, []).append(key)
    order = list(followers.get(None, []))
    for key in new:
        order.append(key)
        order.extend(followers.get(key, []))
    return order


def _citations(snapshot: Content) -> dict[str | None, list[Content]]:
    grouped: dict[str | None, list[Content]] = {}
    for citation in snapshot["citations"]:
        grouped.setdefault(citation["block"], []).append(citation)
    return grouped


def _without(citations: list[Content], others: list[Content]) -> tuple[Content, ...]:
    return tuple(citation for citation in citations if citation not in others)


def _bare(section: Content | None) -> tuple[str | None, str | None]:
    return _get(section, "heading"), _get(section, "kind")


def _get(row: Content | None, name: str) -> str | None:
    return row[name] if row else None


# --- words ------------------------------------------------------------------------------------------------


def _sentences(text: str) -> list[tuple[str, ...]]:
    """The text cut into sentences, each cut into words, punctuation and white space; nothing is lost."""
    sentences: list[tuple[str, ...]] = []
    current: list[str] = []
    ended = False
    for token in _tokens(text):
        if ended and not token.isspace():
            sentences.append(tuple(current))
            current, ended = [], False
        current.append(token)
        ended = ended or (token[-1] in ".!?…。؟।\n" and not token[0].isalnum())
    if current:
        sentences.append(tuple(current))
    return sentences


def _tokens(text: str) -> Iterator[str]:
    for run in _RUNS.findall(text):
        yield from _split_punctuation(run)


_RUNS = re.compile(r"\s+|\S+")


def _split_punctuation(run: str) -> Iterator[str]:
    start, end = word_core(run)
    yield from (part for part in (run[:start], run[start:end], run[end:]) if part)


def _word_pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for old_run, new_run, is_same in _stretches(old, new):
        if is_same:
            yield Piece("same", "".join(old_run))
            continue
        yield Piece("removed", "".join(old_run))
        yield Piece("added", "".join(new_run))


def _stretches(old: Sequence[T], new: Sequence[T]) -> Iterator[tuple[Sequence[T], Sequence[T], bool]]:
    """Both sequences cut into pairs of stretches that are the same, or differ."""
    at_old = at_new = 0
    for old_start, new_start, length in _common_runs(old, new):
        if at_old < old_start or at_new < new_start:
            yield old[at_old:old_start], new[at_new:new_start], False
        at_old, at_new = old_start + length, new_start + length
        yield old[old_start:at_old], new[new_start:at_new], True
    if at_old < len(old) or at_new < len(new):
        yield old[at_old:], new[at_new:], False


def _common_runs(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[int, int, int]]:
    """Starts and length of each run of matches, in order."""
    run: tuple[int, int, int] | None = None
    for old_at, new_at in _matches(old, new):
        if run and (old_at, new_at) == (run[0] + run[2], run[1] + run[2]):
            run = (run[0], run[1], run[2] + 1)
            continue
        if run:
            yield run
        run = (old_at, new_at, 1)
    if run:
        yield run


def _matches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Places of equal items, rising on both sides: patience diff, then plain comparison of what is left between.

    Items that occur once on both sides are the anchors; between anchors the search repeats.
    """
    found: list[tuple[int, int]] = []
    waiting = [(0, len(old), 0, len(new), 0)]
    while waiting:
        old_start, old_end, new_start, new_end, depth = waiting.pop()
        while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
            found.append((old_start, new_start))
            old_start, new_start = old_start + 1, new_start + 1
        while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
            old_end, new_end = old_end - 1, new_end - 1
            found.append((old_end, new_end))
        if old_start == old_end or new_start == new_end:
            continue
        anchors = _anchors(old, new, old_start, old_end, new_start, new_end) if depth < DEEPEST_SEARCH else []
        if not anchors:
            found.extend(_small_matches(old, new, old_start, old_end, new_start, new_end))
            continue
        found.extend(anchors)
        for old_at, new_at in [*anchors, (old_end, new_end)]:
            waiting.append((old_start, old_at, new_start, new_at, depth + 1))
            old_start, new_start = old_at + 1, new_at + 1
    return sorted(found)


def _anchors(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    old_start: int,
    old_end: int,
    new_start: int,
    new_end: int,
) -> list[tuple[int, int]]:
    olds, news = _places_of_unique(old, old_start, old_end), _places_of_unique(new, new_start, new_end)
    common = [item for item in news if item in olds]
    return [(olds[item], news[item]) for item in longest_kept(common, olds)]


def _places_of_unique(items: Sequence[Hashable], start: int, end: int) -> dict[Hashable, int]:
    places: dict[Hashable, int] = {}
    repeated: set[Hashable] = set()
    for place in range(start, end):
        if items[place] in places:
            repeated.add(items[place])
        places[items[place]] = place
    return {item: place for item, place in places.items() if item not in repeated}


def _small_matches(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    old_start: int,
    old_end: int,
    new_start: int,
    new_end: int,
) -> list[tuple[int, int]]:
    """Longest common subsequence of a small stretch; nothing for a large one."""
    height, width = old_end - old_start, new_end - new_start
    if height * width > MOST_PAIRS:
        return []
    lengths = [[0] * (width + 1) for _ in range(height + 1)]
    for i in range(height - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            is_equal = old[old_start + i] == new[new_start + j]
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if is_equal else max(lengths[i + 1][j], lengths[i][j + 1])
    found = []
    i = j = 0
    while i < height and j < width:
        if old[old_start + i] == new[new_start + j]:
            found.append((old_start + i, new_start + j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _tidied(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring changes as one removal and one addition, also across a lone space between them."""
    tidy: list[Piece] = []
    removed: list[str] = []
    added: list[str] = []

    def flush() -> None:
        tidy.extend(
            Piece(op, "".join(texts)) for op, texts in (("removed", removed), ("added", added)) if "".join(texts)
        )
        removed.clear()
        added.clear()

    for index, piece in enumerate(pieces):
        if piece.op != "same":
            (removed if piece.op == "removed" else added).append(piece.text)
        elif piece.text.isspace() and (removed or added) and index + 1 < len(pieces):
            removed.append(piece.text)
            added.append(piece.text)
        else:
            flush()
            if tidy and tidy[-1].op == "same":
                piece = Piece("same", tidy.pop().text + piece.text)
            tidy.append(piece)
    flush()
    return tidy


def _spelt_piece(tag: str, text: str) -> str:
    if not tag:
        return show_hidden(text)
    if tag in ("/cite", "/br"):
        return ""
    name = _TAG_WORDS.get(tag, tag)
    return f"[{name} {show_hidden(text)}]" if text else f"[{name}]"


_TAG_WORDS = {"a": "link", "/a": "/link", "cite": "citation", "br": "line break"}


def _data_lines(data: Content) -> Iterator[str]:
    """Callout, table and figure facts, a line for each."""
    if "rows" in data:
        yield show_hidden(data["caption"])
        for row in [data["header"], *data["rows"]]:
            yield " | ".join(spelt_out(cell) for cell in row)
        return
    for name, value in sorted(data.items()):
        yield f"{name}: {show_hidden(str(value))}"
