"""Workers at once, killed at random, while notices about sources come in: `python bench/campaign_ripple.py [ROUNDS]`.

In each round the library learns of a notice, a statement is reworded and published, and several workers run, of which
one is killed (kill -9) at a random moment. Afterwards one worker runs undisturbed, and then every page carries exactly
the marks that its citations and the notices call for, none is noted twice, and the record verifies.
"""

import multiprocessing
import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench._scratch import scratch_site

ARTICLES, SOURCES, WORKERS = 8, 6, 3
LONGEST_SECONDS = 0.8


def main(rounds: int = 100, seed: int = 1) -> int:
    chance, broken, started = random.Random(seed), 0, time.perf_counter()
    with scratch_site():
        site = Site(chance)
        for number in range(rounds):
            site.something_happens(number)
            run_workers(chance.uniform(0.05, LONGEST_SECONDS))
            for sentence in site.broken_promises(is_thorough=number % 10 == 9 or number == rounds - 1):
                broken += 1
                print(f"round {number}: {sentence}")
    seconds = time.perf_counter() - started
    print(f"{rounds:,} rounds, {WORKERS} workers, one of them killed in each: {broken} broken promises (goal: 0); "
          f"seed {seed}; {seconds:.0f} s")  # fmt: skip
    return 1 if broken else 0


class Site:
    """Live articles that cite a few sources each, one of them for the page as a whole."""

    def __init__(self, chance: random.Random) -> None:
        from tests import snapshots
        from tests.people import Newsroom, make_reference

        self.chance, self.room = chance, Newsroom()
        self.sources = [make_reference(f"source{2000 + n}", title=f"A study, part {n}") for n in range(SOURCES)]
        self.articles = []
        for number in range(ARTICLES):
            keys = [source.key for source in chance.sample(self.sources, 3)]
            cited = [snapshots.citation(f"c{n}", key, "p1" if n else None) for n, key in enumerate(keys)]
            marks = "".join(snapshots.cite(f"c{n}") for n in (1, 2))
            part = snapshots.section("s1", snapshots.paragraph("p1", f"What is known of it.{marks}"))
            fields = {"sections": [part], "citations": cited, "slug": f"page-{number}", "title": f"Page {number}"}
            self.articles.append(self.room.live(self.room.draft(**fields)))

    def something_happens(self, number: int) -> None:
        """A notice or a reinstatement, and now and then other words on a page."""
        from django.utils import timezone

        from references import record
        from references.models import PublicationNotice
        from tests import snapshots
        from tests.people import reword

        now = timezone.now()
        nature = self.chance.choice(["retraction", "retraction", "expression-of-concern", "reinstatement"])
        row = PublicationNotice(
            reference=self.chance.choice(self.sources),
            nature=nature,
            origin="crossref",
            record_id=str(number),
            noticed_at=now,
        )
        record.keep([row], now=now)
        if number % 3 == 0:
            article = self.chance.choice(self.articles)
            marks = snapshots.cite("c1") + snapshots.cite("c2")
            self.room.edit(article, reword("p1", f"What is known of it, told {number} times.{marks}"), now=now)
            self.room.do(article, "publish_now", self.room.paul, now, reason="Urgent")
            self.room.do(article, "approve_after", self.room.rita, now)

    def broken_promises(self, is_thorough: bool) -> list[str]:
        from django.utils import timezone

        from articles import ripple, verification, worker
        from articles.models import Page, SourceMark

        found = []
        while list(worker.run_chores(timezone.now())):
            pass
        for article in self.articles:
            article.refresh_from_db()
            wanted = {mark.identity for mark in ripple.marks_of(article, article.live_edition)}
            lifted = SourceMark.objects.filter(action="lifted").values("of")
            rows = SourceMark.objects.filter(article=article, action="raised").exclude(pk__in=lifted)
            noted = [(row.block_uid or None, row.key, row.matter) for row in rows]
            if sorted(map(str, noted)) != sorted(map(str, wanted)):
                found.append(f"{article.slug}: noted {noted}, should be {sorted(map(str, wanted))}")
            body = bytes(Page.objects.get(path=f"/articles/{article.slug}/").body).decode()
            told = body.count(" was retracted") + body.count(" was put in doubt")
            if told != len(wanted):
                found.append(f"{article.slug}: the page tells of {told} marks, should be {len(wanted)}")
        return found + ([str(problem) for problem in verification.problems()] if is_thorough else [])


def run_workers(kill_after: float) -> None:
    """Several workers at once; the first is killed."""
    from django.db import connections

    connections.close_all()
    fork: Any = multiprocessing.get_context("fork")
    workers = [fork.Process(target=work) for _ in range(WORKERS)]
    for process in workers:
        process.start()
    time.sleep(kill_after)
    workers[0].kill()
    for process in workers:
        process.join()


def work() -> None:
    from django.utils import timezone

    from articles.worker import run_chores

    for _ in range(3):
        list(run_chores(timezone.now()))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
