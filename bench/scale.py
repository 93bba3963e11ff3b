"""Scale: what things cost at 1,000 articles against a few; and how many articles go the real road in a second

The few fill one sheet of each list, so that long and short lists show as many rows. The topic and the letter looked
at hold the same ten articles throughout; the rest stand elsewhere. Costs are processor time of one process, as a
multiple of the sign-in page's, measured in turns.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from functools import cache, partial
from statistics import median
from typing import Any

from bench._newsroom import HOST, content, load, newsroom, once_as_much, signed_in, times_as_much
from bench.figures import Figure

SMALL = {"sections": 3, "blocks": 12, "citations": 4}
TEN, FEW, MANY = 10, 60, 1_000
WAITING = 5
TOPICS = 12
ON_THE_ROAD = 10
ACTS = 9  # timed saves and publications
MOST_TIMES = 1.3
QUICK = 0.5  # of a sign-in page; below this a ratio measures the clock
WRITTEN_PER_SECOND = 10_000 / 300
MADE_PER_SECOND = 1_000 / 180
LETTERS = "abcdefghijklmnoprstuvwxyz"  # without q, where the first ten stand


def measure() -> Iterator[Figure]:
    """Figures at `MANY` articles."""
    yield from figures([MANY])


def figures(sizes: list[int]) -> Iterator[Figure]:
    """Each cost at these sizes, beside that with a few."""
    with newsroom() as (staff, _):
        yield _real_road(staff)
        site = Site(staff)
        site.grow(FEW)
        few = site.costs()
        for size in sizes:
            yield Figure(f"bench-only writer, up to {size:,}", site.grow(size), WRITTEN_PER_SECOND, "/s", at_least=True)
            yield Figure(f"verify_ledger at {size:,} articles: problems", site.problems(), 0, "")
            print(f"  {load()}")
            for name, cost in site.costs().items():
                told = f"{name}, {size:,} against {FEW} ({few[name]:.1f} → {cost:.1f})"
                yield Figure(told, _ratio(cost, few[name]), MOST_TIMES, "×")


def _ratio(cost: float, few: float) -> float:
    return max(cost, QUICK) / max(few, QUICK)


def _real_road(staff: Any) -> Figure:
    """Articles a second by the acts that people use, each with three editions."""
    from tests.people import make_topic

    topic = make_topic("Road", "road")
    started = time.perf_counter()
    for number in range(ON_THE_ROAD):
        article = _published(staff, topic, f"road-{number}", f"Road {number}")
        for text in ("It is given twice.", "It is given three times."):
            _again(staff, article, text)
    made = ON_THE_ROAD / (time.perf_counter() - started)
    return Figure("articles of three editions by the acts", made, MADE_PER_SECOND, "/s", at_least=True)


def _published(staff: Any, topic: Any, slug: str, title: str) -> Any:
    from articles import drafting
    from tests.people import NOW

    snapshot = content(staff, slug, title, topics=[topic.uid], **SMALL)
    return staff.live(drafting.save(None, snapshot, actor=staff.alice, now=NOW).article)


def _again(staff: Any, article: Any, text: str) -> None:
    from tests.people import reword

    staff.edit(article, reword("b1", text))
    staff.live(article)


class Site:
    """A site that grows, and what it costs to use it."""

    def __init__(self, staff: Any) -> None:
        from bench._copying import SLUG, Copier
        from tests.people import make_topic

        self.staff, self.size, self.tried = staff, 0, 0
        self.quiet = make_topic("Quiet topic", "quiet-topic")
        self.busy = [make_topic(f"Busy topic {number}", f"busy-topic-{number}") for number in range(TOPICS)]
        original = _published(staff, self.quiet, SLUG, "Quarter of a copied article")
        _again(staff, original, "It is given twice.")
        self.copier = Copier(original)
        self._wait()

    def _wait(self) -> None:
        """Some articles that always wait for a second look."""
        from tests.people import reword

        for number in range(WAITING):
            article = _published(self.staff, self.busy[0], f"waiting-{number}", f"Waiting {number}")
            self.staff.edit(article, reword("b1", "It is given once a year."))
            self.staff.do(article, "submit", self.staff.alice, reason="Second look, please")

    def grow(self, size: int) -> float:
        """Write copies up to a size; how many a second."""
        started, before = time.perf_counter(), self.size
        self.copier.write(self._named(number) for number in range(before, size))
        self.size = size
        return (size - before) / (time.perf_counter() - started)

    def _named(self, number: int) -> tuple[str, str, Any]:
        if number < TEN:
            return f"copy-{number:06}", f"Quality of copy {number:06}", self.quiet
        letter = LETTERS[number % len(LETTERS)]
        return f"copy-{number:06}", f"{letter.upper()} copy {number:06}", self.busy[number % TOPICS]

    def problems(self) -> int:
        from articles.verification import problems

        found = list(problems())
        for problem in found[:3]:
            print(f"  {problem}")
        return len(found)

    def costs(self) -> dict[str, float]:
        """Of each thing that readers, editors and publishers do."""
        from django.test import Client

        from articles.models import Article, Page

        desk, reader = signed_in(self.staff.root), Client(SERVER_NAME=HOST)
        path = "/articles/copy-000005/"
        screen = f"/admin/articles/article/{Article.objects.get(slug='copy-000005').pk}/change/"
        addresses = {"home": "/", "topic page": "/topics/quiet-topic/", "letter page": "/a-z/q/", "article": path}
        lists = {
            "article list": "/admin/articles/article/",
            "Second look": "/admin/articles/article/second-look/",
            "article screen": screen,
            "activity record": "/admin/articles/ledgerentry/",
        }
        found = {"ready page": times_as_much(lambda: Page.objects.get(path=path), _sign_in_page)}
        found |= {f"{name}, made anew": _asked(reader, at) for name, at in addresses.items()}
        found |= {name: _asked(desk, at) for name, at in lists.items()}
        return found | self._acts()

    def _acts(self) -> dict[str, float]:
        from articles.models import Article

        self.tried += 1
        article = Article.objects.get(slug=f"copy-{self.size - self.tried:06}")
        texts = (f"It is given {number} times here." for number in itertools.count())
        found = {"save": times_as_much(lambda: self._save(article, next(texts)), _sign_in_page, ACTS)}
        publishes = []
        for _ in range(ACTS):
            self._save(article, next(texts))
            self.staff.approved(article)
            publish = partial(self.staff.do, article, "publish", self.staff.paul)
            publishes.append(once_as_much(publish, _sign_in_page))
        return found | {"publish": median(publishes)}

    def _save(self, article: Any, text: str) -> None:
        from tests.people import reword

        self.staff.edit(article, reword("b1", text))


def _asked(client: Any, address: str) -> float:
    if client.get(address).status_code != 200:
        raise SystemExit(f"{address} did not answer.")
    return times_as_much(lambda: client.get(address), _sign_in_page)


def _sign_in_page() -> None:
    _stranger().get("/admin/login/")


@cache
def _stranger() -> Any:
    from django.test import Client

    return Client(SERVER_NAME=HOST)
