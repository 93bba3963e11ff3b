"""Archived copies of pages, as the Wayback Machine of the Internet Archive knows them."""

import re
from datetime import date
from urllib.parse import urlencode, urlsplit

from references import http
from references.identifiers import normalise_url

from . import reading

SERVICE = "The Wayback Machine"
AVAILABLE = "https://archive.org/wayback/available?"


def archived_copy(url: str, near: date) -> tuple[str, date] | None:
    """The copy nearest to a day: its address and when it was taken; None when there is none.

    Raises ``IdentifierError`` or ``NotFetched``.
    """
    query = urlencode({"url": normalise_url(url), "timestamp": f"{near:%Y%m%d}"})
    answer = http.get(AVAILABLE + query, accept="application/json", keep=True)
    reading.refuse_failure(answer, SERVICE)
    closest = reading.part(reading.part(reading.as_json(answer, SERVICE), "archived_snapshots"), "closest")
    if reading.part(closest, "available") is not True or str(reading.part(closest, "status")) != "200":
        return None
    copy = reading.identifier(_secure(str(reading.part(closest, "url"))), normalise_url)
    taken = re.match(r"([0-9]{4})([0-9]{2})([0-9]{2})", str(reading.part(closest, "timestamp")))
    captured_on = reading.whole_day(reading.partial_date([int(one) for one in taken.groups()])) if taken else None
    if urlsplit(copy).hostname != "web.archive.org" or not captured_on:
        raise reading.unreadable(SERVICE)
    return copy, captured_on


def _secure(url: str) -> str:
    return url.replace("http://", "https://", 1) if url.startswith("http://web.archive.org/") else url
