"""Django's SQLite backend, with our demands checked, without the check that `trusted_schema=OFF` refuses, and without
making a file that is not there.

Django writes CHECK(JSON_VALID(column)) into each table with a JSON field. SQLite before 3.41 counts its own
JSON functions among the unsafe ones, and refuses such a table when the schema is not trusted. What we keep in
JSON fields has been through `json.dumps`, so nothing is lost.
"""

from pathlib import Path
from sqlite3 import Connection, OperationalError
from typing import Any
from urllib.parse import quote

from django.core.checks import CheckMessage, Error
from django.db import DatabaseError
from django.db.backends.base.validation import BaseDatabaseValidation
from django.db.backends.sqlite3 import base, features

from gtsite.databases import SQLITE_PRAGMAS


class MissingFile(OperationalError):
    """The database's file is not there; Django's own `OperationalError` names it as its cause."""


class DatabaseValidation(BaseDatabaseValidation):
    """Part of Django's `database` checks: every promise of `SQLITE_PRAGMAS` is kept by the connection."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        try:
            with self.connection.cursor() as cursor:
                found = {pragma: cursor.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in SQLITE_PRAGMAS}
        except DatabaseError as error:
            if isinstance(error.__cause__, MissingFile):
                return []  # settings are checked before there is a database, too
            raise
        return [
            Error(
                f"SQLite answers {found[pragma]!r} for PRAGMA {pragma}; {wanted!r} is needed.",
                hint="Is the database on a network drive, or was something changed in gtsite/databases.py?",
                id="gtsite.E001",
            )
            for pragma, wanted in SQLITE_PRAGMAS.items()
            if found[pragma] != wanted
        ]


class DatabaseFeatures(features.DatabaseFeatures):
    #: SQLite has had it built in since 3.38; Django would ask the file, which may not be there yet.
    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    validation_class = DatabaseValidation
    features_class = DatabaseFeatures
    data_type_check_constraints = {
        kind: check for kind, check in base.DatabaseWrapper.data_type_check_constraints.items() if kind != "JSONField"
    }

    def get_connection_params(self) -> dict[str, Any]:
        """Read and write, never make: only `migrate` makes a file (see `databases.make_missing_file`)."""
        parameters: dict[str, Any] = super().get_connection_params()
        if not self.is_in_memory_db():
            parameters["database"] = f"file:{quote(str(self._file))}?mode=rw"
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Raises `MissingFile`."""
        try:
            return super().get_new_connection(conn_params)
        except OperationalError as error:
            if self.is_in_memory_db() or self._file.exists():
                raise
            raise MissingFile(
                f"The database file {self._file} is not there. Put it back; “manage.py migrate” makes a new, empty one."
            ) from error

    @property
    def _file(self) -> Path:
        return Path(self.settings_dict["NAME"]).absolute()
