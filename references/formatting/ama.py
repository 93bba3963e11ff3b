"""The style of the American Medical Association: AMA Manual of Style, 11th edition, chapter 3."""

import re
from collections.abc import Callable, Iterable

from references import dates
from references.csl import parts_of
from references.identifiers import doi_address

from .parts import (
    Item,
    Name,
    container,
    edition,
    full_pages,
    is_press_release,
    is_trial,
    sentence_of,
    short_container,
    short_name,
    statute,
    title,
    volume_and_issue,
)
from .pieces import Piece, Sentence, address, italic, marked, text, with_commas

MOST_NAMED, NAMED_OF_MORE = 6, 3


def ama(csl: Item, accessed: str = "") -> Iterable[Sentence]:
    """AMA 11, with one choice of ours: an archived copy is told at the end, in the words of 3.15's other dates."""
    yield from FORMS.get(_form(csl), _book)(csl)
    yield from _found_at(csl, accessed)
    yield from _archived(csl)


def _form(csl: Item) -> str:
    if is_trial(csl):
        return "trial"
    return "news-release" if is_press_release(csl) else str(csl["type"])


def _journal(csl: Item) -> Iterable[Sentence]:
    """``Title. Abbrev J. 2018;359(6372):1-9``, or ``Published online`` and the day before it has a volume (3.11)."""
    yield _names(csl)
    yield title(csl)
    yield italic(marked(short_container(csl)))
    issued = parts_of(csl.get("issued"))
    part = volume_and_issue(csl)
    day = dates.iso(issued[:1]) if part or not issued else f"Published online {dates.ama(issued)}"
    yield sentence_of(";".join(filter(None, [day, part])), full_pages(csl.get("page", "")), mark=":")


def _newspaper(csl: Item) -> Iterable[Sentence]:
    """The name of a newspaper is not abbreviated (3.13.1)."""
    yield _names(csl)
    yield title(csl)
    yield italic(marked(container(csl)))
    yield sentence_of(_issued(csl), full_pages(csl.get("page", "")), mark=":")


def _book(csl: Item) -> Iterable[Sentence]:
    """Books, reports and guidelines (3.12, 3.13.2): no place; series and number after the year."""
    yield _names(csl)
    yield italic(title(csl))
    yield _volume(csl)
    yield text(edition(csl))
    yield _editors(csl) if csl.get("author") else []
    yield _imprint(csl)
    yield _series_and_number(csl)


def _chapter(csl: Item) -> Iterable[Sentence]:
    yield _names(csl)
    yield title(csl)
    book = with_commas(_editors(csl), italic(marked(csl.get("container-title", ""))), mark=". ")
    yield [Piece("In: "), *book] if book else []
    yield _volume(csl)
    yield text(edition(csl))
    yield _imprint(csl)
    yield _series_and_number(csl)


def _page(csl: Item) -> Iterable[Sentence]:
    """``Title. Website. January 26, 2016``; the 11th edition writes no "Published" before the day (3.15.3)."""
    yield _names(csl)
    yield title(csl)
    yield marked(csl.get("container-title", "")) or text(_publisher_beside_author(csl))
    yield text(_issued(csl))


def _news_release(csl: Item) -> Iterable[Sentence]:
    """``Title. News release. Issuer; August 17, 2021``: who issued it is named once."""
    publisher = csl.get("publisher", "") or csl.get("container-title", "")
    yield [] if _is_author(csl, publisher) else _names(csl)
    yield title(csl)
    yield text("News release")
    yield sentence_of(publisher, _issued(csl), mark="; ")


def _trial(csl: Item) -> Iterable[Sentence]:
    """``Title. ClinicalTrials.gov identifier: NCT02116010. Posted … Updated …`` (3.15)."""
    yield _names(csl)
    yield title(csl)
    registry = csl.get("container-title", "")
    label = f"{registry} identifier" if registry else "Identifier"
    yield text(f"{label}: {csl['number']}" if csl.get("number") else registry)
    yield text(f"Posted {_issued(csl)}" if _issued(csl) else "")


def _dataset(csl: Item) -> Iterable[Sentence]:
    """``Title. Version 2. Dryad; 2024``: another version is other data."""
    yield _names(csl)
    yield title(csl)
    yield text(edition(csl))
    yield sentence_of(csl.get("publisher", "") or container(csl), _year(csl), mark="; ")


def _law(csl: Item) -> Iterable[Sentence]:
    """``Orphan Drug Act, Pub L No. 97-414, 96 Stat 2049 (1983)`` (3.16): legal abbreviations lose their stops."""
    named = with_commas(title(csl), *(text(_without_stops(part)) for part in (csl.get("number", ""), statute(csl))))
    yield [*named, *text(f" ({_year(csl)})" if _year(csl) else "")]


FORMS: dict[str, Callable[[Item], Iterable[Sentence]]] = {
    "article-journal": _journal,
    "article-newspaper": _newspaper,
    "chapter": _chapter,
    "webpage": _page,
    "trial": _trial,
    "news-release": _news_release,
    "dataset": _dataset,
    "legislation": _law,
}


def _names(csl: Item) -> Sentence:
    """The authors, or else who edited the whole of it."""
    if csl.get("author"):
        return text(_name_list(csl["author"]))
    return _editors(csl) if csl["type"] != "chapter" else []


def _editors(csl: Item) -> Sentence:
    editors = csl.get("editor", [])
    role = "ed" if len(editors) == 1 else "eds"
    return text(f"{_name_list(editors)}, {role}") if editors else []


def _name_list(names: list[Name]) -> str:
    """Up to six; of more, three and "et al" (3.7)."""
    is_cut = len(names) > MOST_NAMED
    shown = names[:NAMED_OF_MORE] if is_cut else names
    listed = ", ".join(short_name(name, name.get("suffix", "").rstrip(".")) for name in shown)
    return f"{listed}, et al" if is_cut else listed


def _is_author(csl: Item, organisation: str) -> bool:
    return {"literal": organisation} in csl.get("author", [])


def _publisher_beside_author(csl: Item) -> str:
    publisher = csl.get("publisher", "")
    return "" if _is_author(csl, publisher) else publisher


def _issued(csl: Item) -> str:
    return dates.ama(parts_of(csl.get("issued")))


def _year(csl: Item) -> str:
    return dates.iso(parts_of(csl.get("issued"))[:1])


def _volume(csl: Item) -> Sentence:
    return text(f"Vol {csl['volume']}" if csl.get("volume") else "")


def _imprint(csl: Item) -> Sentence:
    made = "; ".join(filter(None, [csl.get("publisher", ""), _year(csl)]))
    return sentence_of(made, full_pages(csl.get("page", "")), mark=":")


def _series_and_number(csl: Item) -> Sentence:
    """``National Health Statistics Reports no. 170``; a number alone is given as it is."""
    series, number = csl.get("collection-title", ""), csl.get("number", "")
    label = "no. " if series and number else "Report no. " if number.isdecimal() else ""
    return sentence_of(series, f"{label}{number}", mark=" ") if series or number else []


def _without_stops(abbreviated: str) -> str:
    """``Pub. L. No.`` is ``Pub L No.`` in AMA."""
    return re.sub(r"(?<!\bNo)(?<!\bNos)\.", "", abbreviated)


def _found_at(csl: Item, accessed: str) -> Iterable[Sentence]:
    """The DOI, or the days and the address, without a full stop after them (3.15)."""
    updated = dates.ama(parts_of(csl.get("updated")))
    yield text(f"Updated {updated}" if updated else "")
    doi, url = csl.get("DOI", ""), csl.get("URL", "")
    if doi:
        yield [Piece("doi:"), Piece(doi, href=doi_address(doi), is_last_word=True)]
    elif url:
        seen = dates.ama(dates.parse(accessed))
        yield text(f"Accessed {seen}" if seen else "")
        yield [address(url)]


def _archived(csl: Item) -> Iterable[Sentence]:
    if csl.get("archive"):
        day = dates.ama(dates.parse(csl.get("archive_date", "")))
        yield text(f"Archived {day}" if day else "Archived copy")
        yield [address(csl["archive"])]
