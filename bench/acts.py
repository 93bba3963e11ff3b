"""Acts: saving, publishing, comparing, and checking the record

An article of 12 sections, 80 statements and 40 citations on SQLite, synchronous as in production.
"""

from __future__ import annotations

import datetime
import itertools
import random
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from bench._scratch import scratch_site
from bench.figures import Figure, milliseconds

TIMES = 9
EDITS = 60
WORDS = 10_000


def measure() -> Iterator[Figure]:
    """Figures of design goals: milliseconds, queries, rows a second."""
    yield Figure(f"compare two texts of {WORDS:,} words", _comparison(), 200, "ms")
    with scratch_site():
        yield from _acts()


def _acts() -> Iterator[Figure]:
    from tests.people import Newsroom

    desk = Desk(Newsroom())
    saving, queries = _timed(desk.save)
    yield Figure("save an article of 80 statements", saving, 30, "ms")
    print(f"    {queries} queries")
    publishing, queries = _timed(desk.publish, desk.approve)
    yield Figure("publish it", publishing, 60, "ms")
    print(f"    {queries} queries")
    for _ in range(EDITS):
        desk.save()
    yield Figure("rows of the record checked", _rows_a_second(), 10_000, "/s", at_least=True)


class Desk:
    """One long article and the people who move it along."""

    def __init__(self, newsroom: Any):
        from articles import drafting
        from tests.people import NOW, make_reference

        self.newsroom, self.now, self.numbers = newsroom, NOW, itertools.count(1)
        self.keys = [make_reference(title=f"A study of effects, number {number}").key for number in range(40)]
        self.article = drafting.save(None, self._content(), actor=newsroom.alice, now=NOW).article

    def _content(self) -> dict[str, Any]:
        from tests import snapshots
        from tests.people import content

        sections, citations = [], []
        for place in range(12):
            blocks = []
            for number in range(7 if place < 8 else 6):
                uid = f"b{place * 7 + number}"
                cited = len(citations) < 40 and number % 2 == 0
                mark = snapshots.cite(f"c{len(citations)}") if cited else ""
                if cited:
                    citations.append(snapshots.citation(f"c{len(citations)}", self.keys[len(citations)], uid))
                words = f"Statement {uid} says something about a treatment that helps most people who take it. " * 3
                blocks.append(snapshots.paragraph(uid, words.strip() + mark, no_source_reason="" if cited else "Known"))
            sections.append(snapshots.section(f"d{place}", *blocks, heading=f"Part {place}"))
        return content(self.newsroom.author, sections=sections, citations=citations)

    def save(self) -> None:
        from tests.people import reword

        words = f"Take {next(self.numbers)} mg each morning, with water, and tell your doctor."
        self.newsroom.edit(self.article, reword("b1", words), now=self.now)

    def approve(self) -> None:
        self.save()
        self.newsroom.approved(self.article)

    def publish(self) -> None:
        from articles import workflow

        workflow.perform(self.article, "publish", self.newsroom.paul, self.now)


def _timed(act: Callable[[], None], before: Callable[[], None] = lambda: None) -> tuple[float, int]:
    """Median milliseconds of an act, and its queries; what comes before it is not counted."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    before()
    with CaptureQueriesContext(connection) as captured:
        act()
    durations = []
    for _ in range(TIMES):
        before()
        started = time.perf_counter()
        act()
        durations.append(time.perf_counter() - started)
    return median(durations) * 1000, len(captured)


def _rows_a_second() -> float:
    """Entries, recorded rows and stamps checked in a second by the check of the whole record."""
    from articles import checkpoints, verification
    from articles.models import LedgerEntry

    checkpoints.stamp(datetime.datetime.now(datetime.UTC))
    rows = LedgerEntry.objects.count()
    rows += sum(model.objects.count() for model in verification.recorded_tables().values())
    started = time.perf_counter()
    found = list(verification.problems())
    seconds = time.perf_counter() - started
    assert not found, found[:3]
    return rows / seconds


def _comparison() -> float:
    from articles.diffs import diff
    from tests import snapshots

    chance = random.Random(1)
    words = [f"word{n}" for n in range(2000)]
    old = [" ".join(chance.choices(words, k=100)) for _ in range(WORDS // 100)]
    new = [_edited(text, chance) for text in old]
    before, after = (
        snapshots.make_snapshot(snapshots.section("d1", *(snapshots.paragraph(f"b{n}", t) for n, t in enumerate(side))))
        for side in (old, new)
    )
    return milliseconds(lambda: diff(before, after), times=5)


def _edited(text: str, chance: random.Random) -> str:
    parts = text.split()
    for _ in range(10):
        parts[chance.randrange(len(parts))] = "changed"
    return " ".join(parts)
