"""HTML: lxml reads it (no network, no huge trees), this module walks it once and keeps what a reader would see."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from articles.text import plain

from .elements import WHITE, squeezed, tag_of, words_of
from .page import ImportRefused, Piece, Reading, Report
from .tables import holds_data, rows_of, table_data

MAX_DEPTH = 100
#: A menu is short. Something called “menu” with more words than this holds the page.
MAX_NOISE_CHARACTERS = 2000
MAX_HEADING_CHARACTERS = 120

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INLINE = {"em": "em", "i": "em", "strong": "strong", "b": "strong", "sub": "sub", "sup": "sup"}
_TRANSPARENT = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "span",
        "font",
        "u",
        "ins",
        "small",
        "big",
        "tt",
        "code",
        "kbd",
        "var",
        "samp",
        "q",
        "cite",
        "mark",
        "time",
        "label",
        "bdo",
        "bdi",
        "nobr",
        "data",
        "dfn",
        "ruby",
        "rb",
        "rt",
        "rp",
        "output",
        "slot",
        "o:p",
    ]
)
_UNSEEN = {
    "script": "A script",
    "style": "A style sheet",
    "template": "A template",
    "noscript": "Words for browsers without scripts",
    "head": "",
    "link": "",
    "meta": "",
    "title": "",
    "base": "",
    "wbr": "",
    "col": "",
    "colgroup": "",
    "param": "",
    "source": "",
    "track": "",
    "map": "An image map",
    "datalist": "A list of suggestions",
}
_MEDIA = {
    "iframe": "An embedded page",
    "frame": "An embedded page",
    "object": "An embedded object",
    "embed": "An embedded object",
    "applet": "An embedded program",
    "video": "A video",
    "audio": "A sound",
    "canvas": "A drawing",
    "svg": "A drawing",
    "math": "A formula",
}
_CONTROLS = frozenset(["button", "select", "textarea", "input", "option", "optgroup", "fieldset-legend"])
_STRUCK = frozenset({"del", "s", "strike"})
_NOISE_ROLES = frozenset(["navigation", "search", "menu", "menubar", "toolbar", "dialog", "alertdialog"])
_NOISE_NAMES = frozenset(
    [
        "nav",
        "navbar",
        "menu",
        "share",
        "sharing",
        "social",
        "social-share",
        "advert",
        "advertisement",
        "ads",
        "ad",
        "cookie-banner",
        "newsletter",
        "pagination",
        "skip-link",
        "toolbar",
        "breadcrumb",
        "breadcrumbs",
    ]
)
_UNSEEN_NAMES = frozenset(
    ["hidden", "sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "screen-reader-only", "d-none"]
)
_UNSEEN_STYLE = re.compile(
    r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|font-size\s{0,3}:\s{0,3}0(?:px|em|pt|%)?\s*(?:;|$)",
    re.I,
)
_RAISED_STYLE = re.compile(r"vertical-align\s{0,3}:\s{0,3}(super|sub)\b", re.I)
_BREAKS = re.compile(r"(?:\s*<br>\s*){2,}")
_BULLET = re.compile(r"^\s*[•·◦▪‣●■□➢►✓]\s*")
_REFERENCE_NUMBER = re.compile(r"^\[?\d{1,3}\]?$")
_ALL_BOLD = re.compile(r"^<strong>[^<]*</strong>:?$")
_LINK_SCHEMES = ("http://", "https://", "mailto:", "tel:")
_ENTITY_DECLARATION = re.compile(r"<!ENTITY|<!DOCTYPE[^>\[]{0,300}\[", re.I)
_SUBTITLE_NAMES = frozenset(["subtitle", "sub-title", "dek", "deck", "standfirst", "tagline", "strapline", "lead-in"])


def read_markup(text: str, report: Report, is_whole_page: bool = True) -> Reading:
    """The pieces of an HTML page. Raises `ImportRefused` for what cannot be read to its end."""
    if _ENTITY_DECLARATION.search(text):
        raise ImportRefused("The page declares its own entities; such files are not read.")
    root = _tree(text)
    if is_whole_page:
        _doubt_if_cut_off(text, report)
    _refuse_depth(root)
    walker = _Walker(report, lines_are_given=not is_whole_page)
    for comment in reversed(list(root.itersiblings(etree.Comment, preceding=True))):
        walker.aside(comment)
    body = root.find("body")
    walker.walk(body if body is not None else root)
    return Reading(walker.pieces, _facts(root), walker.topic_path)


def _tree(text: str) -> Any:
    # Encoded here: what a meta element says about letters was already heard, or overruled, by the decoder.
    data = text.encode("utf-8", "replace")
    # HTML knows no external entities (the HTML parser has no resolve_entities); network and huge trees are off.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        raise ImportRefused("The page is not readable as HTML.") from None
    if root is None:
        raise ImportRefused("The page holds no text.")
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        raise ImportRefused(f"The page is nested more than {MAX_DEPTH} levels deep.")
    return root


def _doubt_if_cut_off(text: str, report: Report) -> None:
    end = text.rstrip()[-400:].lower()
    if end.rfind("<") > end.rfind(">"):
        raise ImportRefused("The page stops in the middle of a tag; the file is incomplete.")
    opened = text[:5000].lower()
    if ("<html" in opened or "<body" in opened) and "</html" not in end and "</body" not in end:
        report.add("uncertain", 0, "The page does not end as it began; the file may be incomplete.")


def _refuse_depth(root: Any) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise ImportRefused(f"The page is nested more than {MAX_DEPTH} levels deep.")


def _facts(root: Any) -> dict[str, list[str]]:
    facts = {}
    title = squeezed(" ".join(root.xpath("string(//title)").split()))
    if title:
        facts["page_title"] = [title]
    if root.get("lang"):
        facts["language"] = [root.get("lang")]
    description = root.xpath("string(//meta[@name='description']/@content)")
    if squeezed(description):
        facts["description"] = [squeezed(description)]
    return facts


def _names(element: Any) -> set[str]:
    return set(f"{element.get('class', '')} {element.get('id', '')}".lower().split())


def _is_inline(element: Any) -> bool:
    tag = tag_of(element)
    return tag in _INLINE or tag in _TRANSPARENT


def _holds_block(element: Any) -> bool:
    """Whether an inline element wraps paragraphs or headings, as old pages do."""
    return any(
        not _is_inline(below) and tag_of(below) not in ("br", "img", "wbr", "") and tag_of(below) not in _CONTROLS
        for below in element.iterdescendants(etree.Element)
    )


class _Walker:
    """Walks the tree in reading order. State: the words of the open paragraph, and where it began."""

    def __init__(self, report: Report, lines_are_given: bool) -> None:
        self.report = report
        self.lines_are_given = lines_are_given
        self.pieces: list[Piece] = []
        self.topic_path: list[str] = []
        self.buffer: list[str] = []
        self.line = 0
        self.last_line = 0

    def walk(self, element: Any) -> None:
        self._children(element)
        self._flush()

    def _line(self, element: Any) -> int:
        given = element.get("data-line", "")
        if self.lines_are_given:
            line = int(given) if given.isdecimal() and len(given) < 9 else 0
        else:
            line = element.sourceline or 0
        self.last_line = line or self.last_line
        return self.last_line

    def _text(self, text: str | None) -> None:
        if text:
            self.buffer.append(html.escape(WHITE.sub(" ", text), quote=False))

    def _children(self, element: Any) -> None:
        self._text(element.text)
        for child in element:
            self._element(child)
            self._text(child.tail)

    def _element(self, element: Any) -> None:
        tag = tag_of(element)
        if not tag:
            self.aside(element)
        elif self._drops(element, tag):
            return
        elif tag == "br":
            self.buffer.append("<br>")
        elif _is_inline(element) and not _holds_block(element):
            self._inline(element, tag)
        elif tag in _HEADINGS:
            self._heading(element, _HEADINGS[tag])
        elif tag in ("ul", "ol", "menu", "dir"):
            self._flush()
            self._list(element, 0)
        elif tag == "table":
            self._flush()
            self._table(element)
        else:
            self._block(element, tag)

    def _block(self, element: Any, tag: str) -> None:
        self._flush()
        self.line = self._line(element)
        before = len(self.pieces)
        self._children(element)
        self._flush(role="subtitle" if _names(element) & _SUBTITLE_NAMES else "", is_label=tag in ("summary", "legend"))
        if tag == "pre" and len(self.pieces) > before:
            self.report.add("uncertain", self.line, "Preformatted text was read as a paragraph.")

    # What is not text

    def aside(self, element: Any) -> None:
        if element.tag is etree.Comment:
            self.report.add(
                "dropped", element.sourceline or 0, "A hidden comment was dropped.", squeezed(element.text or "")[:500]
            )
        elif element.tag is etree.Entity:
            self._text(element.text)

    def _drops(self, element: Any, tag: str) -> bool:
        """Whether the element is no part of the text. Everything dropped with words in it is reported."""
        if tag in _UNSEEN:
            self._report_dropped(element, _UNSEEN[tag])
        elif tag in _MEDIA:
            self._report_dropped(element, _MEDIA[tag])
        elif tag in ("img", "area", "picture"):
            self._image(element)
        elif tag in _CONTROLS:
            self._report_dropped(element, "A control of a form")
        elif tag in _STRUCK:
            self._report_dropped(element, "Text that was struck out")
        elif self._is_unseen(element):
            self._report_dropped(element, "Hidden text")
        elif self._is_noise(element, tag):
            self._navigation(element)
        else:
            return False
        return True

    def _report_dropped(self, element: Any, what: str) -> None:
        if what:
            words = element.get("src") or element.get("data") or words_of(element)
            self.report.add("dropped", self._line(element), f"{what} was dropped.", words[:500])

    def _image(self, element: Any) -> None:
        image = element if tag_of(element) != "picture" else element.find(".//img")
        alt = squeezed(image.get("alt", "")) if image is not None else ""
        said = (
            f"A picture was not fetched; it is described as “{alt}”."
            if alt
            else "A picture without a description was not fetched."
        )
        self.report.add("dropped", self._line(element), said, image.get("src", "")[:500] if image is not None else "")

    def _is_unseen(self, element: Any) -> bool:
        return (
            element.get("hidden") is not None
            or element.get("aria-hidden", "").lower() == "true"
            or bool(_UNSEEN_STYLE.search(element.get("style", "")))
            or bool(_names(element) & _UNSEEN_NAMES)
        )

    def _is_noise(self, element: Any, tag: str) -> bool:
        names = set(element.get("class", "").lower().split())
        if not (tag == "nav" or element.get("role", "").lower() in _NOISE_ROLES or names & _NOISE_NAMES):
            return False
        if element.find(".//h1") is not None or element.find(".//article") is not None:
            return False
        return len(words_of(element)) <= MAX_NOISE_CHARACTERS

    def _navigation(self, element: Any) -> None:
        label = f"{element.get('aria-label', '')} {element.get('class', '')} {element.get('id', '')}".lower()
        if "breadcrumb" in label:
            steps = [words_of(each) for each in (element.findall(".//li") or element.findall(".//a"))]
            self.topic_path = self.topic_path or [step.strip(" >»›/→") for step in steps if step]
            self.report.add("recognised", self._line(element), "Breadcrumb.", " > ".join(self.topic_path))
        else:
            self.report.add("dropped", self._line(element), "Navigation was dropped.", words_of(element)[:500])

    # Inline

    def _inline(self, element: Any, tag: str) -> None:
        if not self.line:
            self.line = self._line(element)
        opening, closing = self._marks(element, tag)
        self.buffer.append(opening)
        self._children(element)
        self.buffer.append(closing)

    def _marks(self, element: Any, tag: str) -> tuple[str, str]:
        raised = _RAISED_STYLE.search(element.get("style", ""))
        if tag in _INLINE or raised:
            name = _INLINE.get(tag) or ("sup" if raised and raised.group(1).lower() == "super" else "sub")
            return f"<{name}>", f"</{name}>"
        if tag == "a":
            return self._link(element)
        if tag in ("abbr", "acronym") and element.get("title"):
            return f'<abbr title="{html.escape(element.get("title"))}">', "</abbr>"
        if tag == "span" and element.get("lang"):
            return f'<span lang="{html.escape(element.get("lang"))}">', "</span>"
        if tag == "ins":
            self.report.add(
                "uncertain", self._line(element), "Text marked as inserted was kept.", words_of(element)[:500]
            )
        return ("“", "”") if tag == "q" else ("", "")

    def _link(self, element: Any) -> tuple[str, str]:
        address = element.get("href", "").strip()
        if address.startswith("#") and _REFERENCE_NUMBER.match(words_of(element)):
            return ("", "") if words_of(element).startswith("[") else ("[", "]")
        if address.lower().startswith(_LINK_SCHEMES):
            return f'<a href="{html.escape(address)}">', "</a>"
        if address and not address.startswith("#"):
            self.report.add(
                "dropped",
                self._line(element),
                f"A link to “{address[:200]}” was dropped; its words stay.",
                words_of(element)[:200],
            )
        return "", ""

    # Blocks

    def _take(self) -> str:
        words = squeezed("".join(self.buffer))
        self.buffer = []
        return words

    def _flush(self, role: str = "", is_label: bool = False) -> None:
        """Close the open paragraph: at empty lines it becomes several, at bullet characters a list."""
        words = self._take()
        line, self.line = self.line or self.last_line, 0
        for part in _BREAKS.split(words):
            self._add_prose(part, line, role, is_label)

    def _add_prose(self, words: str, line: int, role: str, is_label: bool) -> None:
        rows = [row.strip() for row in words.split("<br>")]
        if any(_BULLET.match(row) for row in rows):
            self._bullets(rows, line)
            return
        if len(rows) > 1 and _ALL_BOLD.match(rows[0]):  # a heading made of bold words and a line break
            self._add_prose(rows.pop(0), line, role, is_label)
        words = "<br>".join(rows).removeprefix("<br>").removesuffix("<br>")
        if plain(words).strip():
            bold = is_label or _ALL_BOLD.match(words) is not None
            candidate = bold and len(plain(words)) <= MAX_HEADING_CHARACTERS and plain(words)[-1] not in ".!;,"
            self.pieces.append(Piece("paragraph", words, line, may_be_heading=candidate, role=role))

    def _bullets(self, rows: list[str], line: int) -> None:
        for row in rows:
            kind = "bullet" if _BULLET.match(row) else "paragraph"
            words = _BULLET.sub("", row)
            if plain(words).strip():
                self.pieces.append(Piece(kind, words, line))

    def _heading(self, element: Any, level: int) -> None:
        self._flush()
        line = self._line(element)
        self._children(element)
        words = self._take().replace("<br>", " ")
        if plain(words).strip():
            self.pieces.append(Piece("heading", words, line, level=level))

    def _list(self, element: Any, level: int) -> None:
        kind = "numbered" if tag_of(element) == "ol" else "bullet"
        for child in element:
            tag = tag_of(child)
            if tag in ("ul", "ol", "menu", "dir"):
                self._list(child, level + 1)
            elif tag == "li" and not self._drops(child, tag):
                self._list_item(child, kind, level)
            elif tag and tag != "li":
                self._element(child)
                self._flush()
            self._text(child.tail if tag != "li" or not (child.tail or "").isspace() else "")
        self._flush()

    def _list_item(self, element: Any, kind: str, level: int) -> None:
        """The item's own words first, in one block; then its inner lists, one level deeper."""
        self._flush()
        line = self._line(element)
        self._text(element.text)
        for child in element:
            if tag_of(child) in ("ul", "ol", "menu", "dir"):
                self._add_item(kind, level, line)
                self._list(child, level + 1)
            elif tag_of(child) in ("p", "div") and not self._drops(child, tag_of(child)):
                self.buffer.append("<br>")
                self._children(child)
                self.buffer.append("<br>")
            elif tag_of(child) not in ("p", "div"):
                self._element(child)
            self._text(child.tail)
        self._add_item(kind, level, line)

    def _add_item(self, kind: str, level: int, line: int) -> None:
        rows = [row.strip() for row in self._take().split("<br>")]
        words = "<br>".join(row for row in rows if row)
        if plain(words).strip():
            if level > 3:
                self.report.add("uncertain", line, "A list nested more than four deep was made flatter.", plain(words))
            self.pieces.append(Piece(kind, words, line, level=min(level, 3)))

    # Tables

    def _table(self, element: Any) -> None:
        rows = rows_of(element)
        if not holds_data(element, rows):
            self._children(element)
            self._flush()
            return
        line = self._line(element)
        data = table_data(element, rows, self._cell, self.report, line)
        if any(data["header"]) or data["rows"]:
            self.pieces.append(Piece("table", "", line, data=data))

    def _cell(self, cell: Any) -> str:
        return "<br>".join(self._cell_lines(cell))

    def _cell_lines(self, cell: Any) -> Iterator[str]:
        """A cell's words, each of its inner blocks on a line of its own."""
        outer, self.pieces = self.pieces, []
        self._children(cell)
        self._flush()
        inner, self.pieces = self.pieces, outer
        for piece in inner:
            yield f"• {piece.html}" if piece.kind in ("bullet", "numbered") else piece.html
