"""People and organisations as sources name them: as data, as one line of a form, and as the start of a key.

As data: ``{"family": "Raper", "given": "Steven E.", "suffix": "Jr."}`` or ``{"literal": "National Cancer
Institute"}``.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import text

PERSON, ORGANISATION = ("family", "given", "suffix"), ("literal",)
SMALL_WORDS = frozenset(["a", "an", "and", "de", "des", "for", "in", "la", "le", "of", "on", "the", "to", "und"])


class NamesError(ValueError):
    """Not a list of names; the message says how to write one."""


def check(names: Any) -> list[dict[str, str]]:
    """The names with their text normalised and empty parts left out, or ``NamesError``."""
    if not isinstance(names, list):
        raise NamesError("Names are a list of people and organisations.")
    return [_checked(name) for name in names]


def from_lines(written: str) -> list[dict[str, str]]:
    """One name per line: with a comma a person ("Raper, Steven E."), without one an organisation.

    An organisation that has a comma in its name stands in curly brackets; "Raper," is a person without given
    name.
    """
    return check([_from_line(line.strip()) for line in written.splitlines() if line.strip()])


def to_lines(names: list[dict[str, str]]) -> str:
    """What ``from_lines`` reads."""
    return "\n".join(_to_line(name) for name in names)


def is_et_al(name: Mapping[str, str]) -> bool:
    """Whether the name stands for those that a source leaves out: no organisation is called so."""
    return name.get("literal", "").rstrip(".").casefold() == "et al"


def in_brief(names: Sequence[Mapping[str, str]]) -> str:
    """Family names enough to know a source again: "Raper", "Raper and Voss", "Raper and others"; empty for none."""
    told = [name.get("family") or name.get("literal", "") for name in names]
    if len(told) > 2 or (len(told) == 2 and is_et_al(names[1])):
        return f"{told[0]} and others"
    return " and ".join(told)


def key_stem(title: str, authors: list[dict[str, str]], issued: list[int]) -> str:
    """The readable start of a key: "raper2003", "nci2014", "nd" for no date.

    Organisations of three words or more go by their initials, as people say them.
    """
    found = _first_author_words(authors) or _significant(text.words(title))[:2]
    plain = re.sub(r"[^a-z]", "", "".join(found))[:24]
    return f"{plain or 'source'}{issued[0] if issued else 'nd'}"


def _checked(name: Any) -> dict[str, str]:
    if not isinstance(name, dict) or not all(isinstance(part, str) for part in name.values()):
        raise NamesError("Each name is that of a person (family, given) or of an organisation (literal).")
    parts = {part: _line(value) for part, value in name.items()}
    kept = {part: value for part, value in parts.items() if value}
    if kept.keys() - set(PERSON if "family" in kept else ORGANISATION) or not kept:
        raise NamesError("A person has a family name; an organisation has one name only.")
    if "family" in kept and any("," in value for value in kept.values()):
        raise NamesError("The parts of a person's name have no commas.")
    return {part: kept[part] for part in (*PERSON, *ORGANISATION) if part in kept}


def _line(part: str) -> str:
    value = text.line(part)
    if re.search(r"[{}]", value):
        raise NamesError("Names have no curly brackets.")
    if len(value) > 300:
        raise NamesError("This name is longer than 300 characters. Write one name per line.")
    return value


def _from_line(line: str) -> dict[str, str]:
    if line.startswith("{") and line.endswith("}"):
        return {"literal": line[1:-1]}
    if "," not in line:
        return {"literal": line}
    family, given, *suffix = [part.strip() for part in line.split(",")]
    if len(suffix) > 1:
        raise NamesError(
            f"“{line[:60]}” has too many commas: one name per line, as in “Raper, Steven E.” "
            "An organisation with commas stands in {curly brackets}."
        )
    return {"family": family, "given": given, "suffix": "".join(suffix)}


def _to_line(name: dict[str, str]) -> str:
    if "literal" in name:
        return f"{{{name['literal']}}}" if "," in name["literal"] else name["literal"]
    suffix = f", {name['suffix']}" if name.get("suffix") else ""
    return f"{name['family']}, {name.get('given', '')}{suffix}".strip()


def _first_author_words(authors: list[dict[str, str]]) -> list[str]:
    if not authors:
        return []
    if "family" in authors[0]:
        return text.words(authors[0]["family"])
    named = _significant(text.words(authors[0]["literal"]))
    return [word[0] for word in named] if len(named) > 2 else named


def _significant(words: list[str]) -> list[str]:
    return [word for word in words if word not in SMALL_WORDS]
