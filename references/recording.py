"""The one way into the library: each save is checked whole and leaves one saved version."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import count, islice
from string import ascii_lowercase
from typing import Any

import reversion
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from reversion.models import Version

from . import csl, families, finding, names, text
from .models import KEY, Reference

EDITABLE = frozenset(
    field.name
    for field in Reference._meta.concrete_fields
    if field.name not in ("id", "uid", "key", "words", "title_words", "merged_into")
)
FEW_KEYS, MOST_KEYS = 4, 256


class SaveRefused(Exception):
    """The source was not saved; ``reasons`` are sentences for the person."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


class StaleSave(SaveRefused):
    """Somebody else saved the source since it was opened: ``base`` is not ``newest``."""

    def __init__(self, base: int | None, newest: int | None) -> None:
        super().__init__("Somebody else has changed this source since you opened it. Open it again to see the change.")
        self.base, self.newest = base, newest


def save_reference(
    fields: Mapping[str, Any],
    *,
    actor: Any,
    reason: str = "",
    now: datetime | None = None,
    reference: Reference | None = None,
    base: int | None = None,
) -> Reference:
    """Makes a source, or changes one, and records who did it and why. Returns the source as it is now stored.

    ``fields`` are fields of ``Reference``; those not named keep their value. A change names its ``base``, the
    newest saved version that the person has seen (``reference.newest_revision_id()``). ``actor`` None is the
    system itself. Saving what is already there makes no version. A ``key`` is taken at birth only, when it is
    well-formed and free.

    Raises ``ValidationError`` (sentences by field), ``StaleSave`` or ``SaveRefused``.
    """
    if reversion.is_active():
        raise SaveRefused("A source is saved by itself, so that its saved version tells of nothing else.")
    _check_right(actor, reference)
    with reversion.create_revision(manage_manually=True, atomic=True):
        current = _current(reference, base)
        before = current.snapshot_dict() if current.pk else None
        _fill(current, fields, (now or timezone.now()).date())
        if current.snapshot_dict() == before:
            return current
        _store(current, str(fields.get("key") or ""))
        reversion.set_user(actor)
        reversion.set_comment(reason)
        reversion.add_to_revision(current)
    return current


def set_merged(reference: Reference, into: Reference | None, *, actor: Any, reason: str) -> None:
    """Write down what a source was merged into, or (None) that it stands for itself: for ``merging`` only.

    Raises ``ValidationError`` when it would stand beside a source with the same DOI or PMID, or ``SaveRefused``.
    """
    _check_right(actor, reference)
    with reversion.create_revision(manage_manually=True, atomic=True):
        reference.merged_into = into
        reference.validate_constraints()
        _write(reference)
        reversion.set_user(actor)
        reversion.set_comment(reason)
        reversion.add_to_revision(reference)


def find_or_create(item: Mapping[str, Any], actor: Any, *, now: datetime | None = None) -> tuple[Reference, bool]:
    """The source a CSL-JSON item speaks of, made if the library has none: the source, and whether it is new.

    The same source has the same DOI or PMID, or the same address and title, or (for what has none of these)
    the same key, title and year. A source that is found stays as it is. The newer form that an exchanged item
    may name is another source, and not made here.
    """
    fields = csl.named_fields(dict(item))
    fields.pop("superseded_by", None)
    draft = Reference(**{name: value for name, value in fields.items() if name in EDITABLE})
    draft.full_clean(exclude={"key"}, validate_unique=False, validate_constraints=False)
    found = _same_source(draft, fields.get("key", ""))
    if found:
        return found, False
    return save_reference(fields, actor=actor, now=now), True


def newest_revisions(references: Iterable[int]) -> dict[int, int]:
    """The newest saved version of each of the sources, by primary key: the bases of changes to them."""
    remaining, found = iter(references), dict[int, int]()
    while some := list(islice(remaining, 500)):
        versions = Version.objects.get_for_model(Reference).filter(object_id__in=map(str, some))
        newest = versions.order_by().values_list("object_id").annotate(Max("revision_id"))
        found |= {int(pk): revision for pk, revision in newest}
    return found


def refuse_future(archived_on: date | None, today: date) -> None:
    """Raises ``ValidationError`` when a copy is said to have been archived after today."""
    if archived_on and archived_on > today:
        raise ValidationError("The copy cannot have been archived in the future.")


def _check_right(actor: Any, reference: Reference | None) -> None:
    act = "change" if reference else "add"
    if actor is None:
        return
    if not (actor.is_active and actor.has_perm(f"references.{act}_reference")):
        raise SaveRefused(f"You may not {act} sources.")


def _current(reference: Reference | None, base: int | None) -> Reference:
    """The row as it now stands, locked; refuses a base that is not the newest saved version."""
    if reference is None:
        return Reference()
    current = Reference.objects.select_for_update().get(pk=reference.pk)
    newest = current.newest_revision_id()
    if base != newest:
        raise StaleSave(base, newest)
    return current


def _fill(reference: Reference, fields: Mapping[str, Any], today: date) -> None:
    unknown = fields.keys() - EDITABLE - {"key"}
    if unknown:
        raise SaveRefused(f"A source has no field {', '.join(sorted(unknown))}.")
    for name in EDITABLE & fields.keys():
        setattr(reference, name, fields[name])
    reference.full_clean(exclude={"key"})
    refuse_future(reference.archived_on, today)


def _same_source(draft: Reference, key: str) -> Reference | None:
    """The library's reference for the same source; one that was merged leads to the one that was kept."""
    found = _like(draft, key)
    return Reference.objects.get(pk=families.kept({found.pk}).pop()) if found and found.merged_into_id else found


def _like(draft: Reference, key: str) -> Reference | None:
    """By the strongest sign that the draft has."""
    library = Reference.objects.all()
    signs = {name: [value] for name in ("doi", "pmid") if (value := getattr(draft, name))}
    found = library.with_identifiers(**signs).first() if signs else None
    if found:
        return found
    about = draft.identity() | {"authors": None}
    for other in library.titled(draft.title).filter(title=draft.title, url__icontains=about["target"]):
        if other.identity() | {"authors": None} == about and (draft.url or other.key == key):
            return other
    return None


def _write(reference: Reference) -> None:
    """A unique value that another writer took since the check is refused like any other."""
    reference.words = reference.findable_words()
    reference.title_words = text.title_words(reference.title)
    try:
        with transaction.atomic():
            reference.save()
            finding.note(reference)
    except IntegrityError:
        raise SaveRefused("The library already has a source with this DOI or PMID.") from None


def _store(reference: Reference, key: str) -> None:
    """Writes the row; a new one gets the first free key of its name, even when two are made at once."""
    if reference.pk:
        _write(reference)
        return
    stem = names.key_stem(reference.title, reference.authors, reference.issued)
    for candidate in _free_keys(possible_keys(key, stem)):
        reference.key = candidate
        if _is_first(reference):
            return


def _free_keys(candidates: Iterator[str]) -> Iterator[str]:
    """Those that no source has. The library is asked for a few at first, then for many at once: of one name and year
    there may be hundreds, and asked one by one each further source would cost more than the last."""
    size = FEW_KEYS
    while some := list(islice(candidates, size)):
        taken = set(Reference.objects.filter(key__in=some).order_by().values_list("key", flat=True))
        yield from (candidate for candidate in some if candidate not in taken)
        size = min(8 * size, MOST_KEYS)


def possible_keys(wished: str, stem: str) -> Iterator[str]:
    """The key wished for, when it is well-formed; then raper2003, raper2003a, … raper2003z, raper2003aa, …"""
    if KEY.fullmatch(wished):
        yield wished
    for number in count():
        yield stem + _letters(number)


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = ascii_lowercase[digit] + letters
    return letters


def _is_first(reference: Reference) -> bool:
    """Whether the row went in under its key; another writer may have taken it a moment ago."""
    try:
        _write(reference)
    except SaveRefused:
        if Reference.objects.filter(key=reference.key).exists():
            return False
        raise
    return True
