"""Between a section's blocks and the one word-processor field they are edited in.

``to_editor`` writes blocks as plain HTML, ``from_editor`` reads it back, with or without the editor's JavaScript.
Three rules keep history honest:

- A block keeps its uid as long as its element carries it. An element without one, or with one that another element
  carries too (paste), is first compared with the old blocks that are left over and gets the uid of the one it is
  most like; only then it gets a new one.
- What reads the same stays the same, byte for byte: the editor writes marks in its own order, and that must not
  count as an edit.
- No word is lost: what has no place of its own becomes a paragraph or a line, and what cannot be kept is named.

Callout: ``<aside data-urgency="urgent"><h4>Heading</h4><p>Text</p></aside>``. Figure: ``<figure data-file="….webp"
data-credit="…"><img alt="…"><figcaption>…</figcaption></figure>``. A new citation can be typed as
``<cite data-key="raper2003"></cite>``.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import escape
from html.parser import HTMLParser
from typing import Any

import nh3

from ..text import TextError, clean_inline, normalise, plain

Block = dict[str, Any]

URGENCIES = ("non-urgent", "urgent", "emergency")
CLAIMS = ("fact", "number", "advice", "opinion", "definition", "none")
LIST_TAGS = {"bullet": "ul", "numbered": "ol"}
DEEPEST_LEVEL = 3

#: Two texts this alike (difflib's ratio) are one statement, edited.
ALIKE = 0.6
#: Beyond this many pairs only equal texts are matched, so that a huge paste cannot stall the server.
MOST_PAIRS = 4_000
COMPARED_CHARACTERS = 600

CITE = re.compile(r'<cite data-uid="([a-z0-9]{1,12})"></cite>')
_UID = re.compile(r"[a-z0-9]{1,12}")
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_FILE = re.compile(r"[0-9a-f]{64}\.webp")
_WHITE = re.compile(r"[ \t\r\n\f]+")


def new_uid() -> str:
    """A fresh id for a block or a citation."""
    return uuid.uuid4().hex[:12]


# --- to the editor ------------------------------------------------------------------------------------------------


def to_editor(blocks: Sequence[Block]) -> str:
    """A section's blocks as the HTML its field starts from."""
    writer = _ListWriter()
    for block, level in zip(blocks, _shown_levels(blocks), strict=True):
        if block["kind"] in LIST_TAGS:
            writer.item(LIST_TAGS[block["kind"]], level, f"<li{_attributes(block)}>{block['html']}")
        else:
            writer.block(_WRITERS[block["kind"]](block))
    return writer.html()


class _ListWriter:
    """Opens and closes lists so that items nest by level."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._open: list[str] = []

    def item(self, tag: str, level: int, html: str) -> None:
        self._close(level + 1)
        if len(self._open) == level + 1:
            if self._open[-1] == tag:
                self._pieces.append("</li>\n")
            else:
                self._close(level)
        if len(self._open) == level:
            self._open.append(tag)
            self._pieces.append(f"\n<{tag}>\n" if level else f"<{tag}>\n")
        self._pieces.append(html)

    def block(self, html: str) -> None:
        self._close(0)
        self._pieces.append(f"{html}\n")

    def html(self) -> str:
        self._close(0)
        return "".join(self._pieces)

    def _close(self, depth: int) -> None:
        while len(self._open) > depth:
            self._pieces.append(f"</li>\n</{self._open.pop()}>\n")


def _shown_levels(blocks: Sequence[Block]) -> list[int]:
    """HTML lists cannot skip a level: an item is shown at most one deeper than the item before it."""
    levels = []
    deepest = 0
    for block in blocks:
        level = min(block["level"], deepest) if block["kind"] in LIST_TAGS else 0
        deepest = level + 1 if block["kind"] in LIST_TAGS else 0
        levels.append(level)
    return levels


def _attributes(block: Block, **more: str) -> str:
    named = {
        "uid": block["uid"],
        "claim": block["claim"],
        "no-source-reason": block["no_source_reason"],
        **more,
    }
    return "".join(f' data-{name}="{escape(value)}"' for name, value in named.items() if value)


def _paragraph(block: Block) -> str:
    return f"<p{_attributes(block)}>{block['html']}</p>"


def _subheading(block: Block) -> str:
    return f"<h3{_attributes(block)}>{block['html']}</h3>"


def _callout(block: Block) -> str:
    data = block["data"]
    start = f"<aside{_attributes(block, urgency=data['urgency'])}>"
    return f"{start}<h4>{escape(data['heading'], quote=False)}</h4><p>{block['html']}</p></aside>"


def _table(block: Block) -> str:
    data = block["data"]
    header = "".join(f"<th>{cell}</th>" for cell in data["header"])
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in data["rows"])
    caption = f"<caption>{escape(data['caption'], quote=False)}</caption>"
    return f"<table{_attributes(block)}>{caption}\n<tbody><tr>{header}</tr>\n{rows}</tbody></table>"


def _figure(block: Block) -> str:
    data = block["data"]
    attributes = _attributes(
        block,
        file=data["file"],
        width=str(data["width"]),
        height=str(data["height"]),
        decorative="true" if data["decorative"] else "",
        credit=data["credit"],
    )
    return f'<figure{attributes}><img alt="{escape(data["alt"])}"><figcaption>{block["html"]}</figcaption></figure>'


_WRITERS = {
    "paragraph": _paragraph,
    "subheading": _subheading,
    "callout": _callout,
    "table": _table,
    "figure": _figure,
}


# --- back from the editor -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What the fields of an article say: blocks by section, what to tell the editor, and which sources new
    citations name. ``copies`` maps a citation made by copying text to the one it was copied from."""

    sections: list[list[Block]]
    problems: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)


def from_editor(html: str, old_blocks: Sequence[Block]) -> tuple[list[Block], list[str]]:
    """One section's field as blocks, and sentences about what could not be read; never raises."""
    reading = read_sections([html], [old_blocks])
    return reading.sections[0], reading.problems


def read_sections(bodies: Sequence[str], old_sections: Sequence[Sequence[Block]]) -> Reading:
    """All fields of an article at once: a statement cut from one section and pasted into another keeps its uid."""
    problems: list[str] = []
    sources: dict[str, str] = {}
    sections = [_drafts(body, problems, sources) for body in bodies]
    old = {block["uid"]: block for section in old_sections for block in section}
    _assign_uids([draft for section in sections for draft in section], old)
    levels = dict(zip(old, [level for section in old_sections for level in _shown_levels(section)], strict=True))
    blocks = [[_settle(draft, old.get(draft.uid), levels) for draft in section] for section in sections]
    copies = _part_doubled_citations([block for section in blocks for block in section], old)
    sources |= {new: sources[origin] for new, origin in copies.items() if origin in sources}
    return Reading(blocks, list(dict.fromkeys(problems)), sources, copies)


@dataclass(eq=False)
class _Draft:
    """A block as read from the field, before it is known which block it was."""

    kind: str
    level: int = 0
    uid: str = ""
    claim: str = ""
    reason: str = ""
    pieces: list[str] = field(default_factory=list)
    data: dict[str, Any] | None = None
    html: str = ""

    def is_empty(self) -> bool:
        texts = [self.html, *self._data_texts()]
        return self.kind != "figure" and not any(CITE.search(text) or plain(text).strip() for text in texts)

    def words(self) -> str:
        texts = " ".join(plain(text) for text in [*self._data_texts(), self.html])
        return _WHITE.sub(" ", texts).strip()

    def _data_texts(self) -> list[str]:
        return _data_texts(self.kind, self.data)


def _data_texts(kind: str, data: dict[str, Any] | None) -> list[str]:
    """The texts that a block keeps outside its html, as inline html."""
    if kind == "callout" and data:
        return [escape(data["heading"], quote=False)]
    if kind == "table" and data:
        cells = [cell for row in [data["header"], *data["rows"]] for cell in row]
        return [escape(data["caption"], quote=False), *cells]
    return []


_INLINE = {"strong", "em", "b", "i", "a", "sub", "sup", "abbr", "span"}
_PLAIN_BLOCKS = {
    "p", "div", "section", "article", "header", "footer", "main", "nav", "address", "pre", "blockquote", "dl", "dt",
    "dd", "hr", "figcaption", "thead", "tbody", "tfoot", "aside", "figure",
}  # fmt: skip
_HEADINGS = {f"h{n}" for n in range(1, 7)}
_BLOCK_DATA = {"data-uid", "data-claim", "data-no-source-reason"}
_FIGURE_DATA = {"data-file", "data-width", "data-height", "data-decorative", "data-credit"}
_KEPT_TAGS = {
    *_INLINE,
    *_PLAIN_BLOCKS,
    *_HEADINGS,
    *["br", "cite", "ul", "ol", "li", "table", "caption", "tr", "th", "td", "img"],
}
_KEPT_ATTRIBUTES = {
    **dict.fromkeys(("p", "li", "h3", "table"), _BLOCK_DATA),
    "aside": _BLOCK_DATA | {"data-urgency"},
    "figure": _BLOCK_DATA | _FIGURE_DATA,
    "img": {"alt"},
    "a": {"href"},
    "abbr": {"title"},
    "span": {"lang"},
    "cite": {"data-uid", "data-key"},
}


def _drafts(html: str, problems: list[str], sources: dict[str, str]) -> list[_Draft]:
    reader = _Reader(problems, sources)
    reader.feed(nh3.clean(html, tags=_KEPT_TAGS, attributes=_KEPT_ATTRIBUTES, link_rel=None))
    reader.close()
    return reader.finish()


class _Reader(HTMLParser):
    """Reads cleaned HTML in one pass, without recursion, whatever the depth.

    ``_box`` names the part of a block that has to stay one text (a callout's title or text, a table's cell or
    caption, a figure's caption): block tags inside it become line breaks.
    """

    def __init__(self, problems: list[str], sources: dict[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._problems = problems
        self._sources = sources
        self._drafts: list[_Draft] = []
        self._open: _Draft | None = None
        self._sink: list[str] | None = None
        self._box = ""
        self._nested_tables = 0
        self._break_due = False
        self._lists: list[str] = []
        self._marks: list[tuple[str, str]] = []

    # what HTMLParser calls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _INLINE:
            self._start_mark(tag)
        elif tag in _HEADINGS:
            self._start_heading(values)
        else:
            getattr(self, f"_start_{tag}", self._start_plain)(values)

    def handle_endtag(self, tag: str) -> None:
        if tag in _INLINE:
            self._end_mark(tag)
        elif tag in _HEADINGS:
            self._end_heading()
        elif tag not in ("br", "cite", "img"):
            getattr(self, f"_end_{tag}", self._end_plain)()

    def handle_data(self, data: str) -> None:
        if self._sink is None and not data.strip(" \t\r\n\f"):
            return
        self._write(escape(data, quote=False), is_blank=not data.strip(" \t\r\n\f"))

    def finish(self) -> list[_Draft]:
        self._flush()
        return self._drafts

    # inline

    def _start_mark(self, tag: str) -> None:
        start = self.get_starttag_text() or f"<{tag}>"
        self._marks.append((tag, start))
        if self._sink is not None:
            self._sink.append(start)

    def _end_mark(self, tag: str) -> None:
        if self._marks and self._marks[-1][0] == tag:
            self._marks.pop()
            if self._sink is not None:
                self._sink.append(f"</{tag}>")

    def _start_br(self, values: dict[str, str]) -> None:
        if self._sink is not None:
            self._write("<br>")

    def _start_cite(self, values: dict[str, str]) -> None:
        uid, key = values.get("data-uid", ""), values.get("data-key", "")
        if not _UID.fullmatch(uid):
            if not _KEY.fullmatch(key):
                return
            uid = new_uid()
        if _KEY.fullmatch(key):
            self._sources[uid] = key
        self._write(f'<cite data-uid="{uid}"></cite>')

    def _start_img(self, values: dict[str, str]) -> None:
        if self._open is not None and self._open.kind == "figure" and self._open.data is not None:
            self._open.data["alt"] = values.get("alt", "")
        else:
            self._problems.append("A pasted picture was left out. Upload it and insert it as a figure.")

    # blocks

    def _start_plain(self, values: dict[str, str]) -> None:
        if self._box or (self._lists and self._open is not None):
            self._adopt(values)
            self._break()
            return
        self._flush()
        if values:
            self._begin(_Draft("list-item-to-be" if self._lists else "paragraph"), values)

    def _end_plain(self) -> None:
        if self._box or self._lists:
            self._break()
        else:
            self._flush()

    def _start_heading(self, values: dict[str, str]) -> None:
        if self._open is not None and self._open.kind == "callout" and self._box == "text" and not self._has_text():
            self._open.data = {**(self._open.data or {}), "heading": []}
            self._enter("title", self._open.data["heading"])
        elif self._box or self._lists:
            self._start_plain({})
        else:
            self._flush()
            self._begin(_Draft("subheading"), values)

    def _end_heading(self) -> None:
        if self._box == "title" and self._open is not None:
            self._enter("text", self._open.pieces)
        else:
            self._end_plain()

    def _start_ul(self, values: dict[str, str]) -> None:
        self._start_list("bullet")

    def _start_ol(self, values: dict[str, str]) -> None:
        self._start_list("numbered")

    def _start_list(self, kind: str) -> None:
        if self._box:
            self._break()
            return
        self._flush()
        self._lists.append(kind)

    def _end_ul(self) -> None:
        if self._box:
            self._break()
            return
        self._flush()
        if self._lists:
            self._lists.pop()

    _end_ol = _end_ul

    def _start_li(self, values: dict[str, str]) -> None:
        if self._box:
            self._break()
            return
        self._flush()
        self._begin(self._item(), values)

    def _end_li(self) -> None:
        if self._box:
            self._break()
        else:
            self._flush()

    def _start_aside(self, values: dict[str, str]) -> None:
        urgency = values.get("data-urgency", "")
        if self._box or urgency not in URGENCIES:
            self._start_plain({})
            return
        self._flush()
        self._begin(_Draft("callout", data={"urgency": urgency, "heading": []}), values)
        self._box = "text"

    def _end_aside(self) -> None:
        if self._open is not None and self._open.kind == "callout":
            self._flush()
        else:
            self._end_plain()

    def _start_figure(self, values: dict[str, str]) -> None:
        file = values.get("data-file", "")
        if self._box or not _FILE.fullmatch(file):
            self._start_plain({})
            return
        self._flush()
        data = {
            "file": file,
            "alt": "",
            "decorative": values.get("data-decorative") == "true",
            "width": _whole(values.get("data-width", "")),
            "height": _whole(values.get("data-height", "")),
            "credit": values.get("data-credit", ""),
        }
        self._begin(_Draft("figure", data=data), values)
        self._box = "figure"

    def _end_figure(self) -> None:
        if self._open is not None and self._open.kind == "figure":
            self._flush()
        else:
            self._end_plain()

    def _start_table(self, values: dict[str, str]) -> None:
        if self._box:
            self._nested_tables += self._in_table()
            self._break()
            return
        self._flush()
        self._begin(_Draft("table", data={"caption": [], "rows": []}), values)
        self._enter("table", None)

    def _end_table(self) -> None:
        if self._nested_tables:
            self._nested_tables -= 1
            self._break()
        elif self._in_table():
            self._flush()

    def _start_caption(self, values: dict[str, str]) -> None:
        if self._in_table() and not self._nested_tables:
            self._enter("caption", self._table()["caption"])
        else:
            self._break()

    def _end_caption(self) -> None:
        self._leave_cell()

    def _start_tr(self, values: dict[str, str]) -> None:
        if self._in_table() and not self._nested_tables:
            self._table()["rows"].append([])
        else:
            self._break()

    def _end_tr(self) -> None:
        self._break()

    def _start_td(self, values: dict[str, str]) -> None:
        if not self._in_table() or self._nested_tables:
            self._break()
            return
        rows = self._table()["rows"]
        if not rows:
            rows.append([])
        rows[-1].append([])
        self._enter("cell", rows[-1][-1])

    _start_th = _start_td

    def _end_td(self) -> None:
        self._leave_cell()

    _end_th = _end_td

    # the state between

    def _in_table(self) -> bool:
        return self._open is not None and self._open.kind == "table"

    def _table(self) -> dict[str, Any]:
        assert self._open is not None
        assert self._open.data is not None
        return self._open.data

    def _leave_cell(self) -> None:
        if self._in_table() and not self._nested_tables:
            self._enter("table", None)
        else:
            self._break()

    def _item(self) -> _Draft:
        kind = self._lists[-1] if self._lists else "bullet"
        return _Draft(kind, level=min(max(len(self._lists) - 1, 0), DEEPEST_LEVEL))

    def _begin(self, draft: _Draft, values: dict[str, str]) -> None:
        if draft.kind == "list-item-to-be":
            draft = self._item()
        self._open = draft
        self._adopt(values)
        self._enter("", draft.pieces)

    def _adopt(self, values: dict[str, str]) -> None:
        """Take over the marks of identity, unless the block has them already or has begun."""
        draft = self._open
        if draft is None or draft.uid or (self._sink and self._has_text()):
            return
        uid = values.get("data-uid", "")
        draft.uid = uid if _UID.fullmatch(uid) else ""
        claim = values.get("data-claim", "")
        draft.claim = claim if claim in CLAIMS else draft.claim
        draft.reason = values.get("data-no-source-reason", "") or draft.reason

    def _enter(self, box: str, sink: list[str] | None) -> None:
        self._box = box
        self._break_due = False
        self._sink = sink
        if sink is not None:
            sink.extend(start for _, start in self._marks)

    def _break(self) -> None:
        self._break_due = self._break_due or self._has_text()

    def _has_text(self) -> bool:
        return any(not piece.startswith("<") or piece.startswith("<cite") for piece in self._sink or ())

    def _write(self, html: str, is_blank: bool = False) -> None:
        if self._sink is None:
            if self._box == "table":
                return
            self._begin(self._item() if self._lists else _Draft("paragraph"), {})
        assert self._sink is not None
        if self._break_due and not is_blank:
            self._sink.append("<br>")
            self._break_due = False
        self._sink.append(html)

    def _flush(self) -> None:
        draft, self._open, self._sink, self._box = self._open, None, None, ""
        self._break_due = False
        self._nested_tables = 0
        if draft is None:
            return
        try:
            _clean(draft)
        except TextError as refusal:
            self._problems.append(f"“{_start_of(draft)}”: {refusal}")
        if not draft.is_empty():
            self._drafts.append(draft)


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 6 else 0


def _start_of(draft: _Draft) -> str:
    text = _WHITE.sub(" ", plain(nh3.clean("".join(draft.pieces), tags=set()))).strip()
    return text if len(text) <= 60 else f"{text[:59]}…"


def _clean(draft: _Draft) -> None:
    """Turn collected pieces into clean texts. The shape is put right first, so that a refused text still fits."""
    data = draft.data
    raw = "".join(draft.pieces)
    draft.html = nh3.clean(raw, tags=set())
    if draft.kind == "callout" and data is not None:
        heading, data["heading"] = "".join(data["heading"]), ""
        data["heading"] = _plain_text(heading)
    if draft.kind == "table" and data is not None:
        caption, rows = "".join(data["caption"]), data["rows"]
        draft.data = data = {"caption": "", "header": [], "rows": []}
        data["caption"] = _plain_text(caption)
        data["header"], data["rows"] = _squared([["".join(cell) for cell in row] for row in rows])
    if draft.kind == "figure" and data is not None:
        data["alt"] = "" if data["decorative"] else normalise(_WHITE.sub(" ", data["alt"])).strip()
        data["credit"] = normalise(_WHITE.sub(" ", data["credit"])).strip()
    draft.reason = normalise(_WHITE.sub(" ", draft.reason)).strip()
    draft.html = clean_inline(raw)


def _plain_text(html: str) -> str:
    return normalise(_WHITE.sub(" ", plain(clean_inline(html)))).strip()


def _squared(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of equal width; the first row is the header."""
    filled = [[clean_inline(cell) for cell in row] for row in rows if row]
    width = max((len(row) for row in filled), default=0)
    padded = [row + [""] * (width - len(row)) for row in filled]
    return (padded[0], padded[1:]) if padded else ([], [])


# --- which block it was -------------------------------------------------------------------------------------------


def _assign_uids(drafts: list[_Draft], old: dict[str, Block]) -> None:
    _part_doubled(drafts, old)
    taken = {draft.uid for draft in drafts if draft.uid}
    nameless = [draft for draft in drafts if not draft.uid]
    left = {uid: _words(block) for uid, block in old.items() if uid not in taken}
    _match_equal(nameless, left)
    _match_alike([draft for draft in nameless if not draft.uid], left)
    for draft in drafts:
        draft.uid = draft.uid or new_uid()


def _part_doubled(drafts: list[_Draft], old: dict[str, Block]) -> None:
    """Of several elements with one uid, the one most like the old block keeps it; unknown uids are forgotten."""
    bearers: dict[str, list[_Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.uid not in old:
            draft.uid = ""
        elif draft.uid:
            bearers[draft.uid].append(draft)
    for uid, group in bearers.items():
        if len(group) > 1:
            words = _words(old[uid])
            keeper = max(group, key=lambda draft: _likeness(draft.words(), words))
            for draft in group:
                draft.uid = uid if draft is keeper else ""


def _match_equal(drafts: list[_Draft], left: dict[str, str]) -> None:
    by_words: dict[str, list[str]] = defaultdict(list)
    for uid, words in left.items():
        by_words[words].append(uid)
    for draft in drafts:
        candidates = by_words.get(draft.words())
        if candidates:
            draft.uid = candidates.pop(0)
            del left[draft.uid]


def _match_alike(drafts: list[_Draft], left: dict[str, str]) -> None:
    if len(drafts) * len(left) > MOST_PAIRS:
        return
    texts = [draft.words() for draft in drafts]
    pairs = [(_likeness(text, words), place, uid) for place, text in enumerate(texts) for uid, words in left.items()]
    for ratio, place, uid in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if ratio >= ALIKE and not drafts[place].uid and uid in left:
            drafts[place].uid = uid
            del left[uid]


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    matcher = SequenceMatcher(None, one[:COMPARED_CHARACTERS], other[:COMPARED_CHARACTERS], autojunk=False)
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()


def _words(block: Block) -> str:
    texts = [*_data_texts(block["kind"], block["data"]), block["html"]]
    return _WHITE.sub(" ", " ".join(plain(text) for text in texts)).strip()


# --- unchanged unless changed -------------------------------------------------------------------------------------


def _settle(draft: _Draft, old: Block | None, levels: dict[str, int]) -> Block:
    """The block a draft stands for, in the old block's own bytes wherever both read the same."""
    silent = old is not None and not draft.claim
    claim = old["claim"] if old is not None and silent else draft.claim
    reason = old["no_source_reason"] if old is not None and silent else draft.reason
    block = {
        "uid": draft.uid,
        "kind": draft.kind,
        "level": draft.level,
        "claim": claim or ("none" if draft.kind in ("subheading", "figure") else "fact"),
        "html": draft.html,
        "no_source_reason": reason,
        "data": draft.data,
    }
    if old is None or old["kind"] != draft.kind:
        return block
    if draft.level == levels[draft.uid]:
        block["level"] = old["level"]
    block["html"] = old["html"] if draft.kind == "table" else _kept(draft.html, old["html"])
    block["data"] = _kept_data(draft, old["data"])
    return block


def _kept(new: str, old: str) -> str:
    return old if new == old or _runs(new) == _runs(old) else new


def _kept_data(draft: _Draft, old: dict[str, Any] | None) -> dict[str, Any] | None:
    new = draft.data
    if draft.kind != "table" or not new or not old:
        return new
    header = [_kept(cell, before) for cell, before in zip(new["header"], old["header"], strict=False)]
    rows = [
        [_kept(cell, before) for cell, before in zip(row, was, strict=False)] + row[len(was) :]
        for row, was in zip(new["rows"], old["rows"], strict=False)
    ]
    return {
        "caption": new["caption"],
        "header": header + new["header"][len(old["header"]) :],
        "rows": rows + new["rows"][len(old["rows"]) :],
    }


def _runs(html: str) -> list[tuple[str, frozenset[tuple[str, str]]]]:
    """Inline HTML as stretches of text under a set of marks: equal for everything that reads the same."""
    reader = _RunReader()
    reader.feed(html)
    reader.close()
    return reader.merged()


#: Starts a run that is not text; no clean text holds it.
_ATOM = "\0"


class _RunReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._marks: list[tuple[str, str]] = []
        self._runs: list[tuple[str, frozenset[tuple[str, str]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        value = next((value or "" for _, value in attrs), "")
        if tag in ("br", "cite"):
            self._runs.append((f"{_ATOM}{tag} {value}", frozenset()))
        else:
            self._marks.append((tag, value))

    def handle_endtag(self, tag: str) -> None:
        if tag != "cite" and self._marks:
            self._marks.pop()

    def handle_data(self, data: str) -> None:
        self._runs.append((_WHITE.sub(" ", data), frozenset(self._marks)))

    def merged(self) -> list[tuple[str, frozenset[tuple[str, str]]]]:
        merged: list[tuple[str, frozenset[tuple[str, str]]]] = []
        for text, marks in self._runs:
            before = merged[-1] if merged else (_ATOM, marks)
            if before[1] == marks and not text.startswith(_ATOM) and not before[0].startswith(_ATOM):
                merged[-1] = (before[0] + text, marks)
            else:
                merged.append((text, marks))
        return merged


# --- citations ----------------------------------------------------------------------------------------------------


def texts_of(block: Block) -> Iterator[str]:
    """The inline texts of a block in reading order: a table's cells, or its one text."""
    if block["kind"] == "table" and block["data"]:
        yield from (cell for row in [block["data"]["header"], *block["data"]["rows"]] for cell in row)
    yield block["html"]


def _part_doubled_citations(blocks: list[Block], old: dict[str, Block]) -> dict[str, str]:
    """Copied text brings copies of its citations; all but the original get a new uid. New uid to old uid."""
    homes = {uid: block["uid"] for block in old.values() for text in texts_of(block) for uid in CITE.findall(text)}
    holders: dict[str, list[str]] = defaultdict(list)
    for block in blocks:
        for text in texts_of(block):
            for uid in CITE.findall(text):
                holders[uid].append(block["uid"])
    keepers = {uid: homes[uid] if homes.get(uid) in found else found[0] for uid, found in holders.items()}
    parting = _Parting(keepers)
    for block in blocks:
        if any(len(holders[uid]) > 1 for text in texts_of(block) for uid in CITE.findall(text)):
            _rewrite(block, parting)
    return parting.copies


class _Parting:
    """Gives every second marker of a citation a uid of its own."""

    def __init__(self, keepers: dict[str, str]) -> None:
        self.keepers = keepers
        self.copies: dict[str, str] = {}
        self._seen: set[str] = set()

    def __call__(self, html: str, block_uid: str) -> str:
        return CITE.sub(lambda marker: self._marker(marker[1], block_uid), html)

    def _marker(self, uid: str, block_uid: str) -> str:
        if self.keepers[uid] == block_uid and uid not in self._seen:
            self._seen.add(uid)
            return f'<cite data-uid="{uid}"></cite>'
        fresh = new_uid()
        self.copies[fresh] = uid
        return f'<cite data-uid="{fresh}"></cite>'


def _rewrite(block: Block, parting: _Parting) -> None:
    data = block["data"]
    if block["kind"] == "table" and data:
        block["data"] = {
            **data,
            "header": [parting(cell, block["uid"]) for cell in data["header"]],
            "rows": [[parting(cell, block["uid"]) for cell in row] for row in data["rows"]],
        }
    block["html"] = parting(block["html"], block["uid"])
