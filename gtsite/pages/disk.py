"""The copies as the page server uses them: never waiting for a slow disk, never believing a doubtful copy."""

from threading import Lock

from gtsite.pages.copies import Copies
from gtsite.pages.database import Database, State
from gtsite.pages.forms import Page
from gtsite.pages.waiting import Late, Patience

PATIENCE = 0.1


class Disk:
    """Forgets what a publication made untrue before the publication is believed, and finds copies."""

    def __init__(self, copies: Copies, database: Database) -> None:
        self.copies = copies
        self._database = database
        self._patience = Patience(PATIENCE, "disk of page copies")
        self._believed: State | None = None
        self._forgotten: State | None = None
        self._lock = Lock()

    def believe(self, state: State) -> None:
        """From now on no copy older than `state` may be served by this process, nor by one started later.

        Raises Unavailable when the database cannot say what has changed. When the disk does not obey, the
        copies are left alone until it does.
        """
        with self._lock:
            self._believed = state
            self._forget(state)

    def catch_up(self) -> None:
        """Tell the disk again, if it did not obey or has lost its notes."""
        with self._lock:
            state, notes = self._believed, self.copies.notes()
            if state is None or (notes and notes.database == state.database and notes.seen >= state.number):
                return
            self._forgotten = None
            self._forget(state)

    def find(self, path: str) -> tuple[Page, float] | None:
        """The copy of this path and when it was written."""
        if self._believed != self._forgotten:
            return None
        try:
            found: tuple[Page, float] | None = self._patience.call(self.copies.get, path)
        except (OSError, Late):
            return None
        return found

    def knows_later(self, state: State | None) -> bool:
        """Whether another process of this host has seen a publication that this one, at `state`, has not."""
        try:
            notes = self._patience.call(self.copies.notes)
        except (OSError, Late):
            return False
        return (
            state is not None and notes is not None and notes.database == state.database and notes.seen > state.number
        )

    def _forget(self, state: State) -> None:
        try:
            self._patience.call(self.copies.forget, state, self._changed(state))
        except (OSError, Late):
            return
        self._forgotten = state

    def _changed(self, state: State) -> dict[str, int] | None:
        old = self._forgotten or self._followed(state)
        if old is None or old.database != state.database or old.number > state.number:
            return None
        return self._database.changed_since(old.number)

    def _followed(self, state: State) -> State | None:
        notes = self._patience.call(self.copies.notes)
        if notes is None:
            return None
        # Another process may have seen a publication that came after our look; an older backup has none.
        if notes.seen > state.number and notes.seen > self._database.state().number:
            return None
        return State(notes.database, notes.followed)
