"""The background thread that keeps the copies on disk up to date: one process of each host does it."""

import fcntl
import logging
import os
import re
import time
from collections.abc import Callable
from threading import Event, Lock, Thread

from gtsite.pages.database import Database, State, Unavailable
from gtsite.pages.disk import Disk
from gtsite.pages.forms import Page
from gtsite.pages.lease import Lease
from gtsite.pages.listings import Caught

logger = logging.getLogger(__name__)

BATCH = 200
# Where the walk through the listings begins; it goes on along the links of the listings themselves.
ROOTS = (
    "/", "/topics/", "/a-z/", "/policies/", "/verify/", "/feeds/new/", "/feeds/corrections/",
    "/sitemap.xml", "/robots.txt",
)  # fmt: skip
LISTING_LINK = re.compile(rb'href="(/(?:topics|a-z|policies)/[a-z0-9/-]*)"')
MOST_LISTINGS = 2000
# After a round of listings, rest four times as long: readers go first.
REST = 4
REST_AFTER_FAILURE = 5
ELECTION_SECONDS = 5


class Follower:
    """Copies changed pages and all listings to disk, whenever the pages' version has moved."""

    def __init__(
        self,
        database: Database,
        disk: Disk,
        lease: Lease,
        render: Callable[[str, Caught], Page | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.database = database
        self.disk = disk
        self.copies = disk.copies
        self.lease = lease
        self.render = render
        self.clock = clock
        self._listed: State | None = None
        self._rest_until = float("-inf")

    def step(self) -> None:
        """Bring the copies up to the present state; give way when a newer publication comes meanwhile."""
        state = self.lease.state if self.lease.holds() else None
        if state is None:
            return
        self.disk.catch_up()
        notes = self.copies.notes()
        if notes is None or not self._copy_pages(state, notes.followed):
            return
        if self._listed != state and self.clock() >= self._rest_until:
            self._copy_listings(state)

    def _copy_pages(self, state: State, followed: int) -> bool:
        if followed == state.number:
            return True
        version, path = followed + 1, ""
        while batch := self.database.after(version, path, BATCH):
            for path, version in batch:
                if not self._copy_page(path, version, state):
                    return False
        self.copies.mark_followed(state)
        return True

    def _copy_page(self, path: str, version: int, state: State) -> bool:
        if self.copies.holds(path, version):
            return True
        page = self.database.page(path)
        return page is None or self.copies.put(page, state)

    def _copy_listings(self, state: State) -> None:
        started = self.clock()
        is_complete = self._walk_listings(state)
        self._rest_until = self.clock() + REST * (self.clock() - started)
        if is_complete:
            self.copies.mark_listed(state)
            self._listed = state
        else:
            self._rest_until += REST_AFTER_FAILURE

    def _walk_listings(self, state: State) -> bool:
        """Copy every listing that can be reached; False if Django could not make one, or things moved on."""
        waiting, known = list(ROOTS), set(ROOTS)
        is_complete = True
        while waiting:
            caught = Caught()
            page = self.render(waiting.pop(0), caught)
            if page is None:
                is_complete = is_complete and not caught.is_broken()
                continue
            if not self.copies.put(page, state):
                return False
            found = {link.decode() for link in LISTING_LINK.findall(page.body)} - known
            waiting += sorted(found)[: MOST_LISTINGS - len(known)]
            known |= found
        return is_complete


class Background:
    """Runs a follower in a thread of this process, once this process is the elected one of the host."""

    def __init__(self, follower: Follower, interval: float) -> None:
        self.follower = follower
        self.folder = follower.copies.folder
        self.interval = interval
        self.thread: Thread | None = None
        self._failure = ""
        self._pid = 0
        self._guard = Lock()
        self._stop = Event()

    def ensure_started(self) -> None:
        """Start the thread in this process, unless it runs; called again after a fork."""
        if self._pid == os.getpid():
            return
        with self._guard:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self.thread = Thread(target=self._run, name="page copies", daemon=True)
                self.thread.start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stop.set()

    def _run(self) -> None:
        lock = None
        while not self._stop.is_set():
            lock = lock or self._elected()
            if lock is not None:
                self._step()
            self._stop.wait(self.interval if lock is not None else ELECTION_SECONDS)
        if lock is not None:
            os.close(lock)

    def _elected(self) -> int | None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.folder / ".follower", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock

    def _step(self) -> None:
        try:
            self.follower.step()
            self._failure = ""
        except Exception as error:
            # Tried again many times a second: each reason is said once.
            if str(error) != self._failure:
                self._failure = str(error)
                logger.warning("Page copies wait: %s", error, exc_info=not isinstance(error, Unavailable | OSError))
