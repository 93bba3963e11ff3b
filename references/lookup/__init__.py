"""What others know of a source, asked through the one way out: by identifier, or by its web address.

Each question gives a ``Found``: a CSL-JSON item as ``references.csl`` keeps it, cleaned of what nobody may type, and
the notices that the registry has about the work. ``NotKnown`` means that it answered and does not know the work;
``http.NotFetched`` that there was no answer. Nothing is stored here.
"""

from .archive import archived_copy
from .books import by_isbn
from .crossref import by_doi
from .found import Found, Notice, NotKnown
from .pages import by_url
from .pubmed import by_pmcid, by_pmid

__all__ = ["Found", "NotKnown", "Notice", "archived_copy", "by_doi", "by_isbn", "by_pmcid", "by_pmid", "by_url"]
