"""Load on a loopback address: `wrk` where it is installed, else a small generator of our own."""

import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass

PROCESSES = 2
LATENCIES = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
TEN_SECONDS = struct.pack("ll", 10, 0)
IN_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Load:
    """Requests a second, and the latency that 99 of 100 stay under."""

    rate: float
    p99: float


def load(port: int, path: str, headers: dict[str, str], *, connections: int, seconds: float) -> Load:
    """As many requests as fit, over kept-alive connections."""
    if shutil.which("wrk"):
        return _wrk(port, path, headers, connections, seconds)
    request = _request(port, path, headers)
    with ProcessPoolExecutor(PROCESSES) as pool:
        started = [pool.submit(_threads, port, request, connections // PROCESSES, seconds) for _ in range(PROCESSES)]
        durations = [duration for process in started for duration in process.result()]
    durations.sort()
    return Load(len(durations) / seconds, durations[int(len(durations) * 0.99)] * 1000)


def _wrk(port: int, path: str, headers: dict[str, str], connections: int, seconds: float) -> Load:
    given = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t", str(PROCESSES), "-c", str(connections), "-d", f"{max(1, round(seconds))}s", "--latency"]
    printed = subprocess.run(
        [*command, *given, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in printed or "Socket errors" in printed:
        sys.stderr.write(printed)
    (value, unit) = LATENCIES.search(printed).groups()
    return Load(float(RATE.search(printed)[1]), float(value) * IN_MILLISECONDS[unit])


def _request(port: int, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *(f"{n}: {v}" for n, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _threads(port: int, request: bytes, threads: int, seconds: float) -> list[float]:
    with ThreadPoolExecutor(threads) as pool:
        return [d for found in pool.map(lambda _: _connection(port, request, seconds), range(threads)) for d in found]


def _connection(port: int, request: bytes, seconds: float) -> list[float]:
    """Durations of requests over one connection; all answers are as long as the first.

    The generator runs on the server's own cores: it asks the kernel twice a request, once to send and once to wait for
    the whole answer. Python's own time limit would ask before each of these.
    """
    durations = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        length = _first_answer(stream, request)
        stream.settimeout(None)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, TEN_SECONDS)
        kept = bytearray(length)
        over = time.perf_counter() + seconds
        while (started := time.perf_counter()) < over:
            stream.sendall(request)
            missing = length
            while missing:
                received = stream.recv_into(kept, missing, socket.MSG_WAITALL)
                if not received:
                    raise ConnectionError("the server closed the connection")
                missing -= received
            durations.append(time.perf_counter() - started)
    return durations


def _first_answer(stream: socket.socket, request: bytes) -> int:
    """The length of a whole answer, head included, by each of the three ways to say where it ends (RFC 9112, 6.3)."""
    stream.sendall(request)
    received = b""
    while not _is_whole(received):
        more = stream.recv(65536)
        if not more:
            raise ConnectionError("the server closed the connection")
        received += more
    return len(received)


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    if head.split(maxsplit=2)[1] == b"304":
        return True
    if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
        return body.endswith(b"0\r\n\r\n")
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return len(body) >= (int(found[1]) if found else 0)
