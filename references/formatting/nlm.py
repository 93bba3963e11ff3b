"""NLM style, also called Vancouver: Citing Medicine, 2nd edition (NBK7256), the style of PubMed."""

from collections.abc import Callable, Iterable

from django.conf.locale import LANG_INFO

from references import dates
from references.csl import parts_of

from .parts import (
    Item,
    Name,
    container,
    edition,
    identifiers,
    is_press_release,
    is_trial,
    sentence_of,
    short_container,
    short_name,
    short_pages,
    statute,
    title,
    volume_and_issue,
)
from .pieces import Piece, Sentence, address, marked, plain, text, with_commas, without_stop

NAMED = 6
# Citing Medicine, chapter 2: "III" of a name becomes "3rd".
SUFFIXES = {"II": "2nd", "III": "3rd", "IV": "4th"}


def nlm(csl: Item, accessed: str = "") -> Iterable[Sentence]:
    """Citing Medicine, with these choices where it leaves or needs one:

    - six authors, then "et al.", as the ICMJE's samples do (Citing Medicine itself lists all);
    - an unknown place or publisher is left out rather than written as "[place unknown]"; a source without any date
      says "[date unknown]";
    - an article with a DOI, PMID or PMCID is cited by these, without the address it was read at;
    - an archived copy is told in one more sentence of our own.
    """
    yield _names(csl)
    yield from FORMS.get(_form(csl), _whole)(csl, accessed)
    yield _language(csl)
    yield _available(csl)
    yield identifiers(csl)
    yield _archived(csl)


def _form(csl: Item) -> str:
    """A page of a site is described by its site first (Citing Medicine, chapter 25)."""
    if csl["type"] != "webpage":
        return str(csl["type"])
    if not csl.get("container-title"):
        return "whole"
    return "part-of-registry" if is_trial(csl) else "part-of-site"


def _serial(csl: Item, accessed: str) -> Iterable[Sentence]:
    """Journals and newspapers: ``Title. Abbrev J. 2018 Jan 12;359(6372):1-9``."""
    yield title(csl)
    name = container(csl) if csl["type"] == "article-newspaper" else short_container(csl)
    yield _with_medium(marked(name), csl)
    part = ";".join(filter(None, [_date(csl, accessed), volume_and_issue(csl)]))
    yield sentence_of(part, short_pages(csl.get("page", "")), mark=":")


def _whole(csl: Item, accessed: str) -> Iterable[Sentence]:
    """Books, reports, guidelines, data sets and pages that stand alone."""
    yield _with_medium(_title(csl), csl)
    yield text(edition(csl))
    yield _editors(csl) if csl.get("author") else []
    yield _volume(csl)
    yield _imprint(csl, accessed)
    yield _series(csl)
    yield _report_number(csl)


def _chapter(csl: Item, accessed: str) -> Iterable[Sentence]:
    yield title(csl)
    larger = _with_medium(marked(csl.get("container-title", "")), csl)
    book = with_commas(_editors(csl), larger, mark=". ")
    yield [Piece("In: "), *book] if book else []
    yield text(edition(csl))
    yield _volume(csl)
    yield _imprint(csl, accessed)
    yield text(f"p. {short_pages(csl['page'])}" if csl.get("page") else "")
    yield _series(csl)


def _part_of_site(csl: Item, accessed: str) -> Iterable[Sentence]:
    """``Title of site [Internet]. Place: Publisher; 2008. Title of part; [updated …; cited …]``."""
    yield _with_medium(marked(csl["container-title"]), csl)
    moments = _moments(csl, accessed)
    issued = dates.nlm(parts_of(csl.get("issued"))) or ("" if moments else "[date unknown]")
    yield sentence_of(_place_and_publisher(csl), issued, mark="; ")
    yield with_commas(_title(csl), text(moments), mark="; ")


def _part_of_registry(csl: Item, accessed: str) -> Iterable[Sentence]:
    """The form that ClinicalTrials.gov asks for: ``Identifier NCT00287391, Title; 2006 Feb 3 [cited …]``."""
    yield _with_medium(marked(csl["container-title"]), csl)
    yield text(_place_and_publisher(csl))
    yield with_commas(_title(csl), text(_date(csl, accessed)), mark="; ")


def _legislation(csl: Item, accessed: str) -> Iterable[Sentence]:
    """``Orphan Drug Act, Pub. L. No. 97-414, 96 Stat. 2049 (Jan. 4, 1983)``: as NLM's samples have public laws."""
    named = with_commas(title(csl), text(csl.get("number", "")), text(statute(csl)))
    day = text(f"({dates.legal(parts_of(csl.get('issued'))) or 'date unknown'})")
    yield with_commas(named, day, text(_moments(csl, accessed)), mark=" ")


FORMS: dict[str, Callable[[Item, str], Iterable[Sentence]]] = {
    "article-journal": _serial,
    "article-newspaper": _serial,
    "chapter": _chapter,
    "part-of-site": _part_of_site,
    "part-of-registry": _part_of_registry,
    "legislation": _legislation,
}


def _names(csl: Item) -> Sentence:
    authors = csl.get("author", [])
    if authors == [{"literal": csl.get("container-title")}] and csl["type"] == "webpage":
        return []  # an organisation that is its site is not named twice
    if authors:
        return text(_name_list(authors))
    return _editors(csl) if csl["type"] != "chapter" else []


def _editors(csl: Item) -> Sentence:
    editors = csl.get("editor", [])
    role = "editor" if len(editors) == 1 else "editors"
    return text(f"{_name_list(editors)}, {role}") if editors else []


def _name_list(names: list[Name]) -> str:
    listed = ", ".join(short_name(name, _suffix(name)) for name in names[:NAMED])
    return f"{listed}, et al." if len(names) > NAMED else listed


def _suffix(name: Name) -> str:
    suffix = name.get("suffix", "").rstrip(".")
    return SUFFIXES.get(suffix, suffix)


def _title(csl: Item) -> Sentence:
    number = f"Identifier {csl['number']}, " if is_trial(csl) and csl.get("number") else ""
    return [*text(number), *title(csl), *text(" [press release]" if is_press_release(csl) else "")]


def _with_medium(name: Sentence, csl: Item) -> Sentence:
    """``[Internet]`` behind the title of what was read there."""
    if not plain(name) or not _is_read_online(csl):
        return name
    return [*without_stop(name), Piece(" [Internet]")]


def _is_read_online(csl: Item) -> bool:
    is_found_otherwise = any(csl.get(key) for key in ("DOI", "PMID", "PMCID"))
    return bool(csl.get("URL")) and not (csl["type"] == "article-journal" and is_found_otherwise)


def _imprint(csl: Item, accessed: str) -> Sentence:
    return sentence_of(_place_and_publisher(csl), _date(csl, accessed), mark="; ")


def _place_and_publisher(csl: Item) -> str:
    return ": ".join(filter(None, [csl.get("publisher-place", ""), csl.get("publisher", "")]))


def _date(csl: Item, accessed: str) -> str:
    """``2012 [updated 2013 Mar 4; cited 2014 Jun 21]``; without a date of publication the others stand alone."""
    told = " ".join(filter(None, [dates.nlm(parts_of(csl.get("issued"))), _moments(csl, accessed)]))
    return told or "[date unknown]"


def _moments(csl: Item, accessed: str) -> str:
    updated = dates.nlm(parts_of(csl.get("updated")))
    seen = dates.nlm(dates.parse(accessed)) if _is_read_online(csl) else ""
    told = "; ".join(filter(None, [updated and f"updated {updated}", seen and f"cited {seen}"]))
    return f"[{told}]" if told else ""


def _volume(csl: Item) -> Sentence:
    return text(f"Vol. {csl['volume']}" if csl.get("volume") else "")


def _series(csl: Item) -> Sentence:
    return text(f"({csl['collection-title']})" if csl.get("collection-title") else "")


def _report_number(csl: Item) -> Sentence:
    number = "" if is_trial(csl) else csl.get("number", "")
    return text(f"Report No.: {number}" if number and csl["type"] == "report" else number)


def _language(csl: Item) -> Sentence:
    """The language, unless it is English: Citing Medicine names it after the pages."""
    code = csl.get("language", "").split("-")[0].lower()
    if code in ("", "en"):
        return []
    return text("Chinese" if code == "zh" else LANG_INFO.get(code, {}).get("name", ""))


def _available(csl: Item) -> Sentence:
    return [Piece("Available from: "), address(csl["URL"])] if _is_read_online(csl) else []


def _archived(csl: Item) -> Sentence:
    if not csl.get("archive"):
        return []
    day = csl.get("archive_date", "")
    told = f"Archived copy from {dates.in_words(dates.parse(day))}: " if day else "Archived copy: "
    return [Piece(told), address(csl["archive"])]
