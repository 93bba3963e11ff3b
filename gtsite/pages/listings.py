"""Answers of Django that are the same for everyone: home, topics, letters, feeds, site map.

A view says so with `X-GTSite-Listing: 1`, and with `X-GTSite-Until: <unix seconds>` when its content changes
by time alone. Neither leaves this server.
"""

import gzip
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

import brotli

from gtsite.pages.forms import Header, Page

BROTLI_QUALITY = 5  # 11 costs 40 to 69 ms a page and saves a few per cent
GZIP_LEVEL = 6
StartResponse = Callable[..., Any]
# Set by us, or meant for us, on every answer made from a listing.
_REPLACED = frozenset(
    {
        "content-type", "content-length", "etag", "last-modified", "cache-control", "expires", "vary", "date",
        "server", "x-gtsite-listing", "x-gtsite-until",
    }
)  # fmt: skip


class Caught:
    """A `start_response` that holds the answer back until we know what it is."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[Header] = []

    def __call__(self, status: str, headers: list[Header], exc_info: Any = None) -> None:
        self.status, self.headers = status, list(headers)

    def is_listing(self) -> bool:
        """Marked as the same for everyone by its view, and nothing in its headers says otherwise."""
        named = {name.lower(): value for name, value in self.headers}
        vary = {part.strip().lower() for part in named.get("vary", "").split(",")}
        return (
            named.get("x-gtsite-listing") == "1"
            and self.status.startswith("200 ")
            and "set-cookie" not in named
            and "content-encoding" not in named
            and vary <= {"", "accept-encoding"}
        )

    def until(self) -> int | None:
        """When the content changes by time alone."""
        found = [value for name, value in self.headers if name.lower() == "x-gtsite-until"]
        return int(found[0]) if found else None

    def is_broken(self) -> bool:
        """Django could not answer."""
        return self.status.startswith("5")

    def page(self, path: str, body: bytes, version: int) -> Page:
        """The listing as a page: compressed here, with a validator of its own."""
        named = {name.lower(): value for name, value in self.headers}
        return Page(
            path=path,
            status=200,
            location="",
            content_type=named["content-type"],
            body=body,
            brotli=brotli.compress(body, quality=BROTLI_QUALITY),
            gzip=gzip.compress(body, GZIP_LEVEL, mtime=0),
            etag=f'"{sha256(body).hexdigest()[:32]}"',
            last_modified=None,
            version=version,
            until=self.until(),
            extra=tuple((n, v) for n, v in self.headers if n.lower() not in _REPLACED),
        )

    def release(self, body: Iterable[bytes], start_response: StartResponse) -> Iterable[bytes]:
        """Let an ordinary answer go, without the notes meant for us."""
        kept = [(n, v) for n, v in self.headers if not n.lower().startswith("x-gtsite-")]
        start_response(self.status, kept)
        return body


def close(response: Any) -> None:
    """End an answer as a web server does; Django then gives its database connection back."""
    if hasattr(response, "close"):
        response.close()
