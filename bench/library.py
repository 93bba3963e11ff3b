"""The library: finding sources among 100,000, on both databases; and all pairs that may be one

What people type and paste, from one letter to a whole citation with a mistake in it: each asked five times, the best
counts. On SQLite it is processor time, on PostgreSQL time by the clock: load makes the latter longer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench._newsroom import load
from bench.figures import Figure
from tests.cluster import cluster, find_binaries

SIZE = 100_000
SEARCH_MS = 50
PAIRS_SECONDS = 10


def measure() -> Iterator[Figure]:
    """Figures on SQLite, and on PostgreSQL where it is installed."""
    with TemporaryDirectory(prefix="gtsite-bench-") as folder:
        yield from _figures("SQLite", f"sqlite:///{folder}/bench.sqlite3", folder)
        binaries = find_binaries()
        if binaries is not None:
            with cluster(binaries) as url:
                yield from _figures("PostgreSQL", url, folder)


def _figures(database: str, url: str, folder: str) -> Iterator[Figure]:
    environment = {**os.environ, "DATABASE_URL": url, "VAR_DIR": str(Path(folder) / "var")}
    command = [sys.executable, "-m", "bench._library", str(SIZE)]
    answer = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = json.loads(answer.splitlines()[-1])
    slowest = ", ".join(f"{text!r} {ms:.0f} ms" for ms, text in found["slowest"][:3])
    print(f"  {database}: {found['questions']} questions, slowest {slowest}; {load()}")
    print(f"  the list of what is found, counted and its first fifty: p95 {found['list']['p95']:.0f} ms")
    yield Figure(f"library search at {SIZE:,} sources, {database}: p95", found["picker"]["p95"], SEARCH_MS, "ms")
    yield Figure(f"wanted sources that were not found, {database}", len(found["missed"]), 0, "")
    yield Figure(f"all pairs that may be one, {database}", found["pairs"], PAIRS_SECONDS, "s")
