"""Works with a DOI, as their publishers deposited them at Crossref, and what was published about them since."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from references import http
from references.identifiers import normalise_doi, normalise_isbn, normalise_issn

from . import reading
from .found import Found, Notice, NotKnown

WORKS = "https://api.crossref.org/works/"
SERVICE = "Crossref"
# Crossref's type -> our CSL type
TYPES = {
    "journal-article": "article-journal",
    "peer-review": "article-journal",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "book-chapter": "chapter",
    "book-section": "chapter",
    "book-part": "chapter",
    "reference-entry": "chapter",
    "proceedings-article": "chapter",
    "report": "report",
    "report-component": "report",
    "standard": "report",
    "dissertation": "report",
    "posted-content": "report",  # preprints
    "dataset": "dataset",
}
# What the library keeps as something else, as people call it
KEPT_AS_REPORTS = {"dissertation": "a dissertation", "posted-content": "a preprint, or otherwise not reviewed"}
IN_PRINT = {"article-journal", "book", "chapter"}  # the DOI is enough to find these
NATURES = {
    "retraction": "retraction",
    "withdrawal": "retraction",
    "removal": "retraction",
    "partial retraction": "expression-of-concern",
    "expression of concern": "expression-of-concern",
    "correction": "correction",
    "corrigendum": "correction",
    "erratum": "correction",
    "reinstatement": "reinstatement",
}


def by_doi(text: str) -> Found:
    """The work with a DOI; raises ``IdentifierError``, ``NotKnown`` or ``NotFetched``."""
    doi = normalise_doi(text)
    answer = http.get(WORKS + quote(doi, safe=""), accept="application/json", keep=True)
    if answer.status == 404:
        raise NotKnown(
            f"Crossref does not know the DOI {doi}. Compare it with the source; some DOIs are kept elsewhere."
        )
    reading.refuse_failure(answer, SERVICE)
    work = reading.part(reading.as_json(answer, SERVICE), "message")
    if not isinstance(work, dict) or not reading.title(work.get("title")):
        raise reading.unreadable(SERVICE)
    called = KEPT_AS_REPORTS.get(str(work.get("type")), "")
    remark = f"It is {called}: the library keeps it as a report." if called else ""
    return Found(item(work, doi), "crossref", notices(work), remark=remark)


def item(work: dict[str, Any], doi: str) -> dict[str, Any]:
    """The CSL-JSON item of a work as Crossref tells it."""
    kind = TYPES.get(str(work.get("type")), "webpage")
    return reading.item(
        type=kind,
        title=_title(work),
        author=reading.all_names(reading.parts(work.get("author")), _name),
        editor=reading.all_names(reading.parts(work.get("editor")), _name),
        container_title=reading.line(work.get("container-title")),
        container_title_short=reading.line(work.get("short-container-title")),
        publisher=reading.line(work.get("publisher")),
        publisher_place=reading.line(work.get("publisher-location")),
        edition=reading.line(work.get("edition-number")),
        volume=reading.line(work.get("volume")),
        issue=reading.line(work.get("issue")),
        page=reading.line(work.get("page")) or reading.line(work.get("article-number")),
        issued=reading.csl_date(_issued(work)),
        DOI=doi,
        URL="" if kind in IN_PRINT else f"https://doi.org/{doi}",
        ISSN=_first(work.get("ISSN"), normalise_issn),
        ISBN=_first(work.get("ISBN"), normalise_isbn),
        language=reading.language(work.get("language")),
    )


def notices(work: dict[str, Any]) -> tuple[Notice, ...]:
    """What Crossref knows to have been published about the work (``updated-by``), each once."""
    found = [_notice(update) for update in reading.parts(work.get("updated-by"))]
    return tuple(dict.fromkeys(notice for notice in found if notice))


def _notice(update: Any) -> Notice | None:
    said = reading.line(reading.part(update, "type")).lower().replace("_", " ").replace("-", " ")
    doi = reading.identifier(reading.part(update, "DOI"), normalise_doi)
    number = reading.part(update, "record-id")
    record_id = reading.line(str(number) if isinstance(number, int) else number) or doi
    if said not in NATURES or not record_id:
        return None
    dated = reading.whole_day(reading.date_parts(reading.part(update, "updated")))
    is_plain = said in ("retraction", "correction", "expression of concern", "reinstatement")
    return Notice(NATURES[said], record_id[:64], dated, doi, reasons="" if is_plain else said.capitalize())


def _title(work: dict[str, Any]) -> str:
    title, subtitle = reading.title(work.get("title")), reading.title(work.get("subtitle"))
    return title if not subtitle or subtitle.lower() in title.lower() else f"{title}: {subtitle}"


def _name(value: Any) -> list[dict[str, str]]:
    if reading.part(value, "name"):
        return reading.organisation(reading.part(value, "name"))
    return reading.person(*(reading.part(value, name) for name in ("family", "given", "suffix")))


def _issued(work: dict[str, Any]) -> list[int]:
    """The printed volume is what is cited; without one, the first publication counts."""
    printed = reading.date_parts(work.get("published-print")) if work.get("volume") else []
    return printed or reading.date_parts(work.get("issued"))


def _first(value: Any, normalise: Callable[[str], str]) -> str:
    return next(filter(None, (reading.identifier(one, normalise) for one in reading.parts(value))), "")
