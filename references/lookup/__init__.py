"""What others know of a source, asked through the one way out: by identifier, or by its web address.

Each question gives a ``Found``: a CSL-JSON item as ``references.csl`` keeps it, cleaned of what nobody may type, and
the notices that the registry has about the work. ``NotKnown`` means that it answered and does not know the work;
``http.NotFetched`` that there was no answer. Nothing is stored here.
"""

from contextlib import suppress
from dataclasses import replace

from references.http import NotFetched
from references.identifiers import identifiers_in, recognised

from .archive import archived_copy
from .books import by_isbn
from .crossref import by_doi
from .found import Found, Notice, NotKnown
from .pages import by_url
from .pubmed import by_pmcid, by_pmid

__all__ = [
    "Found",
    "NotKnown",
    "Notice",
    "archived_copy",
    "by_any",
    "by_doi",
    "by_isbn",
    "by_pmcid",
    "by_pmid",
    "by_url",
]

_SERVICES = {"pmcid": by_pmcid, "pmid": by_pmid, "isbn": by_isbn}


def by_any(text: str) -> Found:
    """The source that an identifier or a web address of any kind speaks of, whatever it is called.

    An address that has a DOI in it is asked for at Crossref first: publishers often turn programs away. Raises
    ``IdentifierError`` when it is none of these, ``NotKnown`` or ``NotFetched``.
    """
    kind, value = recognised(text)
    if kind == "doi":
        return _by_doi_anywhere(value)
    if kind in _SERVICES:
        return _SERVICES[kind](value)
    for doi in identifiers_in(value)["doi"][:1]:
        with suppress(NotKnown):
            return by_doi(doi)
    return by_url(value)


def _by_doi_anywhere(doi: str) -> Found:
    """Data sets and theses have DOIs that Crossref does not keep: the page that such a DOI leads to describes them."""
    try:
        return by_doi(doi)
    except NotKnown as unknown:
        try:
            found = by_url(f"https://doi.org/{doi}")
        except (NotKnown, NotFetched):
            raise unknown from None
        return replace(found, item=found.item | {"DOI": doi})
