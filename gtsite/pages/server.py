"""The WSGI wrapper around Django's application."""

import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from pathlib import Path

from django.conf import settings

from gtsite.pages.copies import Copies
from gtsite.pages.database import Database, State, Unanswered, Unavailable, from_django
from gtsite.pages.disk import Disk
from gtsite.pages.following import Background, Follower
from gtsite.pages.forms import Entry, Header, Page, answer, prepare
from gtsite.pages.gate import Environ, Gate, could_be_stored, is_plain_reading
from gtsite.pages.lease import Lease
from gtsite.pages.listings import Caught, StartResponse, close
from gtsite.pages.memory import Memory
from gtsite.security import public_headers

MEMORY_BYTES = 32 * 1024 * 1024  # a worker should stay below 110 MB, Django included
RETRY_AFTER = "5"
SHORTEST_INTERVAL = 0.05

Application = Callable[[Environ, StartResponse], Iterable[bytes]]

WRONG_HOST = b"This is not the address of this site.\n"
SILENT = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">
<title>Not available for the moment</title></head>
<body><h1>Not available for the moment</h1>
<p>We cannot show this page just now. Nothing is lost. Please try again in a minute.</p>
<p>If you need medical help now, do not wait for this page: call your doctor or your emergency number.</p>
</body></html>
"""


class PageServer:
    """Answers ready pages before Django.

    `application` calls `start_response` before it returns, as Django's does.
    """

    def __init__(
        self,
        application: Application,
        *,
        connect: Callable[[], Database] = from_django,
        memory_bytes: int = MEMORY_BYTES,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        follow: bool = True,
    ) -> None:
        self.application = application
        self.clock, self.wall = clock, wall
        self.gate = Gate()
        self.common = public_headers()
        self.database = connect()
        self.memory = Memory(memory_bytes)
        self.disk = Disk(Copies(Path(settings.PAGE_COPIES_DIR)), self.database)
        lease = settings.PAGE_LEASE_MS / 1000
        self.lease = Lease(self.database.state, self._accept, lease, clock)
        # A connection of its own: walking through all pages must not keep readers waiting.
        self.follower = Follower(connect(), self.disk, self.lease, self._render, clock)
        self.background = Background(self.follower, max(lease, SHORTEST_INTERVAL)) if follow else None
        self._listings: set[str] = set()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path.startswith(self.gate.private):
            return self.application(environ, start_response)
        if not self.gate.knows_host(environ):
            return _refuse("400 Bad Request", "text/plain", WRONG_HOST, environ, start_response)
        if not self.gate.is_secure(environ):
            return self.application(environ, start_response)
        if self.background is not None:
            self.background.ensure_started()
        is_answering = self.lease.holds()
        if not is_plain_reading(environ):
            return self._pass_on(environ, start_response) if is_answering else self._silent(environ, start_response)
        entry = self.memory.get(path)
        if not is_answering:
            return self._stale(path, entry, environ, start_response) or self._silent(environ, start_response)
        if entry is not None and entry.is_current(self.lease.state, self.wall()):
            return _send(entry, environ, start_response)
        return self._find(path, entry, environ, start_response)

    def _accept(self, old: State | None, new: State) -> None:
        changed = None
        if old is not None and old.database == new.database and old.number < new.number:
            changed = self.database.changed_since(old.number)
        self.disk.believe(new)
        self.memory.move_to(new, changed)

    def _find(self, path: str, entry: Entry | None, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not could_be_stored(path):
            return self._pass_on(environ, start_response)
        state = self.lease.state
        try:
            page = self.database.page(path)
            if page is None:
                self.database.admits_listings()
        except Unavailable as error:
            if not isinstance(error, Unanswered):
                self.lease.fail()
            return self._stale(path, entry, environ, start_response) or self._silent(environ, start_response)
        if page is None:
            return self._ask_django(path, entry, environ, start_response)
        entry = prepare(page, self.common)
        self.memory.put(entry, state)
        return _send(entry, environ, start_response)

    def _ask_django(
        self, path: str, entry: Entry | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        caught = Caught()
        if path not in self._listings:
            body = self.application(environ, caught)
            stale = self._stale(path, entry, environ, start_response) if caught.is_broken() else None
            if stale is None and not caught.is_listing():
                return caught.release(body, start_response)
            close(body)
            if stale is not None:
                return stale
        # Rendered without anything of this reader's request: a shared answer depends on its path only.
        page = self._render(path, caught := Caught())
        if page is not None:
            return _send(prepare(page, self.common), environ, start_response)
        if caught.is_broken():
            return self._stale(path, entry, environ, start_response) or self._silent(environ, start_response)
        return self._pass_on(environ, start_response)

    def _render(self, path: str, caught: Caught) -> Page | None:
        """A listing as Django makes it now, kept in memory under the state known before; None if it is none."""
        state = self.lease.state
        response = self.application(self.gate.plain_environ(path), caught)
        try:
            body = b"".join(response)
        finally:
            close(response)
        if state is None or not caught.is_listing():
            self._listings.discard(path)
            return None
        page = caught.page(path, body, state.number)
        self._listings.add(path)
        self.memory.put(prepare(page, self.common, state), state)
        return page

    def _stale(
        self, path: str, entry: Entry | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes] | None:
        """What was true when the database last answered, and says so; None when nothing is known.

        A process that nobody asked since a withdrawal still has the page in memory: what another process of the
        host has seen since counts more.
        """
        now = self.wall()
        if entry is not None and not self.disk.knows_later(self.lease.state):
            confirmed_at = self.lease.confirmed_at or self.clock()
            return _send(entry, environ, start_response, _honest("memory", now, self.clock() - confirmed_at))
        found = self.disk.find(path)
        if found is None:
            return None
        page, written = found
        return _send(prepare(page, self.common), environ, start_response, _honest("copy", now, now - written))

    def _pass_on(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        caught = Caught()
        return caught.release(self.application(environ, caught), start_response)

    def _silent(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        return _refuse("503 Service Unavailable", "text/html", SILENT, environ, start_response)


def _refuse(status: str, kind: str, text: bytes, environ: Environ, start_response: StartResponse) -> list[bytes]:
    headers = [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(text)))]
    if status.startswith("503"):
        headers.append(("Retry-After", RETRY_AFTER))
    start_response(status, [*headers, ("Cache-Control", "no-store"), *public_headers().items()])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else text]


def _honest(source: str, now: float, seconds: float) -> list[Header]:
    """An answer that could not be checked with the database says so (RFC 9111, 5.1; RFC 7234, 5.5.2)."""
    return [
        ("X-GTSite-Source", source),
        ("X-GTSite-As-Of", formatdate(now - seconds, usegmt=True)),
        ("Age", str(max(0, int(seconds)))),
        ("Warning", '111 - "Revalidation Failed"'),
    ]


def _send(entry: Entry, environ: Environ, start_response: StartResponse, extra: Iterable[Header] = ()) -> list[bytes]:
    ready = answer(entry, environ)
    ready.headers.extend(extra)
    start_response(ready.status, ready.headers)
    return [ready.body]
