"""Finding a source from what a person types or pastes: a few words, an identifier, a whole citation."""

from django.db.models import Q

from . import text
from .identifiers import identifiers_in
from .models import ReferenceQuerySet

CANDIDATES = 200
LONGEST_PASTE = 2000
# More words than these are a pasted citation, not a search.
TYPED_WORDS = 20
# A pasted citation speaks of a source when it has nearly all the words of the source's title.
LIKENESS = 0.8


def matching(library: ReferenceQuerySet, written: str) -> ReferenceQuerySet:
    """The sources that are meant: by identifier, else by all the words, else by the words of the title."""
    written = written[:LONGEST_PASTE]
    by_identifier = library.with_identifiers(**identifiers_in(written))
    if by_identifier.exists():
        return by_identifier
    wanted = list(dict.fromkeys(text.words(written)))
    if not wanted:
        return library.none()
    by_words = library.with_words(wanted) if len(wanted) <= TYPED_WORDS else library.none()
    return by_words if by_words.exists() else _by_likeness(library, wanted)


def _by_likeness(library: ReferenceQuerySet, wanted: list[str]) -> ReferenceQuerySet:
    """Those whose title nearly stands in the pasted text; candidates share one of its longest words."""
    longest = sorted(wanted, key=lambda word: (-len(word), word))[:6]
    shared = Q(pk__in=[])
    for word in longest:
        shared |= Q(words__contains=f" {word}")
    candidates = library.filter(shared).values_list("pk", "title")[:CANDIDATES]
    return library.filter(pk__in=[pk for pk, title in candidates if _is_meant(title, set(wanted))])


def _is_meant(title: str, wanted: set[str]) -> bool:
    named = set(text.words(title))
    return len(named) > 2 and len(named & wanted) >= LIKENESS * len(named)
