"""Django's SQLite backend, with our demands checked, and without the check that `trusted_schema=OFF` refuses.

Django writes CHECK(JSON_VALID(column)) into each table with a JSON field. SQLite before 3.41 counts its own
JSON functions among the unsafe ones, and refuses such a table when the schema is not trusted. What we keep in
JSON fields has been through `json.dumps`, so nothing is lost.
"""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db.backends.base.validation import BaseDatabaseValidation
from django.db.backends.sqlite3 import base

from gtsite.databases import SQLITE_PRAGMAS


class DatabaseValidation(BaseDatabaseValidation):
    """Part of Django's `database` checks: every promise of `SQLITE_PRAGMAS` is kept by the connection."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        with self.connection.cursor() as cursor:
            found = {pragma: cursor.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in SQLITE_PRAGMAS}
        return [
            Error(
                f"SQLite answers {found[pragma]!r} for PRAGMA {pragma}; {wanted!r} is needed.",
                hint="Is the database on a network drive, or was something changed in gtsite/databases.py?",
                id="gtsite.E001",
            )
            for pragma, wanted in SQLITE_PRAGMAS.items()
            if found[pragma] != wanted
        ]


class DatabaseWrapper(base.DatabaseWrapper):
    validation_class = DatabaseValidation
    data_type_check_constraints = {
        kind: check for kind, check in base.DatabaseWrapper.data_type_check_constraints.items() if kind != "JSONField"
    }
