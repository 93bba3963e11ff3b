"""Files of references that somebody broke: for the tests of the import and its long campaign.

A file begins as a good one of its format; then things are done to it: it is cut, shuffled, written in another
encoding, filled with brackets, markup, formulas, or half a megabyte of one letter.
"""

# ruff: noqa: E501

import json
import random
from collections.abc import Callable

from references import csl, formats

NAMES = ["ris", "bibtex", "nbib", "csl-json", "text"]
_WORDS = (
    "gene", "therapy", "of", "the", "Duchenne", "β-thalassaemia", "<i>in vivo</i>", "CO<sub>2</sub>", "&", "50%", "{DNA}",
    "“quoted”", "C:\\x", "王", "Łódź", "$5", "a_b", "~", "#1", "follow-up:", "ten-year", "trial", "what?", "2003",
)  # fmt: skip
_DIRT = (
    "<script>alert(1)</script>", "=HYPERLINK(\"http://x.test\")", "+1+cmd|' /C calc'!A0", "@SUM(1)", "\u202e", "\x00", "\x1b[2J",
    "\ufeff", "\ud800", "{" * 400, "}" * 40, "[" * 5_000, '{"a":' * 3_000, "\\input{/etc/passwd}", "\\'" * 300, "x" * 300_000,
    "\nTY  - JOUR\n", "\nER  - \n", "\nPMID- 1\n", "\n\n", "@article{", '@string{a = "', "\"", ",", "]", "}", "\\", "%", "{{% x %}}",
    "{{ x }}", "%(x)s", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "10.1234/" + "(" * 300, "1" * 5_000, "1e999", "NaN",
    "null", "é" * 200, "a " * 20_000, "https://user@example.org/", "http://127.0.0.1/", "'; DROP TABLE x; --",
    " and " * 500, ", " * 500, "\r", "\t" * 99, "\x85", "\u2028", "A, B, C, D, E", "-0001", "99999-99-99", "2003/13/45",
)  # fmt: skip
_CODINGS = (
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "latin-1",
    "cp1252",
    "shift_jis",
    "cp500",
)


def broken_file(seed: int) -> tuple[str, bytes]:
    """The name of a format and the bytes of a file that was one of it; about one file in ten is left whole."""
    chance = random.Random(seed)
    name = NAMES[seed % len(NAMES)]
    text = "".join(formats.write(_items(chance), name))
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 5, 8, 13))):
        text = chance.choice(_BREAKING)(text, chance)
    data = text.encode(chance.choice(_CODINGS), "replace")
    return name, _shaken(data, chance) if chance.random() < 0.15 else data


def _items(chance: random.Random) -> list[dict]:
    """One to six items; sometimes two of them are one source."""
    made = [_item(chance, number) for number in range(chance.randint(1, 5))]
    return [*made, made[0] | {"volume": "99"}] if chance.random() < 0.3 else made


def _item(chance: random.Random, number: int) -> dict:
    csl_type, genre = csl.KINDS[chance.choice(sorted(csl.KINDS))]
    item = {
        "id": f"{chance.choice(('raper', 'nci', 'lee'))}200{number}",
        "type": csl_type,
        "title": " ".join(chance.choices(_WORDS, k=chance.randint(2, 9))),
        "author": [{"family": "van der Berg", "given": "Jan É."}, {"literal": "Department of Health, Education"}],
        "issued": {"date-parts": [[2003, 9, 15][: chance.randint(1, 3)]]},
        "container-title": " ".join(chance.choices(_WORDS, k=3)),
        "URL": f"https://example.org/{chance.randint(1, 999)}",
        "note": "One line\n\nand another",
        "DOI": f"10.1234/x{chance.randint(1, 9999)}",
        "PMID": str(chance.randint(1, 99_999)),
        "volume": "80",
        "page": "148-158",
        "language": "en",
    }
    kept = {key: value for key, value in item.items() if key in ("id", "type", "title") or chance.random() < 0.7}
    judged = {"custom": {"evidence": "trial", "is_primary": True}} if chance.random() < 0.3 else {}
    return kept | ({"genre": genre} if genre else {}) | judged


def _place(text: str, chance: random.Random) -> int:
    return chance.randint(0, len(text))


def _cut(text: str, chance: random.Random) -> str:
    return text[: _place(text, chance)]


def _beheaded(text: str, chance: random.Random) -> str:
    return text[_place(text, chance) :]


def _soiled(text: str, chance: random.Random) -> str:
    place = _place(text, chance)
    return text[:place] + chance.choice(_DIRT) + text[place:]


def _soiled_value(text: str, chance: random.Random) -> str:
    """Dirt where a value begins, so that it gets far."""
    lines = text.split("\n")
    number = chance.randrange(len(lines))
    for sign in ("- ", "= {", '": "'):
        head, found, rest = lines[number].partition(sign)
        if found:
            lines[number] = head + found + chance.choice(_DIRT) + chance.choice((rest, ""))
            break
    return "\n".join(lines)


def _without_part(text: str, chance: random.Random) -> str:
    start = _place(text, chance)
    return text[:start] + text[start + chance.randint(1, 60) :]


def _doubled_part(text: str, chance: random.Random) -> str:
    start = _place(text, chance)
    return text[:start] + text[start : start + chance.randint(1, 400)] * chance.choice((2, 3, 30)) + text[start:]


def _shuffled(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    chance.shuffle(lines)
    return "\n".join(lines)


def _other_sign(text: str, chance: random.Random) -> str:
    old = chance.choice(text) if text else ""
    return (
        text.replace(old, chance.choice(("", "{", '"', "\n", "é", "-", "\\", "<")), chance.choice((1, 5, -1)))
        if old
        else text
    )


def _other_lines(text: str, chance: random.Random) -> str:
    return text.replace("\n", chance.choice(("\r\n", "\r", "\n\n", "\u2028", " ")))


def _followed_by_another(text: str, chance: random.Random) -> str:
    return text + "".join(formats.write(_items(chance), chance.choice(NAMES)))


def _nested(text: str, chance: random.Random) -> str:
    return json.dumps([text[:2_000]]) if chance.random() < 0.5 else "[" * chance.choice((1, 2, 3_000)) + text


_BREAKING: list[Callable[[str, random.Random], str]] = [
    *(_cut, _beheaded, _soiled, _soiled, _soiled_value, _soiled_value, _soiled_value, _without_part, _doubled_part),
    *(_shuffled, _other_sign, _other_lines, _followed_by_another, _nested),
]


def _shaken(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 30)) if data else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)
