"""Carrying a plan out: row by row through the one act of the library, some rows a transaction."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from references import csl
from references.models import Reference
from references.recording import SaveRefused, StaleSave, save_reference

from .asking import whence
from .matching import Index
from .planning import (
    CREATED,
    OUTCOMES,
    REFUSED,
    UNCHANGED,
    UPDATED,
    Plan,
    Row,
    matching_sources,
    normalised,
    sentences,
    value_of,
)

# Rows whose saves are one transaction: few enough that editors do not wait, many enough that the disk does not count.
BATCH = 25
REASON = "Imported"


@dataclass
class Summary:
    """What an import did: each row as it ended, with the key of its source."""

    rows: list[Row] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many rows have each outcome, in the order of ``OUTCOMES``."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found[outcome] for outcome in OUTCOMES if found[outcome]}


def carry_out(
    plan: Plan,
    actor: Any,
    now: datetime,
    progress: Callable[[int], None] | None = None,
    reason: str = REASON,
    *,
    done: Sequence[Row] = (),
    enough: Callable[[], bool] = lambda: False,
) -> Summary:
    """Does what the plan says, and no more: rows that are uncertain, merged, unchanged, refused or left out
    write nothing.

    1. Rows go in batches; a batch is one transaction, and each row in it is one save with its saved version.
    2. Before a source is made, the library is asked again: it may have come in since the plan was made, by another
       person or by this same plan, stopped and started again. Then the row is unchanged.
    3. A change rests on the version that the plan saw; when somebody has changed the source since, the row is refused.
    4. At the end newer forms are tied to their sources, which by then all exist.

    ``progress`` is called with the number of rows done so far, after each batch; then ``enough`` is asked whether to
    stop there. ``done`` are the first rows of the plan as an earlier portion ended them. The summary holds these, too.
    """
    how = {"actor": actor, "now": now, "reason": reason}
    summary = Summary(list(done))
    claimed = {row.reference for row in (*plan.rows, *done) if row.reference}
    remaining = iter(plan.rows[len(done) :])
    while batch := list(islice(remaining, BATCH)):
        with transaction.atomic():
            summary.rows += _batch(batch, claimed, how)
        if progress:
            progress(len(summary.rows))
        if enough():
            break
    if len(summary.rows) == len(plan.rows):
        _tie_newer_forms(summary, how)
        _name_merged(summary)
    return summary


def _batch(rows: list[Row], claimed: set[str], how: dict[str, Any]) -> Iterator[Row]:
    """The rows as they ended; ``claimed`` are the sources that rows of this plan speak of.

    The library is asked once for all rows: that they are not one another's source, the plan says.
    """
    wanted = {row.number: _wanted(row) for row in rows if row.becomes in (CREATED, UPDATED)}
    new = [wanted[row.number] for row in rows if row.becomes == CREATED]
    known = matching_sources([fields for fields in new if isinstance(fields, dict)])
    for row in rows:
        fields = wanted.get(row.number)
        if isinstance(fields, list):
            yield _ended(row, REFUSED, *fields)
        elif fields is None:
            yield row if row.becomes == row.outcome else _ended(row, row.becomes)
        else:
            found = _known(fields, known, claimed) if row.outcome == CREATED else ""
            ended = _carried_out(row, fields, found, how)
            claimed.add(ended.reference)
            yield ended


def _wanted(row: Row) -> dict[str, Any] | list[str]:
    """The fields of a row's source, or reasons why there cannot be such a source."""
    try:
        return normalised(row.item or {})
    except (ValidationError, csl.CslError) as fault:
        return sentences(fault)


def _known(fields: dict[str, Any], known: tuple[Index, dict[str, tuple[Reference, bool]]], claimed: set[str]) -> str:
    """The key of the source that has come in since the plan was made. One that another row speaks of may be like this
    one; the plan says that they are two."""
    index, owners = known
    match = index.find(fields, is_apart=lambda owner: owners[owner][0].key in claimed)
    return owners[match.known.owner][0].key if match.known else ""


def _carried_out(row: Row, fields: dict[str, Any], known: str, how: dict[str, Any]) -> Row:
    if row.origin:
        how = how | {"reason": f"{how['reason']}. {whence(row.origin)}"}
    if known:
        return _ended(row, UNCHANGED, "It has come into the library since.", reference=known)
    try:
        return _create(row, fields, how) if row.outcome == CREATED else _update(row, fields, how)
    except StaleSave:
        return _ended(row, REFUSED, "Somebody has changed this source since the preview. Import the file again.")
    except SaveRefused as fault:
        return _ended(row, REFUSED, *fault.reasons)
    except ValidationError as fault:
        return _ended(row, REFUSED, *sentences(fault))


def _create(row: Row, fields: dict[str, Any], how: dict[str, Any]) -> Row:
    made = save_reference({name: value for name, value in fields.items() if name != "superseded_by"}, **how)
    return _ended(row, CREATED, reference=made.key)


def _update(row: Row, fields: dict[str, Any], how: dict[str, Any]) -> Row:
    target = Reference.objects.filter(key=row.reference).first()
    if target is None:
        raise SaveRefused(f"There is no source “{row.reference}” any more.")
    wanted = {difference.field: fields.get(difference.field) for difference in row.differences}
    wanted.pop("superseded_by", None)
    if all(value_of(target, name) == value for name, value in wanted.items()):
        return (
            row
            if any(difference.field == "superseded_by" for difference in row.differences)
            else _ended(row, UNCHANGED)
        )
    save_reference(wanted, reference=target, base=row.base, **how)
    return row


def _ended(row: Row, outcome: str, *reasons: str, reference: str = "") -> Row:
    told = [*reasons, *row.reasons]
    return Row(**vars(row) | {"outcome": outcome, "reasons": told, "reference": reference or row.reference})


def _tie_newer_forms(summary: Summary, how: dict[str, Any]) -> None:
    """Keys in the file are not always those in the library: what was made may have got another one."""
    keys = {row.item["id"]: row.reference for row in summary.rows if row.item and row.item.get("id") and row.reference}
    for row in summary.rows:
        newer = ((row.item or {}).get("custom") or {}).get("superseded_by")
        if not newer or row.outcome not in (CREATED, UPDATED):
            continue
        try:
            _tie(row.reference, keys.get(newer, newer), how)
        except (ValidationError, SaveRefused) as fault:
            row.reasons += sentences(fault)


def _tie(key: str, newer: str, how: dict[str, Any]) -> None:
    source = Reference.objects.get(key=key)
    successor = Reference.objects.filter(key=newer).first()
    if successor is None:
        raise SaveRefused(f"Not kept: its newer form, “{newer}”, is not in the library.")
    if source.superseded_by_id != successor.pk:
        save_reference({"superseded_by": successor}, reference=source, base=source.newest_revision_id(), **how)


def _name_merged(summary: Summary) -> None:
    """Rows that became part of another one name the source of that one."""
    by_number = {row.number: row for row in summary.rows}
    for row in summary.rows:
        if row.into in by_number:
            row.reference = by_number[row.into].reference
