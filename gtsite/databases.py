"""What we ask of the two databases, and the check at start that SQLite really does it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

# FULL: a commit that was answered survives a power cut. trusted_schema=OFF: a doctored database file cannot
# run functions from its schema. Foreign keys are switched on by Django itself.
SQLITE_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "trusted_schema": 0, "foreign_keys": 1}
SQLITE_START = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF;"
SQLITE_BUSY_SECONDS = 10


def database_settings(config: dict[str, Any]) -> dict[str, Any]:
    """Add to an address from `DATABASE_URL` what this project relies on."""
    engine = config.get("ENGINE", "")
    options = dict(config.get("OPTIONS", {}))
    if engine.endswith("sqlite3"):
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_BUSY_SECONDS,
            "init_command": SQLITE_START,
        }
    elif engine.endswith("postgresql"):
        options |= {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}}
    return {**config, "OPTIONS": options, "ATOMIC_REQUESTS": False}


def local_secret(path: Path) -> str:
    """The development secret: random, made once, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(60))
    return path.read_text()
