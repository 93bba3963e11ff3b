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
from functools import lru_cache
from html import escape
from html.parser import HTMLParser

import nh3

TAGS = frozenset({"strong", "em", "a", "sub", "sup", "abbr", "span", "br", "cite"})
CITATION_UID = re.compile(r"[a-z0-9]{1,12}")
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")

# Unicode orders combining marks by insertion, which is quadratic; no language stacks this many.
MOST_MARKS_IN_A_ROW = 12

_OLD_TAGS = {"b": "strong", "i": "em"}
# Dropping these must leave a space: "<p>5</p><p>0 mg</p>" is not "50 mg".
_BLOCK_TAGS = frozenset((
    "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote",
    "section", "article", "header", "footer", "aside", "nav", "main", "address", "pre", "hr", "figure",
    "figcaption", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th",
))  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "abbr": {"title"}, "span": {"lang"}, "cite": {"data-uid"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_WHITE = re.compile(r"[ \t\n\r\f]+")
_BAD_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_VISIBLE_FORMATS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u1680\ufffc\ufffd")
_JOINERS = frozenset("\u200c\u200d")
_EMOJI_SELECTORS = frozenset("\ufe0e\ufe0f")


class TextError(ValueError):
    """Text that may not be stored. Its message is a sentence for the person who typed it."""

    def __init__(self, message: str, character: str = "", position: int = -1):
        super().__init__(message)
        self.character = character
        self.position = position


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
    _refuse_stacked_marks(text)
    text = unicodedata.normalize("NFC", text)
    for position, character in enumerate(text):
        if not (multiline and character in "\n\t"):
            _refuse_hidden(text, position, character)
    _refuse_look_alikes(text)
    return text


def show_hidden(text: str) -> str:
    """`text` with every invisible or look-alike character followed or replaced by its name in square brackets."""
    if text.isascii() and text.isprintable():
        return text
    at_home = {
        _script(character) for character in text if character.isalpha() and not _is_look_alike(character)
    }
    return "".join(_shown(text, position, character, at_home) for position, character in enumerate(text))


def plain(html: str) -> str:
    """The words a reader sees: no tags, no citation marks, a space for a line break.

    Superscript digits stay superscript ("10<sup>5</sup>" is "10⁵", never "105").
    """
    if "<" not in html and "&" not in html:
        return html
    reader = _PlainReader()
    reader.feed(html)
    reader.close()
    return unicodedata.normalize("NFC", "".join(reader.pieces))


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
    spelt = "".join(
        _in_ascii(character) for character in unicodedata.normalize("NFKD", text[: longest * 8]).casefold()
    )
    slug = "-".join(re.findall(r"[a-z0-9]+", spelt.replace("'", "").replace("’", "")))
    if len(slug) <= longest:
        return slug
    whole_words, _, _ = slug[: longest + 1].rpartition("-")
    return whole_words or slug[:longest]


# --- inline HTML ------------------------------------------------------------------------------------------


def clean_inline(html: str) -> str:
    """`html` reduced to the inline subset, in one written form; `clean_inline(clean_inline(x)) == clean_inline(x)`.

    Kept: strong, em, a[href], sub, sup, abbr[title], span[lang], br and the empty cite[data-uid]; `b` and `i` become
    strong and em. Other tags, comments and attributes go, their text stays (script and style go whole); a block
    tag leaves a space.
    Runs of white space become one space. Raises TextError for text that `normalise` refuses.
    """
    writer = _Writer()
    writer.feed(
        nh3.clean(
            html,
            tags=set(TAGS | _BLOCK_TAGS | set(_OLD_TAGS)),
            attributes=_ATTRIBUTES,
            attribute_filter=_kept_value,
            url_schemes=_SCHEMES,
            link_rel=None,
        )
    )
    writer.close()
    cleaned = writer.html()
    normalise(plain(cleaned), multiline=True)
    return cleaned


def safe_address(address: str) -> str | None:
    """`address` if a reader may be sent there, else None: http, https, mailto, tel, or "/path" of this site.

    Nothing is repaired: browsers drop tabs and turn backslashes into slashes, so an address holding
    either, a blank, an invisible character or a name before "@" is not what it seems.
    """
    address = address.strip(" ")
    if any(character in '\\"<>`' or character.isspace() or _is_hidden(character) for character in address):
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
    _refuse_stacked_marks(text)
    if unicodedata.combining(text[0]):
        raise TextError(_sentence(text, 0, "has no letter to stand on"), text[0], 0)
    return unicodedata.normalize("NFC", text)


class _PlainReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._raised = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._raised += tag == "sup"
        if tag == "br":
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._raised -= tag == "sup" and self._raised > 0

    def handle_data(self, data: str) -> None:
        self.pieces.append(data.translate(_RAISED) if self._raised else data)


_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


# --- what is refused: invisible characters ---------------------------------------------------------------


def _refuse_hidden(text: str, position: int, character: str) -> None:
    if character.isascii() and character.isprintable():
        return
    if _is_hidden(character) and not _is_needed(text, position, character):
        raise TextError(
            _sentence(text, position, "cannot be seen and can change how the text reads"), character, position
        )
    if position == 0 and unicodedata.combining(character):
        raise TextError(_sentence(text, 0, "has no letter to stand on"), character, 0)


@lru_cache(maxsize=4096)
def _is_hidden(character: str) -> bool:
    if character in _VISIBLE_FORMATS:
        return False
    return (
        unicodedata.category(character) in _BAD_CATEGORIES or character in _BLANKS or _is_selector(character)
    )


def _is_selector(character: str) -> bool:
    return (
        "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or "\u180b" <= character <= "\u180f"
    )


def _is_needed(text: str, position: int, character: str) -> bool:
    """Does the neighbourhood give this invisible character a visible task?"""
    before = text[position - 1] if position else ""
    after = text[position + 1 : position + 2]
    if not before:
        return False
    if character in _JOINERS:
        return _joins(before, after, character)
    if character in _EMOJI_SELECTORS:
        return _is_emoji(before) or (before in "#*0123456789" and after == "\u20e3")
    if _is_selector(character):
        return _script(before) in ("CJK", "MONGOLIAN")
    if "\U000e0020" <= character <= "\U000e007f":  # the flags of England, Scotland and Wales
        return before == "\U0001f3f4" or "\U000e0020" <= before < "\U000e007f"
    return False


def _joins(before: str, after: str, character: str) -> bool:
    if character == "\u200d" and (_is_emoji(before) or before in _EMOJI_SELECTORS):
        return bool(after) and _is_emoji(after)
    if _script(before) in _JOINING_SCRIPTS or unicodedata.combining(before) == 9:
        return not after or after.isspace() or _script(after) in _JOINING_SCRIPTS or not after.isalnum()
    return False


@lru_cache(maxsize=4096)
def _is_emoji(character: str) -> bool:
    return character in "©®‼⁉™ℹ〰〽㊗㊙" or (
        unicodedata.category(character) in ("So", "Sk") and character >= "\u2190"
    )


_JOINING_SCRIPTS = frozenset((
    "ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI",
    "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN", "THAANA",
    "BALINESE", "JAVANESE",
))  # fmt: skip


def _refuse_stacked_marks(text: str) -> None:
    run = 0
    for position, character in enumerate(text):
        run = run + 1 if unicodedata.combining(character) else 0
        if run > MOST_MARKS_IN_A_ROW:
            raise TextError(
                _sentence(text, position, "is one of too many marks on one letter"), character, position
            )


# --- what is refused: look-alikes -------------------------------------------------------------------------

# Letters that a reader takes for a Latin letter. Scripts not meant to be mixed with Latin inside a word at
# all (Cyrillic, Armenian, Cherokee …) are refused whole, see _refuse_mixed_scripts.
_GREEK_LOOK_ALIKES = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϲϳϹͿονιρυ")
_OTHER_LOOK_ALIKES = frozenset("ഠഗଠဝסוןاهہھەہ०௦౦೦൦๐໐၀")
_CYRILLIC_LOOK_ALIKES = frozenset("АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝӏҮү")
_MIX_WITH_LATIN = frozenset((
    "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "THAI", "LAO", "KHMER", "MYANMAR", "ARABIC",
    "HEBREW", "SYRIAC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU",
    "KANNADA", "MALAYALAM", "SINHALA", "TIBETAN", "ETHIOPIC", "GREEK",
))  # fmt: skip
_WIDE_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")
_FALSE_DECIMAL_MARKS = frozenset(
    "\u066b\u066c\u2024\u201a\uff0e\uff0c\uff61\u3002\ua4f8\u0701\u0702\u02d9\u00b8\u0589\u06d4\u2027\uff65\u30fb\u2022"
)


def _refuse_look_alikes(text: str) -> None:
    if text.isascii():
        return
    scripts = {_script(character) for character in text if character.isalpha()}
    genuine = {
        _script(character) for character in text if character.isalpha() and not _is_look_alike(character)
    }
    for start, word in _letter_runs(text):
        if word.isascii():
            continue
        _refuse_styled(text, start, word, scripts)
        _refuse_mixed_digits(text, start, word, scripts)
        _refuse_mixed_scripts(text, start, word)
        _refuse_whole_look_alike(text, start, word, scripts, genuine)
    _refuse_false_decimal_marks(text)


def _letter_runs(text: str) -> Iterator[tuple[int, str]]:
    """Runs of letters, digits and their marks, with the place where each begins."""
    start = -1
    for position, character in enumerate(text):
        inside = character.isalnum() or unicodedata.category(character) in ("Mn", "Mc")
        if inside and start < 0:
            start = position
        elif not inside and start >= 0:
            yield start, text[start:position]
            start = -1
    if start >= 0:
        yield start, text[start:]


def _refuse_styled(text: str, start: int, word: str, scripts: set[str]) -> None:
    """Mathematical alphabets, and full-width letters outside East Asian text, only dress up as letters."""
    for offset, character in enumerate(word):
        script = _script(character)
        is_wide = script == "FULLWIDTH" and not scripts.intersection(_WIDE_SCRIPTS)
        if is_wide or script == "MATHEMATICAL":
            _refuse_look_alike(text, start + offset)


def _refuse_mixed_digits(text: str, start: int, word: str, scripts: set[str]) -> None:
    systems = {_digit_system(character) for character in word if character.isdecimal()}
    has_latin = any(_script(character) == "LATIN" for character in word)
    for offset, character in enumerate(word):
        if not character.isdecimal() or character.isascii():
            continue
        foreign = "LATIN" in scripts and not _digits_belong(character, scripts)
        if len(systems) > 1 or has_latin or foreign:
            raise TextError(
                _sentence(
                    text, start + offset, "belongs to another system of digits than the text around it"
                ),
                character,
                start + offset,
            )


def _digits_belong(character: str, scripts: set[str]) -> bool:
    script = _script(character)
    if script == "FULLWIDTH":
        return bool(scripts.intersection(_WIDE_SCRIPTS))
    return script in scripts or (script in ("ARABIC-INDIC", "EXTENDED") and "ARABIC" in scripts)


def _digit_system(character: str) -> int:
    return ord(character) - unicodedata.decimal(character)


def _refuse_mixed_scripts(text: str, start: int, word: str) -> None:
    letters = [(offset, character) for offset, character in enumerate(word) if character.isalpha()]
    foreign = [
        (offset, character)
        for offset, character in letters
        if _script(character) not in ("LATIN", "MICRO", "COMMON")
    ]
    if not foreign or len(foreign) == len(letters):
        return
    mixing = [offset for offset, character in foreign if _script(character) not in _MIX_WITH_LATIN]
    greek = [offset for offset, character in foreign if character in _GREEK_LOOK_ALIKES]
    inside = [offset for offset, character in foreign if _is_between_small_latin(word, offset)]
    others = [offset for offset, character in foreign if character in _OTHER_LOOK_ALIKES]
    if len(others) < len(foreign):
        others = []
    bad = mixing or greek or inside or others
    if bad:
        _refuse_look_alike(text, start + bad[0])


def _is_between_small_latin(word: str, offset: int) -> bool:
    """hαemophilia, but not NFκB, FcγRIII or αvβ3."""
    if _script(word[offset]) != "GREEK" or not 0 < offset < len(word) - 1:
        return False
    before, after = word[offset - 1], word[offset + 1]
    return before.islower() and after.islower() and _script(before) == "LATIN" == _script(after)


def _refuse_whole_look_alike(text: str, start: int, word: str, scripts: set[str], genuine: set[str]) -> None:
    """ "5О mg" with a Cyrillic О: every letter is a look-alike and nothing else in the text is Cyrillic."""
    letters = [character for character in word if character.isalpha()]
    if not letters or ("LATIN" not in scripts and len(letters) == len(word)):
        return
    script = _script(letters[0])
    if script not in genuine and all(_is_look_alike(character) for character in letters):
        offset = word.index(letters[0])
        if len(word) > len(letters) or script != "GREEK" or word[offset].isupper() or word[offset] in "ον":
            _refuse_look_alike(text, start + offset)


def _is_look_alike(character: str) -> bool:
    return (
        character in _CYRILLIC_LOOK_ALIKES
        or character in _GREEK_LOOK_ALIKES
        or character in _OTHER_LOOK_ALIKES
        or _script(character)
        in ("CHEROKEE", "LISU", "COPTIC", "DESERET", "OSAGE", "VAI", "TIFINAGH", "ARMENIAN", "GOTHIC")
    )


def _refuse_false_decimal_marks(text: str) -> None:
    for position in range(1, len(text) - 1):
        if text[position] not in _FALSE_DECIMAL_MARKS:
            continue
        before, after = text[position - 1], text[position + 1]
        if not (before.isdecimal() and after.isdecimal()):
            continue
        is_arabic = text[position] in "\u066b\u066c" and "٠" <= before <= "۹" and "٠" <= after <= "۹"
        if not is_arabic:
            raise TextError(
                _sentence(text, position, "only looks like a decimal mark"), text[position], position
            )


def _refuse_look_alike(text: str, position: int) -> None:
    raise TextError(
        _sentence(text, position, "looks like another letter but is not the same"), text[position], position
    )


@lru_cache(maxsize=8192)
def _script(character: str) -> str:
    """The first word of the character's Unicode name: LATIN, GREEK, CYRILLIC …; "COMMON" for signs like ª and º."""
    name = unicodedata.name(character, "")
    if name.startswith(
        ("FEMININE", "MASCULINE", "SUPERSCRIPT LATIN", "MODIFIER", "DOUBLE-STRUCK", "SCRIPT", "ANGSTROM")
    ):
        return "COMMON"
    first = name.partition(" ")[0]
    return "MATHEMATICAL" if name.startswith("MATHEMATICAL ") else first


# --- sentences --------------------------------------------------------------------------------------------


def name_of(character: str) -> str:
    """The character as people can look it up: name in lower case and code point."""
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "").lower() or _CONTROL_NAMES.get(character, "")
    return f"{name} ({code})" if name else code


_CONTROL_NAMES = {
    "\x00": "null",
    "\t": "tab",
    "\n": "line break",
    "\r": "carriage return",
    "\x0b": "vertical tab",
    "\x0c": "form feed",
    "\x1b": "escape",
    "\x7f": "delete",
    "\x85": "next line",
}


def _sentence(text: str, position: int, fault: str) -> str:
    before = "".join(c if c.isprintable() else " " for c in text[max(0, position - 20) : position]).lstrip()
    where = f"after “{before}”" if before else "at the beginning"
    return f"Character {position + 1}, {where}, is {name_of(text[position])}: it {fault}. Delete it and type it again."


_SHOWN_ALTHOUGH_ALLOWED = frozenset(
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u2010\u2011\u2012\u2212\ufe63\uff0d\u00b5\u03bc\u2044\u2215\u2236\u02bc\u02b9\u2032\u00b7\u22c5\u2219\u1680"
)


def _shown(text: str, position: int, character: str, at_home: set[str]) -> str:
    if character.isascii():
        return character if character.isprintable() or character in "\n\t" else f"[{name_of(character)}]"
    if _is_hidden(character):
        return f"[{name_of(character)}]"
    if (
        character in _SHOWN_ALTHOUGH_ALLOWED
        or character in _FALSE_DECIMAL_MARKS
        or _is_odd_letter(text, position, character, at_home)
    ):
        return f"{character}[{name_of(character)}]"
    return character


def _is_odd_letter(text: str, position: int, character: str, at_home: set[str]) -> bool:
    """A letter or digit of another alphabet that touches a Latin one, or stands where its alphabet is not at home."""
    script = _script(character)
    if character.isdecimal():
        return not _digits_belong(character, at_home)
    if script in ("MATHEMATICAL", "FULLWIDTH") or (_is_look_alike(character) and script not in at_home):
        return True
    if not character.isalpha() or script == "LATIN":
        return False
    neighbours = text[max(0, position - 1) : position] + text[position + 1 : position + 2]
    return any(_script(neighbour) == "LATIN" for neighbour in neighbours if neighbour.isalpha())


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
