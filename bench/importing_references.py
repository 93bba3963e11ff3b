"""Importing references: 10,000 records of RIS, planned and carried out

Each record is one save with its saved version, on SQLite, synchronous as in production; half of them know a DOI. Then
the same file again, which must change nothing, and the export of what came in.
"""

from __future__ import annotations

import datetime
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tqdm import tqdm

from bench._scratch import scratch_site
from bench.figures import Figure

RECORDS = 10_000
NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)


def measure() -> Iterator[Figure]:
    """Records a second, with progress, and the most memory that the process ever held."""
    with scratch_site():
        yield from _figures(_file(RECORDS))


def _figures(data: bytes) -> Iterator[Figure]:
    from references import exporting, importing
    from references.models import Reference

    before = _megabytes()
    plan, seconds = _timed(lambda: importing.plan(data, "ris", None, NOW))
    assert plan.counts() == {"created": RECORDS}, plan.counts()
    yield Figure(
        f"plan {RECORDS:,} records of RIS ({len(data) / 2**20:.1f} MB)", RECORDS / seconds, 500, "/s", at_least=True
    )
    with tqdm(total=RECORDS, unit="record", disable=not sys.stderr.isatty(), leave=False) as bar:
        summary, seconds = _timed(
            lambda: importing.carry_out(plan, None, NOW, progress=lambda done: bar.update(done - bar.n))
        )
    assert summary.counts() == {"created": RECORDS}, summary.counts()
    yield Figure("carry the plan out, with progress", RECORDS / seconds, 60, "/s", at_least=True)
    again, seconds = _timed(lambda: importing.plan(data, "ris", None, NOW))
    assert again.counts() == {"unchanged": RECORDS}, again.counts()
    yield Figure("plan the same file again: nothing to do", RECORDS / seconds, 500, "/s", at_least=True)
    yield Figure("memory for all of it", _megabytes() - before, 200, "MB")
    sources = Reference.objects.select_related("superseded_by").iterator(500)
    written, seconds = _timed(lambda: sum(1 for _ in exporting.export(sources, "ris")))
    yield Figure("export it", written / seconds, 2_000, "/s", at_least=True)


def _file(records: int) -> bytes:
    from references import formats

    return "".join(formats.write((_item(number) for number in range(records)), "ris")).encode()


def _item(number: int) -> dict[str, Any]:
    """A paper of its own, with as much about it as reference managers tell."""
    words = f"Outcomes of treatment {number % 97} in {number} people with condition {number % 331}: a cohort study"
    item = {
        "type": "article-journal",
        "title": words,
        "author": [{"family": f"Author{number % 701}", "given": f"{name} B."} for name in ("Ann", "Bob", "Cy", "Di")],
        "container-title": f"Journal of Medicine {number % 60}",
        "issued": {"date-parts": [[1990 + number % 36, 1 + number % 12]]},
        "volume": str(number % 90),
        "issue": str(number % 12),
        "page": f"{number}-{number + 9}",
    }
    return item | ({"DOI": f"10.1234/j.{number}", "PMID": str(10_000_000 + number)} if number % 2 else {})


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    result = act()
    return result, time.perf_counter() - started


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
