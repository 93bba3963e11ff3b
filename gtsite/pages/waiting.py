"""Calls that may hang (a disk, a network) made so that nobody waits for them longer than allowed."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any

# A busy machine can hold a call up for a while; what takes longer than this hangs.
HOPELESS = 1.0


class Late(Exception):
    """The call did not come back in time; it may still be running."""


class Patience:
    """Runs calls one at a time in a thread of its own; a caller waits at most so many seconds.

    Once a call has been running for a second the next ones fail at once instead of waiting behind it.
    The thread is made at the first call, and again after a fork.
    """

    def __init__(self, seconds: float, name: str) -> None:
        self.seconds = seconds
        self.name = name
        self._lock = Lock()
        self._pid = 0
        self._jobs: SimpleQueue = SimpleQueue()
        self._running_since: float | None = None

    def call(self, work: Callable, *arguments: Any) -> Any:
        """The result of `work(*arguments)`. Raises Late, or whatever the work raised."""
        self._ensure_thread()
        since = self._running_since
        if since is not None and monotonic() - since > HOPELESS:
            raise Late(f"{self.name} has been busy for too long")
        future: Future = Future()
        self._jobs.put((future, work, arguments))
        try:
            return future.result(self.seconds)
        except TimeoutError:
            future.cancel()
            raise Late(f"{self.name} took more than {self.seconds} s") from None

    def _ensure_thread(self) -> None:
        if self._pid == os.getpid():
            return
        with self._lock:
            if self._pid == os.getpid():
                return
            self._jobs = SimpleQueue()
            self._running_since = None
            Thread(target=self._run, args=(self._jobs,), name=self.name, daemon=True).start()
            self._pid = os.getpid()

    def _run(self, jobs: SimpleQueue) -> None:
        while True:
            future, work, arguments = jobs.get()
            if not future.set_running_or_notify_cancel():
                continue
            self._running_since = monotonic()
            try:
                future.set_result(work(*arguments))
            except BaseException as error:
                future.set_exception(error)
            self._running_since = None
