"""Pages kept in the process: least recently used go first, bounded in bytes."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from gtsite.pages.forms import Entry

# One huge page must not push out all others.
LARGEST_SHARE = 8


class Memory:
    """A bounded store of entries by path. Safe for threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.state: object = None
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, path: str) -> Entry | None:
        """The entry of this path, which now counts as used."""
        with self._lock:
            entry = self._entries.get(path)
            if entry is not None:
                self._entries.move_to_end(path)
            return entry

    def put(self, entry: Entry, state: object) -> None:
        """Keep an entry read while `state` was known; ignored when the database has moved on since."""
        with self._lock:
            if state != self.state:
                return
            self._remove(entry.page.path)
            if entry.size * LARGEST_SHARE > self.limit:
                return
            self._entries[entry.page.path] = entry
            self.size += entry.size
            while self.size > self.limit:
                self._remove(next(iter(self._entries)))

    def move_to(self, state: object, changed: Iterable[str] | None) -> None:
        """Accept a new state of the database: forget the paths it changed, or everything for None."""
        with self._lock:
            self.state = state
            for path in list(self._entries) if changed is None else changed:
                self._remove(path)

    def __len__(self) -> int:
        return len(self._entries)

    def _remove(self, path: str) -> None:
        entry = self._entries.pop(path, None)
        if entry is not None:
            self.size -= entry.size
