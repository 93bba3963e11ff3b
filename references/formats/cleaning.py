"""What no record may bring into the library, whatever its format: markup other than a title's own, and formulas.

Titles keep <i>, <sub> and <sup>; <em> is another <i>, and marks of mere look (<b>, <span>, small capitals) are
taken off and told. Anything else that a browser would take for markup, and anything that a spreadsheet would
calculate, refuses the record: such a file was not made by a reference manager alone.
"""

import re
from dataclasses import replace
from typing import Any

from .record import Record, shown

TEXTS = ("title", "container-title", "container-title-short", "collection-title", "publisher", "publisher-place")
NUMBERS = ("edition", "number", "volume", "issue", "page", "note", "language")
_LOOK = re.compile(r"</?(?:b|strong|u|small|scp)>|<span(?: [a-z-]+=\"[^\"<>]*\")*>|</span>", re.IGNORECASE)
_EMPHASIS = re.compile(r"<(/?)(?:em|i)>", re.IGNORECASE)
_HTML = re.compile(
    r"<\s*(?:/\s*)?(?:script|style|iframe|frame|img|image|svg|math|object|embed|applet|form|input|button|textarea"
    r"|select|option|link|meta|base|html|head|body|title|div|font|table|tr|td|th|tbody|thead|ul|ol|li|dl|dt|dd"
    r"|h[1-6]|br|hr|pre|code|video|audio|source|template|noscript|marquee|details|xml|jats:[a-z]+|mml:[a-z]+"
    r"|span|strong|em|small|scp|abbr|cite)\b"
    r"|<\s*(?:/\s*)?(?:(?:[abipqsu]|su[bp])\s+[a-z-]+\s*=|[abpqsu]\s*/?>)|<!--|<!\[CDATA\[|<!doctype|<\?[a-z]",
    re.IGNORECASE,
)
# The full-width forms are taken for the plain ones by spreadsheets of East Asian systems.
_FORMULA = re.compile(r"[=＝@＠] ?[\w\"'(+-]|[+\-＋－](?:[\w.$:]*[(|!]|\d[\d.]*\s*[+*/^-]\s*[\d.])")


def cleaned(record: Record, guessed: str = "") -> Record:
    """The record as the library may have it, or refused; ``guessed`` is the encoding nobody was told."""
    if record.item is None:
        return record
    item, has_look = _plain_look(record.item)
    problem = next(filter(None, (_fault(name, value) for name, value in _texts(item))), "")
    if problem:
        return replace(record, item=None, problem=problem, doubts=(), notices=())
    is_guess = bool(guessed) and not str(item).isascii()
    said = {
        "Markup of mere look was taken off the title.": has_look,
        f"The file does not say how its letters are encoded; they were read as {guessed}. Check them.": is_guess,
    }
    return replace(record, item=item, notices=(*record.notices, *(sentence for sentence in said if said[sentence])))


def _plain_look(item: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    changed = {}
    for name in ("title", "container-title"):
        value = item.get(name, "")
        plain = _EMPHASIS.sub(r"<\1i>", _LOOK.sub("", value))
        if plain != value:
            changed[name] = plain
    has_look = any(_LOOK.search(item[name]) for name in changed)
    return item | changed, has_look


def _texts(item: dict[str, Any]) -> list[tuple[str, str]]:
    people = [
        (role, part) for role in ("author", "editor") for person in item.get(role, []) for part in person.values()
    ]
    return [(name, item[name]) for name in (*TEXTS, *NUMBERS) if item.get(name)] + people


def _fault(name: str, value: str) -> str:
    called = name.replace("-", " ")
    found = _HTML.search(value)
    if found:
        return f"The {called} holds HTML (“{shown(value[found.start() :], 30)}”). Write it without."
    if _FORMULA.match(value.lstrip()):
        return f"The {called} is a spreadsheet formula (“{shown(value, 30)}”), not text."
    return ""
