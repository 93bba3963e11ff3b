"""The ripple of a source that went bad: found in what the library records, laid over every page that leans on it, and
on the editors' list of work until a person answers or the statement changes.

The library knows nothing of articles, so the worker reads what it records: new entries of the activity record, which
are gapless and in the order of their transactions, and new visits to addresses. It only notes that a page has to be
made anew; publishing does that as for any other notice. Killed half-way, it reads the same once more, and nothing is
doubled.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from django.db import models, transaction
from reversion.models import Version

from references.models import LinkCheck, Merge, PublicationNotice, Reference
from references.standing import ANSWERS, UNKNOWN

from . import four_eyes, ledger, marks, publishing, roles, statements, text, troubles, trust, verification
from .drafting import Refused
from .four_eyes import Making, State
from .models import Article, Edition, EditionSource, LedgerEntry, LibraryReading, SourceMark
from .roles import EDITOR, MEDICAL_REVIEWER
from .troubles import Mark

RECORD, VISITS = "record", "visits"
#: Read in one round, so that due publishing never waits long behind it.
ENTRIES_A_ROUND, VISITS_A_ROUND = 500, 2_000
#: Visits are written by several processes at once; by then the transactions that began earlier are over.
SETTLED = datetime.timedelta(minutes=2)
ANSWERERS = (EDITOR, MEDICAL_REVIEWER)
LONGEST_ANSWER = 1_000
WHOLE_PAGE = f"{statements.ARTICLE}:citations"

NOT_OPEN = "There is nothing to answer here any more: the statement has changed, or the source stands well again."
OTHER_WORDS = "Another wording of this statement was published since you looked. Read it first, then answer."
OWN_WORDS = "You wrote this statement; somebody else must answer for it."
NO_WORDS = "Write what readers are told."


# --- the worker reads what the library records --------------------------------------------------------------------


def pull(now: datetime.datetime) -> Iterator[str]:
    """Have every live page made anew whose sources may stand otherwise than when it was made."""
    yield from _pull_record(now)
    yield from _pull_visits(now)


def _pull_record(now: datetime.datetime) -> Iterator[str]:
    reading = _reading(RECORD)
    entries = LedgerEntry.objects.filter(sequence__gte=reading.upto).order_by("sequence")[:ENTRIES_A_ROUND]
    rows = list(entries)
    if not rows:
        return
    yield from _tell(publishing.have_made_anew(articles_on(_changed(rows)), now))
    _advance(reading, rows[-1].sequence + 1)


def _changed(entries: Iterable[LedgerEntry]) -> set[int]:
    """Sources that these entries say something new of: a notice, a merge, a saved version."""
    rows: dict[str, set[str]] = {}
    for entry in entries:
        for _, table, key, _ in verification.claims(entry) if entry.article_id is None else ():
            rows.setdefault(table, set()).add(key)
    found = set(_of(PublicationNotice, rows).values_list("reference", flat=True))
    found |= {pk for pair in _of(Merge, rows).values_list("kept", "merged") for pk in pair}
    versions = _of(Version, rows).filter(content_type__app_label="references", content_type__model="reference")
    return found | {int(pk) for pk in versions.values_list("object_id", flat=True)}


def _of(model: type[models.Model], rows: dict[str, set[str]]) -> "models.QuerySet[Any]":
    keys = [int(key) for key in rows.get(model._meta.db_table, ()) if key.isdigit()]
    return model._default_manager.filter(pk__in=keys)


def _pull_visits(now: datetime.datetime) -> Iterator[str]:
    """Bad news are laid over the page at once; that a source was opened again moves one date, at the next midnight."""
    reading = _reading(VISITS)
    rows = LinkCheck.objects.filter(pk__gte=reading.upto).order_by("pk").only("reference", "outcome", "checked_at")
    seen = list(takewhile(lambda row: row.checked_at <= now - SETTLED, rows[:VISITS_A_ROUND]))
    if not seen:
        return
    visited = {row.reference_id for row in seen}
    bad = {row.reference_id for row in seen if row.outcome not in ANSWERS | UNKNOWN} | _marked_as_dead(visited)
    yield from _tell(publishing.have_made_anew(articles_on(bad), now))
    publishing.have_made_anew(articles_on(visited - bad), trust.midnight_after(trust.day(now)))
    _advance(reading, seen[-1].pk + 1)


def _marked_as_dead(references: set[int]) -> set[int]:
    keys = dict(Reference.objects.filter(pk__in=references).values_list("key", "pk"))
    dead = open_marks().filter(nature=troubles.UNREACHABLE, key__in=keys)
    return {keys[key] for key in dead.values_list("key", flat=True)}


def articles_on(references: Iterable[int]) -> list[int]:
    """Live articles that cite one of these sources, or one that was merged with it."""
    family = set(references)
    newest = set(family)
    while newest:
        near = models.Q(pk__in=newest) | models.Q(merged_into__in=newest)
        links = Reference.objects.filter(near).values_list("pk", "merged_into")
        newest = {pk for pair in links for pk in pair if pk} - family
        family |= newest
    found = EditionSource.objects.live().filter(reference__in=family)
    return sorted(set(found.values_list("edition__article", flat=True)))


def _reading(stream: str) -> LibraryReading:
    return LibraryReading.objects.get_or_create(stream=stream)[0]


def _advance(reading: LibraryReading, upto: int) -> None:
    """Of several workers the one that read furthest counts."""
    LibraryReading.objects.filter(pk=reading.pk, upto__lt=upto).update(upto=upto)


def _tell(count: int) -> Iterator[str]:
    if count:
        yield f"News of sources: {count} {'page is' if count == 1 else 'pages are'} made anew."


# --- the list of work ---------------------------------------------------------------------------------------------


def open_marks() -> "models.QuerySet[SourceMark]":
    """Marks of live articles that nobody has answered, whose statement still is as it was; the first due first."""
    raised = SourceMark.objects.filter(action=SourceMark.Action.RAISED, article__live_edition__isnull=False)
    later = SourceMark.objects.filter(of=models.OuterRef("pk"))
    return raised.filter(~models.Exists(later)).order_by("due_on", "id")


# --- the answer ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """Which mark somebody answers, as they saw it."""

    place: str
    key: str
    matter: str
    digest: str

    def is_about(self, mark: Mark) -> bool:
        return mark.identity == (self.place or None, self.key, self.matter)


def marks_of(article: Article, edition: Edition) -> tuple[Mark, ...]:
    """Every mark of a live edition as readers see it, answered or not."""
    state = publishing.state_of(edition)
    digests = state.blocks
    return marks.laid(article, state).over(state, digests)


def objections(making: Making, state: State, actor: Any) -> Callable[[Mark], list[str]]:
    """Asked of a mark: why this person may not answer for its statement; nothing if they may.

    The plain rule: an editor or a medical reviewer who did not make the statement's wording. The answer is shown as
    theirs, under their name: it is a signed word about the page, like a medical signature, not wording of the page.
    """
    if not roles.has_role(actor, *ANSWERERS):
        return lambda mark: [roles.only(ANSWERERS)]
    makers, own = four_eyes.makers_of(making, state), ledger.known_actor_id(actor)
    return lambda mark: [OWN_WORDS] if own in makers(mark.place or WHOLE_PAGE) else []


@transaction.atomic
def answer(article: Article, asked: Asked, words: str, actor: Any, now: datetime.datetime) -> SourceMark:
    """Answer for a statement of the live page that leans on a source in trouble; readers see it at once.

    Raises ``Refused`` with every reason.
    """
    article = Article.objects.select_for_update().get(pk=article.pk)
    edition = article.live_edition_id and Edition.objects.get(pk=article.live_edition_id)
    found = marks_of(article, edition) if edition else ()
    mark = next((mark for mark in found if asked.is_about(mark)), None)
    if mark is None or not edition:
        raise Refused(NOT_OPEN)
    reasons = [] if mark.digest == asked.digest else [OTHER_WORDS]
    reasons += objections(Making(article), publishing.state_of(edition), actor)(mark)
    told = _told(words, reasons)
    if reasons:
        raise Refused(reasons)
    return publishing.answer_mark(article, mark, actor=ledger.actor_id(actor, now), now=now, text=told, **_named(actor))


def _told(words: str, reasons: list[str]) -> str:
    """The words as they are kept; what is wrong with them joins the reasons."""
    try:
        told = " ".join(text.normalise(words, multiline=True).split())
    except text.TextError as error:
        reasons.append(str(error))
        return ""
    if not told:
        reasons.append(NO_WORDS)
    if len(told) > LONGEST_ANSWER:
        reasons.append(f"Say it in at most {LONGEST_ANSWER:,} characters; this has {len(told):,}.")
    return told


def _named(actor: Any) -> dict[str, str]:
    """Who answers, as readers are told: the person's name and profession, else the account's name and role."""
    person = getattr(actor, "person", None)
    if person:
        return {"person_name": person.name, "person_profession": person.profession}
    held = next((role for role in (MEDICAL_REVIEWER, EDITOR) if roles.has_role(actor, role)), EDITOR)
    name = actor.get_full_name() or actor.get_username()
    return {"person_name": name, "person_profession": roles.ROLES[held][0].lower()}
