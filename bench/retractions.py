"""Retraction Watch data: 100,000 rows against a library of 10,000 sources

Beside the seconds that a person waits stand those of the processor: on a busy machine only these tell of the program.
"""

from __future__ import annotations

import csv
import io
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench._scratch import scratch_site
from bench.figures import Figure

ROWS, SOURCES, OURS = 100_000, 10_000, 1_000
HEADINGS = (
    *("Record ID", "Title", "Subject", "Institution", "Journal", "Publisher", "Country", "Author", "URLS"),
    *("ArticleType", "RetractionDate", "RetractionDOI", "RetractionPubMedID", "OriginalPaperDate"),
    *("OriginalPaperDOI", "OriginalPaperPubMedID", "RetractionNature", "Reason", "Paywalled", "Notes"),
)


def measure() -> Iterator[Figure]:
    with scratch_site() as folder:
        path = folder / "retraction_watch.csv"
        write_file(path)
        _library()
        first, processor, peak = _run(path)
        yield Figure("100,000 rows against 10,000 sources, 1,000 of them ours", first, 10, "s")
        print(f"    {processor:.1f} s of the processor")
        again, processor, _ = _run(path)
        yield Figure("the same file again", again, 10, "s")
        print(f"    {processor:.1f} s of the processor")
        yield Figure("memory at its highest, Python and Django included", peak, 200, "MB")
        yield Figure("notices recorded", _recorded(), OURS, "", at_least=True)


def write_file(path: Path) -> None:
    """A file like the real one: 60 MB, fields with commas, marks and line breaks, one row in fifty in cp1252."""
    chance = random.Random(5)
    ours = set(chance.sample(range(ROWS), OURS))
    with path.open("wb") as file:
        for record in [list(HEADINGS), *(_record(number, number in ours, chance) for number in range(ROWS))]:
            file.write(_line(record).encode("cp1252" if record[0].endswith("50") else "utf-8"))


def _record(number: int, is_ours: bool, chance: random.Random) -> list[str]:
    paper = f"10.1234/ours.{number % SOURCES}" if is_ours else f"10.5555/J.Other.{number}"
    nature = chance.choices(["Retraction", "Correction", "Expression of concern"], [90, 5, 5])[0]
    told = {
        "Record ID": str(number),
        "Title": f'On the effect of “X” in patients, a "trial" of {number}' + ("\nsecond line" * (number % 7 == 0)),
        "Institution": "Department of Medicine, University Hospital, Some Town, Some Country;" * 3,
        "Author": "Ada B Lovelace;Alan M Turing;Grace Hopper;José Núñez",
        "RetractionDate": f"{number % 12 + 1}/{number % 28 + 1}/2019 0:00",
        "RetractionDOI": "unavailable" if number % 5 == 0 else f"10.5555/notice.{number}",
        "RetractionPubMedID": "0",
        "OriginalPaperDOI": paper,
        "OriginalPaperPubMedID": "0" if number % 3 else str(10_000_000 + number),
        "RetractionNature": nature,
        "Reason": "+Concerns/Issues About Data;+Investigation by Journal/Publisher;",
    }
    return [told.get(name, "some more text, as it comes") for name in HEADINGS]


def _line(record: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(record)
    return text.getvalue()


def _library() -> None:
    from django.db.models import QuerySet

    from references.models import Reference

    made = (
        Reference(key=f"paper{number}", type="article-journal", title=f"Paper {number}", doi=f"10.1234/ours.{number}")
        for number in range(SOURCES)
    )
    QuerySet(Reference).bulk_create(made, batch_size=1_000)


def _run(path: Path) -> tuple[float, float, float]:
    """Seconds, those of the processor, and megabytes of the command in a process of its own."""
    from django.db import connections

    database = connections["default"].settings_dict["NAME"]
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "gtsite.settings", "DATABASE_URL": f"sqlite:///{database}"}
    command = [sys.executable, "-c", COMMAND, str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, processor, float(told.stdout.splitlines()[-1]) / 1024


# The highest memory of this program alone: what the kernel remembers of a child counts its parent, too.
COMMAND = """
import sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check_retractions", sys.argv[1]])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def _recorded() -> int:
    from references.models import PublicationNotice

    return PublicationNotice.objects.count()
