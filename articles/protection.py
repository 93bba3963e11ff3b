"""Append-only tables: the database itself refuses to change, remove or replace a row of the record.

Installed after every migration, because SQLite rebuilds tables on some migrations and silently drops their triggers.
This stops accidents and shows intent; whoever can drop triggers is found by ``verify_ledger``.
"""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, connections

from gtsite.sqlite.base import MissingFile

#: Rows of these models are written once.
APPEND_ONLY = (
    "reversion.Revision",
    "reversion.Version",
    "articles.Edition",
    "articles.Review",
    "articles.Transition",
    "articles.Wording",
    "articles.Notice",
    "articles.SourceMark",
    "articles.Figure",
    "articles.Rendering",
    "articles.PolicyStatement",
    "articles.RoleChange",
    "articles.ImportOriginal",
    "references.LinkCheck",
    "references.ArchiveCheck",
    "references.NoticeCheck",
    "references.PublicationNotice",
    "references.Merge",
    "references.Distinction",
    "articles.LedgerEntry",
    "articles.Checkpoint",
)

#: Of these the record tells nothing: many, found again by looking again, and no act of a person.
UNRECORDED = ("references.LinkCheck", "references.ArchiveCheck", "references.NoticeCheck")

POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION gtsite_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'Rows of % are written once and never changed.', TG_TABLE_NAME; END $$
"""


def tables() -> list[str]:
    """Names of the append-only tables."""
    return [apps.get_model(name)._meta.db_table for name in APPEND_ONLY]


def _key(table: str) -> str:
    return "sequence" if table == "articles_ledgerentry" else "id"


def _triggers(vendor: str, table: str) -> dict[str, str]:
    """Trigger name to the statement that makes it."""
    if vendor == "postgresql":
        call = "EXECUTE FUNCTION gtsite_append_only()"
        return {
            f"{table}_keep": f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}",
            f"{table}_keep_all": f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
        }
    refuse = f"BEGIN SELECT RAISE(ABORT, 'Rows of {table} are written once and never changed.'); END"
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {_key(table)} = NEW.{_key(table)})"
    return {
        f"{table}_keep_update": f"BEFORE UPDATE ON {table} {refuse}",
        f"{table}_keep_delete": f"BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE deletes without firing the trigger above.
        f"{table}_keep_insert": f"BEFORE INSERT ON {table} WHEN {there} {refuse}",
    }


def install(connection: Any) -> None:
    """Put every trigger in place; those that are there are made anew."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION)
        for table in _existing(connection):
            for name, body in _triggers(connection.vendor, table).items():
                cursor.execute(_drop(connection.vendor, name, table))
                cursor.execute(f"CREATE TRIGGER {name} {body}")


def remove(connection: Any) -> None:
    """Take every trigger off: for a test database that is about to be emptied."""
    with connection.cursor() as cursor:
        for table in _existing(connection):
            for name in _triggers(connection.vendor, table):
                cursor.execute(_drop(connection.vendor, name, table))


def missing(connection: Any) -> list[str]:
    """Names of the triggers that should be there and are not."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {name for (name,) in cursor.fetchall()}
    wanted = {name for table in _existing(connection) for name in _triggers(connection.vendor, table)}
    return sorted(wanted - there)


def _existing(connection: Any) -> list[str]:
    there = set(connection.introspection.table_names())
    return [table for table in tables() if table in there]


def _drop(vendor: str, name: str, table: str) -> str:
    return f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if vendor == "postgresql" else "")


def install_after_migrate(using: str, **kwargs: Any) -> None:
    """Receiver of ``post_migrate``."""
    install(connections[using])


@register(Tags.database)
def check_triggers(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A check at start: the tables of the record are protected."""
    try:
        found = [name for alias in databases or () for name in missing(connections[alias])]
    except OperationalError as error:
        if isinstance(error.__cause__, MissingFile):
            return []  # settings are checked before there is a database, too
        raise
    if not found:
        return []
    return [
        Error(
            f"{len(found)} append-only triggers are missing, such as {found[0]}.",
            hint="Run “manage.py migrate”: it puts them back. Then run “manage.py verify_ledger”.",
            id="articles.E001",
        )
    ]
