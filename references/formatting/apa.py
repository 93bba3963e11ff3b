"""The style of the American Psychological Association: Publication Manual, 7th edition, chapters 9 to 11."""

from collections.abc import Iterable

from references import dates
from references.csl import parts_of
from references.identifiers import doi_address

from .parts import (
    CHINESE_JAPANESE_KOREAN,
    NUMBERED,
    Item,
    Name,
    container,
    dotted_initials,
    edition,
    family_first,
    full_pages,
    is_press_release,
    is_trial,
    statute,
    title,
    volume_and_issue,
)
from .pieces import Piece, Sentence, address, bracketed, italic, marked, text, with_commas

MOST_NAMED, FIRST_OF_MORE = 20, 19
SERIALS = ("article-journal", "article-newspaper")
# Stands last where a source names only some of its people.
OTHERS = "et al."
# Whose day is told, and not only their year (9.14).
DATED_BY_DAY = ("webpage", "article-newspaper")


def apa(csl: Item, accessed: str = "") -> Iterable[Sentence]:
    """APA 7, with one choice of ours: an archived copy is told in a sentence at the end."""
    if csl["type"] == "legislation":
        yield _law(csl)
    else:
        yield from _author_date_title(csl)
        yield from _source(csl)
    yield _found_at(csl, accessed)
    yield _archived(csl)


def _author_date_title(csl: Item) -> Iterable[Sentence]:
    """Author, date, title; a source without author starts with its title (9.12)."""
    author = text(_author(csl))
    day = bracketed(text(_date(csl)))
    if author:
        yield author
        yield day
        yield with_commas(_title(csl), _identifier(csl), _description(csl), mark=" ")
    else:
        yield with_commas(_title(csl), _identifier(csl), mark=" ")
        yield day
        yield _description(csl)


def _source(csl: Item) -> Iterable[Sentence]:
    """Where it is found: periodical, book, publisher and site; an author who publishes is not named twice (9.29)."""
    if csl["type"] in SERIALS:
        yield _periodical(csl)
        return
    if csl["type"] == "chapter":
        yield _larger_book(csl)
    named = [csl.get("publisher", ""), csl.get("container-title", "") if csl["type"] == "webpage" else ""]
    for place in dict.fromkeys(named):
        yield [] if place == _author(csl) else marked(place)


def _periodical(csl: Item) -> Sentence:
    """``Name, 359(6372), 1–9``: name and volume in italics (9.25)."""
    volume = volume_and_issue({"volume": csl.get("volume", "")})
    issue = volume_and_issue({"issue": _with_dash(csl.get("issue", ""))})
    part = [*italic(text(volume)), *text(issue)]
    return with_commas(italic(marked(container(csl))), part, text(full_pages(csl.get("page", ""), "–")))


def _larger_book(csl: Item) -> Sentence:
    """``In A. Editor & B. Editor (Eds.), Title (2nd ed., pp. 1–9)`` (10.3)."""
    editors = csl.get("editor", [])
    named = text(f"{_names_in_order(editors)} ({_role(editors)})" if editors else "")
    book = with_commas(named, italic(marked(csl.get("container-title", ""))))
    return with_commas([Piece("In "), *book] if book else [], bracketed(_parts(csl)), mark=" ")


def _law(csl: Item) -> Sentence:
    """``Orphan Drug Act, Pub. L. No. 97-414, 96 Stat. 2049 (1983)`` (11.5)."""
    named = with_commas(title(csl), text(csl.get("number", "")), text(statute(csl)))
    return with_commas(named, bracketed(text(_year(csl))), mark=" ")


def _author(csl: Item) -> str:
    """Authors, or else editors, or else the organisation whose page it is."""
    authors, editors = csl.get("author", []), csl.get("editor", [])
    if authors:
        return _name_list(authors)
    if csl["type"] == "chapter":
        return ""
    if editors:
        return f"{_name_list(editors)} ({_role(editors)})"
    return csl.get("publisher", "") if csl["type"] == "webpage" else ""


def _name_list(names: list[Name]) -> str:
    """Up to twenty; of more, nineteen, an ellipsis and the last (9.8). Initials want a comma before the "&"."""
    written = [_inverted(name) for name in names]
    if written[-1] == OTHERS:
        return ", ".join(written)
    if len(written) > MOST_NAMED:
        return ", ".join([*written[:FIRST_OF_MORE], f"… {written[-1]}"])
    mark = " & " if len(names) == 2 and "literal" in names[0] else ", & "
    return mark.join(filter(None, [", ".join(written[:-1]), written[-1]]))


def _inverted(name: Name) -> str:
    if "literal" in name:
        return _literal(name["literal"])
    written = family_first(name, dotted_initials(name.get("given", "")), ", ")
    return f"{written}, {name['suffix']}" if name.get("suffix") else written


def _literal(written: str) -> str:
    """As it stands; only "et al", which is an abbreviation, always has its full stop."""
    return OTHERS if f"{written}." == OTHERS else written


def _names_in_order(names: list[Name]) -> str:
    """Given name first, as editors are named inside a reference (9.28); two without a comma."""
    written = [_in_order(name) for name in names]
    if written[-1] == OTHERS:
        return ", ".join(written)
    if len(written) > MOST_NAMED:
        return ", ".join([*written[:FIRST_OF_MORE], f"… {written[-1]}"])
    if len(written) < 3:
        return " & ".join(written)
    return ", & ".join([", ".join(written[:-1]), written[-1]])


def _in_order(name: Name) -> str:
    if "literal" in name:
        return _literal(name["literal"])
    given = dotted_initials(name.get("given", ""))
    is_family_first = CHINESE_JAPANESE_KOREAN.match(name["family"])
    named = family_first(name, given) if is_family_first else f"{given} {name['family']}".lstrip()
    return f"{named} {name.get('suffix', '')}".rstrip()


def _role(editors: list[Name]) -> str:
    return "Ed." if len(editors) == 1 else "Eds."


def _date(csl: Item) -> str:
    """The day of the last update where there is one (9.15); "n.d." where nothing is known."""
    parts = parts_of(csl.get("updated")) or parts_of(csl.get("issued"))
    return dates.apa(parts if csl["type"] in DATED_BY_DAY else parts[:1]) or "n.d."


def _year(csl: Item) -> str:
    return dates.iso(parts_of(csl.get("issued"))[:1])


def _title(csl: Item) -> Sentence:
    """In italics where it stands alone, upright as a part of something larger (9.18)."""
    is_part = csl["type"] in (*SERIALS, "chapter") and container(csl)
    return title(csl) if is_part else italic(title(csl))


def _identifier(csl: Item) -> Sentence:
    """``(2nd ed., Vol. 3)`` or ``(NIH Publication No. 11)`` behind the title (9.19)."""
    if csl["type"] in (*SERIALS, "chapter"):
        return []
    editors = csl.get("editor", []) if csl.get("author") else []
    contributors = f"{_names_in_order(editors)}, {_role(editors)}" if editors else ""
    return bracketed(with_commas(text(contributors), text(_number(csl)), _parts(csl), mark="; "))


def _number(csl: Item) -> str:
    """A figure is a "No.", other numbers speak for themselves; a series of reports stands before it."""
    written = csl.get("number", "")
    series = csl.get("collection-title", "") if csl["type"] == "report" else ""
    if not written:
        return series
    label = "Trial Registration" if is_trial(csl) else series
    number = f"No. {written}" if NUMBERED.fullmatch(written) else written
    return " ".join(filter(None, [label, number]))


def _parts(csl: Item) -> Sentence:
    page = csl.get("page", "")
    label = "pp." if full_pages(page, "–") != page or "," in page else "p."
    return with_commas(
        text(edition(csl)),
        text(f"Vol. {csl['volume']}" if csl.get("volume") else ""),
        text(f"{label} {full_pages(page, '–')}" if page else ""),
    )


def _description(csl: Item) -> Sentence:
    told = "Press release" if is_press_release(csl) else "Data set" if csl["type"] == "dataset" else ""
    return bracketed(text(told), "[", "]")


def _with_dash(issue: str) -> str:
    return full_pages(issue, "–") if "-" in issue else issue


def _found_at(csl: Item, accessed: str) -> Sentence:
    """The DOI as an address, or the address; with the day of access where the source has no date (9.16)."""
    doi, url = csl.get("DOI", ""), csl.get("URL", "")
    if doi:
        return [Piece(f"https://doi.org/{doi}", href=doi_address(doi), is_last_word=True)]
    if not url:
        return []
    is_dated = any(parts_of(csl.get(key)) for key in ("issued", "updated"))
    seen = "" if is_dated else dates.ama(dates.parse(accessed))
    return [*text(f"Retrieved {seen}, from " if seen else ""), address(url)]


def _archived(csl: Item) -> Sentence:
    if not csl.get("archive"):
        return []
    day = dates.ama(dates.parse(csl.get("archive_date", "")))
    return [Piece(f"Archived {day}, at " if day else "Archived at "), address(csl["archive"])]
