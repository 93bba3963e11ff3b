"""One page and the HTTP answers made from it. Pure: no Django, no clock, no file."""

import re
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

# Every cache must ask the origin, which answers 304 from memory: a withdrawn page is gone at once.
CACHE_CONTROL = "public, max-age=0, must-revalidate"
# Entries hold dictionaries, tuples and strings beside the bytes of their body.
OVERHEAD = 4096
LONGEST_ACCEPT_ENCODING = 1000

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """The stored bytes of one address, from a row of the database, a listing or a copy on disk."""

    path: str
    status: int
    location: str
    content_type: str
    body: bytes
    brotli: bytes
    gzip: bytes
    etag: str
    last_modified: int | None
    version: int
    until: int | None = None
    extra: tuple[Header, ...] = ()

    @property
    def is_listing(self) -> bool:
        """Made by Django when asked for, instead of by a publication."""
        return self.last_modified is None


class Answer(NamedTuple):
    """What goes to the reader: a WSGI status line, headers, body."""

    status: str
    headers: list[Header]
    body: bytes


@dataclass(frozen=True, slots=True)
class Variant:
    """A page in one content encoding, status line and headers ready."""

    etag: str
    status: str
    body: bytes
    headers: list[Header]
    unchanged: list[Header]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page ready to be sent; `state` is what was known of the database before it was made."""

    page: Page
    variants: dict[str, Variant]
    state: object = None
    size: int = field(default=0)

    def is_current(self, state: object, now: float) -> bool:
        """Rows live until they are dropped; a listing lives as long as the state it was rendered under."""
        if self.state is None:
            return True
        return self.state == state and (self.page.until is None or now < self.page.until)


def prepare(page: Page, common: dict[str, str], state: object = None) -> Entry:
    """Make the headers of every encoding once, so that an answer only picks one."""
    bodies = {"br": page.brotli, "gzip": page.gzip}
    variants = {name: _variant(page, name, body, common) for name, body in bodies.items() if body}
    variants["identity"] = _variant(page, "identity", page.body, common)
    size = OVERHEAD + len(page.path) + sum(len(variant.body) for variant in variants.values())
    return Entry(page, variants, state, size)


def _variant(page: Page, encoding: str, body: bytes, common: dict[str, str]) -> Variant:
    etag = encoded_etag(page.etag, encoding)
    shared = [("Cache-Control", CACHE_CONTROL), ("Vary", "Accept-Encoding"), ("ETag", etag), *common.items()]
    if page.last_modified is not None:
        shared.append(("Last-Modified", formatdate(page.last_modified, usegmt=True)))
    set_by_us = {name.lower() for name in common}
    extra = (header for header in page.extra if header[0].lower() not in set_by_us)
    full = [*shared, *extra, ("Content-Type", page.content_type), ("Content-Length", str(len(body)))]
    if encoding != "identity":
        full.append(("Content-Encoding", encoding))
    if page.location:
        full.append(("Location", page.location))
    return Variant(etag, status_line(page.status), body, full, shared)


def encoded_etag(etag: str, encoding: str) -> str:
    """Two encodings differ byte for byte, so their strong validators differ (RFC 9110, 8.8.3.3)."""
    return etag if encoding == "identity" else f'{etag[:-1]}-{encoding}"'


def answer(entry: Entry, environ: dict) -> Answer:
    """The answer to a GET or HEAD for this page: full or 304, in the best encoding the reader accepts."""
    variants = entry.variants
    variant = variants["identity"]
    for encoding in preferences(environ.get("HTTP_ACCEPT_ENCODING", "")):
        if encoding in variants:
            variant = variants[encoding]
            break
    if entry.page.status == 200 and is_unchanged(entry.page, variant.etag, environ):
        return Answer("304 Not Modified", variant.unchanged.copy(), b"")
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else variant.body
    return Answer(variant.status, variant.headers.copy(), body)


def status_line(status: int) -> str:
    """A status code with its phrase, as WSGI wants it."""
    return f"{status} {HTTPStatus(status).phrase}"


_ENTITY_TAG = re.compile(r'"[^"]*"')


def is_unchanged(page: Page, etag: str, environ: dict) -> bool:
    """Whether the reader's copy is this one (RFC 9110, 13.1.2 and 13.1.3; If-None-Match goes first)."""
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known is not None:
        return known == etag or known.strip() == "*" or etag in _ENTITY_TAG.findall(known)
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if since is None or page.last_modified is None:
        return False
    moment = _http_date(since)
    return moment is not None and page.last_modified <= moment


def _http_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@lru_cache(maxsize=512)
def preferences(accept: str) -> tuple[str, ...]:
    """Encodings the reader accepts, best first (RFC 9110, 12.5.3); ours break ties: br, gzip, identity."""
    if not accept or len(accept) > LONGEST_ACCEPT_ENCODING:
        return ()
    weights = _weights(accept)
    others = weights.get("*", 0.0)
    ranked = [(weights.get(name, others), -order, name) for order, name in enumerate(("br", "gzip"))]
    # Not named, it is acceptable but less wanted than anything that was named.
    ranked.append((weights.get("identity", 0.0001), -2, "identity"))
    return tuple(name for weight, _, name in sorted(ranked, reverse=True) if weight > 0)


def _weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if weight is not None:
            weights[name.strip().removeprefix("x-")] = weight
    return weights


_QVALUE = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def _weight(parameter: str) -> float | None:
    if not parameter.strip():
        return 1.0
    found = _QVALUE.fullmatch(parameter.replace(" ", "").replace("\t", ""))
    return float(found[1]) if found else None
