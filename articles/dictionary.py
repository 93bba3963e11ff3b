"""Which strings are English words: two packed lists, unpacked when first asked for. See data/README.md."""

import lzma
from functools import cache
from pathlib import Path

LANGUAGE = "en"

_DATA = Path(__file__).parent / "data"


def is_word(word: str) -> bool:
    """Is this in the large list (names, rare and technical words included)? Capitals do not matter."""
    return _holds(_list("all"), word.lower())


def is_everyday(word: str) -> bool:
    """Is this a word that most people know? Capitals do not matter."""
    return _holds(_list("everyday"), word.lower())


@cache
def _list(name: str) -> bytes:
    """The sorted words as one string with a line break on both sides of each: a set would take ten times the memory."""
    packed = lzma.decompress((_DATA / f"english-{name}.xz").read_bytes())
    words = []
    word = b""
    for line in packed.splitlines():
        word = word[: line[0] - 97] + line[1:]
        words.append(word)
    return b"\n" + b"\n".join(words) + b"\n"


def _holds(words: bytes, word: str) -> bool:
    wanted = word.encode()
    if b"\n" in wanted:
        return False
    low, high = 0, len(words) - 1  # `low` always stands on a line break before a word, `high` on one after
    while low < high:
        middle = words.rfind(b"\n", low, (low + high) // 2 + 1)
        end = words.find(b"\n", middle + 1)
        found = words[middle + 1 : end]
        if found == wanted:
            return True
        if found < wanted:
            low = end
        else:
            high = middle
    return False
