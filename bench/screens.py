"""Screens: queries, processor time and bytes of the editors' desk, of listings made anew, of a reader's first visit

Durations are processor time of one process, so that what else the machine does is not counted; the sign-in page in
the same run says how fast the machine was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from bench._newsroom import HOST, LARGE, content, load, newsroom, processor_ms, queries, signed_in
from bench._visit import Visit, visit
from bench.figures import Figure
from bench.pages import _granian

WAITING = 10
SAVES = 60  # of the article whose history is looked at

SCREEN_QUERIES, SCREEN_MS, SCREEN_KB = 15, 80, 350
LIST_MS = 40
COLD_QUERIES = 8
VISIT_REQUESTS, VISIT_KB = 4, 40


def measure() -> Iterator[Figure]:
    """Figures of one site with a large article and a few small ones."""
    from django.test import Client

    from tests.people import make_topic

    with newsroom() as (staff, folder):
        topic = make_topic()
        article = _large(staff, topic)
        desk, reader = signed_in(staff.root), Client(SERVER_NAME=HOST)
        yield from _screen(desk, reader, article)
        _wait(staff, topic, 0)
        few = {name: queries(lambda at=at: desk.get(at)) for name, at in _lists(article).items()}
        _fill(staff, topic, article)
        yield from _lists_of_the_desk(desk, article, few)
        yield from _listings(reader)
        yield from _on_the_wire(folder, desk, article)


def _large(staff: Any, topic: Any) -> Any:
    return staff.live(_draft(staff, topic, "large", "A large article", **LARGE))


def _draft(staff: Any, topic: Any, slug: str, title: str, **size: int) -> Any:
    from articles import drafting
    from tests.people import NOW

    snapshot = content(staff, slug, title, topics=[topic.uid], **size)
    return drafting.save(None, snapshot, actor=staff.alice, now=NOW).article


def _fill(staff: Any, topic: Any, article: Any) -> None:
    """What makes lists long: articles that wait, and one with a long history."""
    from tests.people import reword

    for number in range(1, WAITING):
        _wait(staff, topic, number)
    for number in range(SAVES):
        staff.edit(article, reword("b1", f"It is given {number} times."))


def _wait(staff: Any, topic: Any, number: int) -> None:
    """An article whose change waits for a second person."""
    from tests.people import reword

    waiting = _draft(staff, topic, f"a-{number}", f"Article {number}", sections=2, blocks=8, citations=2)
    staff.live(waiting)
    staff.edit(waiting, reword("b1", "It is given twice."))
    staff.do(waiting, "submit", staff.alice, reason="Second look, please")


def _ask(client: Any, address: str) -> None:
    if client.get(address).status_code != 200:
        raise SystemExit(f"{address} did not answer.")


def _screen(desk: Any, reader: Any, article: Any) -> Iterator[Figure]:
    address = f"/admin/articles/article/{article.pk}/change/"
    sign_in = processor_ms(lambda: _ask(reader, "/admin/login/"))
    took = processor_ms(lambda: _ask(desk, address))
    print(f"  article screen {took:.0f} ms, sign-in page {sign_in:.1f} ms ({took / sign_in:.0f} ×); {load()}")
    yield Figure("article screen of 80 blocks: queries", queries(lambda: _ask(desk, address)), SCREEN_QUERIES, "")
    yield Figure("article screen of 80 blocks", took, SCREEN_MS, "ms")


def _lists(article: Any) -> dict[str, str]:
    return {
        "article list": "/admin/articles/article/",
        "Second look": "/admin/articles/article/second-look/",
        "history": f"/admin/articles/article/{article.pk}/history/",
        "activity record": "/admin/articles/ledgerentry/",
        "published versions": "/admin/articles/edition/",
        "evidence of the site": "/admin/articles/article/evidence/",
        "evidence of an article": f"/admin/articles/article/{article.pk}/evidence/",
        "gaps": "/admin/articles/article/gaps/",
        "where a source is used": "/admin/articles/article/where-used/source2000/",
        "desk": "/admin/",
    }


def _lists_of_the_desk(desk: Any, article: Any, few: dict[str, int]) -> Iterator[Figure]:
    """The same queries however long the list; `few` are those with one row."""
    for name, address in _lists(article).items():
        added = queries(lambda at=address: _ask(desk, at)) - few[name]
        yield Figure(f"{name}: queries more than with one row ({few[name]})", added, 0, "")
        yield Figure(name, processor_ms(lambda at=address: _ask(desk, at)), LIST_MS, "ms")


def _listings(reader: Any) -> Iterator[Figure]:
    made = {"home": "/", "topic": "/topics/treatments/", "letter": "/a-z/a/", "source": "/sources/source2000/"}
    for name, address in made.items():
        took = processor_ms(lambda at=address: _ask(reader, at))
        print(f"  {name} made anew: {took:.1f} ms")
        yield Figure(f"{name}, made anew: queries", queries(lambda at=address: _ask(reader, at)), COLD_QUERIES, "")


def _on_the_wire(folder: Any, desk: Any, article: Any) -> Iterator[Figure]:
    from django.conf import settings

    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        "PAGE_COPIES_DIR": str(folder / "copies"),
        "LEDGER_KEY_FILE": str(settings.LEDGER_KEY_FILE),
    }
    cookie = {settings.SESSION_COOKIE_NAME: desk.cookies[settings.SESSION_COOKIE_NAME].value}
    with _granian("gtsite.wsgi:application", environment) as port:
        screen = visit(f"http://{HOST}:{port}/admin/articles/article/{article.pk}/change/", cookie)
        page = visit(f"http://{HOST}:{port}/articles/large/")
    _show("article screen", screen)
    _show("public article", page)
    yield Figure("article screen, all in, first visit", screen.kilobytes, SCREEN_KB, "kB")
    yield Figure("public article, first visit: requests", len(page.sizes), VISIT_REQUESTS, "")
    yield Figure("public article, first visit", page.kilobytes, VISIT_KB, "kB")
    yield Figure("public article: cookies", page.cookies, 0, "")
    yield Figure("public article: foreign hosts", len(page.foreign), 0, "")


def _show(name: str, found: Visit) -> None:
    largest = sorted(found.sizes.items(), key=lambda item: -item[1])[:4]
    told = ", ".join(f"{address.split('/', 3)[3][:50]} {size / 1000:.0f}" for address, size in largest)
    print(f"  {name}: {len(found.sizes)} answers, {found.kilobytes:.0f} kB; largest: {told}")
