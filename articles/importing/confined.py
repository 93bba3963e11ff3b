"""`parse` in a child process that cannot harm the one that asks (threats D6, M13).

The child gets the bytes through a pipe and answers with JSON, never with pickled objects. Before it reads a byte it
gives up processor time, memory, writing to disk and opening many files. It inherits no environment but what Python
needs.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from .decoding import MAX_BYTES
from .page import ImportedPage, ImportRefused
from .parsing import parse as parse_here

#: A page of 10 MB takes some seconds; one that takes longer is built to.
CPU_SECONDS = 20
WALL_SECONDS = 40
MEMORY_BYTES = 512 * 1024 * 1024
OPEN_FILES = 64
_PROJECT = Path(__file__).resolve().parents[2]


def parse(name: str, data: bytes) -> ImportedPage:
    """As `parsing.parse`; a file that takes too long or too much memory is refused, too."""
    if len(data) > MAX_BYTES:
        return parse_here(name, data)  # refuses, without a child
    answer = _answer(name, data)
    if "refused" in answer:
        raise ImportRefused(answer["refused"])
    return ImportedPage.from_dict(answer["page"])


def _answer(name: str, data: bytes) -> dict[str, Any]:
    try:
        child = subprocess.run(
            [sys.executable, "-m", __name__, name],
            input=data,
            capture_output=True,
            timeout=WALL_SECONDS,
            cwd=_PROJECT,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ImportRefused(f"Reading the file took more than {WALL_SECONDS} seconds.") from None
    if child.returncode:
        raise ImportRefused("Reading the file took too much time or memory, or broke the reader.")
    return json.loads(child.stdout)


def _confine() -> None:
    """Give up what a parser does not need; none of it can be had back."""
    for limit, amount in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (amount, amount))


def _main() -> None:
    _confine()
    try:
        answer: dict[str, Any] = {"page": parse_here(sys.argv[1], sys.stdin.buffer.read()).as_dict()}
    except ImportRefused as refused:
        answer = {"refused": str(refused)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
