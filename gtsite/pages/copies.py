"""Pages kept on the disk of this host, for the time when the database does not answer.

A copy is served only when all of this is true: its checksum is right, it is of the asked path, it belongs
to the store's present epoch. A new epoch makes all copies worthless at once. Paths that a publication
changed are removed before any process believes that publication, so that withdrawn text cannot come back.
Any process may remove; writing is refused for what was read before the newest publication seen.
"""

import base64
import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from gtsite.pages.database import State
from gtsite.pages.forms import Page

MAGIC = b"gtsite-copy-1"
_BLOBS = ("body", "brotli", "gzip")


@dataclass(frozen=True, slots=True)
class Notes:
    """What the store knows about itself: of which database, and which publications it has seen, whose pages
    are all copied, whose listings are all copied.
    """

    epoch: str
    database: str
    seen: int
    followed: int = 0
    listed: int = 0


class Copies:
    """A folder of copies, shared by all processes of this host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def notes(self) -> Notes | None:
        """None when the store is new or its notes are damaged: then no copy is believed."""
        try:
            return Notes(**json.loads((self.folder / "store.json").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def forget(self, state: State, changed: dict[str, int] | None) -> None:
        """Before `state` is believed: remove the copies it makes untrue (None: all of them)."""
        with self._locked():
            notes = self.notes()
            if changed is None or notes is None or notes.database != state.database:
                self._note(Notes(uuid.uuid4().hex, state.database, state.number))
                return
            for path, version in changed.items():
                self._remove_older(path, version)
            self._note(replace(notes, seen=max(notes.seen, state.number)))

    def put(self, page: Page, state: State) -> bool:
        """Keep a page that was read while `state` was the newest; False if it no longer is."""
        with self._locked():
            notes = self.notes()
            if notes is None or (notes.database, notes.seen) != (state.database, state.number):
                return False
            self._write(self._file(page.path), _encode(page, notes.epoch, time.time()))
            return True

    def mark_followed(self, state: State) -> None:
        """Every page of publications up to `state` has its copy."""
        self._mark(state, "followed")

    def mark_listed(self, state: State) -> None:
        """Every listing that can be reached at `state` has its copy; older ones are of no use any more."""
        self._mark(state, "listed")

    def get(self, path: str) -> tuple[Page, float] | None:
        """The copy of this path and when it was written; None if there is none that can be believed."""
        notes = self.notes()
        found = self._read(path) if notes is not None else None
        if found is None or notes is None or found[1] != notes.epoch:
            return None
        page, _, written = found
        is_outdated = page.is_listing and page.version < notes.listed
        return None if is_outdated else (page, written)

    def holds(self, path: str, version: int) -> bool:
        """Whether the copy of this path is of this version."""
        found = self.get(path)
        return found is not None and found[0].version == version

    def _mark(self, state: State, what: str) -> None:
        with self._locked():
            notes = self.notes()
            if notes is not None and (notes.database, notes.seen) == (state.database, state.number):
                self._note(Notes(**asdict(notes) | {what: state.number}))

    def _read(self, path: str) -> tuple[Page, str, float] | None:
        try:
            page, epoch, written = _decode(self._file(path).read_bytes())
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return (page, epoch, written) if page.path == path else None

    def _remove_older(self, path: str, version: int) -> None:
        file = self._file(path)
        try:
            with file.open("rb") as stored:
                is_older = _noted_version(stored.read(200)) < version
        except FileNotFoundError:
            return
        except ValueError:
            is_older = True
        if is_older:
            file.unlink(missing_ok=True)

    def _file(self, path: str) -> Path:
        name = sha256(path.encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / name[:2] / name

    def _note(self, notes: Notes) -> None:
        self._write(self.folder / "store.json", json.dumps(asdict(notes)).encode())

    def _write(self, target: Path, content: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(target)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # ends with the file, also when the process is killed
            yield


def _encode(page: Page, epoch: str, written: float) -> bytes:
    facts = asdict(page)
    facts |= {name: base64.b64encode(facts[name]).decode() for name in _BLOBS}
    content = json.dumps({"epoch": epoch, "written": written, "page": facts}).encode()
    return b" ".join((MAGIC, sha256(content).hexdigest().encode(), b"%d" % page.version, content))


def _noted_version(stored: bytes) -> int:
    return int(stored.split(b" ", 3)[2]) if stored.startswith(MAGIC + b" ") else -1


def _decode(stored: bytes) -> tuple[Page, str, float]:
    magic, digest, version, content = stored.split(b" ", 3)
    if magic != MAGIC or sha256(content).hexdigest().encode() != digest:
        raise ValueError("damaged copy")
    found = json.loads(content)
    facts = found["page"]
    facts |= {name: base64.b64decode(facts[name]) for name in _BLOBS}
    facts["extra"] = tuple((name, value) for name, value in facts["extra"])
    page = Page(**facts)
    if page.version != int(version):  # the one outside the checksum decides what a publication removes
        raise ValueError("damaged copy")
    return page, found["epoch"], found["written"]
