"""Whether the addresses of sources still answer, and still with what was read there; a source without an address of
its own is looked for where its DOI leads.

A visit asks the network first and writes its row afterwards, in a transaction of its own: stopping at any moment
loses what was under way. Whoever was looked at longest ago comes first, so that the next run goes on where this one
ended. Several sites are asked at a time, each of them one page after the other.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import F, OuterRef, Subquery

from . import csl, http, text, webpages
from .identifiers import LONGEST_URL, doi_address
from .models import LinkCheck, Reference

Outcome = LinkCheck.Outcome

ACCEPT = "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5"
#: Of a page, unpacked: its beginning tells whether it is there, and what it is about.
MOST_BYTES = 64 * 1024
PERMANENT = {301, 308}
RESOLVERS = {"doi.org", "dx.doi.org", "www.doi.org"}
GONE = {404, 410}
UNFETCHED = {
    "not-public": Outcome.NOT_PUBLIC,
    "certificate": Outcome.CERTIFICATE,
    "robots": Outcome.ROBOTS,
    "busy": Outcome.REFUSED,
}
FOUND = (Outcome.OK, Outcome.MOVED)
#: A page made by a script shows robots next to nothing: so few words are the same everywhere on such a site.
TELLING_WORDS = 12
ALIKE = 0.9
LONGEST_DETAIL = 500
SITES_AT_A_TIME = 8
#: After so many unreachable sites in a row it is to be asked whether they are, or we.
CUT_OFF = 10


class CutOff(Exception):
    """Nothing can be reached, not even what could be before; the message is a sentence for people."""


@dataclass(frozen=True)
class Visit:
    """What was found at an address."""

    outcome: str
    status: int | None = None
    final_url: str = ""
    title: str = ""
    digest: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Earlier:
    """What the last visit that found the page read there."""

    title: str = ""
    digest: str = ""


NOTHING = Earlier()


def due(limit: int | None = None) -> list[int]:
    """The ids of the sources to visit: never visited ones first, then those whose last visit is longest ago."""
    mine = LinkCheck.objects.filter(reference=OuterRef("pk"), url=OuterRef("looked_at")).order_by("-id")
    sources = Reference.objects.with_address().filter(merged_into=None).exclude(url="", doi="")
    visited = sources.annotate(visited_at=Subquery(mine.values("checked_at")[:1]))
    return list(visited.order_by(F("visited_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:limit])


def check(reference: Reference, *, now: datetime) -> LinkCheck:
    """Visits the address of one source and records what was found. Raises ``http.NotFetched`` if the network is off."""
    earlier = _earlier(reference)
    return _record(reference, earlier, visit(_way_to(reference), earlier), now)


def check_all(wanted: Iterable[int], clock: Callable[[], datetime]) -> Iterator[LinkCheck]:
    """Visits the addresses of sources, by their ids, and records what was found, each at the moment it is known.

    Raises ``CutOff`` when nothing can be reached any more; what was found unreachable just before is not recorded
    then: it says nothing about the sources.
    """
    doubtful: list[tuple[Reference, Earlier, Visit]] = []
    for found in _visits(wanted):
        doubtful.append(found)
        if found[2].outcome == Outcome.UNREACHABLE and not _is_known_to_be_connected(len(doubtful)):
            continue
        yield from (_record(*one, clock()) for one in doubtful)
        doubtful.clear()
    if len(doubtful) >= CUT_OFF:
        raise CutOff("None of the sites could be reached: it is rather we who are cut off. Nothing was recorded.")
    yield from (_record(*one, clock()) for one in doubtful)


def visit(url: str, earlier: Earlier = NOTHING) -> Visit:
    """What answers at an address. Raises ``http.NotFetched`` only when the network is off."""
    try:
        answer = _get(url)
    except http.NotFetched as problem:
        if problem.kind == "off":
            raise
        return Visit(UNFETCHED.get(problem.kind, Outcome.UNREACHABLE), detail=problem.sentence)
    found = Visit(_outcome(url, answer), answer.status, answer.url if answer.history else "", detail=_told(url, answer))
    if found.outcome not in FOUND:
        return found
    page = webpages.read(answer.body, answer.headers.get("content-type", ""))
    found = replace(found, title=page.title, digest=page.digest)
    missing = _missing(url, answer, page, earlier)
    return replace(found, outcome=Outcome.SOFT_404, detail=missing) if missing else found


def _way_to(reference: Reference) -> str:
    return reference.url or doi_address(reference.doi)


def _is_there_to_lead_on(url: str) -> bool:
    """Of a DOI it is no news that it leads to another place: that is what it is for."""
    return urlsplit(url).hostname in RESOLVERS


def _get(url: str) -> http.Answer:
    return http.get(url, accept=ACCEPT, most_bytes=MOST_BYTES, cut=True, robots=True)


def _outcome(url: str, answer: http.Answer) -> str:
    if 200 <= answer.status < 300:
        moved = answer.history and answer.history[0].status in PERMANENT and csl.target(answer.url) != csl.target(url)
        return Outcome.MOVED if moved and not _is_there_to_lead_on(url) else Outcome.OK
    if answer.status in GONE:
        return Outcome.GONE
    return Outcome.REFUSED if 400 <= answer.status < 500 else Outcome.BROKEN


def _told(url: str, answer: http.Answer) -> str:
    """What a person should know of the way there."""
    sentences = [] if 200 <= answer.status < 300 else [f"It answered with status {answer.status}."]
    there = urlsplit(answer.url).hostname
    if there != urlsplit(url).hostname and not _is_there_to_lead_on(url):
        sentences.append(f"It leads to another site: {there}.")
    if answer.is_downgraded:
        sentences.append("It leads from https to http.")
    return " ".join(sentences)


def _missing(url: str, answer: http.Answer, page: webpages.Page, earlier: Earlier) -> str:
    """Why an answer that looks good is none; "" when it is one."""
    if answer.history and _is_front(answer.url) and not _is_front(url):
        return "It leads to the front page of the site."
    if said := page.missing():
        return said
    if _is_front(answer.url) or not page.words or page.digest == earlier.digest:
        return ""
    return _same_as_nothing(answer, page)


def _same_as_nothing(answer: http.Answer, page: webpages.Page) -> str:
    """Whether the site answers in the same way where surely nothing is."""
    try:
        other = _get(webpages.sister(answer.url))
    except http.NotFetched:
        return ""
    if not 200 <= other.status < 300:
        return ""
    nothing = webpages.read(other.body, other.headers.get("content-type", ""))
    is_led_away = bool(answer.history) and other.url == answer.url
    return "The site answers the same for pages that it does not have." if is_led_away or _alike(page, nothing) else ""


def _alike(page: webpages.Page, nothing: webpages.Page) -> bool:
    if len(page.words) < TELLING_WORDS:
        return False
    mine, other = set(page.words), set(nothing.words)
    return page.title == nothing.title and len(mine & other) >= ALIKE * len(mine | other)


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _earlier(reference: Reference) -> Earlier:
    seen = LinkCheck.objects.filter(reference=reference, url=reference.address, outcome__in=FOUND).exclude(
        title="", digest=""
    )
    newest = seen.order_by("-id").values_list("title", "digest").first()
    return Earlier(*newest) if newest else NOTHING


def _record(reference: Reference, earlier: Earlier, found: Visit, now: datetime) -> LinkCheck:
    is_there = found.outcome in FOUND
    return LinkCheck.objects.create(
        reference=reference,
        url=reference.address,
        checked_at=now,
        outcome=found.outcome,
        status=found.status,
        final_url=found.final_url[:LONGEST_URL],
        title=found.title,
        digest=found.digest,
        is_title_changed=is_there and _differ(text.words(earlier.title), text.words(found.title)),
        is_content_changed=is_there and _differ(earlier.digest, found.digest),
        detail=found.detail[:LONGEST_DETAIL],
    )


def _differ(before: object, after: object) -> bool:
    """Whether both are known, and not the same."""
    return bool(before) and bool(after) and before != after


def _visits(wanted: Iterable[int]) -> Iterator[tuple[Reference, Earlier, Visit]]:
    """The network is asked in threads of its own; the tables here only."""
    turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
    waiting: deque[tuple[Reference, Earlier, Future[Visit]]] = deque()
    pool = ThreadPoolExecutor(SITES_AT_A_TIME, thread_name_prefix="visit")
    try:
        for pk in wanted:
            reference = Reference.objects.get(pk=pk)
            earlier = _earlier(reference)
            url = _way_to(reference)
            turn = turns[urlsplit(url).hostname or ""]
            waiting.append((reference, earlier, pool.submit(_visit_in_turn, turn, url, earlier)))
            if len(waiting) >= SITES_AT_A_TIME:
                yield _came(waiting)
        while waiting:
            yield _came(waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _visit_in_turn(turn: threading.Lock, url: str, earlier: Earlier) -> Visit:
    """One page of a site after the other: who queues in the client would lose patience with it."""
    with turn:
        return visit(url, earlier)


def _came(waiting: deque[tuple[Reference, Earlier, Future[Visit]]]) -> tuple[Reference, Earlier, Visit]:
    reference, earlier, coming = waiting.popleft()
    return reference, earlier, coming.result()


def _is_known_to_be_connected(unreachable: int) -> bool:
    """After many unreachable sites: whether one answers that answered before. Raises ``CutOff`` if none does."""
    if unreachable % CUT_OFF:
        return False
    known = LinkCheck.objects.filter(outcome__in=FOUND).order_by("-id").values_list("url", flat=True)[:3]
    answers = [visit(url).outcome != Outcome.UNREACHABLE for url in known]
    if answers and not any(answers):
        raise CutOff(
            f"The last {unreachable} sites could not be reached, nor could those that answered before: it is rather we "
            "who are cut off. What was found unreachable was not recorded; try again later."
        )
    return any(answers)
