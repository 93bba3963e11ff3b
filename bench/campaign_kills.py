"""kill -9 at random in publish, withdraw, schedule and save: `python bench/campaign_kills.py [KILLS] [SEED]` (K1).

A child process works on one SQLite file and tells, after each commit, what it has done. It is killed at a random
moment. Afterwards everything it told of is there, whatever it was doing is there whole or not at all, the record
verifies, and the next child goes on from there.
"""

import datetime
import multiprocessing
import os
import random
import sqlite3
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench._scratch import scratch_site

LONGEST_SECONDS = 1.5


def main(kills: int = 1000, seed: int = 1) -> int:
    chance, broken, acts, started = random.Random(seed), 0, 0, time.perf_counter()
    with scratch_site() as folder:
        from tests.people import Newsroom

        Newsroom().draft()
        for number in range(kills):
            told = killed_child(chance.uniform(0, LONGEST_SECONDS))
            acts += len(told)
            for sentence in broken_promises(told, folder):
                broken += 1
                print(f"kill {number}: {sentence}")
    print(f"{acts:,} acts acknowledged; {broken} broken promises in {kills:,} kills (goal: 0); seed {seed}; "
          f"{time.perf_counter() - started:.0f} s")  # fmt: skip
    return 1 if broken else 0


def killed_child(after: float) -> list[str]:
    """Start a child, kill it some time after its first act, and say which acts it acknowledged."""
    from django.db import connections

    connections.close_all()
    reading, writing = os.pipe()
    child = multiprocessing.get_context("fork").Process(target=work, args=(writing,))
    child.start()
    os.close(writing)
    with open(reading) as words:
        first = words.readline()
        time.sleep(after)
        child.kill()
        child.join()
        told = (first + words.read()).split("\n")
    return [word for word in told[:-1] if word]  # the last one may be cut in the middle


def broken_promises(told: list[str], folder: Path) -> list[str]:
    from django.db import connection

    from articles.models import Article, Edition, LedgerEntry, Page
    from articles.verification import problems

    article = Article.objects.get()
    found = [str(problem) for problem in problems()]
    found += [f"acknowledged and lost: {word}" for word in told if not is_there(word)]
    page = Page.objects.filter(path=f"/articles/{article.slug}/").first()
    if article.live_edition and (page is None or page.edition_id != article.live_edition_id or page.status != 200):
        found.append("the page is not that of the live edition")
    if not article.live_edition and page and page.status == 200:
        found.append("a withdrawn article is still shown")
    if LedgerEntry.objects.filter(kind="edition").count() != Edition.objects.count():
        found.append("an edition without its entry, or an entry without its edition")
    if bool(article.go_live_at) != (article.state == "scheduled"):
        found.append(f"{article.state} with the moment {article.go_live_at}")
    connection.close()
    with sqlite3.connect(folder / "bench.sqlite3") as raw:
        found += [row[0] for row in raw.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"foreign key: {row}" for row in raw.execute("PRAGMA foreign_key_check")]
    raw.close()
    return found


def is_there(word: str) -> bool:
    from articles.models import Transition

    kind, key = word.split()
    if kind == "save":
        from reversion.models import Revision

        return Revision.objects.filter(pk=int(key)).exists()
    return Transition.objects.filter(pk=int(key), name=kind).exists()


def work(channel: int) -> None:
    """Move the one article round and round: save, check, schedule, publish, withdraw, reopen."""
    from django.contrib.auth import get_user_model

    from articles import drafting, workflow
    from articles.cases import MINOR, Case
    from articles.models import Article
    from tests.people import reword

    people = {user.get_username(): user for user in get_user_model().objects.all()}
    while True:
        article, now = Article.objects.get(), datetime.datetime.now(datetime.UTC)
        is_withdrawn = article.state == "clean" and not article.live_edition_id
        chosen = NEXT["withdrawn" if is_withdrawn else article.state]
        name, who = chosen[now.microsecond % len(chosen)]
        if name == "pass_on" and Case(article, people[who], now).level == MINOR:
            name = "approve_minor"  # reopened and not changed
        if name == "save":
            mine = drafting.newest(article)
            reword("b1", f"It is given {time.time_ns()} times.")(mine)
            base = article.newest_revision_id
            key = drafting.save(article, mine, actor=people[who], now=now, base=base).revision_id
        else:
            details = {"reason": "Because", "words": "Being checked", "at": now + datetime.timedelta(hours=1)}
            key = workflow.perform(article, name, people[who], now, **details).pk
        os.write(channel, f"{name} {key}\n".encode())


#: From each state the acts that may follow, and who does them.
NEXT = {
    "clean": [("save", "alice"), ("withdraw", "paul")],
    "withdrawn": [("reopen", "paul")],
    "draft": [("submit", "alice"), ("save", "alice")],
    "editorial_review": [("pass_on", "edward")],
    "medical_review": [("approve", "rita")],
    "approved": [("publish", "paul"), ("schedule", "paul")],
    "scheduled": [("publish", "paul"), ("unschedule", "paul")],
}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
