"""An import that a person looks at, begins, leaves and goes on with: some seconds of work at a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce

from references.models import LibraryImport

from .carrying import carry_out
from .planning import Plan, Row

SECONDS = 4.0
# A portion that says nothing for so long has died; somebody else may go on.
PATIENCE = timedelta(seconds=90)


def begin(plan: Plan, name: str, actor: Any, now: datetime) -> LibraryImport:
    """Keep a plan, so that what was shown is carried out."""
    return LibraryImport.objects.create(
        actor=actor, made_at=now, name=name[:200], plan=plan.to_json(), total=len(plan.rows)
    )


def choose(started: LibraryImport, shown: set[int], taken: set[int]) -> None:
    """Of the rows that were shown, only those taken are to be carried out; once it has begun, the choice stands."""
    plan = plan_of(started)
    for row in plan.rows:
        if row.number in shown and row.may_be_left_out:
            row.is_left_out = row.number not in taken
    left_out = {row.number for row in plan.rows if row.is_left_out}
    for row in plan.rows:
        row.is_left_out = row.number in left_out if row.into is None else row.into in left_out
    LibraryImport.objects.filter(pk=started.pk, begun_at=None).update(plan=plan.to_json())


def go_on(started: LibraryImport, seen: int, actor: Any, now: datetime, *, seconds: float = SECONDS) -> bool:
    """Carry out what ``seconds`` allow, from the row up to which the person has seen it done; whether this call did.

    Two clicks at once do the work once: the second finds the import taken, or further than it has seen. A portion that
    died is done again: what it brought into the library is found there.
    """
    free = Q(busy_until=None) | Q(busy_until__lt=now)
    mine = LibraryImport.objects.filter(pk=started.pk, done=seen, finished_at=None)
    if not mine.filter(free).update(busy_until=now + PATIENCE, begun_at=Coalesce("begun_at", now)):
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
    plan, until = plan_of(started), monotonic() + seconds
    enough: Callable[[], bool] = lambda: monotonic() >= until  # noqa: E731 - one expression
    return replace(plan, rows=carry_out(plan, actor, now, done=_ended(started), enough=enough).rows)


def _ended(started: LibraryImport) -> list[Row]:
    return Plan.from_json(started.ended).rows if started.ended else []
