"""One cold visit, by Chromium or by reading what the page names: requests, bytes on the wire, cookies, hosts."""

from __future__ import annotations

import re
import shutil
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NAMED = re.compile(r'<(?:link|script|img|source)\b[^>]*?\b(?:href|src)="([^"]+)"')
IMPORTS = re.compile(r'"(/static/[^"]+)"')
IN_STYLE = re.compile(r"""url\(["']?([^"')]+)["']?\)""")
NOT_FETCHED = re.compile(r'<link\b[^>]*\brel="(?:canonical|alternate|next|prev|license)"[^>]*>')


@dataclass
class Visit:
    """`sizes` are the bytes of each answer's body as sent, by address."""

    sizes: dict[str, int] = field(default_factory=dict)
    cookies: int = 0
    foreign: set[str] = field(default_factory=set)

    @property
    def kilobytes(self) -> float:
        return sum(self.sizes.values()) / 1000


def visit(url: str, cookies: dict[str, str] | None = None) -> Visit:
    """A first visit with nothing cached."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    return _browsed(url, cookies or {}, browser) if browser else _parsed(url, cookies or {})


def _browsed(url: str, cookies: dict[str, str], browser: str) -> Visit:
    from playwright.sync_api import sync_playwright

    found, own = Visit(), urlsplit(url).netloc
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        context = chromium.new_context()
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        context.route(lambda address: urlsplit(address).netloc != own, lambda route: route.abort())
        page = context.new_page()
        page.on("request", lambda request: _note_host(found, request.url, own))
        page.on("requestfinished", lambda request: _note_size(found, request))
        page.goto(url, wait_until="networkidle")
        found.cookies = len(context.cookies()) - len(cookies)
        chromium.close()
    return found


def _note_host(found: Visit, address: str, own: str) -> None:
    host = urlsplit(address).netloc
    if host and host != own:
        found.foreign.add(host)


def _note_size(found: Visit, request: object) -> None:
    address = request.url  # type: ignore[attr-defined]
    if address.startswith("http"):
        found.sizes[address] = request.sizes()["responseBodySize"]  # type: ignore[attr-defined]


def _parsed(url: str, cookies: dict[str, str]) -> Visit:
    found, own = Visit(), urlsplit(url).netloc
    waiting = [url]
    while waiting:
        address = waiting.pop(0)
        _note_host(found, address, own)
        if address not in found.sizes and urlsplit(address).netloc == own:
            waiting += [urljoin(address, name) for name in _fetched(found, address, cookies)]
    return found


def _fetched(found: Visit, address: str, cookies: dict[str, str]) -> list[str]:
    """Fetch one address, note its size, and name what it needs."""
    headers = {"Accept-Encoding": "br, gzip", "Cookie": "; ".join(f"{n}={v}" for n, v in cookies.items())}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as answer:
        sent = answer.read()
        found.sizes[address] = len(sent)
        found.cookies += len(answer.headers.get_all("Set-Cookie") or [])
        kind, text = answer.headers["Content-Type"], _plain(sent, answer.headers["Content-Encoding"])
    if kind.startswith("text/html"):
        text = NOT_FETCHED.sub("", text)
        return [name for name in NAMED.findall(text) + IMPORTS.findall(text) if not name.startswith("data:")]
    return (
        [n for n in IN_STYLE.findall(text) if not n.startswith(("data:", "#"))] if kind.startswith("text/css") else []
    )


def _plain(sent: bytes, encoding: str | None) -> str:
    import gzip

    import brotli

    decode = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding or "", bytes)
    return decode(sent).decode("utf-8", "replace")
