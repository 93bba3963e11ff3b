from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from gtsite.databases import make_missing_file


class Command(migrate.Command):
    """Django's own, and the one command that makes a SQLite file where there is none."""

    def execute(self, *args: Any, **options: Any) -> Any:
        make_missing_file(connections[options["database"]])
        return super().execute(*args, **options)
