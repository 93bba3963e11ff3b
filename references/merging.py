"""Merging two sources that are one, and taking it back.

The kept source takes the values that were chosen, the other stays, with a sign to the kept one: nothing is deleted.
Both leave saved versions, and the merge a row of the record that names them. What cites the other is moved by whoever
cites.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from reversion.models import Version

from . import apart, csl, families, record
from .models import Merge, Reference
from .recording import SaveRefused, StaleSave, save_reference, set_merged

JUDGED = ("publisher_kind", "is_primary", "evidence", "is_paid_by_maker")


@dataclass(frozen=True)
class Undone:
    """The undoing, and the names of fields that were changed since the merge and therefore stayed as they are."""

    row: Merge
    stayed: list[str]


def merge(
    kept: Reference,
    merged: Reference,
    fields: Mapping[str, Any],
    *,
    bases: tuple[int | None, int | None],
    actor: Any,
    signed: str,
    reason: str,
    now: datetime,
) -> Merge:
    """Say that two sources are one. ``fields`` are what the kept one takes; ``bases`` the saved versions of both that
    the person has seen; ``signed`` the id under which the record knows the person.

    Repeating a merge that was made gives the merge that was made. Raises ``ValidationError``, ``StaleSave`` or
    ``SaveRefused`` with sentences.
    """
    with transaction.atomic():
        kept, merged = families.locked(kept, merged)
        made = standing_merge(merged)
        if made and made.kept_id == kept.pk:
            return made
        _refuse_merge(kept, merged)
        for source, base in zip((kept, merged), bases, strict=True):
            if base is None or base != source.newest_revision_id():
                raise StaleSave(base, source.newest_revision_id())
        set_merged(merged, kept, actor=actor, reason=reason)
        after = _saved(kept, _without_own(fields, kept, merged), actor, reason, now)
        row = Merge(kept=kept, merged=merged, actor=signed, at=now, reason=reason)
        row.kept_before, row.kept_after = bases[0] or 0, after
        return record.keep([row], actor=actor, now=now)[0]


def undo(made: Merge, *, actor: Any, signed: str, reason: str, now: datetime) -> Undone:
    """Let the merged source stand for itself again, and give the kept one back what the merge changed of it, except
    where somebody has changed it since.

    Repeating an undoing gives the undoing that was made. Raises ``SaveRefused`` with sentences.
    """
    with transaction.atomic():
        kept, merged = families.locked(made.kept, made.merged)
        undoing = Merge.objects.filter(undoes=made).first()
        if undoing:
            return Undone(undoing, [])
        _refuse_undoing(made, kept, merged)
        before = kept.newest_revision_id() or 0
        fields, stayed = _former(made, kept)
        after = _saved(kept, fields, actor, reason, now)
        _set_apart(merged, actor, reason)
        row = Merge(kept=kept, merged=merged, actor=signed, at=now, reason=reason, undoes=made)
        row.kept_before, row.kept_after = before, after
        return Undone(record.keep([row], actor=actor, now=now)[0], stayed)


def standing_merge(merged: Reference) -> Merge | None:
    """The merge by which a source points to another, unless it was undone."""
    if merged.merged_into_id is None:
        return None
    rows = Merge.objects.filter(merged=merged, kept=merged.merged_into_id, undoes=None, undone_by=None)
    return rows.order_by("-id").first()


def _refuse_merge(kept: Reference, merged: Reference) -> None:
    if kept.pk == merged.pk:
        raise SaveRefused("A source cannot be merged into itself.")
    for source in (kept, merged):
        if source.merged_into:
            raise SaveRefused(f"{source.key} was merged into {source.merged_into.key} already. Merge that one.")
    if said := apart.between(kept, merged):
        raise SaveRefused(f"{said} are kept apart: “{said.reason}” Take that back first.")


def _refuse_undoing(made: Merge, kept: Reference, merged: Reference) -> None:
    if made.undoes_id:
        raise SaveRefused("This is an undoing. To merge the two again, merge them again.")
    if merged.merged_into_id != kept.pk:
        raise SaveRefused(f"{merged.key} is not merged into {kept.key}.")
    if kept.merged_into:
        raise SaveRefused(f"{kept.key} was itself merged into {kept.merged_into.key}. Undo that merge first.")


def _without_own(fields: Mapping[str, Any], kept: Reference, merged: Reference) -> dict[str, Any]:
    """Neither of the two is the newer form of what they are together."""
    taken = dict(fields)
    if taken.get("superseded_by", kept.superseded_by) in (kept, merged):
        taken["superseded_by"] = None
    return taken


def _saved(kept: Reference, fields: Mapping[str, Any], actor: Any, reason: str, now: datetime) -> int:
    """The saved version of the kept source after taking the fields: a new one, if anything changed."""
    base = kept.newest_revision_id()
    saved = save_reference(fields, actor=actor, reason=reason, now=now, reference=kept, base=base)
    return saved.newest_revision_id() or 0


def _set_apart(merged: Reference, actor: Any, reason: str) -> None:
    try:
        set_merged(merged, None, actor=actor, reason=reason)
    except ValidationError as fault:
        raise SaveRefused(
            f"{merged.key} cannot stand for itself again: {' '.join(fault.messages)} Take that number off the other "
            "source first."
        ) from None


def _former(made: Merge, kept: Reference) -> tuple[dict[str, Any], list[str]]:
    """What the merge changed of the kept source, as it was before; and what was changed again since."""
    before, after = _fields(kept, made.kept_before), _fields(kept, made.kept_after)
    changed = [name for name in after if before.get(name) != after[name]]
    restored = {name: before[name] for name in changed if getattr(kept, name) == after[name]}
    return restored, sorted(name for name in changed if name not in restored)


def _fields(source: Reference, revision: int) -> dict[str, Any]:
    """The fields of a source as a saved version kept them."""
    version = Version.objects.get_for_object(source).get(revision_id=revision)
    snapshot = json.loads(version.serialized_data)
    fields = csl.fields_of(snapshot["csl"]) | {name: snapshot[name] for name in JUDGED}
    del fields["key"]
    fields["superseded_by"] = Reference.objects.filter(key=snapshot["superseded_by"]).first()
    return fields
