"""Characters that may not be stored, and how to name them: the invisible, and those that look like others.

Sources: Unicode UTS 39 (security mechanisms), UTS 55 (source code), CVE-2021-42574 and CVE-2021-42694.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Unicode orders combining marks by insertion, which is quadratic; no language stacks this many.
MOST_MARKS_IN_A_ROW = 12

_BAD_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u1680\ufffc\ufffd")
_JOINERS = frozenset("\u200c\u200d")
_EMOJI_SELECTORS = frozenset("\ufe0e\ufe0f")


class TextError(ValueError):
    """Text that may not be stored. Its message is a sentence for the person who typed it."""

    def __init__(self, message: str, character: str = "", position: int = -1):
        super().__init__(message)
        self.character = character
        self.position = position


# --- what is refused: invisible characters ---------------------------------------------------------------


def refuse_hidden(text: str, position: int, character: str) -> None:
    """Raise TextError for a character that cannot be seen and has no task where it stands, or a mark at the start."""
    if character.isascii() and character.isprintable():
        return
    if is_hidden(character) and not _is_needed(text, position, character):
        raise TextError(
            sentence(text, position, "cannot be seen and can change how the text reads"), character, position
        )
    if position == 0 and unicodedata.combining(character):
        raise TextError(sentence(text, 0, "has no letter to stand on"), character, 0)


@lru_cache(maxsize=4096)
def is_hidden(character: str) -> bool:
    """Does this character leave no trace on the page, or mean different things in different fonts?"""
    if character in _VISIBLE_FORMATS:
        return False
    return unicodedata.category(character) in _BAD_CATEGORIES or character in _BLANKS or _is_selector(character)


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
    return character in "©®‼⁉™ℹ〰〽㊗㊙" or (unicodedata.category(character) in ("So", "Sk") and character >= "\u2190")


_JOINING_SCRIPTS = frozenset((
    "ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI",
    "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN", "THAANA",
    "BALINESE", "JAVANESE",
))  # fmt: skip


def refuse_stacked_marks(text: str) -> None:
    """Raise TextError for a letter under a tower of marks; to be asked before Unicode normalisation."""
    if text.isascii():
        return
    run = 0
    for position, character in enumerate(text):
        run = run + 1 if unicodedata.combining(character) else 0
        if run > MOST_MARKS_IN_A_ROW:
            raise TextError(sentence(text, position, "is one of too many marks on one letter"), character, position)


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


def refuse_look_alikes(text: str) -> None:
    """Raise TextError for letters, digits and decimal marks that read as something they are not."""
    if text.isascii():
        return
    scripts = {_script(character) for character in text if character.isalpha()}
    genuine = {_script(character) for character in text if character.isalpha() and not _is_look_alike(character)}
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
                sentence(text, start + offset, "belongs to another system of digits than the text around it"),
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
        (offset, character) for offset, character in letters if _script(character) not in ("LATIN", "MICRO", "COMMON")
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
            raise TextError(sentence(text, position, "only looks like a decimal mark"), text[position], position)


def _refuse_look_alike(text: str, position: int) -> None:
    raise TextError(sentence(text, position, "looks like another letter but is not the same"), text[position], position)


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


def sentence(text: str, position: int, fault: str) -> str:
    """Which character, where, what is wrong with it, and what to do."""
    before = "".join(c if c.isprintable() else " " for c in text[max(0, position - 20) : position]).lstrip()
    where = f"after “{before}”" if before else "at the beginning"
    return f"Character {position + 1}, {where}, is {name_of(text[position])}: it {fault}. Delete it and type it again."


_SHOWN_ALTHOUGH_ALLOWED = frozenset(
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u2010\u2011\u2012\u2212\ufe63\uff0d\u00b5\u03bc\u2044\u2215\u2236\u02bc\u02b9\u2032\u00b7\u22c5\u2219\u1680"
)


def shown(text: str) -> Iterator[str]:
    """The text piece by piece, hidden and odd characters with their names in square brackets."""
    at_home = {_script(character) for character in text if character.isalpha() and not _is_look_alike(character)}
    for position, character in enumerate(text):
        yield _shown(text, position, character, at_home)


def _shown(text: str, position: int, character: str, at_home: set[str]) -> str:
    if character.isascii():
        return character if character.isprintable() or character in "\n\t" else f"[{name_of(character)}]"
    if is_hidden(character):
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
