"""Acts that fail at each of their statements in turn: `python bench/campaign_statements.py` (K3).

After each failure every row of every table must be as it was before; the act must not report success.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench._scratch import scratch_site


def main() -> int:
    started, total, broken = time.perf_counter(), 0, 0
    with scratch_site():
        from tests.fail_points import half_states

        for name, act in acts():
            statements, bad = half_states(act)
            total, broken = total + statements, broken + len(bad)
            print(
                f"  {name:<10} {len(bad)} half states at {statements} statements", *bad, sep="\n    "[: 5 * bool(bad)]
            )
    print(f"{broken} half states at {total} statements (goal: 0); {time.perf_counter() - started:.0f} s")
    return 1 if broken else 0


def acts() -> Iterator[tuple[str, Callable[[], Any]]]:
    """The life of an article, act by act; each runs through in the end, so that the next can follow."""
    import datetime

    from articles import drafting, workflow
    from tests.people import NOW, Newsroom, reword

    newsroom = Newsroom()
    article = newsroom.draft()
    mine = drafting.newest(article)
    reword("b1", "It is given twice.")(mine)
    base = article.newest_revision_id
    yield "save", lambda: drafting.save(article, mine, actor=newsroom.alice, now=NOW, base=base)
    life = ("submit alice, pass_on edward, approve rita, schedule paul, unschedule paul, publish paul, renew rita, "
            "withhold paul, confirm_notice petra, give_back paul, withdraw paul, reopen paul, publish_now paul, "
            "approve_after rita")  # fmt: skip
    at = NOW + datetime.timedelta(hours=1)
    details = {"reason": "Because", "words": "Being checked", "block": "0000000000b1", "at": at}
    for move in life.split(", "):
        name, who = move.split()
        yield name, lambda n=name, w=who: workflow.perform(article, n, getattr(newsroom, w), NOW, **details)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    sys.exit(main())
