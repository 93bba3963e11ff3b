"""Sources that may be one: by identifier, by address, by likeness of title, year and first author.

Only what shares a sign is compared (blocking), so that a large library takes seconds. Whether two are one is for a
person to say: what has two identifiers of one kind is never offered, nor what somebody said is two (``apart``).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from django.db.models import Q

from . import apart, csl, text
from .models import Reference

FIELDS = (
    *("pk", "key", "type", "title_words", "authors", "issued", "doi", "pmid", "pmcid", "isbn", "number", "url"),
    *("volume", "issue", "page", "edition"),
)
# Of which a source has one only: two that differ here are two sources.
NUMBERS = ("doi", "pmid", "pmcid", "isbn", "number")
PLACES = ("volume", "issue", "edition")
# A chapter has the ISBN of its book.
WHOLE_BOOKS = frozenset({"book", "report", "guideline"})
FEWEST_WORDS = 3
SAME_TITLE, LIKE_TITLE = 0.5, 0.8
# A group larger than this says little; of it each is compared with those that stand next by title.
NEIGHBOURS = 20


@dataclass(frozen=True)
class Sketch:
    """What of a source is compared."""

    pk: int
    key: str
    type: str
    title_words: str
    authors: list[dict[str, str]]
    issued: list[int]
    doi: str
    pmid: str
    pmcid: str
    isbn: str
    number: str
    url: str
    volume: str
    issue: str
    page: str
    edition: str

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.title_words.split())

    @cached_property
    def target(self) -> str:
        return csl.target(self.url)

    @cached_property
    def first_author(self) -> str:
        first = self.authors[0] if self.authors else {}
        return " ".join(text.words(first.get("family") or first.get("literal", "")))

    @property
    def first_page(self) -> str:
        return self.page.split("-")[0].strip()


@dataclass(frozen=True)
class Pair:
    """Two sources that may be one, by key, and why; ``is_sure`` when more than likeness says so."""

    one: str
    other: str
    reason: str
    is_sure: bool


def pairs() -> list[Pair]:
    """All pairs of the library that may be one source, the surest first."""
    rows = Reference.objects.filter(merged_into=None).order_by().values_list(*FIELDS)
    found = _open(among(Sketch(*row) for row in rows.iterator(5_000)))
    return sorted(found, key=lambda pair: (not pair.is_sure, pair.one, pair.other))


def like(reference: Reference) -> list[Pair]:
    """The pairs of one source with those that have its title or one of its numbers; by indexes."""
    signs = {name: value for name in ("pmcid", "isbn", "url") if (value := getattr(reference, name))}
    either = Q(title_words=reference.title_words) if reference.title_words else Q(pk=reference.pk)
    for name, value in signs.items():
        either |= Q(**{name: value})
    rows = Reference.objects.filter(either | Q(pk=reference.pk), merged_into=None).order_by("pk").values_list(*FIELDS)
    found = among(Sketch(*row) for row in rows[:100])
    return _open([pair for pair in found if reference.key in (pair.one, pair.other)])


def _open(found: list[Pair]) -> list[Pair]:
    """Those of which nobody has said that they are two."""
    kept_apart = apart.pairs() if found else set()
    return [pair for pair in found if frozenset((pair.one, pair.other)) not in kept_apart]


def among(sketches: Iterable[Sketch]) -> list[Pair]:
    """The pairs of some sources, each once, by its strongest sign."""
    groups: dict[tuple[str, ...], list[Sketch]] = defaultdict(list)
    for sketch in sketches:
        for sign in _signs(sketch):
            groups[sign].append(sketch)
    found: dict[tuple[str, str], Pair] = {}
    for (kind, *_), group in groups.items():
        for one, other in _neighbours(group) if len(group) > 1 else ():
            pair = _pair(kind, *sorted((one, other), key=lambda sketch: sketch.pk))
            if pair and (pair.is_sure or (pair.one, pair.other) not in found):
                found[pair.one, pair.other] = pair
    return list(found.values())


def _signs(sketch: Sketch) -> Iterator[tuple[str, ...]]:
    if sketch.pmcid:
        yield "PMCID", sketch.pmcid
    if sketch.isbn and sketch.type in WHOLE_BOOKS:
        yield "ISBN", sketch.isbn
    if sketch.url:
        yield "web address", sketch.target
    if sketch.title_words.count(" ") >= FEWEST_WORDS - 1:
        yield "title", sketch.title_words
    if sketch.first_author:
        yield "author", sketch.first_author, str(sketch.issued[:1])


def _neighbours(group: list[Sketch]) -> Iterator[tuple[Sketch, Sketch]]:
    ordered = sorted(group, key=lambda sketch: (sketch.title_words, sketch.pk))
    for place, sketch in enumerate(ordered):
        yield from ((sketch, other) for other in islice(ordered, place + 1, place + 1 + NEIGHBOURS))


def _pair(kind: str, one: Sketch, other: Sketch) -> Pair | None:
    """The pair, if what the group shares is not belied by the rest."""
    if _differ(one, other, NUMBERS):
        return None
    if kind in ("PMCID", "ISBN", "web address"):
        is_one = _likeness(one, other) >= SAME_TITLE and not _differ(one, other, ("edition", "volume"))
        return Pair(one.key, other.key, f"The same {kind}", True) if is_one else None
    if _differ(one, other, PLACES) or _pages_differ(one, other) or _addresses_differ(one, other):
        return None
    if kind == "title":
        is_one = _years_agree(one, other) and _authors_agree(one, other)
        return Pair(one.key, other.key, "The same title", True) if is_one else None
    reason = "The same author and year, nearly the same title"
    return Pair(one.key, other.key, reason, False) if _near(one, other) else None


def _differ(one: Sketch, other: Sketch, names: Iterable[str]) -> bool:
    """Whether both have one of these and they are not the same."""
    return any((a := getattr(one, name)) and (b := getattr(other, name)) and a != b for name in names)


def _pages_differ(one: Sketch, other: Sketch) -> bool:
    return bool(one.page and other.page) and one.first_page != other.first_page


def _addresses_differ(one: Sketch, other: Sketch) -> bool:
    """Web pages are their address; a paper has many."""
    return one.type == other.type == "webpage" and bool(one.url and other.url) and one.target != other.target


def _years_agree(one: Sketch, other: Sketch) -> bool:
    """Advance publication and print may be a year apart."""
    return not (one.issued and other.issued) or abs(one.issued[0] - other.issued[0]) <= 1


def _authors_agree(one: Sketch, other: Sketch) -> bool:
    return not (one.authors and other.authors) or one.first_author == other.first_author


def _likeness(one: Sketch, other: Sketch) -> float:
    """The share of the shorter title's words that stand in the longer one."""
    least = min(len(one.words), len(other.words))
    return len(one.words & other.words) / least if least else 1.0


def _near(one: Sketch, other: Sketch) -> bool:
    """Numbers in titles tell parts and years apart: they must be equal."""
    if min(len(one.words), len(other.words)) < FEWEST_WORDS or one.title_words == other.title_words:
        return False
    if any(word.isdigit() for word in one.words ^ other.words):
        return False
    return len(one.words & other.words) >= LIKE_TITLE * max(len(one.words), len(other.words))
