"""A web page by its address: title, site, people and dates from what the page says of itself.

Pages tell it in several tongues at once; for each fact the first that knows it is believed: the publishers' tags for
scholars (``citation_…``), schema.org in JSON-LD, Open Graph, Dublin Core, plain HTML.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml import html as lxml_html

from references import http
from references.identifiers import normalise_doi, normalise_isbn, normalise_issn, normalise_pmid, normalise_url
from references.webpages import decoded

from . import reading
from .found import Found, NotKnown

TURNED_AWAY = {401, 403, 429, 451}
MOST_BYTES = 2 * 2**20
MOST_TAGS = 2000
MOST_JSON = 500_000
MOST_NAMES = 20
NEWS = {"NewsArticle", "ReportageNewsArticle", "OpinionNewsArticle", "AnalysisNewsArticle"}
TEXTS = {
    "Article", "BlogPosting", "FAQPage", "ItemPage", "MedicalCondition", "MedicalScholarlyArticle", "MedicalWebPage",
    "Report", "ScholarlyArticle", "TechArticle", "WebPage", *NEWS,
}  # fmt: skip
TITLES = ("citation_title", "og:title", "dc.title", "dcterms.title", "twitter:title")
SITES = ("og:site_name", "application-name", "citation_publisher", "dc.publisher", "dcterms.publisher")
PEOPLE = ("citation_author", "dc.creator", "dcterms.creator", "author", "article:author", "parsely-author")
ISSUED = (
    *("citation_publication_date", "citation_date", "citation_online_date", "article:published_time"),
    *("dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "datepublished", "date"),
)
# What divides a title from the name of its site; a dash inside a word, or a range, does not.
DIVIDED = r"(?:\s*\|\s*|\s+[–—·«»-]\s+|\s*:\s+)"
UPDATED = (
    "article:modified_time",
    "og:updated_time",
    "dcterms.modified",
    "dc.date.modified",
    "datemodified",
    "last-modified",
)


@dataclass
class Told:
    """What a page says of itself: the contents of its tags by name, its JSON-LD, its title and headings."""

    tags: dict[str, list[str]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    websites: list[str] = field(default_factory=list)
    """What its JSON-LD calls the site."""
    title: str = ""
    headings: list[str] = field(default_factory=list)
    language: str = ""
    canonical: str = ""

    def first(self, *names: str) -> str:
        """The first tag that is not empty, as one line."""
        return next(filter(None, (reading.line(one) for name in names for one in self.tags.get(name, []))), "")

    def day(self, key: str, *names: str) -> list[int]:
        written = [self.data.get(key), *(one for name in names for one in self.tags.get(name, []))]
        return next(filter(None, map(reading.written_date, written)), [])


def by_url(text: str) -> Found:
    """The page at an address; raises ``IdentifierError``, ``NotKnown`` or ``NotFetched``."""
    asked = normalise_url(text)
    answer = http.get(asked, accept="text/html,application/xhtml+xml", most_bytes=MOST_BYTES, cut=True)
    if answer.status in TURNED_AWAY:
        host = urlsplit(answer.url).hostname
        raise NotKnown(f"{host} does not let programs read this page (status {answer.status}). Fill in by hand.")
    if answer.status != 200:
        raise NotKnown(f"{urlsplit(answer.url).hostname} has no page at this address (status {answer.status}).")
    media = answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    if media not in ("text/html", "application/xhtml+xml", ""):
        raise NotKnown(f"This address leads to a file ({reading.line(media)[:60]}), not to a page. Fill in by hand.")
    told = read(answer.body, answer.headers.get("content-type", ""))
    found = item(told, answer.url)
    if not found.get("title"):
        raise NotKnown("The page does not say what it is called. Fill in by hand.")
    return Found(found, "page")


def item(told: Told, url: str) -> dict[str, Any]:
    """The CSL-JSON item of a page that answered at an address."""
    issued, updated = told.day("datePublished", *ISSUED), told.day("dateModified", *UPDATED)
    journal = told.first("citation_journal_title")
    kind = "article-journal" if journal else "article-newspaper" if _kinds(told.data) & NEWS else "webpage"
    site = _site(told, url)
    publisher = reading.line(reading.part(told.data.get("publisher"), "name")) or told.first("citation_publisher")
    return reading.item(
        type=kind,
        title=_title(told, urlsplit(url).hostname or ""),
        author=_authors(told),
        container_title=journal or site,
        container_title_short=told.first("citation_journal_abbrev"),
        publisher="" if publisher == (journal or site) else publisher,
        volume=told.first("citation_volume"),
        issue=told.first("citation_issue"),
        page="-".join(filter(None, (told.first("citation_firstpage"), told.first("citation_lastpage")))),
        issued=reading.csl_date(issued),
        updated=reading.csl_date(updated if updated != issued else []),
        DOI=reading.identifier(told.first("citation_doi", "dc.identifier.doi"), normalise_doi),
        PMID=reading.identifier(told.first("citation_pmid"), normalise_pmid),
        ISSN=reading.identifier(told.first("citation_issn"), normalise_issn),
        ISBN=reading.identifier(told.first("citation_isbn"), normalise_isbn),
        URL=_address(told, url),
        language=reading.language(told.language) or reading.language(told.first("og:locale", "citation_language")),
    )


def read(body: bytes, content_type: str = "") -> Told:
    """What the page says of itself; a page that is broken or hostile says less."""
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = lxml_html.document_fromstring(decoded(body, content_type).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return Told()
    told = Told(title=reading.line(tree.findtext(".//title") or tree.findtext(".//h1")))
    headings = zip(range(MOST_TAGS), tree.iter("h1"), strict=False)
    told.headings = [reading.line("".join(heading.itertext())) for _, heading in headings]
    told.language = tree.get("lang") or ""
    for _, tag in zip(range(MOST_TAGS), tree.iter("meta"), strict=False):
        name = (tag.get("name") or tag.get("property") or tag.get("itemprop") or "").strip().lower()
        told.tags.setdefault(name, []).append(tag.get("content") or "")
    canonical = tree.xpath("string(//link[@rel='canonical']/@href)")
    told.canonical = str(canonical)
    scripts = tree.iterfind(".//script[@type='application/ld+json']")
    things = [thing for script in scripts for thing in _things(_json(script.text or ""))]
    told.data = next(_about(things), {})
    told.websites = [reading.line(thing.get("name")) for thing in things if "WebSite" in _kinds(thing)]
    return told


def _about(things: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The objects of the page's JSON-LD that describe a text, the more telling first."""
    found = [thing for thing in things if _kinds(thing) & TEXTS]
    yield from sorted(found, key=lambda thing: "headline" not in thing and "datePublished" not in thing)


def _json(written: str) -> Any:
    try:
        return json.loads(written) if len(written) <= MOST_JSON else None
    except (ValueError, RecursionError):
        return None


def _things(value: Any) -> Iterator[dict[str, Any]]:
    for thing in reading.parts(value):
        if isinstance(thing, dict):
            yield thing
            yield from (inner for inner in reading.parts(thing.get("@graph")) if isinstance(inner, dict))


def _kinds(thing: Any) -> set[str]:
    return {kind for kind in reading.parts(reading.part(thing, "@type")) if isinstance(kind, str)}


def _title(told: Told, host: str) -> str:
    headline = reading.line(told.data.get("headline")) or reading.line(told.data.get("name"))
    scholarly = next(filter(None, map(reading.title, told.tags.get("citation_title", []))), "")
    return scholarly or _without_site(headline or told.first(*TITLES) or told.title, told, host)


def _without_site(title: str, told: Told, host: str) -> str:
    """ "What Is Gene Therapy? | MedlinePlus" without what only names the site: its host, or what the page itself calls
    it. A title that the page has as a heading, too, is whole; so is what a journal gives to scholars."""
    names = "|".join(map(re.escape, sorted([*_names_of_site(told), host], key=len, reverse=True)))
    if title.casefold() in (heading.casefold() for heading in told.headings):
        return title
    at_an_end = re.compile(rf"{DIVIDED}(?:{names})$|^(?:{names}){DIVIDED}", re.IGNORECASE)
    while (shorter := at_an_end.sub("", title, count=1)) not in ("", title):
        title = shorter
    return title


def _names_of_site(told: Told) -> list[str]:
    """What the page calls the site that it is part of, or whoever publishes it."""
    owners = [*reading.parts(told.data.get("isPartOf")), *reading.parts(told.data.get("publisher"))]
    tagged = [reading.line(name) for tag in SITES for name in told.tags.get(tag, [])]
    names = [*tagged, *told.websites, *(reading.line(reading.part(owner, "name")) for owner in owners)]
    return list(filter(None, dict.fromkeys(names)))[:MOST_NAMES]


def _site(told: Told, url: str) -> str:
    part_of = reading.part(told.data.get("isPartOf"), "name") or reading.part(told.data.get("publisher"), "name")
    return told.first(SITES[0]) or reading.line(part_of) or told.first(*SITES) or (urlsplit(url).hostname or "")


def _authors(told: Told) -> list[dict[str, str]]:
    said = reading.all_names(reading.parts(told.data.get("author")), _author)
    scholarly = reading.all_names(told.tags.get("citation_author", []), reading.written_name)
    written = next(filter(None, (told.tags.get(name) for name in PEOPLE)), [])
    return scholarly or said or reading.all_names(written, reading.written_name)


def _author(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, dict):
        return reading.written_name(value)
    name = reading.part(value, "name")
    if _kinds(value) - {"Person"}:
        return reading.organisation(name)
    if reading.line(value.get("familyName")):
        return reading.person(value["familyName"], value.get("givenName"))
    return reading.written_name(name)


def _address(told: Told, url: str) -> str:
    """The page's own word for its address counts only within its site; another's would be a claim about others."""
    try:
        own = reading.identifier(urljoin(url, told.canonical.strip()), normalise_url) if told.canonical else ""
    except ValueError:
        own = ""
    return own if own and urlsplit(own).netloc == urlsplit(url).netloc else url
