"""A small publisher for measurements: people, sources, and articles of any size, in a site that is removed after."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench._scratch import scratch_site

LARGE = {"sections": 12, "blocks": 80, "citations": 40}
SOURCES = 20
HOST = "127.0.0.1"


@contextmanager
def newsroom() -> Iterator[tuple[Any, Path]]:
    """The people of `tests.people` on a database of their own, with static files as they are served; its folder."""
    from django.conf import settings
    from django.test import override_settings

    collected = settings.STORAGES
    with scratch_site() as folder:
        files = {"STORAGES": collected, "PAGE_COPIES_DIR": folder / "copies"}
        with override_settings(PAGE_LEASE_MS=0, AXES_ENABLED=False, ALLOWED_HOSTS=[HOST], **files):
            from tests.people import Newsroom, make_reference

            staff = Newsroom()
            _record_roles()
            for number in range(SOURCES):
                make_reference(f"source{2000 + number}", title=f"Outcomes of treatment, report {number}", page="")
            yield staff, folder


def _record_roles() -> None:
    """Give everybody their roles again by the act, so that the record tells of them."""
    from django.contrib.auth import get_user_model

    from articles import roles
    from tests.people import NOW

    for user in get_user_model().objects.all():
        held = roles.roles_of(user)
        user.groups.clear()
        roles.set_roles(user, held, actor=None, now=NOW)


def content(staff: Any, slug: str, title: str, *, sections: int, blocks: int, citations: int, **fields: Any) -> Any:
    """A snapshot of the wished size that passes every check; the same words for the same size."""
    from tests import people, snapshots

    chance = random.Random(blocks)
    cited = {round(number * blocks / citations) for number in range(citations)}
    listed = [_block(number, number in cited, chance) for number in range(blocks)]
    return people.content(
        staff.author,
        slug=slug,
        title=title,
        sections=[
            snapshots.section(f"s{n}", *listed[start:end], heading=f"Part {n}")
            for n, (start, end) in enumerate(pairwise(n * blocks // sections for n in range(sections + 1)))
        ],
        citations=[
            snapshots.citation(
                f"c{number}", f"source{2000 + place % SOURCES}", block=f"b{number}", accessed="2026-04-01"
            )
            for place, number in enumerate(sorted(cited))
        ],
        **fields,
    )


def _block(number: int, is_cited: bool, chance: random.Random) -> Any:
    from tests import snapshots

    text = " ".join(chance.choice(WORDS) for _ in range(30)).capitalize() + "."
    make = snapshots.bullet if number % 4 == 3 else snapshots.paragraph
    if is_cited:
        return make(f"b{number}", text + snapshots.cite(f"c{number}"))
    return make(f"b{number}", text, no_source_reason="Explained by the drawing")


WORDS = re.findall(
    r"\w+",
    """the gene therapy of a rare disease may help some people for years and others not at all because cells that carry
    a working copy are lost when they divide so doctors measure blood values every month and treat side effects""",
)


def signed_in(user: Any) -> Any:
    from django.test import Client

    client = Client(SERVER_NAME=HOST)
    client.force_login(user)
    return client


def queries(act: Callable[[], object]) -> int:
    """How many database queries an act makes, after one run that does not count."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    with CaptureQueriesContext(connection) as found:
        act()
    return len(found)


def processor_ms(act: Callable[[], object], times: int = 25) -> float:
    """Milliseconds of this process's processor time, lower decile: what else the machine does hardly counts."""
    act()
    return quantiles([_processor_seconds(act) for _ in range(times)], n=10)[0] * 1000


def times_as_much(act: Callable[[], object], yardstick: Callable[[], object], times: int = 21) -> float:
    """How many times the processor time of a yardstick an act takes, in turns, median: a machine that is slower for a
    minute is slower for both."""
    act()
    return median(once_as_much(act, yardstick) for _ in range(times))


def once_as_much(act: Callable[[], object], yardstick: Callable[[], object]) -> float:
    """The same for a single run."""
    return _processor_seconds(act) / _processor_seconds(yardstick)


def _processor_seconds(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


def load() -> str:
    """The machine's load, to be printed beside durations."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
