"""Works in PubMed and PubMed Central, asked by NCBI's E-utilities (three questions a second, an address to write to).

Comments on a work (``CommentsCorrections``) tell of retractions, corrections and expressions of concern, each with the
PubMed number of the notice.
"""

import re
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from lxml import etree

from references import http
from references.formats.publication_types import EVIDENCE
from references.identifiers import normalise_doi, normalise_isbn, normalise_issn, normalise_pmcid, normalise_pmid

from . import reading
from .crossref import by_doi
from .found import Found, Notice, NotKnown

EUTILS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
SERVICE = "PubMed"
NATURES = {
    "RetractionIn": "retraction",
    "RetractedandRepublishedIn": "retraction",
    "PartialRetractionIn": "expression-of-concern",
    "ExpressionOfConcernIn": "expression-of-concern",
    "ErratumIn": "correction",
    "CorrectedandRepublishedIn": "correction",
}
REASONS = {
    "RetractedandRepublishedIn": "Retracted and republished",
    "PartialRetractionIn": "Partial retraction",
    "CorrectedandRepublishedIn": "Corrected and republished",
}


def by_pmid(text: str) -> Found:
    """The work with a PubMed number; raises ``IdentifierError``, ``NotKnown`` or ``NotFetched``."""
    pmid = normalise_pmid(text)
    answer = _ask("efetch", db="pubmed", id=pmid, retmode="xml")
    if answer.status in (400, 404):
        raise _unknown(pmid)
    reading.refuse_failure(answer, SERVICE)
    tree = _xml(answer.body)
    for work in tree.iterfind("PubmedArticle"):
        if _words(work, "MedlineCitation/PMID") == pmid:
            return Found(article(work), "pubmed", notices(work), _evidence(work))
    for work in tree.iterfind("PubmedBookArticle/BookDocument"):
        if _words(work, "PMID") == pmid:
            return Found(part_of_book(work), "pubmed")
    raise _unknown(pmid)


def by_pmcid(text: str) -> Found:
    """The work with a PubMed Central number; PubMed describes it, or Crossref what PubMed does not have."""
    pmcid = normalise_pmcid(text)
    answer = _ask("esummary", db="pmc", id=pmcid.removeprefix("PMC"), retmode="json")
    reading.refuse_failure(answer, SERVICE)
    result = reading.part(reading.as_json(answer, SERVICE), "result")
    numbers = _numbers(reading.part(result, pmcid.removeprefix("PMC")))
    pmid = reading.identifier(numbers.get("pmid"), normalise_pmid)
    doi = reading.identifier(numbers.get("doi"), normalise_doi)
    if not pmid and not doi:
        raise NotKnown(f"PubMed Central does not know {pmcid}, or only by that number. Compare it with the source.")
    found = by_pmid(pmid) if pmid else by_doi(doi)
    return replace(found, item=found.item | {"PMCID": pmcid})


def article(work: Any) -> dict[str, Any]:
    """The CSL-JSON item of a ``PubmedArticle``."""
    told = work.find("MedlineCitation/Article")
    if told is None:
        raise reading.unreadable(SERVICE)
    journal = "Journal/JournalIssue"
    return reading.item(
        type="article-journal",
        title=_title(told.find("ArticleTitle")) or _title(told.find("VernacularTitle")),
        author=_people(told.find("AuthorList")),
        container_title=_words(told, "Journal/Title"),
        container_title_short=_words(told, "Journal/ISOAbbreviation"),
        volume=_words(told, f"{journal}/Volume"),
        issue=_words(told, f"{journal}/Issue"),
        page=_pages(told),
        issued=reading.csl_date(_day(told.find(f"{journal}/PubDate"))),
        DOI=_number(work, "PubmedData/ArticleIdList/ArticleId[@IdType='doi']", normalise_doi)
        or _number(told, "ELocationID[@EIdType='doi']", normalise_doi),
        PMID=_number(work, "MedlineCitation/PMID", normalise_pmid),
        PMCID=_number(work, "PubmedData/ArticleIdList/ArticleId[@IdType='pmc']", normalise_pmcid),
        ISSN=_number(told, "Journal/ISSN", normalise_issn),
        language=reading.language(_words(told, "Language")),
    )


def part_of_book(work: Any) -> dict[str, Any]:
    """The CSL-JSON item of a ``BookDocument``: a chapter of the Bookshelf, such as one of GeneReviews, or a book."""
    title, book = _title(work.find("ArticleTitle")), _title(work.find("Book/BookTitle"))
    accession = _words(work, "ArticleIdList/ArticleId[@IdType='bookaccession']")
    return reading.item(
        type="chapter" if title else "book",
        title=title or book,
        author=_people(work.find("AuthorList[@Type='authors']"))
        or _people(work.find("Book/AuthorList[@Type='authors']")),
        editor=_people(work.find("Book/AuthorList[@Type='editors']")),
        container_title=reading.line(book) if title else "",
        publisher=_words(work, "Book/Publisher/PublisherName"),
        publisher_place=_words(work, "Book/Publisher/PublisherLocation"),
        issued=reading.csl_date(_day(work.find("ContributionDate")) or _day(work.find("Book/PubDate"))),
        updated=reading.csl_date(_day(work.find("DateRevised"))),
        PMID=_number(work, "PMID", normalise_pmid),
        ISBN=_number(work, "Book/Isbn", normalise_isbn),
        URL=f"https://www.ncbi.nlm.nih.gov/books/{accession}/" if re.fullmatch(r"NBK[0-9]+", accession) else "",
        language=reading.language(_words(work, "Language")),
    )


def notices(work: Any) -> tuple[Notice, ...]:
    """What PubMed knows to have been published about the work; a mark of retraction without a notice is one, too."""
    comments = work.iterfind("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
    found = [_notice(comment) for comment in comments if comment.get("RefType") in NATURES]
    is_marked = "Retracted Publication" in _types(work)
    if is_marked and not any(notice.nature == "retraction" for notice in found):
        found.append(Notice("retraction", "Retracted Publication"))
    return tuple(dict.fromkeys(found))


def _notice(comment: Any) -> Notice:
    source, kind = _words(comment, "RefSource"), comment.get("RefType")
    pmid, doi = _number(comment, "PMID", normalise_pmid), reading.first_identifier(source, "doi")
    return Notice(
        NATURES[kind], (pmid or doi or source or kind)[:64], _day_in(source), doi, pmid, REASONS.get(kind, "")
    )


def _day_in(source: str) -> date | None:
    """The day in "Science. 2010 Feb 12;327(5967):734"."""
    found = re.search(r"\b[0-9]{4} [A-Z][a-z]{2} [0-9]{1,2}\b", source)
    return reading.whole_day(reading.written_date(found[0])) if found else None


def _ask(tool: str, **query: str) -> http.Answer:
    who = {"tool": "GTSite", "email": settings.NETWORK_CONTACT, "api_key": settings.NCBI_API_KEY}
    query |= {name: value for name, value in who.items() if value}
    return http.get(f"{EUTILS}{tool}.fcgi?{urlencode(query)}", most_bytes=4 * 2**20, keep=True)


def _xml(body: bytes) -> Any:
    """The document without its entities, and without asking anyone for its DTD."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise reading.unreadable(SERVICE) from None


def _unknown(pmid: str) -> NotKnown:
    return NotKnown(f"PubMed does not know the number {pmid}. Compare it with the source.")


def _numbers(summary: Any) -> dict[str, str]:
    """The identifiers that a summary tells, by their kind."""
    told = reading.parts(reading.part(summary, "articleids"))
    return {reading.line(reading.part(one, "idtype")): reading.line(reading.part(one, "value")) for one in told}


def _words(work: Any, path: str) -> str:
    found = work.find(path)
    return "" if found is None else reading.line("".join(found.itertext()))


def _number(work: Any, path: str, normalise: Any) -> str:
    return next(filter(None, (reading.identifier(one.text, normalise) for one in work.iterfind(path))), "")


def _title(element: Any) -> str:
    """Its text with <i>, <sub> and <sup>; PubMed closes each title with a full stop."""
    if element is None:
        return ""
    written = reading.title(etree.tostring(element, encoding="unicode", with_tail=False))
    return written[:-1] if written.endswith(".") and not written.endswith("..") else written


def _people(listed: Any) -> list[dict[str, str]]:
    return reading.all_names([] if listed is None else listed.iterfind("Author"), _person)


def _person(author: Any) -> list[dict[str, str]]:
    body = _words(author, "CollectiveName")
    if body:
        return reading.organisation(body)
    given = _words(author, "ForeName") or _words(author, "Initials")
    return reading.person(_words(author, "LastName"), given, _words(author, "Suffix"))


def _pages(told: Any) -> str:
    number = "" if told.find("ELocationID[@EIdType='pii']") is None else _words(told, "ELocationID[@EIdType='pii']")
    return _words(told, "Pagination/MedlinePgn") or number


def _day(element: Any) -> list[int]:
    """The date of a ``PubDate``; of a span ("1998 Dec-1999 Jan", "2000 Spring") its year, and no more."""
    if element is None:
        return []
    written = " ".join(filter(None, (_words(element, name) for name in ("Year", "Month", "Day"))))
    if not written:
        return reading.partial_date(
            [int(year) for year in re.findall(r"\b[0-9]{4}\b", _words(element, "MedlineDate"))[:1]]
        )
    figures = written.split()
    if all(one.isdigit() for one in figures):
        return reading.partial_date([int(one) for one in figures])
    return reading.written_date(written) or reading.written_date(figures[0])


def _types(work: Any) -> set[str]:
    kinds = work.iterfind("MedlineCitation/Article/PublicationTypeList/PublicationType")
    return {reading.line(kind.text) for kind in kinds}


def _evidence(work: Any) -> str:
    types = _types(work)
    return next((evidence for kind, evidence in EVIDENCE.items() if kind in types), "")
