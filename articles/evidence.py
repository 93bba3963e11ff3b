"""What can be counted in an article and in its finished page: evidence for the verify page, no opinion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from .text import plain

CLAIMS_WITH_SOURCE = ("fact", "number", "advice")
# Questions 8 to 14 of DISCERN (Charnock 1999), as the kinds a section may have.
TREATMENT_KINDS = ("how-it-works", "benefits", "risks", "no-treatment", "alternatives")
LONGEST_BEGINNING = 200
# A source is old when more than so many years lie between its year and this one.
OLD_AFTER = 5
NOT_STATED = "not stated"
# An element that makes the browser fetch something: attribute by tag name.
LOADING = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
}


@dataclass(frozen=True)
class Evidence:
    """Counts over one snapshot and its context."""

    authors: tuple[str, ...]
    role_holders: int
    unexplained_degrees: tuple[str, ...]
    without_profession: tuple[str, ...]
    without_interests: tuple[str, ...]
    needing_source: int
    unsourced: tuple[str, ...]
    excused: int
    references: int
    incomplete_references: tuple[str, ...]
    accessed: int
    citations: int
    missing_kinds: tuple[str, ...]
    emergency_callouts: int
    funding: str

    @property
    def sourced(self) -> int:
        """Statements that need a source and have one, or say why not."""
        return self.needing_source - len(self.unsourced)


@dataclass(frozen=True)
class PageEvidence:
    """What the finished page makes a browser do."""

    foreign_hosts: tuple[str, ...]
    scripts: int
    forms: int
    sponsored_links: int


@dataclass(frozen=True)
class AlikeSources:
    """So many sources that are alike in all that a diet counts; None and "" where nobody has said."""

    evidence: str = ""
    publisher_kind: str = ""
    is_primary: bool | None = None
    is_paid_by_maker: bool | None = None
    year: int | None = None
    count: int = 1


@dataclass(frozen=True)
class Share:
    """One bar of a chart: what, how many, of how many."""

    label: str
    count: int
    of: int

    @property
    def percent(self) -> int:
        return round(100 * self.count / self.of) if self.of else 0


@dataclass(frozen=True)
class Chart:
    """One question about the sources, and how they answer it; each source stands in exactly one share."""

    title: str
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Diet:
    """What an article, or the whole site, lives on."""

    sources: int
    publishers: int
    old: int
    primary: int
    paid_by_maker: int
    charts: tuple[Chart, ...]

    def shares(self, title: str) -> tuple[Share, ...]:
        """How the sources answer one question; those of which nobody has said stand last."""
        return next(chart.shares for chart in self.charts if chart.title == title)


Labels = Iterable[tuple[str, str]]


def diet(groups: Iterable[AlikeSources], publishers: int, year: int, evidence: Labels, kinds: Labels) -> Diet:
    """The diet of a set of sources in a year. `evidence` and `kinds` are values with their labels, in their order."""
    found = list(groups)
    total = sum(group.count for group in found)

    def chart(title: str, labels: Sequence[tuple[Any, str]], value_of: Callable[[AlikeSources], Any]) -> Chart:
        counts = {value: 0 for value, _ in labels}
        for group in found:
            value = value_of(group)
            counts[value if value in counts else labels[-1][0]] += group.count
        return Chart(title, tuple(Share(label, counts[value], total) for value, label in labels))

    def number(is_wanted: Callable[[AlikeSources], bool]) -> int:
        return sum(group.count for group in found if is_wanted(group))

    return Diet(
        sources=total,
        publishers=publishers,
        old=number(lambda group: _age(group, year) == "old"),
        primary=number(lambda group: group.is_primary is True),
        paid_by_maker=number(lambda group: group.is_paid_by_maker is True),
        charts=(
            chart("Kind of evidence", [*evidence, ("", NOT_STATED)], lambda group: group.evidence),
            chart("Who published it", [*kinds, ("", NOT_STATED)], lambda group: group.publisher_kind),
            chart("Age", AGES, lambda group: _age(group, year)),
            chart("Own findings", PRIMARY, lambda group: group.is_primary),
            chart("Paid for by a maker", PAID, lambda group: group.is_paid_by_maker),
        ),
    )


AGES = (("new", "five years or less"), ("old", "older than five years"), ("", "no date"))
PRIMARY: Any = ((True, "primary"), (False, "secondary"), (None, NOT_STATED))
PAID: Any = ((True, "yes"), (False, "no"), (None, NOT_STATED))


def _age(group: AlikeSources, year: int) -> str:
    if group.year is None:
        return ""
    return "old" if year - group.year > OLD_AFTER else "new"


@dataclass(frozen=True)
class UncitedFact:
    """A statement of fact, number or advice without a source and without a reason why none is needed."""

    block: str
    words: str


def uncited_facts(snapshot: Mapping[str, Any]) -> list[UncitedFact]:
    """What still needs a source, in reading order."""
    cited = {citation["block"] for citation in snapshot["citations"]}
    return [
        UncitedFact(block["uid"], beginning(block))
        for block in _blocks(snapshot)
        if block["claim"] in CLAIMS_WITH_SOURCE and block["uid"] not in cited and not block["no_source_reason"]
    ]


def article_evidence(snapshot: Mapping[str, Any], context: Mapping[str, Any]) -> Evidence:
    """Count what the verify page reports about the text itself."""
    people = [context["people"].get(entry["person"], {}) for entry in snapshot["people"]]
    blocks = list(_blocks(snapshot))
    needing = [block for block in blocks if block["claim"] in CLAIMS_WITH_SOURCE]
    cited = {citation["block"] for citation in snapshot["citations"]}
    excused = [b for b in needing if b["no_source_reason"] and b["uid"] not in cited]
    keys = {citation["key"] for citation in snapshot["citations"]}
    return Evidence(
        authors=tuple(_names(snapshot, context, "author")),
        role_holders=len(people),
        unexplained_degrees=tuple(_unexplained(people)),
        without_profession=tuple(p["name"] for p in people if p and not p["profession"]),
        without_interests=tuple(p["name"] for p in people if p and not p["interests"]),
        needing_source=len(needing),
        unsourced=tuple(fact.block for fact in uncited_facts(snapshot)),
        excused=len(excused),
        references=len(keys),
        incomplete_references=tuple(key for key in sorted(keys) if _is_incomplete(context["references"].get(key))),
        accessed=sum(bool(citation["accessed"]) for citation in snapshot["citations"]),
        citations=len(snapshot["citations"]),
        missing_kinds=_missing_kinds(snapshot),
        emergency_callouts=sum(_is_emergency(block) for block in blocks),
        funding=snapshot["funding"],
    )


def leanings(snapshot: Mapping[str, Any]) -> dict[str, list[dict[str, str | None]]]:
    """Each cited source's key, with the statements that lean on it in reading order: what an index of sources keeps.

    A statement is ``{"block": its uid, "words": how it begins}``; the article as a whole has the uid None.
    """
    words = {block["uid"]: beginning(block) for block in _blocks(snapshot)}
    places = {uid: place for place, uid in enumerate([*words, None])}
    found: dict[str, set[str | None]] = {}
    for citation in snapshot["citations"]:
        block = citation["block"] if citation["block"] in words else None
        found.setdefault(citation["key"], set()).add(block)
    return {
        key: [{"block": uid, "words": words.get(uid or "", "")} for uid in sorted(blocks, key=lambda b: places[b])]
        for key, blocks in found.items()
    }


def page_evidence(html: str) -> PageEvidence:
    """Read a finished page the way a browser would and count what it loads from elsewhere."""
    reader = _PageReader()
    reader.feed(html)
    return PageEvidence(tuple(sorted(reader.hosts)), reader.scripts, reader.forms, reader.sponsored)


def _blocks(snapshot: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for section in snapshot["sections"]:
        yield from section["blocks"]


def beginning(block: Mapping[str, Any]) -> str:
    """The first words of a statement; a table or picture goes by its caption, heading or description."""
    data = block["data"] or {}
    told = plain(block["html"]) or plain(data.get("caption") or data.get("heading") or "") or data.get("alt", "")
    return told if len(told) <= LONGEST_BEGINNING else f"{told[:LONGEST_BEGINNING].rsplit(' ', 1)[0]} …"


def _names(snapshot: Mapping[str, Any], context: Mapping[str, Any], role: str) -> Iterator[str]:
    for entry in snapshot["people"]:
        if entry["role"] == role and entry["person"] in context["people"]:
            yield context["people"][entry["person"]]["name"]


def _unexplained(people: list[Mapping[str, Any]]) -> Iterator[str]:
    for person in people:
        for degree in person.get("degrees", ()):
            if not degree["meaning"]:
                yield f"{person['name']}: {degree['abbreviation']}"


def _is_incomplete(reference: Mapping[str, Any] | None) -> bool:
    """A reference a reader could not find again: no title, or neither year nor any kind of address."""
    if not reference or not reference.get("title"):
        return True
    return not any(reference.get(name) for name in ("issued", "URL", "DOI", "PMID", "PMCID", "ISBN"))


def _missing_kinds(snapshot: Mapping[str, Any]) -> tuple[str, ...]:
    if snapshot["kind"] != "therapy":
        return ()
    present = {section["kind"] for section in snapshot["sections"] if section["blocks"]}
    return tuple(kind for kind in TREATMENT_KINDS if kind not in present)


def _is_emergency(block: Mapping[str, Any]) -> bool:
    return block["kind"] == "callout" and (block["data"] or {}).get("urgency") == "emergency"


class _PageReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hosts: set[str] = set()
        self.scripts = self.forms = self.sponsored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.scripts += tag == "script" and attributes.get("type") != "application/ld+json"
        self.forms += tag == "form"
        self.sponsored += tag == "a" and "sponsored" in attributes.get("rel", "").split()
        if tag in LOADING and not _only_names(tag, attributes):
            self._note(attributes.get(LOADING[tag], ""))

    def _note(self, address: str) -> None:
        if host := urlsplit(address).netloc:
            self.hosts.add(host)


def _only_names(tag: str, attributes: Mapping[str, str]) -> bool:
    """A canonical or alternate link names an address; nothing is fetched from it."""
    return tag == "link" and attributes.get("rel") in ("canonical", "alternate")
