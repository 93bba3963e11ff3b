"""Whether an archived copy of a source exists near each day on which somebody read it.

The network is asked first and the row written afterwards, each by itself: stopping at any moment loses one question.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import F, Max

from . import lookup
from .models import ArchiveCheck, Reference
from .standing import copies

#: A copy that was not there may come in later: archives take in pages long after these were published.
AGAIN_AFTER = timedelta(days=30)

#: The key of a source, and a day on which it was read.
Wanted = tuple[str, date]


def read_on() -> list[Wanted]:
    """The sources with an address, and the days on which the citations say that they were read."""
    sources = Reference.objects.filter(merged_into=None, citations__accessed__isnull=False).exclude(url="")
    rows = sources.order_by("key", "citations__accessed").values_list("key", "citations__accessed").distinct()
    return [(key, day) for key, day in rows if day]


def due(wanted: Iterable[Wanted], now: datetime, limit: int | None = None) -> list[Wanted]:
    """Those for which no near copy is known and nobody looked lately: never looked for ones, then the longest ago."""
    pairs = list(wanted)
    known, looked_at = copies(pairs), _looked_at()
    open_ones = [pair for pair in pairs if pair not in known or not known[pair].is_near]
    ready = [pair for pair in open_ones if pair not in looked_at or now - looked_at[pair] >= AGAIN_AFTER]
    ready.sort(key=lambda pair: (pair in looked_at, looked_at.get(pair, now), pair))
    return ready[:limit]


def look_for_all(wanted: Iterable[Wanted], clock: Callable[[], datetime]) -> Iterator[ArchiveCheck]:
    """Asks for each copy and records what was found. Raises ``http.NotFetched`` when the archive does not answer."""
    for key, day in wanted:
        yield look_for(Reference.objects.get(key=key), day, now=clock())


def look_for(reference: Reference, day: date, *, now: datetime) -> ArchiveCheck:
    """Asks for the copy of a source nearest to a day. Raises ``http.NotFetched``; then nothing is recorded."""
    url, captured_on = lookup.archived_copy(reference.url, day) or ("", None)
    return ArchiveCheck.objects.create(
        reference=reference, url=reference.url, wanted_on=day, checked_at=now, copy_url=url, captured_on=captured_on
    )


def _looked_at() -> dict[Wanted, datetime]:
    """When each was last looked for at the address that the source has today."""
    checks = ArchiveCheck.objects.filter(url=F("reference__url")).order_by()
    rows = checks.values_list("reference__key", "wanted_on").annotate(Max("checked_at"))
    return {(key, day): looked_at for key, day, looked_at in rows}
