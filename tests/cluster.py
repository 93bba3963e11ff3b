"""Run a command on a throw-away PostgreSQL: `python -m tests.cluster python -m pytest -m postgres`.

The command finds it in DATABASE_URL. Without PostgreSQL on this machine it is not run, and one line says so;
in CI that is a failure. PostgreSQL refuses to run as root: root hands the cluster to `nobody`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

VERSIONED_BINARIES = Path("/usr/lib/postgresql")
# A test cluster may lose everything at a power cut; in exchange it is several times faster.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60"}
NOBODY = "nobody"


def main(command: list[str]) -> int:
    binaries = find_binaries()
    if binaries is None:
        sys.stderr.write("PostgreSQL is not installed: its tests are left out.\n")
        return 1 if os.environ.get("CI") else 0
    with cluster(binaries) as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


def find_binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, newest version first; Debian keeps them off the search path."""
    folders = sorted(VERSIONED_BINARIES.glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    found = shutil.which("pg_ctl")
    candidates = [*folders, *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


@contextlib.contextmanager
def cluster(binaries: Path) -> Iterator[str]:
    """A running cluster that listens on a socket in its own folder only; yields its address."""
    folder = Path(tempfile.mkdtemp(prefix="gtsite-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, NOBODY)
    data = folder / "data"
    settings = {**FAST, "listen_addresses": "''", "unix_socket_directories": f"'{folder}'"}
    try:
        run(binaries / "initdb", "-D", data, "-U", "gtsite", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        run(binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "start")
        yield f"postgres://gtsite@/postgres?host={folder}"
    finally:
        if (data / "postmaster.pid").exists():
            run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def run(*command: str | Path) -> None:
    prefix = ["runuser", "-u", NOBODY, "--"] if os.geteuid() == 0 else []
    result = subprocess.run(
        [*prefix, *map(str, command)], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if result.returncode:
        raise SystemExit(f"{command[0]} failed: {result.stderr.decode().strip()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
