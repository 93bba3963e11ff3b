"""Whether two descriptions speak of the same source: by what identifies it, by key or address, by likeness.

Works on fields in the form that the library keeps; knows nothing of tables.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from references import csl, text

Fields = dict[str, Any]
Sign = tuple[Any, ...]

IDENTIFIERS = ("doi", "pmid", "pmcid")
NUMBERED = (*IDENTIFIERS, "isbn", "number")
PLACES = ("volume", "issue", "page", "edition")
# Sources that are their address: another address is another source.
AT_AN_ADDRESS = frozenset({"webpage", "trial", "press-release", "article-newspaper", "dataset", "legislation"})
LABELS = {"doi": "DOI", "pmid": "PMID", "pmcid": "PMCID", "isbn": "ISBN", "url": "web address"}
# Titles of which less than this share of words is common are not two spellings of one title.
SAME_TITLE, LIKE_TITLE = 0.5, 0.8
MOST_COMPARED = 50
_PAGES = re.compile(r"(?P<letter>[A-Za-z]?)(?P<start>[0-9]+)-(?P<end>[0-9]+)")


@dataclass(frozen=True)
class Known:
    """A description that is known, and whose it is: the key of a source, or the number of a row."""

    owner: str
    fields: Fields


@dataclass
class Match:
    """The one that is meant, or reasons why nobody can tell, or neither."""

    known: Known | None = None
    reasons: list[str] = field(default_factory=list)


class Index:
    """Known descriptions by each of their signs."""

    def __init__(self) -> None:
        self._by_sign: dict[Sign, list[Known]] = defaultdict(list)

    def add(self, known: Known) -> None:
        for sign in signs(known.fields):
            self._by_sign[sign].append(known)

    def find(self, fields: Fields, *, is_apart: Callable[[str], bool] = lambda owner: False) -> Match:
        """The one that ``fields`` speak of. ``is_apart`` says which owners are known to be other sources, unless an
        identifier says that they are the same."""
        by_identifier = self._owners([(name, fields[name]) for name in IDENTIFIERS if fields.get(name)])
        if by_identifier:
            return _of_identifiers(fields, by_identifier)
        told = [sign for sign in signs(fields) if sign[0] in ("key", "address")]
        named = [known for known in self._owners(told) if not differing(fields, known.fields, NUMBERED)]
        own = [known for known in named if known.fields.get("key") == fields.get("key")]
        named = own or [known for known in named if not is_apart(known.owner)]
        if named:
            return Match(named[0])
        if not fields.get("title"):
            return self._by_place_alone(fields)
        return self._by_likeness(fields, is_apart)

    def named(self, titles: Iterable[str], fields: Fields) -> list[Known]:
        """Whatever is called so, or has one of the identifiers or the address."""
        told = [(name, fields[name]) for name in IDENTIFIERS if fields.get(name)]
        told += [_address(fields)] if fields.get("url") else []
        return self._owners([*told, *(("title", text.title_words(title)) for title in titles)])

    def _by_place_alone(self, fields: Fields) -> Match:
        """Of what has no title its address must tell, or the number of the book, if one source only has it."""
        place = [_address(fields)] if fields.get("url") else [("book", fields["isbn"])] if fields.get("isbn") else []
        found = self._owners(place)
        return Match(found[0]) if len(found) == 1 else Match()

    def _owners(self, wanted: list[Sign]) -> list[Known]:
        found = [known for sign in wanted for known in self._by_sign.get(sign, [])[:MOST_COMPARED]]
        return list({known.owner: known for known in found}.values())

    def _by_likeness(self, fields: Fields, is_apart: Callable[[str], bool]) -> Match:
        same = [known for known in self._owners([_likeness(fields)]) if not is_apart(known.owner)]
        same = [known for known in same if not _are_two(fields, known.fields)]
        sure = [known for known in same if not differing(fields, known.fields, PLACES)]
        if len(sure) == 1:
            return Match(sure[0])
        if same:
            return Match(reasons=[_like(known, fields) for known in (sure or same)[:3]])
        near = [known for known in self._owners([_author_and_year(fields)]) if not is_apart(known.owner)]
        near = [known for known in near if _is_near(fields, known.fields)]
        return Match(reasons=[_like(known, fields) for known in near[:3]])


def is_found(kept: Fields, fields: Fields) -> bool:
    """Whether ``fields`` are known to speak of a source that is as ``kept``."""
    alone = Index()
    alone.add(Known("", kept))
    return alone.find(fields).known is not None


def shares_identifier(one: Fields, other: Fields) -> bool:
    """Whether both have the same identifier."""
    return any(one.get(name) and one[name] == other.get(name) for name in IDENTIFIERS)


def signs(fields: Fields) -> Iterator[Sign]:
    """What may tell that two descriptions are of one source, strongest first."""
    yield from ((name, fields[name]) for name in IDENTIFIERS if fields.get(name))
    title = title_words(fields)
    if fields.get("key"):
        yield "key", fields["key"], title, year(fields)
    if fields.get("url"):
        yield "address", csl.target(fields["url"]), title
        yield _address(fields)
    if fields.get("isbn") and fields.get("type") == "book":  # its chapters have the number, too
        yield "book", fields["isbn"]
    yield "title", title
    yield _likeness(fields)
    yield _author_and_year(fields)


def differing(one: Fields, other: Fields, names: tuple[str, ...]) -> list[str]:
    """The names of fields that both have and in which they differ."""
    return [name for name in names if one.get(name) and other.get(name) and _value(one, name) != _value(other, name)]


def full_pages(page: str) -> str:
    """“148-158” for “148-58”, “S14-S19” for “S14-9”: NLM leaves out what both pages begin with."""
    found = _PAGES.fullmatch(page)
    if not found or len(found["end"]) >= len(found["start"]):
        return page
    start, end = found["start"], found["end"]
    return f"{found['letter']}{start}-{found['letter']}{start[: -len(end)]}{end}"


def title_words(fields: Fields) -> str:
    return text.title_words(fields.get("title", ""))


def year(fields: Fields) -> int | None:
    return next(iter(fields.get("issued") or []), None)


def likeness(one: Fields, other: Fields) -> float:
    """The share of the shorter title's words that stand in the longer one."""
    words = [set(title_words(fields).split()) for fields in (one, other)]
    shorter, longer = sorted(words, key=len)
    return len(shorter & longer) / len(shorter) if shorter else 1.0


def _value(fields: Fields, name: str) -> Any:
    return full_pages(fields[name]) if name == "page" else fields[name]


def _of_identifiers(fields: Fields, found: list[Known]) -> Match:
    if len(found) > 1:
        names = " and ".join(known.owner for known in found[:3])
        return Match(reasons=[f"Its identifiers belong to several sources: {names}."])
    known = found[0]
    others = [LABELS[name] for name in differing(fields, known.fields, IDENTIFIERS)]
    if others:
        return Match(reasons=[f"It is {known.owner} by one identifier, but has another {' and '.join(others)}."])
    if likeness(fields, known.fields) < SAME_TITLE:
        title = known.fields.get("title", "")[:80]
        return Match(reasons=[f"Its identifier is that of {known.owner}, which has another title: “{title}”."])
    return Match(known)


def _address(fields: Fields) -> Sign:
    return "address alone", csl.target(fields.get("url", ""))


def _likeness(fields: Fields) -> Sign:
    return ("likeness", title_words(fields), *_author_and_year(fields)[1:])


def _author_and_year(fields: Fields) -> Sign:
    first: dict[str, str] = next(iter(fields.get("authors") or []), {})
    return "author", " ".join(text.words(first.get("family") or first.get("literal", ""))), year(fields)


def _are_two(one: Fields, other: Fields) -> bool:
    """Whether something says that these are two sources, however like they are."""
    if differing(one, other, NUMBERED):
        return True
    is_page = bool({one.get("type"), other.get("type")} & AT_AN_ADDRESS)
    targets = [csl.target(fields.get("url", "")) for fields in (one, other)]
    return is_page and all(targets) and targets[0] != targets[1]


def _is_near(one: Fields, other: Fields) -> bool:
    """Nearly the same title; numbers in it tell parts and years apart."""
    if _are_two(one, other) or differing(one, other, PLACES):
        return False
    words = [set(title_words(fields).split()) for fields in (one, other)]
    if any(word.isdigit() for word in words[0] ^ words[1]) or min(map(len, words)) < 3:
        return False
    return len(words[0] & words[1]) >= LIKE_TITLE * max(map(len, words))


def _like(known: Known, fields: Fields) -> str:
    places = differing(fields, known.fields, PLACES)
    but = f", but for {' and '.join(places)}" if places else ""
    return f"It looks like {known.owner}{but}. Say which it is: change that one, or give this one an identifier."
