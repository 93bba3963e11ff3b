"""`make run`: everything on this machine, ready to be tried out.

1. the database is brought up to date, 2. static files are collected if they changed, 3. the demonstration
content is loaded if it is missing, 4. the server and the worker start, 5. addresses and sign-ins are printed.
Ctrl-C stops both.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import django
from django.conf import settings

from gtsite.databases import make_missing_file, stop_if_unfit

HOST = "127.0.0.1"
SERVER_THREADS = 4  # fixed: granian's own default grows to hundreds
SERVER_WORKERS = 2
START_SECONDS = 30
WORKER_STOP_SECONDS = 5  # granian waits for ever for a busy worker unless told
STOP_SECONDS = 8


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    django.setup()
    if settings.PRODUCTION:
        raise SystemExit(
            "`make run` is for trying GTSite out; README.md says how to run it with GTSITE_ENV=production."
        )
    stop_if_port_is_taken(settings.PORT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell's background job is born deaf to SIGINT
        signal.signal(number, _interrupt)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        prepare()
        processes += [start_server(settings.PORT), start_worker()]
        wait_until_answering(settings.PORT, processes)
        print_addresses()
        return wait_for_the_first_to_end(processes)
    except KeyboardInterrupt:
        print("\nStopping.")
        return 0
    finally:
        stop(processes)


def stop_if_port_is_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SystemExit(
                f"Port {port} cannot be used ({error.strerror}); choose another: make run PORT=8001"
            ) from None


def prepare() -> None:
    from django.core.management import call_command
    from django.db import connection, connections

    make_missing_file(connection)
    if steps := pending_migrations():
        print(f"Preparing the database ({steps} steps) …", flush=True)
        call_command("migrate", verbosity=0, interactive=False)
    stop_if_unfit()
    collect_static_files()
    call_command("load_demonstration")
    connections.close_all()


def pending_migrations() -> int:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def collect_static_files() -> None:
    from django.core.management import call_command

    if static_files_changed():
        print("Collecting static files …", flush=True)
        call_command("collectstatic", verbosity=0, interactive=False)


def static_files_changed() -> bool:
    """Whether a source file is newer than the manifest of the last collection."""
    from django.contrib.staticfiles.finders import get_finders

    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    collected_at = manifest.stat().st_mtime
    return any(
        Path(storage.path(name)).stat().st_mtime > collected_at
        for finder in get_finders()
        for name, storage in finder.list(None)
    )


def start_server(port: int) -> subprocess.Popen[bytes]:
    return start(
        *("-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--no-ws"),
        *("--workers", str(SERVER_WORKERS), "--blocking-threads", str(SERVER_THREADS)),
        *("--workers-kill-timeout", str(WORKER_STOP_SECONDS), "--log-level", "warning", "gtsite.wsgi:application"),
    )


def start_worker() -> subprocess.Popen[bytes]:
    return start("manage.py", "work")


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """A process in its own group, so that Ctrl-C reaches only us and we stop it in order."""
    return subprocess.Popen([sys.executable, *arguments], cwd=settings.BASE_DIR, start_new_session=True)


def wait_until_answering(port: int, processes: list[subprocess.Popen[bytes]]) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and all(process.poll() is None for process in processes):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("The server did not start; the lines above say why.")


def print_addresses() -> None:
    print(f"\nPublic pages   {settings.SITE_URL}/")
    print(f"Editors' desk  {settings.SITE_URL}/admin/")
    sign_ins = Path(settings.DEMO_SIGN_INS_FILE)
    if sign_ins.exists():
        print(f"\nSign-ins of the demonstration (kept in {sign_ins}):\n{sign_ins.read_text().rstrip()}")
    print("\nCtrl-C stops the server and the worker.", flush=True)


def wait_for_the_first_to_end(processes: list[subprocess.Popen[bytes]]) -> int:
    while all(process.poll() is None for process in processes):
        time.sleep(0.5)
    print("The server or the worker has ended by itself; stopping the other.", file=sys.stderr)
    return 1


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask all to end; what has not ended in time is killed, and so is what an ended one left behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second, impatient Ctrl-C must not leave one behind
    for process in processes:
        process.terminate()
    give_up_at = time.monotonic() + STOP_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, give_up_at - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
