"""The page server's own read-only connection to the database, never Django's.

Every call answers within a fraction of a second or raises `Unavailable`; the next call tries again.
"""

import os
import sqlite3
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol
from urllib.parse import quote

from gtsite.pages.forms import Page
from gtsite.pages.waiting import Late, Patience

SQLITE_TIMEOUT = 0.05
POSTGRES_STATEMENT_MS = 80
# Beyond the server's own limit: a stopped server or a lost network does not keep the statement limit.
POSTGRES_PATIENCE = 0.17
POSTGRES_OPTIONS = (
    f"-c statement_timeout={POSTGRES_STATEMENT_MS} -c lock_timeout={POSTGRES_STATEMENT_MS} "
    "-c default_transaction_read_only=on"
)
# With more changes than this at once everything counts as changed.
MOST_CHANGES = 1000

# Read by the views of listings; locked or missing, Django would wait for them longer than a reader should.
LISTED = "articles_article, articles_edition, articles_topic, articles_titleentry, articles_livetopic"

_COLUMNS = "path, status, location, content_type, body, brotli, gzip, etag, last_modified, version"


class Unavailable(Exception):
    """The database does not answer now."""


class Unanswered(Unavailable):
    """It may still answer: nothing came back in the time that a reader may be kept waiting."""


@dataclass(frozen=True, slots=True)
class State:
    """Which database answered, and the number of its last publication."""

    database: str
    number: int


class _Connection(Protocol):
    def fetch(self, sql: str, arguments: tuple) -> tuple[str, list[tuple]]: ...


class Database:
    """What the page server asks of the database."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def state(self) -> State:
        """The present state; number 0 before the first publication."""
        database, rows = self._connection.fetch("SELECT number FROM articles_pagesversion WHERE id = 1", ())
        return State(database, rows[0][0] if rows else 0)

    def changed_since(self, number: int) -> dict[str, int] | None:
        """Paths written after publication `number` with their version; None when there are too many."""
        rows = self._fetch(
            "SELECT path, version FROM articles_page WHERE version > ? ORDER BY version, path LIMIT ?",
            number,
            MOST_CHANGES + 1,
        )
        return dict(rows) if len(rows) <= MOST_CHANGES else None

    def after(self, version: int, path: str, limit: int) -> list[tuple[str, int]]:
        """The next (path, version) in order of version, for walking through all of them."""
        sql = "SELECT path, version FROM articles_page WHERE version > ? OR (version = ? AND path > ?)"
        return self._fetch(f"{sql} ORDER BY version, path LIMIT ?", version, version, path, limit)

    def page(self, path: str) -> Page | None:
        """The stored page of this path."""
        rows = self._fetch(f"SELECT {_COLUMNS} FROM articles_page WHERE path = ?", path)
        return _page(*rows[0]) if rows else None

    def admits_listings(self) -> None:
        """Raises `Unavailable` where Django would hang: touches the tables of listings, reads no row."""
        self._fetch(f"SELECT 1 FROM {LISTED} LIMIT 0")

    def _fetch(self, sql: str, *arguments: Any) -> list[tuple]:
        return self._connection.fetch(sql, arguments)[1]


def _page(
    path: str, status: int, location: str | None, content_type: str, body: Any, brotli: Any, gzip: Any,
    etag: str, last_modified: int, version: int,
) -> Page:  # fmt: skip
    return Page(
        path, status, location or "", content_type, _bytes(body), _bytes(brotli), _bytes(gzip), etag,
        last_modified, version,
    )  # fmt: skip


def _bytes(value: Any) -> bytes:
    return bytes(value or b"")


class SqliteConnection:
    """One read-only connection behind a lock: a look at the version costs about 6 µs, waiting for a lock
    held by a writer at most 50 ms. Opened anew when the file at this path is another one.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._uri = f"file:{quote(os.path.abspath(path))}?mode=ro"  # plain open would create an empty file
        self._lock = Lock()
        self._opened: tuple[int, str] | None = None
        self._raw: sqlite3.Connection | None = None

    def fetch(self, sql: str, arguments: tuple) -> tuple[str, list[tuple]]:
        """All rows, with the identity of the file they came from."""
        with self._lock:
            try:
                identity = self._identity()
                return identity, self._open(identity).execute(sql, arguments).fetchall()
            except (sqlite3.Error, OSError) as error:
                self._close()
                raise Unavailable(str(error)) from error

    def _identity(self) -> str:
        found = os.stat(self.path)
        return f"sqlite:{found.st_dev}:{found.st_ino}"

    def _open(self, identity: str) -> sqlite3.Connection:
        mine = (os.getpid(), identity)  # SQLite connections must not be carried over a fork
        if self._raw is None or self._opened != mine:
            self._close()
            self._raw = sqlite3.connect(
                self._uri, uri=True, timeout=SQLITE_TIMEOUT, isolation_level=None, check_same_thread=False
            )
            self._opened = mine
        return self._raw

    def _close(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None and self._opened and self._opened[0] == os.getpid():
            raw.close()


class PostgresConnection:
    """One autocommit, read-only connection in a thread of its own, so that callers need not wait for it."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        options = f"{parameters.get('options') or ''} {POSTGRES_OPTIONS}".strip()
        self.parameters = parameters | {"options": options, "connect_timeout": 2, "tcp_user_timeout": 2000}
        self.identity = "postgresql:{}:{}:{}".format(*(parameters.get(k, "") for k in ("host", "port", "dbname")))
        self._patience = Patience(POSTGRES_PATIENCE, "page server's PostgreSQL connection")
        self._opened_by = 0
        self._raw: Any = None

    def fetch(self, sql: str, arguments: tuple) -> tuple[str, list[tuple]]:
        """All rows, with the name of the database."""
        import psycopg

        try:
            return self.identity, self._patience.call(self._fetch, sql.replace("?", "%s"), arguments)
        except Late as error:
            raise Unanswered(str(error)) from error
        except (psycopg.Error, OSError) as error:
            raise Unavailable(str(error)) from error

    def _fetch(self, sql: str, arguments: tuple) -> list[tuple]:
        import psycopg

        had_connection = self._raw is not None
        try:
            return self._execute(sql, arguments)
        except psycopg.Error:
            if not had_connection:
                raise
            # A connection cut while it was idle, or a busy machine, is no trouble yet: once more.
            return self._execute(sql, arguments)

    def _execute(self, sql: str, arguments: tuple) -> list[tuple]:
        try:
            return self._open().execute(sql, arguments, binary=True).fetchall()
        except Exception:
            self._close()
            raise

    def _open(self) -> Any:
        import psycopg

        if self._raw is None or self._opened_by != os.getpid():
            self._raw = psycopg.connect(**self.parameters, autocommit=True)
            self._opened_by = os.getpid()
        return self._raw

    def _close(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None and self._opened_by == os.getpid():
            raw.close()


def from_django(alias: str = "default") -> Database:
    """A connection of our own to the database that Django's settings name."""
    from django.db import connections

    theirs = connections[alias]
    if theirs.vendor == "sqlite":
        return Database(SqliteConnection(str(theirs.settings_dict["NAME"])))
    parameters = theirs.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return Database(PostgresConnection(parameters))
