"""A library of any size, and how long finding takes in it: run by `bench.library` once for each database.

`python -m bench._library SIZE` on an empty database prints one JSON object. The sources are written by a writer for
measurements only; their words follow Zipf's law, as those of real titles do.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from statistics import quantiles
from typing import Any

BATCH = 2_000
KNOWN = re.findall(
    r"\S+",
    """gene therapy of the in and a for with patients disease clinical trial treatment outcomes vector adenoviral
    transfer deficiency systematic review expression cell stem rare syndrome children safety long-term follow-up
    randomised ornithine transcarbamylase haemophilia retinal dystrophy muscular atrophy immunodeficiency lymphoma""",
)
SYLLABLES = re.findall(r"\w+", "al ber cy dro en fi gly hep im ka lo mor neu o pla ri thro")
TYPED = (
    *("g", "ge", "gene", "the", "therapy", "2003", "19", "gene therapy", "gene ther", "systematic review children"),
    *("of the in and", "zzz", "gene zzz", "nothing of this kind stands here"),
)
TIMES = 5


def main(size: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from references.duplicates import pairs

    fill(size)
    found = finding(size)
    started = time.process_time()
    pairs()
    print(json.dumps(found | {"pairs": time.process_time() - started}))


def fill(size: int) -> None:
    """The bench-only writer: every column as recording would leave it, without saved versions."""
    from django.db import connection
    from django.db.models import QuerySet

    from references.finding import note_all
    from references.models import Reference

    rows: Iterator[Any] = (Reference(**fields(number)) for number in range(size))
    while batch := [row for row, _ in zip(rows, range(BATCH), strict=False)]:
        for row in batch:
            row.words, row.title_words = row.findable_words(), _title_words(row)
        QuerySet(Reference).bulk_create(batch, batch_size=500)
    note_all()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _title_words(row: Any) -> str:
    from references.text import title_words

    return title_words(row.title)


def fields(number: int) -> dict[str, Any]:
    """The same source for the same number."""
    chance = random.Random(number)
    title = " ".join(_word(chance) for _ in range(chance.randint(6, 18))).capitalize()
    authors = [{"family": _name(chance), "given": chance.choice("ABCDEFGHJKLM")} for _ in range(chance.randint(1, 6))]
    year = chance.randint(1970, 2025)
    return {
        "key": f"{authors[0]['family'].lower()}{year}{_letters(number)}",
        "type": "article-journal",
        "title": title,
        "authors": authors,
        "container_title": f"Journal of {_word(chance)} {_word(chance)}",
        "issued": [year],
        "volume": str(chance.randint(1, 400)),
        "page": f"{chance.randint(1, 900)}-{chance.randint(901, 1800)}",
        "doi": f"10.{1000 + number % 9000}/j.{number}" if number % 3 else "",
        "pmid": str(10_000_000 + number) if number % 4 == 0 else "",
        "url": f"https://example.org/{number}" if number % 5 == 0 else "",
    }


def _word(chance: random.Random) -> str:
    """The n-th word of the vocabulary comes about 1/n as often as the first."""
    rank = int(20_000 ** chance.random())
    return KNOWN[rank - 1] if rank <= len(KNOWN) else _rare(rank)


def _rare(rank: int) -> str:
    made = ""
    while rank:
        rank, digit = divmod(rank, len(SYLLABLES))
        made += SYLLABLES[digit]
    return made


def _name(chance: random.Random) -> str:
    return _rare(int(400 * chance.random() ** 2) + 300).capitalize()


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, digit = divmod(number, 26)
        letters += "abcdefghijklmnopqrstuvwxyz"[digit]
    return letters


def questions(size: int) -> list[tuple[str, int | None]]:
    """What people type and paste, each with the number of the source that must be found, if it is one."""
    asked: list[tuple[str, int | None]] = [(word, None) for word in ("g", "ge", "gene", "the", "therapy", "2003", "19")]
    asked += [
        ("gene therapy", None),
        ("gene ther", None),
        ("systematic review children", None),
        ("of the in and", None),
    ]
    asked += [("zzz", None), ("gene zzz", None), ("nothing of this kind stands here", None)]
    for number in (size // 7, size // 3, size // 2, size - 5):
        source = fields(number)
        author, words = source["authors"][0]["family"], source["title"].split()
        asked += [(source[name], number) for name in ("key", "doi", "pmid", "url") if source[name]]
        asked += [(f"{author} {source['issued'][0]}", None), (" ".join(words[:3]), None), (" ".join(words[2:]), None)]
        asked += [(f"{source['container_title']} {source['volume']} {source['page']}", None)]
        asked += [(citation(source), number), (citation(source, mistyped=True), number)]
    return asked


def citation(source: dict[str, Any], mistyped: bool = False) -> str:
    """The source as somebody pastes it, without identifiers."""
    people = ", ".join(f"{name['family']} {name['given']}" for name in source["authors"])
    words = source["title"].split()
    if mistyped:
        longest = max(words, key=len)
        words = ["i" + word[1:] if word == longest else word for word in words]
    place = f"{source['container_title']}. {source['issued'][0]};{source['volume']}:{source['page']}"
    return f"{people}, Somebody Else, et al. {' '.join(words)}. {place}. Accessed 3 May 2024."


def finding(size: int) -> dict[str, Any]:
    """Milliseconds of the picker and of the list, over the whole mix; how many of the wanted were not found."""
    from references.finding import matching
    from references.models import Reference

    def picked(text: str) -> list[Any]:
        return list(matching(Reference.objects.select_related("superseded_by"), text)[:20])

    def listed(text: str) -> tuple[int, list[Any]]:
        found = matching(Reference.objects.filter(merged_into=None), text)
        return found.count(), list(found[:50])

    asked = questions(size)
    missed = [text for text, number in asked if number is not None and fields(number)["key"] not in _keys(picked(text))]
    slowest: dict[str, float] = {}
    return {
        "picker": _percentiles(picked, asked, slowest),
        "list": _percentiles(listed, asked, {}),
        "missed": missed,
        "slowest": sorted(((round(ms, 1), text[:60]) for text, ms in slowest.items()), reverse=True)[:5],
        "questions": len(asked),
    }


def _keys(found: list[Any]) -> set[str]:
    return {reference.key for reference in found}


def _percentiles(
    act: Callable[[str], object], asked: list[tuple[str, int | None]], each: dict[str, float]
) -> dict[str, float]:
    durations = []
    for text, _ in asked:
        act(text)
        durations.append(min(_milliseconds(act, text) for _ in range(TIMES)))
        each[text] = durations[-1]
    cuts = quantiles(durations, n=100)
    return {"p50": cuts[49], "p95": cuts[94], "worst": max(durations)}


def _milliseconds(act: Callable[[str], object], text: str) -> float:
    """Processor time where all the work is this process's; PostgreSQL works in another one."""
    from django.db import connection

    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    started = clock()
    act(text)
    return (clock() - started) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]))
