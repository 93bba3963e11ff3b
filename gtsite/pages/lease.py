"""How long what is known of the database may be believed.

A publication waits one lease after its commit before it answers. A lease is counted from before the look
at the version number; so whoever asks after that answer is served by a look made after the commit.
"""

import time
from collections.abc import Callable
from threading import Lock

from django.conf import settings

from gtsite.pages.database import State, Unanswered, Unavailable


def wait_one_lease() -> None:
    """Wait until no process still believes what was true before the commit just made."""
    time.sleep(settings.PAGE_LEASE_MS / 1000)


class Lease:
    """The state of the database, looked up again when the lease has run out, by one thread at a time."""

    def __init__(
        self,
        look: Callable[[], State],
        accept: Callable[[State | None, State], None],
        length: float,
        clock: Callable[[], float],
    ) -> None:
        self.state: State | None = None
        self.confirmed_at: float | None = None
        self._look = look
        self._accept = accept
        self._length = length
        self._clock = clock
        self._until = float("-inf")
        self._failed_at = float("-inf")
        self._is_answering = False
        self._lock = Lock()

    def holds(self) -> bool:
        """Whether the database answered less than a lease ago (asked now, if that is not known)."""
        asked_at = self._clock()
        if asked_at < self._until:
            return self._is_answering
        with self._lock:
            # Who came while another thread waited in vain has waited enough.
            if self._clock() >= self._until and asked_at > self._failed_at:
                self._renew()
            return self._is_answering

    def fail(self) -> None:
        """The database failed between two looks: believe it silent for one lease."""
        with self._lock:
            self._is_answering = False
            self._until = self._clock() + self._length

    def _renew(self) -> None:
        started = self._clock()
        try:
            found = self._look()
            if found != self.state:
                # What the publication made untrue is forgotten first; if that fails, it is not accepted.
                self._accept(self.state, found)
        except Unavailable as error:
            self._is_answering = False
            self._failed_at = self._clock()
            # One that may still answer is asked again by the next reader: a publication may wait behind it.
            self._until = self._failed_at if isinstance(error, Unanswered) else self._failed_at + self._length
            return
        self.state, self.confirmed_at = found, started
        self._is_answering = True
        self._until = started + self._length
