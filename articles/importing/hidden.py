"""Characters that deceive: taken out of imported text or spelt out in it, and told to the editor.

A page from elsewhere is not refused for them, as a person's typing would be: nobody can correct the old page
any more. What nobody sees is taken out. What is seen but looks like something else stays visible, by name:
dropping the Cyrillic О from “5О mg” would make another dose.
"""

from __future__ import annotations

import html
import re
import unicodedata

from articles.characters import name_of
from articles.text import TextError, clean_inline, normalise, plain

from .page import ImportRefused, Report

# Control, private and format characters, bidi marks among them (UTS 39, UTS 55). Kept: tab, line feed, and the
# joiners U+200C and U+200D, which some scripts need.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u17b4\u17b5\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ue000-\uf8ff\ufeff\ufff0-\ufffb\ufffe\uffff\U000f0000-\U0010ffff]"
)
# Blank as a space is, but not a space.
_BLANK = re.compile("[\u115f\u1160\u1680\u2028\u2029\u2800\u3164\uffa0]")
_TAGS = re.compile(r"(<[^>]*>)")
#: Where one statement holds more look-alikes than this, the text itself is the problem.
MAX_SPELT_OUT = 40


def without_hidden(text: str, report: Report, line: int) -> str:
    """``text`` as `articles.text.normalise` accepts it; what had to change is reported as uncertain.

    Raises `ImportRefused` for text that is mostly look-alikes.
    """
    if text.isascii() and text.isprintable():
        return text
    found = set(_UNSEEN.findall(text)) | set(_BLANK.findall(text))
    shown = _BLANK.sub(" ", _UNSEEN.sub("", text)) if found else text
    shown = unicodedata.normalize("NFC", shown.replace("\n", " ").replace("\t", " "))
    for _ in range(MAX_SPELT_OUT):
        try:
            shown = normalise(shown)
        except TextError as error:
            found.add(error.character)
            shown = _without(shown, error)
        else:
            _report(found, shown, report, line)
            return shown
    raise ImportRefused(f"The text on line {line:,} is full of look-alike or stacked characters.")


def _without(text: str, error: TextError) -> str:
    character, position = error.character, error.position
    if not 0 <= position < len(text) or text[position] != character:
        position = text.index(character)
    return text[:position] + _in_its_place(character) + text[position + 1 :]


def _in_its_place(character: str) -> str:
    if character == "\ufffd" or character.isalnum() or (character.isprintable() and not _is_joining(character)):
        return f"[{name_of(character)}]"
    return ""


def _is_joining(character: str) -> bool:
    return bool(unicodedata.combining(character)) or unicodedata.category(character) in ("Cf", "Mn", "Me", "Mc")


def _report(found: set[str], shown: str, report: Report, line: int) -> None:
    if found:
        names = ", ".join(sorted(name_of(character) for character in found))
        report.add("uncertain", line, f"Hidden or look-alike characters: {names}. Check the words here.", shown)


def clean_markup(markup: str, report: Report, line: int) -> str:
    """Inline HTML in the one form that is stored. Marks that would deceive are given up, the words never."""
    parts = [part if part.startswith("<") else _clean_node(part, report, line) for part in _TAGS.split(markup)]
    try:
        return clean_inline("".join(parts)).strip()
    except TextError:
        report.add("uncertain", line, "Bold, links and other marks were taken out here.", plain(markup))
        words = without_hidden(plain("".join(parts)), report, line)
        return html.escape(" ".join(words.split()), quote=False)


def _clean_node(escaped: str, report: Report, line: int) -> str:
    if not escaped:
        return ""
    return html.escape(without_hidden(html.unescape(escaped), report, line), quote=False)
