"""Pages: an article by the page server beside Django's hello world and nginx, on the same two cores

Same server, same load, in turns, several rounds, medians. nginx serves a file of the same bytes, if it is installed.
"""

import gzip
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_connection, socket
from statistics import median
from tempfile import TemporaryDirectory

import brotli
import psycopg

from bench._load import Load, load
from bench.figures import Figure
from gtsite.launch import HOST, SERVER_THREADS, SERVER_WORKERS
from tests.cluster import cluster, find_binaries

ROUNDS = 3
SECONDS = 2
CONNECTIONS = 8
PATH = "/articles/bench/"
ROOT = Path(__file__).parent.parent
BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
COLUMNS = "path, version, status, location, content_type, etag, last_modified, digest, renderer, body, brotli, gzip"


def measure() -> Iterator[Figure]:
    """Figures on SQLite, and on PostgreSQL where it is installed."""
    with TemporaryDirectory(prefix="gtsite-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield from _figures("SQLite", f"sqlite:///{folder}/bench.sqlite3", folder)
        binaries = find_binaries()
        if binaries is not None:
            with cluster(binaries) as url:
                yield from _figures("PostgreSQL", url, folder)


def _figures(database: str, url: str, folder: Path) -> Iterator[Figure]:
    body = _article()
    environment = {**os.environ, "DATABASE_URL": url, "VAR_DIR": str(folder / "var")}
    _prepare(url, environment, body)
    with ExitStack() as running:
        pages = running.enter_context(_granian("gtsite.wsgi:application", environment))
        hello = running.enter_context(_granian("bench._hello:application", environment))
        nginx = running.enter_context(_nginx(folder, brotli.compress(body, quality=5)))
        unchanged = BROWSER | {"If-None-Match": _etag(pages, BROWSER)}
        rounds = [
            (
                _measured(hello, "/", {}),
                _measured(pages, PATH, BROWSER),
                _measured(pages, PATH, unchanged),
                _measured(nginx, "/article.br", {}) if nginx else None,
            )
            for _ in range(ROUNDS)
        ]
        memory = _largest_worker()
    yield from _compare(database, rounds, memory)


def _compare(database: str, rounds: list[tuple[Load, Load, Load, Load | None]], memory: float) -> Iterator[Figure]:
    hello, full, unchanged = (median(found[place].rate for found in rounds) for place in range(3))
    print(f"  {database}: hello {hello:,.0f}, article {full:,.0f}, 304 {unchanged:,.0f} requests/s", end="")
    files = [found[3].rate for found in rounds if found[3]]
    print(f", nginx {median(files):,.0f}" if files else ", nginx is not installed")
    yield Figure(f"article, {database}: times Django's hello world", full / hello, 3, "×", at_least=True)
    if files:
        yield Figure(f"article, {database}: part of nginx", full / median(files), 0.4, "×", at_least=True)
    yield Figure(f"304, {database}: times the whole article", unchanged / full, 1, "×", at_least=True)
    p99 = median(found[1].p99 for found in rounds)
    yield Figure(f"article, {database}: p99 at {CONNECTIONS} connections", p99, 3, "ms")
    yield Figure(f"memory of a worker after load, {database}", memory, 110, "MB")


def _measured(port: int, path: str, headers: dict[str, str]) -> Load:
    return load(port, path, headers, connections=CONNECTIONS, seconds=SECONDS)


def _article() -> bytes:
    """About 40 kB of HTML that compresses as prose does."""
    chance = random.Random(1)
    letters = "etaoinshrdlcumwfgypbvk"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(900)]
    text = " ".join(chance.choices(words, weights=[1 / (rank + 1) for rank in range(900)], k=7000))
    return f"<!doctype html><html lang=en><title>Bench</title><p>{text}</p></html>".encode()


def _prepare(url: str, environment: dict[str, str], body: bytes) -> None:
    for act in ("migrate", "collectstatic"):
        subprocess.run(
            [sys.executable, "manage.py", act, "--no-input", "--verbosity", "0"], cwd=ROOT, env=environment, check=True
        )
    digest = hashlib.sha256(body).hexdigest()
    row = (PATH, 1, 200, "", "text/html; charset=utf-8", f'"{digest[:32]}"', 1_700_000_000, digest, "bench",
           body, brotli.compress(body, quality=5), gzip.compress(body))  # fmt: skip
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            _insert(database, row, "?")
        database.close()
    else:
        with psycopg.connect(url) as server:
            _insert(server, row, "%s")


def _insert(database: sqlite3.Connection | psycopg.Connection, row: tuple, mark: str) -> None:
    database.execute(f"INSERT INTO articles_page ({COLUMNS}) VALUES ({', '.join([mark] * len(row))})", row)
    database.execute("DELETE FROM articles_pagesversion")
    database.execute("INSERT INTO articles_pagesversion (id, number) VALUES (1, 1)")


@contextmanager
def _granian(target: str, environment: dict[str, str]) -> Iterator[int]:
    port = _free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--no-ws"),
        *("--workers", str(SERVER_WORKERS), "--blocking-threads", str(SERVER_THREADS)),
        *("--workers-kill-timeout", "5", "--log-level", "warning"),  # a graceful stop under load may hang
        target,
    ]
    with _running(command, port, environment):
        yield port


@contextmanager
def _nginx(folder: Path, content: bytes) -> Iterator[int | None]:
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if binary is None:
        yield None
        return
    port = _free_port()
    (folder / "article.br").write_bytes(content)
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes {SERVER_WORKERS}; pid {folder}/nginx.pid; error_log {folder}/nginx.log;"
        f"events {{}} http {{ access_log off; sendfile on; {temporary} keepalive_requests 100000000;"
        f"server {{ listen {HOST}:{port}; root {folder}; }} }}"
    )
    with _running([binary, "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")], port, dict(os.environ)):
        yield port


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: subprocess.Popen) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("A server of the measurement did not start.")


def _free_port() -> int:
    with socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _etag(port: int, headers: dict[str, str]) -> str:
    request = urllib.request.Request(f"http://{HOST}:{port}{PATH}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["Content-Encoding"] == "br", "the article is not served as prepared"
        return str(answer.headers["ETag"])


def _largest_worker() -> float:
    """Resident memory, in MB, of the largest process below this one that serves the site."""
    found = [0.0]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"gtsite.wsgi" in (folder / "cmdline").read_bytes():
                found.append(int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6)
        except OSError:
            continue
    return max(found)


if __name__ == "__main__":
    from bench.__main__ import main

    sys.exit(main(["pages"]))
