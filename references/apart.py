"""Sources that look like one and are different works: a person said so, and why.

Such a pair is not proposed again, whatever of the two is merged with others later. What was said stays; taking it back
is a row of its own.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from . import families, record
from .models import Distinction, Reference
from .recording import SaveRefused


def keep_apart(one: Reference, other: Reference, *, actor: Any, signed: str, reason: str, now: datetime) -> Distinction:
    """Say that two sources are different works. ``signed`` is the id under which the record knows the person.

    Saying it again gives what was said first. Raises ``SaveRefused`` with sentences.
    """
    with transaction.atomic():
        one, other = families.locked(one, other)
        said = between(one, other)
        if said:
            return said
        _refuse(one, other, reason)
        row = Distinction(one=one, other=other, actor=signed, at=now, reason=reason)
        return record.keep([row], actor=actor, now=now)[0]


def take_back(said: Distinction, *, actor: Any, signed: str, reason: str, now: datetime) -> Distinction:
    """Let two sources be proposed as one again. Repeating it gives what was made first; raises ``SaveRefused``."""
    with transaction.atomic():
        families.locked(said.one, said.other)
        made = Distinction.objects.filter(undoes=said).first()
        if made:
            return made
        if said.undoes_id:
            raise SaveRefused("This took an answer back. To keep the two apart again, say so again.")
        _refuse_silence(reason)
        row = Distinction(one=said.one, other=said.other, actor=signed, at=now, reason=reason, undoes=said)
        return record.keep([row], actor=actor, now=now)[0]


def standing() -> QuerySet[Distinction]:
    """What was said and not taken back, the newest first."""
    return Distinction.objects.filter(undoes=None, undone_by=None).order_by("-id")


def pairs() -> set[frozenset[str]]:
    """The keys of the sources that are kept apart, each as the one that was kept. People said so, so they are few."""
    said = list(standing().order_by().values_list("one", "other"))
    members = families.members(pk__in={pk for pair in said for pk in pair})
    keys = {member.pk: member.key for member in members}
    kept = {member.pk: keys[member.kept] for member in members}
    return {frozenset((kept[one], kept[other])) for one, other in said}


def between(one: Reference, other: Reference) -> Distinction | None:
    """What was said last of two sources, or of those that were merged into them, and stands."""
    found: dict[int, list[int]] = defaultdict(list)
    for member in families.members(pk__in=[one.pk, other.pk]):
        found[member.kept].append(member.pk)
    if len(found) != 2:
        return None
    ones, others = found.values()
    either = Q(one__in=ones, other__in=others) | Q(one__in=others, other__in=ones)
    return standing().select_related("one", "other").filter(either).first()


def _refuse(one: Reference, other: Reference, reason: str) -> None:
    if one.pk == other.pk:
        raise SaveRefused("A source cannot be kept apart from itself.")
    for source in (one, other):
        if source.merged_into:
            raise SaveRefused(f"{source.key} was merged into {source.merged_into.key}. Undo that merge first.")
    _refuse_silence(reason)


def _refuse_silence(reason: str) -> None:
    if not reason.strip():
        raise SaveRefused("Say why.")
