"""Whether the bytes of a row are those that writing it stores: on SQLite, reading alone does not tell.

SQLite keeps a moment, a date, a yes or no, and JSON in columns that take anything, and Django reads many spellings as
one value: ``[92]`` and ``[92] ``, ``0`` and ``2``, a space and a T between day and hour. PostgreSQL has a type for each
of them, and one form of each value.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def beside(rows: "models.QuerySet[Row]") -> "models.QuerySet[Row]":
    """The rows, each with the stored form of its columns beside what reading makes of them, for ``spellings``."""
    return rows.annotate(**{name: _Stored(column) for name, (column, _) in _respelt(rows.model).items()})


def spellings(row: models.Model) -> Iterator[tuple[str, str]]:
    """Columns of a row from ``beside`` that hold something else than writing their value stores, and what."""
    values = row.__dict__
    for name, (column, written) in _respelt(type(row)).items():
        found = values.get(name)
        if found is not None and found != written(values[column]):
            yield column, repr(found)


@cache
def _respelt(model: type[models.Model]) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    """The columns that are not read as they are stored, by the name of their stored form, and how each is written."""
    if connection.vendor != "sqlite":
        return {}
    ours = connection.ops.connection  # not the thread's proxy for it, which takes longer than the writing
    return {
        f"stored_{field.attname}": (field.attname, partial(field.get_db_prep_value, connection=ours, prepared=True))
        for field in model._meta.concrete_fields
        if field.get_db_converters(ours) or ours.ops.get_db_converters(field.cached_col)
    }


class _Stored(models.Func):
    """The column itself; its declared type, after which the driver reads it, does not get past the sign."""

    template = "+%(expressions)s"
    output_field = models.TextField()
