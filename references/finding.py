"""Finding a source from what a person types or pastes: a few words, an identifier, a whole citation.

The only module beside the migrations that speaks the search language of the databases, since the library knows
nothing of articles: an FTS5 table beside the library on SQLite, a GIN index over it on PostgreSQL. Both look only
for words that are stored already folded (``text.words``), so neither needs a dictionary, a locale or an extension.
"""

import re
from collections.abc import Iterable
from itertools import combinations
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import BooleanField, F, Func, Q
from django.db.models.expressions import RawSQL

from . import families, text
from .identifiers import identifiers_in
from .models import KEY, Reference, ReferenceQuerySet
from .models.reference import LONGEST_WORD

CANDIDATES, FEW = 500, 500
LONGEST_PASTE = 2000
# More words than these are a pasted citation, not a search.
TYPED_WORDS = 20
# A pasted citation speaks of a source when it has nearly all the words of the source's title.
LIKENESS = 0.8
# Shorter titles, such as “Gene therapy”, stand in many citations of other works.
TELLING_TITLE = 3
# “Raper SE”: the library has the given names, as far as they are known.
_INITIALS = re.compile(r"(?<=\w )[A-Z]{2,3}\b")
# Long words are rare ones. Whoever copies a citation rarely mistypes three of the six longest.
LONGEST_WORDS, SHARED = 6, (4, 2)
# Each further word costs the index as much as it is common; four of the longest leave few sources.
INDEXED = 4

FTS5 = "references_words"  # of migration 0002


def matching(library: ReferenceQuerySet, written: str) -> ReferenceQuerySet:
    """The sources that are meant: by identifier or key, else by all the words, else by the words of the title.

    A source that was merged is found as the one that was kept, and not by its words.
    """
    written = written[:LONGEST_PASTE]
    named = library.filter(pk__in=_named(written))
    if named.exists():
        return named
    wanted = list(dict.fromkeys(word[:LONGEST_WORD] for word in text.words(written)))
    if not wanted:
        return library.none()
    library = library.filter(merged_into=None)
    by_words = _by_words(library, wanted) if len(wanted) <= TYPED_WORDS else None
    if by_words is None and (spelled := _INITIALS.sub(lambda found: " ".join(found[0]), written)) != written:
        letters = list(dict.fromkeys(word[:LONGEST_WORD] for word in text.words(spelled)))
        by_words = _by_words(library, letters) if len(letters) <= TYPED_WORDS else None
    return _by_likeness(library, wanted) if by_words is None else by_words


def note(reference: Reference) -> None:
    """Make the words of a source just saved findable: PostgreSQL's index follows its table, FTS5 is told.

    A trigger would be told by the database, but SQLite before 3.44 lets no trigger of an untrusted schema touch FTS5.
    """
    connection = connections[reference._state.db or DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"REPLACE INTO {FTS5} (rowid, words) VALUES (%s, %s)", [reference.pk, reference.words])


def note_all(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make FTS5 anew from the library."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with transaction.atomic(using), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {FTS5}")
            cursor.execute(f"INSERT INTO {FTS5} (rowid, words) SELECT id, words FROM references_reference")


def note_after_migrate(using: str, **kwargs: Any) -> None:
    """Receiver of ``post_migrate``: sources that came or went by a migration, or by emptying the database."""
    connection = connections[using]
    if connection.vendor != "sqlite" or FTS5 not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT (SELECT count(*) FROM {FTS5}) = (SELECT count(*) FROM references_reference)")
        is_in_step = cursor.fetchone()[0]
    if not is_in_step:
        note_all(using)


def _named(written: str) -> set[int]:
    """Those whose identifier or key stands in the text; for a merged one the one that was kept."""
    found = identifiers_in(written)
    found["url"] = [spelling for url in found["url"] for spelling in _spellings(url)]
    either = Q(key=written.strip()) if KEY.fullmatch(written.strip()) else Q()
    for field, values in found.items():
        either |= Q(**{f"{field}__in": values})
    return families.kept(set(Reference.objects.filter(either).order_by().values_list("pk", flat=True)[:CANDIDATES]))


def _spellings(url: str) -> list[str]:
    """The address with either scheme, with and without its closing slash: the same page to whoever looks for it."""
    rest = url.split("://", 1)[1].removesuffix("/")
    return [f"{scheme}://{rest}{slash}" for scheme in ("https", "http") for slash in ("", "/")]


def _by_words(library: ReferenceQuerySet, wanted: list[str]) -> ReferenceQuerySet | None:
    """Those of whose words each begins with one that was typed: the longest by the index, the rest by reading."""
    ordered = sorted(wanted, key=lambda word: (-len(word), word))
    found = _having(library, [[f"{word}*" for word in ordered[:INDEXED]]])
    rest = [Q(words__contains=f" {word}") for word in ordered[INDEXED:]]
    if found is None or not rest:
        return found
    found = found.filter(*rest)
    return found if found.exists() else None


def _by_likeness(library: ReferenceQuerySet, wanted: list[str]) -> ReferenceQuerySet:
    """Those whose title nearly stands in the pasted text; candidates share most of its longest words, or two."""
    longest = sorted(wanted, key=lambda word: (-len(word), word))[:LONGEST_WORDS]
    for least in SHARED:
        if len(longest) < least:
            continue
        candidates = _having(library, _sharing(longest, least))
        named = candidates.order_by("-pk").values_list("pk", "title")[:CANDIDATES] if candidates is not None else []
        meant = _meant(named, set(wanted))
        if meant:
            return library.filter(pk__in=meant)
    return library.none()


def _meant(candidates: Iterable[tuple[int, str]], wanted: set[str]) -> list[int]:
    """Those whose title nearly stands there; of a short title all of it, with the first author and the year."""
    meant, short = [], []
    for pk, title in candidates:
        named = set(text.words(title))
        if len(named) < TELLING_TITLE:
            short += [pk] if named <= wanted else []
        elif len(named & wanted) >= LIKENESS * len(named):
            meant.append(pk)
    rows = Reference.objects.filter(pk__in=short).values_list("pk", "authors", "issued") if short else ()
    return meant + [pk for pk, authors, issued in rows if _has_signature(authors, issued, wanted)]


def _has_signature(authors: list[dict[str, str]], issued: list[int], wanted: set[str]) -> bool:
    if not authors or not issued:
        return False
    first = authors[0].get("family") or authors[0].get("literal", "")
    return {*text.words(first), str(issued[0])} <= wanted


# --- the language of the databases --------------------------------------------------------------------------------


Wanted = list[list[str]]
# How a query is written: between the lists, between the words of one, a whole word, the beginning of one.
SQLITE = (" OR ", " AND ", '"{}"', '"{}"*')
POSTGRESQL = (" | ", " & ", "'{}'", "'{}':*")
MATCHING_ON_SQLITE = f"SELECT rowid FROM {FTS5} WHERE {FTS5} MATCH %s"
MATCHES_ON_POSTGRESQL = "references_reference.lexemes @@ %s::tsquery"
FIRST_ON_POSTGRESQL = f"""
WITH found AS MATERIALIZED (SELECT id FROM references_reference WHERE {MATCHES_ON_POSTGRESQL})
SELECT id FROM found LIMIT %s
"""


def _sharing(words: list[str], least: int) -> Wanted:
    """At least so many of the words are words of the source."""
    return [list(some) for some in combinations(words, least)]


def _having(library: ReferenceQuerySet, wanted: Wanted) -> ReferenceQuerySet | None:
    """The sources that have all words of one of the lists, or None; a star stands for any ending.

    Words are letters and digits only (``text.words``): none of them can be mistaken for a part of the query.

    Few are named one by one. Many are looked up along the order of the list, which ends at its first page: the plus
    sign keeps SQLite, and the fence (MATERIALIZED) PostgreSQL, from what they would rather do for the first few rows.
    """
    on_postgresql = connections[library.db].vendor == "postgresql"
    query = _written(wanted, *(POSTGRESQL if on_postgresql else SQLITE))
    first = FIRST_ON_POSTGRESQL if on_postgresql else f"{MATCHING_ON_SQLITE} LIMIT %s"
    with connections[library.db].cursor() as cursor:
        cursor.execute(first, [query, FEW + 1])
        found = [pk for (pk,) in cursor.fetchall()]
    if len(found) <= FEW:
        return library.filter(pk__in=found) if found else None
    if on_postgresql:
        return library.filter(RawSQL(MATCHES_ON_POSTGRESQL, [query], output_field=BooleanField()))
    along = {"template": "+%(expressions)s", "arg_joiner": " IN ", "output_field": BooleanField()}
    return library.filter(Func(F("pk"), RawSQL(MATCHING_ON_SQLITE, [query]), **along))


def _written(wanted: Wanted, either: str, both: str, whole: str, beginning: str) -> str:
    return either.join("(" + both.join(_word(word, whole, beginning) for word in some) + ")" for some in wanted)


def _word(word: str, whole: str, beginning: str) -> str:
    return beginning.format(word[:-1]) if word.endswith("*") else whole.format(word)
