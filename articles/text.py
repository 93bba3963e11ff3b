"""Text at the door: a dose must read as it is stored.

Every string an article holds has passed `normalise`, every piece of inline HTML `clean_inline`. What
cannot be seen, or looks like something it is not, is refused with a sentence that names the character
and where it stands; `show_hidden` spells out what was stored before or is look-alike but legitimate.

Decisions:
- NFC, never NFKC: NFKC would turn 10⁵ into 105.
- µ (U+00B5, micro sign) and μ (U+03BC, Greek letter) are both kept as typed. They read the same and mean
  the same; `show_hidden` names them, so a difference shows it.
- Joiners (U+200C, U+200D) stay where a script or an emoji sequence needs them and are refused elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator
from html import escape, unescape
from html.parser import HTMLParser

import nh3

from articles.characters import (
    TextError,
    is_hidden,
    refuse_hidden,
    refuse_look_alikes,
    refuse_stacked_marks,
    sentence,
    shown,
)

__all__ = [
    "TextError", "clean_inline", "inline_pieces", "normalise", "plain", "safe_address", "show_hidden", "slugify_ascii",
    "word_core", "words",
]  # fmt: skip

TAGS = frozenset({"strong", "em", "a", "sub", "sup", "abbr", "span", "br", "cite"})
CITATION_UID = re.compile(r"[a-z0-9]{1,12}")
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")

_OLD_TAGS = {"b": "strong", "i": "em"}
# Dropping these must leave a space: "<p>5</p><p>0 mg</p>" is not "50 mg".
_BLOCK_TAGS = frozenset((
    "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote",
    "section", "article", "header", "footer", "aside", "nav", "main", "address", "pre", "hr", "figure",
    "figcaption", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th",
))  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "abbr": {"title"}, "span": {"lang"}, "cite": {"data-uid"}}
_PIECE = re.compile(r'<(/?[A-Za-z][a-z0-9]*+)(?:[^<>"]*+"([^"<>]*+)")?+[^<>]*+>|([^<]++)|<')
_SCHEMES = {"http", "https", "mailto", "tel"}
_WHITE = re.compile(r"[ \t\n\r\f]+")
# --- plain text -------------------------------------------------------------------------------------------


def normalise(text: str, multiline: bool = False) -> str:
    """`text` in NFC, or TextError naming the first character that may not be stored, and where it stands.

    Refused: control characters (line breaks and tabs are allowed only with `multiline`, and become "\\n" and
    "\\t"), bidirectional controls, zero-width and other invisible characters, joiners and variation selectors
    without a script or emoji that needs them, private-use and unassigned characters, digits of a foreign
    or of two systems in one number, look-alike letters, decimal marks that only look like one, and combining
    marks without a letter. Sources: Unicode UTS 39 and UTS 55, CVE-2021-42574, CVE-2021-42694.
    """
    if text.isascii() and text.isprintable():
        return text
    if multiline:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    refuse_stacked_marks(text)
    text = unicodedata.normalize("NFC", text)
    for position, character in enumerate(text):
        if not (multiline and character in "\n\t"):
            refuse_hidden(text, position, character)
    refuse_look_alikes(text)
    return text


def show_hidden(text: str) -> str:
    """`text` with every invisible or look-alike character followed or replaced by its name in square brackets."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(shown(text))


def plain(html: str) -> str:
    """The words a reader sees: no tags, no citation marks, a space for a line break.

    Superscript digits stay superscript ("10<sup>5</sup>" is "10⁵", never "105").
    """
    if "<" not in html and "&" not in html:
        return html
    pieces: list[str] = []
    raised = 0
    for tag, text in inline_pieces(html):
        raised += (tag == "sup") - (tag == "/sup")
        if tag == "br":
            pieces.append(" ")
        elif not tag:
            pieces.append(text.translate(_RAISED) if raised > 0 else text)
    return unicodedata.normalize("NFC", "".join(pieces))


def words(text: str) -> list[str]:
    """The words of plain text as they stand, in order, without the punctuation around them."""
    found = []
    for token in text.split():
        start, end = word_core(token)
        if start < end:
            found.append(token[start:end])
    return found


def slugify_ascii(text: str, longest: int = 80) -> str:
    """An address part of a-z, 0-9 and single hyphens; Greek letters by name, accents dropped; may be empty."""
    spelt = "".join(_in_ascii(character) for character in unicodedata.normalize("NFKD", text[: longest * 8]).casefold())
    slug = "-".join(re.findall(r"[a-z0-9]+", spelt.replace("'", "").replace("’", "")))
    if len(slug) <= longest:
        return slug
    whole_words, _, _ = slug[: longest + 1].rpartition("-")
    return whole_words or slug[:longest]


# --- inline HTML ------------------------------------------------------------------------------------------

MOST_CHARACTERS = 200_000


def clean_inline(html: str) -> str:
    """`html` reduced to the inline subset, in one written form; `clean_inline(clean_inline(x)) == clean_inline(x)`.

    Kept: strong, em, a[href], sub, sup, abbr[title], span[lang], br and the empty cite[data-uid]; `b` and `i` become
    strong and em. Other tags, comments and attributes go, their text stays (script and style go whole); a block
    tag leaves a space.
    Runs of white space become one space. Raises TextError for text that `normalise` refuses, and for a longer one than
    any statement is: what cleans it may take quadratic time.
    """
    if len(html) > MOST_CHARACTERS:
        raise TextError(f"One statement has at most {MOST_CHARACTERS:,} characters, tags included. Divide this one.")
    writer = _Writer()
    writer.feed("".join(map(_without_foreign, [html] if "<" in html else _PARTS.findall(html))))
    writer.close()
    cleaned = writer.html()
    normalise(plain(cleaned), multiline=True)
    return cleaned


def inline_pieces(html: str) -> Iterator[tuple[str, str]]:
    """Tags and texts of cleaned inline HTML in order: ("a", its address), ("/a", ""), ("", a text without entities).

    Linear for any input: HTML that nobody cleaned comes out as some text, and in time.
    """
    for found in _PIECE.finditer(html):
        tag, value, text = found.groups()
        if tag:
            yield tag.lower(), unescape(value or "")
        else:
            yield "", unescape(text) if text else "<"


def safe_address(address: str) -> str | None:
    """`address` if a reader may be sent there, else None: http, https, mailto, tel, or "/path" of this site.

    Nothing is repaired: browsers drop tabs and turn backslashes into slashes, so an address holding
    either, a blank, an invisible character or a name before "@" is not what it seems.
    """
    address = address.strip(" ")
    if any(character in '\\"<>`' or character.isspace() or is_hidden(character) for character in address):
        return None
    if re.match(r"/(?!/)", address):
        return address
    scheme, colon, rest = address.partition(":")
    pattern = _ADDRESSES.get(scheme.lower())
    if not colon or pattern is None or not pattern.fullmatch(rest):
        return None
    return f"{scheme.lower()}:{rest}"


_WEB = re.compile(r"//[^/?#@\[\]]+(?::\d{1,5})?(?:[/?#].*)?")
_ADDRESSES = {
    "http": _WEB,
    "https": _WEB,
    "mailto": re.compile(r"[^@/?]+@[^@/?]+(?:\?.*)?"),
    "tel": re.compile(r"\+?[0-9().-]{2,30}"),
}


def _without_foreign(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(TAGS | _BLOCK_TAGS | set(_OLD_TAGS)),
        attributes=_ATTRIBUTES,
        attribute_filter=_kept_value,
        url_schemes=_SCHEMES,
        link_rel=None,
    )


# For each of these signs nh3's writer (html5ever since 0.40) may look ahead to the end of the text, which makes a long
# one quadratic. Text without a tag means the same in parts, cut before a sign that no entity holds.
_PARTS = re.compile(r"[\s\S]{1,1000}[^&>\u00a0]*+")


def _kept_value(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return safe_address(unicodedata.normalize("NFC", value))
    if name == "data-uid":
        return value if CITATION_UID.fullmatch(value) else None
    if name == "lang":
        return value if LANGUAGE_TAG.fullmatch(value) else None
    return _WHITE.sub(" ", value).strip()


class _Writer(HTMLParser):
    """Writes what nh3 left in our one form: empty cite elements, no tag without its attribute, NFC text nodes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = _OLD_TAGS.get(tag, tag)
        value = next((value for _, value in attrs if value), "")
        if tag in _BLOCK_TAGS:
            return self._text.append(" ")
        if tag == "br":
            return self._write("<br>")
        if tag == "cite":
            return self._write(f'<cite data-uid="{value}"></cite>') if value else None
        if tag in _ATTRIBUTES and not value:
            self._open.append("")
            return None
        self._open.append(f"</{tag}>")
        self._write(_start_tag(tag, value))
        return None

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCK_TAGS:
            self._text.append(" ")
        elif tag not in ("br", "cite"):
            closing = self._open.pop()
            if closing:
                self._write(closing)

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def html(self) -> str:
        self._write("")
        return "".join(self._pieces).strip(" ")

    def _write(self, markup: str) -> None:
        """Text is held back until a tag is really written, so that dropped tags leave one text node."""
        if self._text:
            self._pieces.append(escape(_normalised_node("".join(self._text)), quote=False))
            self._text = []
        self._pieces.append(markup)


def _start_tag(tag: str, value: str) -> str:
    if tag not in _ATTRIBUTES:
        return f"<{tag}>"
    (name,) = _ATTRIBUTES[tag]
    return f'<{tag} {name}="{escape(normalise(value))}">'


def _normalised_node(text: str) -> str:
    """One text node. A mark at its start would join the ">" before it and unmake the tag."""
    text = _WHITE.sub(" ", text)
    refuse_stacked_marks(text)
    if unicodedata.combining(text[0]):
        raise TextError(sentence(text, 0, "has no letter to stand on"), text[0], 0)
    return unicodedata.normalize("NFC", text)


_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


# --- words ----------------------------------------------------------------------------------------------


def word_core(token: str) -> tuple[int, int]:
    """Where the word inside a token without white space begins and ends; equal numbers if there is none."""
    start, end = 0, len(token)
    while start < end and not _is_word_character(token[start]):
        start += 1
    while end > start and not _is_word_character(token[end - 1]):
        end -= 1
    return start, end


def _is_word_character(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M" or character in "%°µ"


_SPELT_OUT = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "ı": "i",
    "µ": "micro",
}


def _in_ascii(character: str) -> str:
    if character.isascii():
        return character
    if character in _SPELT_OUT:
        return _SPELT_OUT[character]
    name = unicodedata.name(character, "")
    if name.startswith("GREEK SMALL LETTER "):
        return name.split()[3].lower()
    return "" if unicodedata.combining(character) else ("’" if character == "’" else " ")
