"""One import from a file to the library and back to an empty one: for the tests of the import and its long campaign."""

import datetime

from django.db import transaction
from reversion.models import Version

from references import importing
from references.models import Reference

IN = (importing.CREATED, importing.UPDATED)


class Half(AssertionError):
    """The library is not what the plan said."""


class _Undone(Exception):
    """Takes the round back."""


def round_of(data: bytes, name: str, now: datetime.datetime, *, stops: bool = False) -> str:
    """How the file ended at worst; raises ``Half`` when something came in that no record of it is."""
    result = ""
    try:
        with transaction.atomic():
            result = _round(data, name, now, stops)
            raise _Undone
    except _Undone:
        return result


def _round(data: bytes, name: str, now: datetime.datetime, stops: bool) -> str:
    plan = importing.plan(data, name, None, now)
    if importing.Plan.from_json(plan.to_json()) != plan:
        raise Half("The plan does not come back from JSON.")
    if stops and plan.rows:
        _stopped(plan, now)
    summary = importing.carry_out(plan, None, now)
    _compare(summary.rows)
    again = importing.plan(data, name, None, now)
    if any(row.outcome in IN for row in again.rows):
        changed = next(row for row in again.rows if row.outcome in IN)
        raise Half(f"The same file again changes something: {changed}")
    outcomes = {row.outcome for row in plan.rows}
    worst = next((outcome for outcome in (importing.REFUSED, importing.UNCERTAIN) if outcome in outcomes), "")
    return worst or ("imported" if outcomes else "empty")


def _stopped(plan: importing.Plan, now: datetime.datetime) -> None:
    """Carries out a part of the plan, as a process that was ended would have."""
    half = importing.Plan(plan.format, plan.made_at, plan.rows[: len(plan.rows) // 2])
    importing.carry_out(importing.Plan.from_json(half.to_json()), None, now)


def _compare(rows: list[importing.Row]) -> None:
    """Each source of the library is one record of the file, whole, with its saved version."""
    library = {source.key: source.exchange_item() for source in Reference.objects.select_related("superseded_by")}
    written = {row.reference: row.item for row in rows if row.outcome in (*IN, importing.UNCHANGED) and row.item}
    for key, item in library.items():
        if key not in written:
            raise Half(f"{key} is of no record.")
        if _bare(item) != _bare(written[key]):
            raise Half(f"{key} is {item}, and the plan said {written[key]}.")
    versions = Version.objects.values_list("object_id", flat=True)
    if len(set(versions)) != len(library):
        raise Half("A source has no saved version.")


def _bare(item: dict) -> dict:
    """Without the key, which another source may have had already, and the newer form, which may have another one."""
    custom = {name: value for name, value in item.get("custom", {}).items() if name != "superseded_by"}
    return {**item, "id": "", "custom": custom}
