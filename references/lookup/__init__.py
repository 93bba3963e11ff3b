"""What others know of a source, asked through the one way out: by identifier, or by its web address.

Each question gives a ``Found``: a CSL-JSON item as ``references.csl`` keeps it, cleaned of what nobody may type, and
the notices that the registry has about the work. ``NotKnown`` means that it answered and does not know the work;
``http.NotFetched`` that there was no answer. Nothing is stored here.
"""

from contextlib import suppress
from dataclasses import replace

from references.http import NotFetched
from references.identifiers import (
    IdentifierError,
    identifiers_in,
    normalise_doi,
    normalise_isbn,
    normalise_pmcid,
    normalise_pmid,
    normalise_url,
)

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

_KINDS = ((normalise_pmcid, by_pmcid), (normalise_pmid, by_pmid), (normalise_isbn, by_isbn))


def by_any(text: str) -> Found:
    """The source that an identifier or a web address of any kind speaks of, whatever it is called.

    An address that has a DOI in it is asked for at Crossref first: publishers often turn programs away. Raises
    ``IdentifierError`` when it is none of these, ``NotKnown`` or ``NotFetched``.
    """
    with suppress(IdentifierError):
        return _by_doi_anywhere(normalise_doi(text))
    for normalise, ask in _KINDS:
        with suppress(IdentifierError):
            return ask(normalise(text))
    if not text.startswith(("http://", "https://")):
        raise IdentifierError("This is no DOI, PMID, PMCID, ISBN or web address. Copy one from the source.")
    for doi in identifiers_in(normalise_url(text))["doi"][:1]:
        with suppress(NotKnown):
            return by_doi(doi)
    return by_url(text)


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
