"""Text: what it costs, and that twice the text costs about twice the time, however nasty."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise

from articles.diffs import diff, spelt_out, word_diff
from articles.merging import merge
from articles.significance import significance
from articles.text import TextError, clean_inline, normalise, plain, show_hidden, slugify_ascii, words
from bench.figures import Figure, milliseconds

LENGTH = 20_000
MOST_PER_DOUBLING = 2.5
LONGEST_MS = 1_000
TURNS, MORE_TURNS = 3, 9
QUICK_MS = 5  # below this a ratio measures the clock

NASTY = (
    "<", ">", "&", "&lt;", "&#", "<a href=", '<a href="', "<em>", "</em>", "<em><strong>", "<a>", "<p>", "<table>",
    "<!--",
    "<svg>", '<cite data-uid="c1">', "<sup>1", "a", "a ", "a. ", ". ", "  ", "\u00a0", "\n", "5.",
    "5,0 ", "а ", "a\u0301", "\u0301", "((((",
    "-" , "it's ", "é", "क्\u200d", "𝟓", "ab" * 20 + " ",
)  # fmt: skip


def measure() -> Iterator[Figure]:
    old, new = _texts(10_000)
    yield Figure("word diff of 2 × 10,000 words", milliseconds(lambda: word_diff(old, new), 5), 200, "ms")
    before, after = _article(old), _article(new)
    yield Figure("article diff of 2 × 10,000 words", milliseconds(lambda: _whole_diff(before, after), 5), 200, "ms")
    yield Figure("significance of the same", milliseconds(lambda: significance(before, after), 5), 500, "ms")
    yield Figure("merge of the same", milliseconds(lambda: merge(before, after, before | {"title": "x"}), 5), 200, "ms")
    for name, read in READERS.items():
        ratio, longest = _worst(read)
        yield Figure(f"{name}: worst ratio per doubling", ratio, MOST_PER_DOUBLING, "")
        yield Figure(f"{name}: worst time of {4 * LENGTH:,} characters", longest, LONGEST_MS, "ms")


READERS: dict[str, Callable[[str], object]] = {
    "clean_inline": clean_inline,
    "normalise": normalise,
    "plain": plain,
    "words": words,
    "slugify_ascii": slugify_ascii,
    "show_hidden": show_hidden,
    "spelt_out": spelt_out,
    "word_diff": lambda text: word_diff(text, text[1:] + "x" + text[:1]),
    "word_diff of a changed middle": lambda text: word_diff("x " + text + " y", "z " + text[::-1] + " w"),
}


def _worst(read: Callable[[str], object]) -> tuple[float, float]:
    """The largest ratio of times from n to 2n to 4n characters, and the longest time, in milliseconds.

    Other programs of the machine slow a reading down for a while, never up: the best time of each length counts, and a
    piece that seems too slow is read more often, always as often. What really grows faster stays.
    """
    ratio, longest = 1.0, 0.0
    for piece in NASTY:
        texts = [(piece * length)[:length] for length in (LENGTH, 2 * LENGTH, 4 * LENGTH)]
        times = _best_times(read, texts)
        longest, ratio = max(longest, times[-1]), max(ratio, _growth(times))
    return ratio, longest


def _best_times(read: Callable[[str], object], texts: list[str]) -> list[float]:
    """Processor time for each text, in milliseconds; the texts take turns, so that a slow while meets them all."""
    best = _in_turns(read, texts, TURNS)
    if _growth(best) <= MOST_PER_DOUBLING:
        return best
    return [min(pair) for pair in zip(best, _in_turns(read, texts, MORE_TURNS), strict=True)]


def _in_turns(read: Callable[[str], object], texts: list[str], turns: int) -> list[float]:
    rounds = [[_once(read, text) for text in texts] for _ in range(turns)]
    return [min(times) for times in zip(*rounds, strict=True)]


def _growth(times: list[float]) -> float:
    return max((after / before for before, after in pairwise(times) if before > QUICK_MS), default=1.0)


def _once(read: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    with suppress(TextError):
        read(text)
    return (time.process_time() - started) * 1000


def _texts(count: int) -> tuple[str, str]:
    chance = random.Random(11)
    vocabulary = ["".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 9))) for _ in range(1500)]
    old = [chance.choice(vocabulary) + chance.choice(["", "", "", "", "", "", "."]) for _ in range(count)]
    new = [chance.choice(vocabulary) if chance.random() < 0.05 else word for word in old]
    return " ".join(old), " ".join(new)


def _whole_diff(old: dict[str, object], new: dict[str, object]) -> None:
    for change in diff(old, new).blocks:
        word_diff((change.old_block or {}).get("html", ""), (change.new_block or {}).get("html", ""))


def _article(text: str) -> dict[str, object]:
    """80 blocks in 12 sections that hold the text."""
    listed = text.split(" ")
    size = len(listed) // 80
    blocks = [
        {
            "uid": f"{number:012x}", "kind": "paragraph", "level": 0, "claim": "fact",
            "no_source_reason": "", "data": None,
            "html": " ".join(listed[number * size : (number + 1) * size]),
        }
        for number in range(80)
    ]  # fmt: skip
    sections = [{"uid": f"s{n:011x}", "heading": f"Part {n}", "kind": "", "blocks": blocks[n::12]} for n in range(12)]
    fields = dict.fromkeys(("title", "subtitle", "summary", "slug", "kind", "funding"), "x")
    lists: dict[str, object] = {name: [] for name in ("also_called", "topics", "codes", "people", "citations")}
    return {
        "schema": 1,
        "uid": "a" * 32,
        "language": "en",
        "review_interval_months": 12,
        "sections": sections,
        **fields,
        **lists,
    }
