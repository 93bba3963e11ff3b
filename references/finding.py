"""Finding a source from what a person types or pastes: a few words, an identifier, a whole citation.

The only module beside the migrations that speaks the search language of the databases, since the library knows
nothing of articles: an FTS5 table beside the library on SQLite, a GIN index over it on PostgreSQL. Both look only
for words that are stored already folded (``text.words``), so neither needs a dictionary, a locale or an extension.
"""

from itertools import combinations
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.expressions import RawSQL

from . import text
from .identifiers import identifiers_in
from .models import Reference, ReferenceQuerySet
from .models.reference import LONGEST_WORD

CANDIDATES = 500
LONGEST_PASTE = 2000
# More words than these are a pasted citation, not a search.
TYPED_WORDS = 20
# A pasted citation speaks of a source when it has nearly all the words of the source's title.
LIKENESS = 0.8
# Long words are rare ones. Whoever copies a citation rarely mistypes three of the six longest.
LONGEST_WORDS, SHARED = 6, (4, 2)

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
    by_words = _having(library, _all_beginning(wanted)) if len(wanted) <= TYPED_WORDS else library.none()
    return by_words if by_words.exists() else _by_likeness(library, wanted)


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
    either = Q(key=written.strip())
    for field, values in found.items():
        either |= Q(**{f"{field}__in": values})
    return kept(set(Reference.objects.filter(either).order_by().values_list("pk", flat=True)[:CANDIDATES]))


def kept(named: set[int]) -> set[int]:
    """The sources as which these stand today: themselves, or what they were merged into."""
    merged = Reference.objects.filter(pk__in=named, merged_into__isnull=False).values_list("pk", "merged_into")
    turned: dict[int, Any] = dict(merged)
    return kept({turned.get(pk, pk) for pk in named}) if turned else named


def _spellings(url: str) -> list[str]:
    """The address with either scheme, with and without its closing slash: the same page to whoever looks for it."""
    rest = url.split("://", 1)[1].removesuffix("/")
    return [f"{scheme}://{rest}{slash}" for scheme in ("https", "http") for slash in ("", "/")]


def _by_likeness(library: ReferenceQuerySet, wanted: list[str]) -> ReferenceQuerySet:
    """Those whose title nearly stands in the pasted text; candidates share most of its longest words, or two."""
    longest = sorted(wanted, key=lambda word: (-len(word), word))[:LONGEST_WORDS]
    for least in SHARED:
        if len(longest) < least:
            continue
        candidates = _having(library, _sharing(longest, least)).order_by("-pk").values_list("pk", "title")
        meant = [pk for pk, title in candidates[:CANDIDATES] if _is_meant(title, set(wanted))]
        if meant:
            return library.filter(pk__in=meant)
    return library.none()


def _is_meant(title: str, wanted: set[str]) -> bool:
    named = set(text.words(title))
    return len(named) > 2 and len(named & wanted) >= LIKENESS * len(named)


# --- the language of the databases --------------------------------------------------------------------------------


Wanted = list[list[str]]


def _all_beginning(wanted: list[str]) -> Wanted:
    """Each word begins a word of the source."""
    return [[f"{word}*" for word in wanted]]


def _sharing(words: list[str], least: int) -> Wanted:
    """At least so many of the words are words of the source."""
    return [list(some) for some in combinations(words, least)]


def _having(library: ReferenceQuerySet, wanted: Wanted) -> Any:
    """The sources that have all words of one of the lists; a star stands for any ending.

    Words are letters and digits only (``text.words``): none of them can be mistaken for a part of the query.
    """
    if connections[library.db].vendor == "postgresql":
        return library.filter(_lexemes_match(_written(wanted, " | ", " & ", "'{}'", "'{}':*")))
    query = _written(wanted, " OR ", " AND ", '"{}"', '"{}"*')
    return library.filter(pk__in=RawSQL(f"SELECT rowid FROM {FTS5} WHERE {FTS5} MATCH %s", [query]))


def _written(wanted: Wanted, either: str, both: str, whole: str, beginning: str) -> str:
    return either.join("(" + both.join(_word(word, whole, beginning) for word in some) + ")" for some in wanted)


def _word(word: str, whole: str, beginning: str) -> str:
    return beginning.format(word[:-1]) if word.endswith("*") else whole.format(word)


def _lexemes_match(query: str) -> Func:
    """Written as in the index of migration 0002, or the database would not know it again."""
    lexemes = Func(F("words"), template="array_to_tsvector(string_to_array(btrim(%(expressions)s), ' '))")
    return Func(
        lexemes, Value(query), template="%(expressions)s::tsquery", arg_joiner=" @@ ", output_field=BooleanField()
    )
