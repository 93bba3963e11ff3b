"""Lines that one of our own styles prints, read back: a reading is proved by printing it again.

Each style has a grammar (``nlm``, ``ama``, ``apa``) that mirrors its formatter and only proposes. What is proposed is
formatted again; when that gives the line that was pasted, letter for letter, the reading is proved. One proved reading
is certain. Where a style prints two sources alike, nobody can tell, and a person must say which it is.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from references import dates
from references.formats.record import item_of
from references.formatting import format_reference

from . import ama, apa, nlm
from .wording import MOST_SENTENCES, Guess, bare, date, sentences

GRAMMARS = {"nlm": nlm.guesses, "ama": ama.guesses, "apa": apa.guesses}

_ACCESS = re.compile(r"cited ([0-9]{4}[^]]{0,8})\]|(?:Accessed|Retrieved) ([A-Z][a-z]+ [0-9]{1,2}, [0-9]{4})")
_LABELS = re.compile(r" \[Internet\]| \[press release\]|^In: ")
# Sentences from the beginning among which a title is looked for.
_FIRST = 5


def readings(line: str) -> list[Guess]:
    """The proved readings of a line that differ, each with the types that print it so."""
    if len(sentences(line)) > MOST_SENTENCES:
        return []
    found: list[Guess] = []
    for style, grammar in GRAMMARS.items():
        for guess in grammar(line):
            proved = [type for type in guess.types if _prints(guess, type, style, line)]
            if not proved:
                continue
            is_sure = guess.is_sure and proved[0] == guess.types[0]
            made = Guess(guess.fields, tuple(proved), guess.accessed, is_sure)
            if made not in found:
                found.append(made)
    return found


def prints(item: dict[str, Any], lines: Sequence[str]) -> bool:
    """Whether one of the styles prints the source as one of these lines, whatever day of access they have."""
    seen = _ACCESS.search(lines[0])
    day = date((seen[1] or seen[2]) if seen else "") or []
    return any(_one_line(format_reference(item, style, dates.iso(day)).text) in lines for style in GRAMMARS)


def titles(line: str, proved: list[Guess]) -> list[str]:
    """What may be the title in a line: that of its proved readings, else its first sentences, alone and in pairs."""
    if proved:
        return [guess.fields["title"] for guess in proved]
    parts = [_LABELS.sub("", bare(part)) for part in sentences(line)[:_FIRST]]
    return [part for part in (*parts, *(f"{one}. {two}" for one, two in pairwise(parts))) if len(part) > 2]


def _prints(guess: Guess, type: str, style: str, line: str) -> bool:
    fields = guess.fields | {"type": type}
    if type == "report" and "publisher" not in fields:  # whose name stands where that of a site does
        fields["publisher"] = fields.pop("container_title", "")
    item = {key: value for key, value in item_of(fields).items() if key != "custom"}
    return _one_line(format_reference(item, style, dates.iso(guess.accessed)).text) == line


def _one_line(written: str) -> str:
    return " ".join(written.split())
