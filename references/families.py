"""Families: a source that was kept and all that were merged into it, however long the chain.

The one place that knows what a merge means for whoever asks about a source: each member of a family speaks of the same
work, and the kept one stands for them all.
"""

from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from .models import Reference

#: Up from the sources that are meant to those that were kept, then down to all that were merged into these. The keys go
#: along: joined at the end, they would cost PostgreSQL a reading of the whole library.
MEMBERS = """
WITH RECURSIVE line (id, key, heir) AS (
    SELECT id, key, merged_into_id FROM references_reference WHERE id IN ({meant})
    UNION
    SELECT source.id, source.key, source.merged_into_id
    FROM references_reference source JOIN line ON source.id = line.heir
), family (id, key, kept) AS (
    SELECT id, key, id FROM line WHERE heir IS NULL
    UNION
    SELECT merged.id, merged.key, family.kept
    FROM references_reference merged JOIN family ON merged.merged_into_id = family.id
)
SELECT id, key, kept FROM family
"""


class Member(NamedTuple):
    """One source of a family, and the one that was kept: itself, for that one."""

    pk: int
    key: str
    kept: int


def members(**meant: Any) -> list[Member]:
    """All members of the families of the sources that are meant: ``members(pk=7)``, ``members(key__in=[…])``.

    One query, however long the chains of merges are.
    """
    sources: QuerySet[Any] = Reference.objects.filter(**meant).order_by().values("pk")
    connection = connections[sources.db]
    try:
        query, values = sources.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:  # none is meant
        return []
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS.format(meant=query), values)
        return [Member(*row) for row in cursor.fetchall()]


def locked(*sources: Reference) -> list[Reference]:
    """The rows as they now stand, locked in one order, so that two judgements of sources never wait for each other."""
    rows = Reference.objects.select_for_update().filter(pk__in=[source.pk for source in sources]).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[source.pk] for source in sources]


def kept(named: set[int]) -> set[int]:
    """The sources as which these stand today: themselves, or what they were merged into."""
    return {member.kept for member in members(pk__in=named)}
