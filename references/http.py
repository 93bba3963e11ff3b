"""The only way out: one guarded client for the pages and services of others.

Off unless ``NETWORK`` is on. A host's name is resolved once; if any of its addresses is not public, nothing is
connected; the connection goes to a checked address, with the name kept for TLS and ``Host``. Each redirect starts
anew with all checks. Nothing is sent but the question and who asks: no cookies, no sign-in, no referrer, no proxy of
the environment. Size (decompressed), time and redirects have limits; hosts are asked at a slow pace.

httpcore2 is the layer below httpx2: it alone lets us make the connection ourselves, and does nothing unasked.
"""

import hashlib
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache
from itertools import pairwise
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpcore2
from django.conf import settings
from django.core.cache import cache

from . import addresses, robots
from .identifiers import IdentifierError, normalise_url

PORTS = {80, 443}
SECONDS = 10.0  # of network time, for one answer with all its redirects
MOST_BYTES = 2 * 2**20
MOST_REDIRECTS = 5
MOST_WAITING = 10.0  # a person may be waiting for the answer
ATTEMPTS = 3
FIRST_BACKOFF = 1.0
PACE = 1.0  # seconds between two questions to one host
PACES = {"eutils.ncbi.nlm.nih.gov": 0.34}  # NCBI allows three a second without a key
COME_BACK_LATER = {429, 502, 503, 504}
REDIRECTS = {301, 302, 303, 307, 308}
# What addresses in headers often have and may not; the rest is for the address check to refuse.
UNWRITTEN = str.maketrans({char: quote(char) for char in ' "<>`'})
ROBOT = "gtsite"
ROBOTS_KEPT = 3600.0
HOSTS_REMEMBERED = 10_000
FRESH, KEPT = timedelta(hours=1), timedelta(days=7)
MOST_KEPT_BYTES = 2**18  # a few hundred of them fit the memory of a server process
OFF = (
    "Looking things up on the internet is switched off here. Fill in by hand, or ask whoever runs this site to set "
    "NETWORK and NETWORK_CONTACT."
)

Resolve = Callable[[str, int], list[tuple[str, int]]]


class NotFetched(Exception):
    """No answer; ``kind`` is for programs, ``sentence`` for people.

    Kinds: off, not-public, dns, certificate, timeout, too-large, too-many-redirects, robots, refused, busy.
    """

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


@dataclass(frozen=True)
class Hop:
    """One address on the way, and what it answered."""

    url: str
    status: int


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status; ``headers`` have lower-case names, ``history`` the redirects before."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    history: tuple[Hop, ...] = ()
    is_cut: bool = False

    @property
    def is_downgraded(self) -> bool:
        """Whether a redirect led from https back to http."""
        schemes = [urlsplit(url).scheme for url in (*(hop.url for hop in self.history), self.url)]
        return any(pair == ("https", "http") for pair in pairwise(schemes))


def is_on() -> bool:
    """Whether the person who runs the site let it speak to others."""
    return bool(settings.NETWORK)


def get(
    url: str,
    *,
    accept: str = "",
    most_bytes: int = MOST_BYTES,
    headers: Mapping[str, str] | None = None,
    cut: bool = False,
    robots: bool = False,
    keep: bool = False,
) -> Answer:
    """Asks a public address; every HTTP status is an answer, everything else ``NotFetched``.

    A longer answer is refused, or with ``cut`` ends after ``most_bytes``. ``robots`` asks the site's robots.txt
    first: for visits that no person asked for. ``keep`` answers from memory for an hour, and later asks whether it
    changed: for services, not for visits.
    """
    if not is_on():
        raise NotFetched("off", OFF)
    asked = Asked(url, accept, most_bytes, headers or {}, cut, robots)
    return client(f"GTSite (+{settings.SITE_URL}; mailto:{settings.NETWORK_CONTACT})").get(asked, keep=keep)


@lru_cache(maxsize=1)
def client(agent: str) -> "Client":
    """The client of this process, which remembers when it asked whom."""
    return Client(agent)


def resolve(host: str, port: int) -> list[tuple[str, int]]:
    """The addresses that the system's resolver knows for a host; raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(address[0]), int(address[1])) for *_, address in found]


@dataclass(frozen=True)
class Asked:
    """One question."""

    url: str
    accept: str = ""
    most_bytes: int = MOST_BYTES
    headers: Mapping[str, str] | None = None
    cut: bool = False
    robots: bool = False


class Client:
    """Asks, and remembers per host when it may ask again. Safe to share between threads."""

    def __init__(
        self,
        agent: str,
        *,
        resolve: Resolve = resolve,
        is_public: Callable[[str], bool] = addresses.is_public,
        ports: Iterable[int] = PORTS,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        kept: Any = cache,
    ) -> None:
        self.agent, self.resolve, self.is_public, self.ports = agent, resolve, is_public, frozenset(ports)
        self.seconds, self.clock, self.sleep, self.kept = seconds, clock, sleep, kept
        self._context = context
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}
        self._robots: dict[str, tuple[float, str]] = {}

    @cached_property
    def context(self) -> ssl.SSLContext:
        return self._context or httpcore2.default_ssl_context()

    def get(self, asked: Asked, *, keep: bool = False) -> Answer:
        """See the function ``get``."""
        asked = replace(asked, url=self._checked(asked.url))
        return self._from_memory(asked) if keep else self._followed(asked)

    # --- from memory ----------------------------------------------------------------------------------------

    def _from_memory(self, asked: Asked) -> Answer:
        key = "references.http:" + hashlib.sha256(f"{asked.accept} {asked.url}".encode()).hexdigest()
        answer: Answer | None = self.kept.get(key)
        if answer and self.kept.get(f"{key}:fresh"):
            return answer
        conditions = _conditions(answer) if answer else {}
        fresh = self._followed(replace(asked, headers={**(asked.headers or {}), **conditions}))
        if answer and fresh.status == 304:
            fresh = answer
        if fresh.status == 200 and not fresh.is_cut and len(fresh.body) <= MOST_KEPT_BYTES:
            self.kept.set(key, fresh, KEPT.total_seconds())
            self.kept.set(f"{key}:fresh", True, FRESH.total_seconds())
        return fresh

    # --- from hop to hop ------------------------------------------------------------------------------------

    def _followed(self, asked: Asked) -> Answer:
        visit, history = _Visit(self), list[Hop]()
        while True:
            if asked.robots and not self._is_welcome(asked.url):
                raise NotFetched("robots", f"{_host(asked.url)} asks robots to stay away from this page.")
            answer = self._patiently(asked, visit)
            location = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not location:
                return replace(answer, history=tuple(history))
            history.append(Hop(asked.url, answer.status))
            if len(history) > MOST_REDIRECTS:
                raise NotFetched("too-many-redirects", f"{_host(asked.url)} sends us from address to address.")
            asked = self._redirected(asked, location)

    def _redirected(self, asked: Asked, location: str) -> Asked:
        """The question for the next address; what was told to one host in confidence, another is not told."""
        try:
            target = urljoin(asked.url, location.strip().translate(UNWRITTEN))
        except ValueError:
            raise NotFetched("refused", f"{_host(asked.url)} sends us on to what is no web address.") from None
        try:
            url = self._checked(target)
        except NotFetched:  # its sentence speaks to whoever typed an address
            raise NotFetched(
                "not-public", f"{_host(asked.url)} sends us on to an address that is not public."
            ) from None
        return replace(asked, url=url, headers=asked.headers if _host(url) == _host(asked.url) else {})

    def _checked(self, url: str) -> str:
        """The address in its normal form; refuses schemes, ports and hosts that no public page has."""
        try:
            normal = normalise_url(url)
        except IdentifierError as fault:
            raise NotFetched("not-public", str(fault)) from None
        if _port(normal) not in self.ports:
            raise NotFetched("not-public", f"Port {_port(normal)} is not one of the web's: 80 and 443.")
        return normal

    def _is_welcome(self, url: str) -> bool:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        read_at, text = self._robots.get(origin, (0.0, ""))
        if origin not in self._robots or self.clock() - read_at > ROBOTS_KEPT:
            if len(self._robots) >= HOSTS_REMEMBERED:
                self._robots.clear()
            text = self._robots_txt(origin)
            self._robots[origin] = (self.clock(), text)
        return robots.allows(text, ROBOT, parts.path + (f"?{parts.query}" if parts.query else ""))

    def _robots_txt(self, origin: str) -> str:
        """RFC 9309: a site without the file allows all; one that cannot say at the moment allows nothing."""
        answer = self._followed(Asked(f"{origin}/robots.txt", "text/plain", robots.READ_AT_MOST, cut=True))
        if answer.status >= 500 or answer.status == 429:
            return "User-agent: *\nDisallow: /"
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else ""

    # --- politely -------------------------------------------------------------------------------------------

    def _patiently(self, asked: Asked, visit: "_Visit") -> Answer:
        """Asks again, later and later, what failed only for the moment."""
        for attempt in range(1, ATTEMPTS + 1):
            visit.wait(self._turn(_host(asked.url), visit))
            pause = FIRST_BACKOFF * 2 ** (attempt - 1)
            try:
                answer = self._once(asked, visit)
            except NotFetched as problem:
                if problem.kind != "refused" or attempt == ATTEMPTS:
                    raise
            else:
                if answer.status not in COME_BACK_LATER:
                    return answer
                pause = self._wished_pause(asked.url, answer) or pause
                if attempt == ATTEMPTS or not visit.has_patience_for(pause):
                    return answer
            visit.wait(pause)
        raise AssertionError("the last attempt answers or raises")

    def _turn(self, host: str, visit: "_Visit") -> float:
        """How long to wait until this host may be asked; the turn is then taken."""
        with self._lock:
            now = self.clock()
            at = max(now, self._free_at.get(host, now))
            if not visit.has_patience_for(at - now):
                raise NotFetched("busy", f"{host} asked us to come back later. Try again in {at - now:.0f} seconds.")
            if len(self._free_at) >= HOSTS_REMEMBERED:
                self._free_at = {host: free for host, free in self._free_at.items() if free > now}
            self._free_at[host] = at + PACES.get(host, PACE)
        return at - now

    def _wished_pause(self, url: str, answer: Answer) -> float:
        """The pause the host asks for, which everybody here then keeps."""
        seconds = _retry_after(answer.headers)
        with self._lock:
            free_at = self.clock() + seconds
            self._free_at[_host(url)] = max(free_at, self._free_at.get(_host(url), free_at))
        return seconds

    # --- one connection -------------------------------------------------------------------------------------

    def _once(self, asked: Asked, visit: "_Visit") -> Answer:
        parts = urlsplit(asked.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        url = httpcore2.URL(scheme=parts.scheme, host=_host(asked.url), port=_port(asked.url), target=target)
        sent = {"Host": parts.netloc, "User-Agent": self.agent, "Accept": asked.accept or "*/*"}
        sent |= {"Accept-Encoding": "gzip", "Connection": "close", **(asked.headers or {})}
        request = httpcore2.Request("GET", url, headers=list(sent.items()))
        wire = _Wire(self, visit)
        with (
            _told_to_people(_host(asked.url)),
            httpcore2.HTTPConnection(url.origin, ssl_context=self.context, network_backend=wire) as connection,
        ):
            response = connection.handle_request(request)
            headers = _readable(response.headers)
            body = _decoded(response.iter_stream(), headers.get("content-encoding", ""), asked.most_bytes + 1)
        if len(body) > asked.most_bytes and not asked.cut:
            raise NotFetched("too-large", f"The answer of {_host(asked.url)} is longer than {asked.most_bytes} bytes.")
        return Answer(asked.url, response.status, headers, body[: asked.most_bytes], (), len(body) > asked.most_bytes)


class _Visit:
    """The time that one question may take: of the network, and of waiting for our turn."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.ends_at = client.clock() + client.seconds
        self.waited = 0.0

    def left(self) -> float:
        left = self.ends_at - self.client.clock()
        if left <= 0:
            raise NotFetched("timeout", f"No whole answer came within {self.client.seconds:g} seconds.")
        return left

    def has_patience_for(self, seconds: float) -> bool:
        return self.waited + seconds <= MOST_WAITING

    def wait(self, seconds: float) -> None:
        if seconds > 0:
            self.client.sleep(seconds)
            self.waited += seconds
            self.ends_at += seconds


class _Wire(httpcore2.NetworkBackend):
    """Makes the one connection: the name is resolved once, all its addresses are checked, one of them is used."""

    def __init__(self, client: Client, visit: _Visit) -> None:
        self.client, self.visit = client, visit
        self.plain = httpcore2.SyncBackend()

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        problem: Exception = OSError("no address")
        found = self._checked_addresses(host, port)
        for number, (address, its_port) in enumerate(found):
            share = self.visit.left() / (len(found) - number)  # a silent address leaves time for the next
            try:
                stream = self.plain.connect_tcp(address, its_port, share)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as fault:
                problem = fault
            else:
                return _TimedStream(stream, self.visit)
        raise problem

    def _checked_addresses(self, host: str, port: int) -> list[tuple[str, int]]:
        """All of them or none: a name that also has a private address is a trap, or not meant for the public."""
        found = list(dict.fromkeys(self._resolved(host, port)))
        if not found:
            raise NotFetched("dns", _unknown(host))
        if not all(self.client.is_public(address) for address, _ in found):
            raise NotFetched("not-public", f"{host} is not a public site: its address is kept for private networks.")
        return found

    def _resolved(self, host: str, port: int) -> list[tuple[str, int]]:
        """The system's resolver has no time limit of its own, so it is asked beside this thread."""
        told: SimpleQueue[list[tuple[str, int]] | None] = SimpleQueue()

        def ask() -> None:
            try:
                told.put(self.client.resolve(host, port))
            except (OSError, UnicodeError):
                told.put(None)

        threading.Thread(target=ask, daemon=True, name=f"resolve {host}").start()
        try:
            found = told.get(timeout=self.visit.left())
        except Empty:
            raise NotFetched("dns", f"No name server knew {host} in time.") from None
        if found is None:
            raise NotFetched("dns", _unknown(host))
        return found


class _TimedStream(httpcore2.NetworkStream):
    """A connection whose every step ends when the visit's time does, however slowly the bytes drip."""

    def __init__(self, stream: httpcore2.NetworkStream, visit: _Visit) -> None:
        self.stream, self.visit = stream, visit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.visit.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.visit.left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            return _TimedStream(self.stream.start_tls(ssl_context, server_hostname, self.visit.left()), self.visit)
        except BaseException:
            self.stream.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


@contextmanager
def _told_to_people(host: str) -> Iterator[None]:
    try:
        yield
    except httpcore2.TimeoutException:
        raise NotFetched("timeout", f"{host} did not answer in time.") from None
    except (httpcore2.NetworkError, OSError) as problem:
        if isinstance(problem.__cause__, ssl.SSLCertVerificationError):
            raise NotFetched("certificate", f"{host} cannot prove who it is: {_short(problem)}.") from None
        raise NotFetched("refused", f"{host} refuses the connection or breaks it off.") from None
    except (httpcore2.ProtocolError, zlib.error) as problem:
        raise NotFetched("refused", f"{host} does not answer as a web server does: {_short(problem)}.") from None


def _decoded(chunks: Iterable[bytes], encoding: str, most: int) -> bytes:
    """At most so many bytes of the body, unpacked; a bomb is left where it lies."""
    if encoding.strip().lower() in ("", "identity"):
        return _up_to(chunks, most)
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise zlib.error("an encoding that was not asked for")
    return _up_to(_unpacked(chunks, most), most)


def _unpacked(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, as its first bytes say
    for chunk in chunks:
        yield unpacking.decompress(chunk, most)


def _up_to(chunks: Iterable[bytes], most: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk[: most - len(body)]
        if len(body) >= most:
            break
    return bytes(body)


def _readable(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """By lower-case name; cookies are not ours to keep."""
    read: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        if name != "set-cookie":
            read[name] = f"{read[name]}, {value}" if name in read and name != "location" else value
    return read


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _conditions(answer: Answer) -> dict[str, str]:
    """What asks for an answer only if there is a newer one (RFC 9110, 13.1)."""
    told = {
        "If-None-Match": answer.headers.get("etag", ""),
        "If-Modified-Since": answer.headers.get("last-modified", ""),
    }
    return {name: value for name, value in told.items() if value}


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; a date is counted from the answer's own (RFC 9110, 10.2.3). 0 for none that can be read."""
    wish = headers.get("retry-after", "").strip()
    if wish.isascii() and wish.isdigit():
        return float(wish[:9])
    try:
        return max(0.0, (parsedate_to_datetime(wish) - parsedate_to_datetime(headers["date"])).total_seconds())
    except (KeyError, ValueError, TypeError):
        return 0.0


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or {"http": 80, "https": 443}[parts.scheme]


def _unknown(host: str) -> str:
    return f"There is no site {host}, or no name server knows it at the moment."


def _short(problem: BaseException) -> str:
    return " ".join(str(problem).split())[:120].rstrip(".")
