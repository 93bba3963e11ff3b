"""kill -9 at random in check_retractions and check_links: `python bench/campaign_checks.py [KILLS] [SEED]`.

The commands run as they do from cron, on a library of 2,000 sources, a file of 20,000 rows and a small web on this
machine; each is killed after a random time and started again. In the end each notice and each first visit is there
once, the record verifies, and the database is whole.
"""

import io
import multiprocessing
import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench._scratch import scratch_site

SOURCES, ROWS = 2_000, 20_000
PAGES = 200
LONGEST_SECONDS = 2.0


def main(kills: int = 40, seed: int = 1) -> int:
    chance, started = random.Random(seed), time.perf_counter()
    with scratch_site() as folder:
        make_library()
        path = folder / "retraction_watch.csv"
        write_file(path)
        killed = sum(run_and_kill(lambda: read_file(path), kills // 2, chance))
        killed += sum(run_and_kill(visit, kills // 2, chance))
        broken = list(broken_promises(folder))
    for sentence in broken:
        print(sentence)
    print(f"{len(broken)} broken promises after {killed} kills (goal: 0); seed {seed}; "
          f"{time.perf_counter() - started:.0f} s")  # fmt: skip
    return 1 if broken else 0


def run_and_kill(work: Callable[[], None], kills: int, chance: random.Random) -> Iterator[bool]:
    """Whether each run was killed before it ended; the last is left to end."""
    for number in range(kills + 1):
        last = number == kills
        child = start(work)
        child.join(None if last else chance.uniform(0, LONGEST_SECONDS))
        yield child.is_alive()
        child.kill()
        child.join()


def start(work: Callable[[], None]) -> multiprocessing.process.BaseProcess:
    from django.db import connections

    connections.close_all()
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    return child


def read_file(path: Path) -> None:
    from django.core.management import call_command

    call_command("check_retractions", str(path), verbosity=0, stdout=io.StringIO())


def visit() -> None:
    """Sources that were visited in an earlier run come last: once each has been, a round is over."""
    from django.utils import timezone

    from references import http, links
    from references.models import LinkCheck
    from tests.web import Web

    web = Web()
    web.clock.sleep = lambda seconds: time.sleep(min(seconds, 0.02))
    client = web.client()
    http.client = lambda agent: client
    http.is_on = lambda: True
    links.CUT_OFF = 10**9
    left = PAGES - LinkCheck.objects.values("reference").distinct().count()
    for _ in links.check_all(links.due(left), timezone.now):
        pass


def make_library() -> None:
    from django.db.models import QuerySet

    from references.models import Reference

    made = [
        Reference(
            key=f"paper{number}nd", type="webpage", title=f"Paper {number}", doi=f"10.1234/ours.{number}",
            url=f"https://site{number % 20}.example.org/{number}" if number < PAGES else "",
        )
        for number in range(SOURCES)
    ]  # fmt: skip
    QuerySet(Reference).bulk_create(made, batch_size=500)


def write_file(path: Path) -> None:
    from bench.retractions import HEADINGS

    lines = [",".join(HEADINGS)]
    for number in range(ROWS):
        paper = f"10.1234/ours.{number // 10}" if number % 10 == 0 else f"10.5555/other.{number}"
        told = {"Record ID": str(number), "RetractionNature": "Retraction", "OriginalPaperDOI": paper}
        told |= {"RetractionDate": "7/26/2019 0:00", "OriginalPaperPubMedID": "0", "RetractionPubMedID": "0"}
        lines.append(",".join(told.get(name, "x") for name in HEADINGS))
    path.write_text("\n".join(lines))


def broken_promises(folder: Path) -> Iterator[str]:
    from django.db import connection

    from articles.verification import problems
    from references.models import LinkCheck, PublicationNotice

    noted = sorted(PublicationNotice.objects.values_list("reference__doi", "record_id"))
    wanted = sorted((f"10.1234/ours.{number // 10}", str(number)) for number in range(0, ROWS, 10))
    if noted != wanted:
        yield f"{len(noted)} notices instead of {len(wanted)}"
    visited = list(LinkCheck.objects.values_list("reference", flat=True))
    if len(visited) != PAGES or len(set(visited)) != PAGES:
        yield f"{len(visited)} visits to {len(set(visited))} addresses instead of {PAGES}"
    yield from map(str, problems())
    connection.close()
    with sqlite3.connect(folder / "bench.sqlite3") as raw:
        yield from (row[0] for row in raw.execute("PRAGMA integrity_check") if row[0] != "ok")
        yield from (f"foreign key: {row}" for row in raw.execute("PRAGMA foreign_key_check"))
    raw.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
