"""What readers can ask for. Only published versions and stored pages are read here, never the working copy."""

from articles.views.article import article, compare, edition, history, verify, verify_json
from articles.views.browsing import figure, home, letter, letters, person, topic, topics
from articles.views.errors import csrf_failure, page_not_found, server_error
from articles.views.policies import policies, policy, verify_site, verify_site_json
from articles.views.sharing import share
from articles.views.sources import cite, edition_sources, source, source_cite

__all__ = [
    "article",
    "cite",
    "compare",
    "csrf_failure",
    "edition",
    "edition_sources",
    "figure",
    "history",
    "home",
    "letter",
    "letters",
    "page_not_found",
    "person",
    "policies",
    "policy",
    "server_error",
    "share",
    "source",
    "source_cite",
    "topic",
    "topics",
    "verify",
    "verify_json",
    "verify_site",
    "verify_site_json",
]
