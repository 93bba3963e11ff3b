"""An import that a person looks at, begins, leaves and goes on with: some seconds of work at a time.

What a list only names is looked up first, in a thread beside the requests: the services of others take their time, and
nobody's request, and nothing in the database, stays open for them.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from references.models import LibraryImport

from . import planning
from .asking import Answer, ask_all
from .carrying import carry_out
from .planning import Plan, Row

# Lists that one process looks up at once: they share the pace of each host.
LISTS = BoundedSemaphore(2)
SECONDS = 4.0
# A portion that says nothing for so long has died; somebody else may go on.
PATIENCE = timedelta(seconds=90)


def begin(plan: Plan, name: str, actor: Any, now: datetime, data: bytes = b"") -> LibraryImport:
    """Keep a plan, so that what was shown is carried out; of one that asks for something, the list itself, too."""
    made = LibraryImport(actor=actor, made_at=now, name=name[:200], plan=plan.to_json(), total=len(plan.rows))
    if plan.asks:
        made.is_asking, made.data, made.wanted = True, data, len(plan.asks)
    made.save()
    return made


def ask_beside(started: LibraryImport, now: datetime) -> Thread | None:
    """Look up, or go on to look up, what the list asks for, in a thread that outlives the request; None when it is not
    to begin now: it is under way, or others' lists are."""
    if (started.busy_until and started.busy_until > now) or not LISTS.acquire(blocking=False):
        return None

    def work() -> None:
        try:
            look_up(started, now)
        finally:
            connection.close()
            LISTS.release()

    thread = Thread(target=work, daemon=True, name=f"look up for import {started.pk}")
    thread.start()
    return thread


def look_up(started: LibraryImport, now: datetime, *, seconds: float = SECONDS) -> bool:
    """Look up all that the list asks for and is not answered yet, then plan it anew; whether this call finished it.

    1. The import is taken, as a portion is; whoever comes meanwhile does nothing.
    2. Each ``seconds`` the answers are kept and the import is taken anew: who is stopped loses no more, and another
       one goes on from there. Who was overtaken stops.
    3. While others are asked, nothing in the database is open.
    """
    began, until = monotonic(), now + PATIENCE
    asking = LibraryImport.objects.filter(pk=started.pk, is_asking=True)
    if not asking.filter(_free(now)).update(busy_until=until):
        return False
    try:
        started = asking.get()
        wanted, answers = plan_of(started).asks, _answers(started)
        while len(answers) < len(wanted):
            ask_all(wanted, answers, enough=_enough(seconds))
            mine, until = asking.filter(busy_until=until), now + PATIENCE + timedelta(seconds=monotonic() - began)
            if not mine.update(answers=_as_json(answers), answered=len(answers), busy_until=until):
                return False
        whole = planning.plan(bytes(started.data), plan_of(started).format, None, now, answers=answers)
        told = {"plan": whole.to_json(), "total": len(whole.rows), "data": b"", "answers": ""}
        return bool(asking.filter(busy_until=until).update(**told, is_asking=False, busy_until=None))
    except BaseException:
        asking.filter(busy_until=until).update(busy_until=None)
        raise


def choose(started: LibraryImport, shown: set[int], taken: set[int]) -> None:
    """Of the rows that were shown, only those taken are to be carried out; once it has begun, the choice stands."""
    plan = plan_of(started)
    for row in plan.rows:
        if row.number in shown and row.may_be_left_out:
            row.is_left_out = row.number not in taken
    left_out = {row.number for row in plan.rows if row.is_left_out}
    for row in plan.rows:
        row.is_left_out = row.number in left_out if row.into is None else row.into in left_out
    LibraryImport.objects.filter(pk=started.pk, begun_at=None, is_asking=False).update(plan=plan.to_json())


def go_on(started: LibraryImport, seen: int, actor: Any, now: datetime, *, seconds: float = SECONDS) -> bool:
    """Carry out what ``seconds`` allow, from the row up to which the person has seen it done; whether this call did.

    Two clicks at once do the work once: the second finds the import taken, or further than it has seen. A portion that
    died is done again: what it brought into the library is found there.
    """
    mine = LibraryImport.objects.filter(pk=started.pk, done=seen, finished_at=None, is_asking=False)
    if not mine.filter(_free(now)).update(busy_until=now + PATIENCE, begun_at=Coalesce("begun_at", now)):
        return False
    try:
        told = _portion(LibraryImport.objects.get(pk=started.pk), actor, now, seconds)
    except BaseException:
        mine.update(busy_until=None)
        raise
    done = len(told.rows)
    finished = now if done == started.total else None
    mine.update(ended=told.to_json(), done=done, busy_until=None, finished_at=finished)
    return True


def plan_of(started: LibraryImport) -> Plan:
    """What the preview showed."""
    return Plan.from_json(started.plan)


def rows_of(started: LibraryImport) -> list[Row]:
    """Every row: as it ended, or as planned where it is still to come."""
    ended = _ended(started)
    return [*ended, *plan_of(started).rows[len(ended) :]]


def _portion(started: LibraryImport, actor: Any, now: datetime, seconds: float) -> Plan:
    """The plan with the rows that are done now, as they ended."""
    plan = plan_of(started)
    return replace(plan, rows=carry_out(plan, actor, now, done=_ended(started), enough=_enough(seconds)).rows)


def _free(now: datetime) -> Q:
    return Q(busy_until=None) | Q(busy_until__lt=now)


def _enough(seconds: float) -> Callable[[], bool]:
    until = monotonic() + seconds
    return lambda: monotonic() >= until


def _answers(started: LibraryImport) -> dict[str, Answer]:
    return {asked: Answer(**told) for asked, told in json.loads(started.answers or "{}").items()}


def _as_json(answers: dict[str, Answer]) -> str:
    return json.dumps(answers, ensure_ascii=False, default=vars)


def _ended(started: LibraryImport) -> list[Row]:
    return Plan.from_json(started.ended).rows if started.ended else []
