"""What we ask of the two databases, and the stop at start when it is not given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# synchronous=FULL (2): a commit that was answered survives a power cut. trusted_schema=OFF: a doctored file
# cannot run functions from its schema. Foreign keys are switched on by Django itself.
SQLITE_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "trusted_schema": 0, "foreign_keys": 1}
SQLITE_START = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF;"
SQLITE_BUSY_SECONDS = 10
# One connection per server thread (see launch.py) and a little room, so that waiting means the server is gone.
POSTGRESQL_POOL = {"min_size": 1, "max_size": 8, "timeout": 3}
START_SECONDS = 1


def database_settings(config: dict[str, Any], base: Path) -> dict[str, Any]:
    """Add to an address from `DATABASE_URL` what this project relies on; relative files lie under `base`."""
    engine = config.get("ENGINE", "")
    options = dict(config.get("OPTIONS", {}))
    config = {**config, "OPTIONS": options, "ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0}
    if engine.endswith("sqlite3"):
        config["ENGINE"] = "gtsite.sqlite"
        config["NAME"] = str(base / config["NAME"])
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_BUSY_SECONDS,
            "init_command": SQLITE_START,
        }
        Path(config["NAME"]).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif engine.endswith("postgresql"):
        options["pool"] = dict(POSTGRESQL_POOL)
    return config


def make_missing_file(connection: Any) -> None:
    """An empty file for a new SQLite database. Everybody but `migrate` is refused one that is not there: a site
    whose file was moved away must not begin anew in its place.
    """
    if connection.vendor == "sqlite" and not connection.is_in_memory_db():
        Path(connection.settings_dict["NAME"]).touch()


def stop_if_unfit() -> None:
    """Run the database checks once at start; raise `SystemExit` with their sentences.

    A database that does not answer soon, or a SQLite file that is missing, is no reason to stay down: pages are
    served from copies meanwhile.
    """
    from django.core.checks import Tags, run_checks
    from django.db import DatabaseError, connection

    try:
        with _answering_within(START_SECONDS, connection.settings_dict["OPTIONS"]):
            errors = [e for e in run_checks(tags=[Tags.database], databases=["default"]) if e.is_serious()]
    except DatabaseError:
        return
    finally:
        connection.close()
    if errors:
        raise SystemExit("GTSite cannot start:\n" + "\n".join(f"  {e.msg} {e.hint or ''}" for e in errors))


@contextmanager
def _answering_within(seconds: int, options: dict[str, Any]) -> Iterator[None]:
    if "timeout" not in options:  # PostgreSQL: its pool has its own patience
        yield
        return
    patience = options["timeout"]
    options["timeout"] = seconds
    try:
        yield
    finally:
        options["timeout"] = patience
