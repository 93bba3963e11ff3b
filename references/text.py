"""One line of bibliographic text: composed in one way, with nothing in it that cannot be seen."""

import re
import unicodedata

# Letters and marks that draw nothing: two titles could look alike and differ.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
JOINERS = frozenset("\u200c\u200d")
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Of four bytes each at most, they fit a third of an index page of PostgreSQL (2,704 bytes).
LONGEST_TITLE_WORDS = 300
_MARKUP, _WORDS = re.compile(r"</?(?:i|sub|sup)>"), re.compile(r"[^\W_]+")
_GAPS = re.compile(r"\s+")


class TextError(ValueError):
    """The text holds a character that readers would not see; the message names it and where it stands."""


def line(text: str) -> str:
    """The text in composed form (NFC), trimmed, with single spaces; refuses hidden characters."""
    return _GAPS.sub(" ", _visible(text)).strip()


def lines(text: str) -> str:
    """Like ``line``, keeping line breaks: for notes."""
    parts = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line(part) for part in parts).strip()


def without_hidden(text: str) -> str:
    """The text in composed form without the characters that draw nothing: for what nobody here typed."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        char for position, char in enumerate(composed) if not _is_hidden(char) or _joins_letters(composed, position)
    )


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun: "1 row", "2,000 rows"."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def without_markup(title: str) -> str:
    """A title without the markup that it may have: <i>, <sub>, <sup>."""
    return _MARKUP.sub("", title)


def words(text: str) -> list[str]:
    """The lower-case words of a text, without accents and marks: for keys and for finding."""
    bare = unicodedata.normalize("NFKD", without_markup(text)).casefold()
    if not bare.isascii():  # plain English, which most titles are, has no marks to take off
        bare = "".join(char for char in bare if not unicodedata.combining(char))
    return _WORDS.findall(bare)


def title_words(title: str) -> str:
    """The words of a title in one line: equal for two titles that differ in case, accents, marks and markup only.

    Cut where an index would refuse more.
    """
    return " ".join(words(title))[:LONGEST_TITLE_WORDS]


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():  # plain English, which most text is, is composed and hides nothing
        return text
    composed = unicodedata.normalize("NFC", text)
    for position, char in enumerate(composed):
        if _is_hidden(char) and not _joins_letters(composed, position):
            raise TextError(_sentence(char, position))
    return composed


def _is_hidden(char: str) -> bool:
    if char in "\t\n\r":  # pasted line breaks become spaces
        return False
    return char in INVISIBLE or unicodedata.category(char) in HIDDEN_CATEGORIES


def _joins_letters(text: str, position: int) -> bool:
    """Persian and Indic spelling needs the two joiners, between letters of those scripts only."""
    if text[position] not in JOINERS or not 0 < position < len(text) - 1:
        return False
    return all(ord(char) >= 0x0600 and unicodedata.category(char)[0] in "LM" for char in _around(text, position))


def _around(text: str, position: int) -> tuple[str, str]:
    return text[position - 1], text[position + 1]


def _sentence(char: str, position: int) -> str:
    name = unicodedata.name(char, "a control character")
    return (
        f"There is a hidden character at position {position + 1} (U+{ord(char):04X}, {name.lower()}). "
        "Delete it, or type the text again."
    )
