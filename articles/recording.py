"""Saving what is no article: people, topics, the publisher's statements and settings. One save, one record."""

import datetime
from typing import Any, Protocol

import reversion
from django.db import models, transaction

from . import ledger, publishing, roles, text
from .canonical import digest
from .drafting import Refused
from .models import Person, PolicyStatement, SiteSettings, Topic
from .roles import EDITOR, PUBLISHER

#: Who writes what.
WRITERS: dict[type[models.Model], tuple[str, ...]] = {
    Person: (EDITOR, PUBLISHER),
    Topic: (EDITOR, PUBLISHER),
    PolicyStatement: (PUBLISHER,),
    SiteSettings: (PUBLISHER,),
}


class Recorded(Protocol):
    """A row that says what its saved version holds."""

    def snapshot_dict(self) -> dict[str, object]: ...


def fingerprint(row: Recorded) -> str:
    """What a form carries so that nobody overwrites what somebody else has saved meanwhile."""
    return digest(row.snapshot_dict())


@transaction.atomic
def save_record(row: Any, *, actor: Any, now: datetime.datetime, reason: str = "", base: str = "") -> None:
    """Store a person, topic or statement and who did it, when and why.

    ``base`` is the fingerprint of what a changed row held when the form was opened. Pages that show the row are
    marked to be made anew. Raises ``Refused``.
    """
    _may_write(row, actor)
    _normalise(row)
    stored = type(row)._base_manager.select_for_update().filter(pk=row.pk).first() if row.pk else None
    if stored is not None and fingerprint(stored) != base:
        raise Refused("Somebody else has changed this since you opened it. Open it again to see the change.")
    if isinstance(row, PolicyStatement):
        _sign(row, stored, actor, now)
    with reversion.create_revision(manage_manually=True):
        if actor is not None:
            reversion.set_user(actor)
        reversion.set_comment(reason)
        row.save()
        reversion.add_to_revision(row)
    if isinstance(row, PolicyStatement):
        ledger.append("policy", [row], actor=row.actor, now=now)
    if not isinstance(row, Person):
        publishing.mark_all_for_refresh(now)


@transaction.atomic
def save_settings(row: SiteSettings, *, actor: Any, now: datetime.datetime) -> None:
    """Store what the publisher calls itself; every page follows. Raises ``Refused``."""
    _may_write(row, actor)
    _normalise(row)
    row.pk = 1
    row.save()
    if row.logo:
        publishing.publish_picture(row.logo, now)
    publishing.mark_all_for_refresh(now)
    ledger.append("settings", [], actor=ledger.actor_id(actor, now), now=now, data=ledger.row_facts(row))


def _may_write(row: models.Model, actor: Any) -> None:
    writers = WRITERS[type(row)]
    if actor is not None and not roles.has_role(actor, *writers):
        names = " and ".join(f"{roles.ROLES[role][0].lower()}s" for role in writers)
        raise Refused(f"Only {names} may do this.")


def _normalise(row: models.Model) -> None:
    """Names and statements read as they are stored, like every text of an article (``text.normalise``)."""
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(value, (str, list)):
            try:
                setattr(row, field.attname, _normalised(value, isinstance(field, models.TextField)))
            except text.TextError as error:
                raise Refused(f"{str(field.verbose_name).capitalize()}: {error}") from None


def _normalised(value: Any, multiline: bool) -> Any:
    if isinstance(value, str):
        return text.normalise(value, multiline=multiline)
    if isinstance(value, list):
        return [_normalised(each, multiline) for each in value]
    if isinstance(value, dict):
        return {key: _normalised(each, multiline) for key, each in value.items()}
    return value


def _sign(row: PolicyStatement, stored: PolicyStatement | None, actor: Any, now: datetime.datetime) -> None:
    if stored is not None:
        raise Refused("A statement is never changed. Write a new one; it takes the place of the old.")
    if row.expires_on <= row.signed_on:
        raise Refused("A statement must expire after the day it was signed.")
    row.actor, row.recorded_at = ledger.actor_id(actor, now), now
