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
from functools import cached_property
from itertools import takewhile
from typing import Any

from django.db import models, transaction
from reversion.models import Version

from references import families
from references.models import LinkCheck, Merge, PublicationNotice, Reference
from references.standing import ANSWERS, UNKNOWN

from . import four_eyes, ledger, marks, publishing, roles, statements, text, troubles, trust, verification
from .drafting import Refused
from .evidence import beginning
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
#: Each answer makes its page anew within the act, so one act stays short.
MOST_FURTHER = 25
WHOLE_PAGE = f"{statements.ARTICLE}:citations"
#: What people call it.
PAGE_ITSELF = "The page as a whole"

NOT_OPEN = "There is nothing to answer here any more: the statement has changed, or the source stands well again."
OTHER_WORDS = "Another wording of this statement was published since you looked. Read it first, then answer."
OWN_WORDS = "You wrote this statement; somebody else must answer for it."
NO_WORDS = "Write what readers are told."
OTHER_PAGE = "Another version of the page was published since you looked. Read it first, then answer."
NOT_THE_SAME = "You ticked a statement that is not marked for this source and this notice. Look at the list again."
TOO_MANY = f"Tick at most {MOST_FURTHER} further statements at once."


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
        body = verification.body_of(entry) if entry.article_id is None else None
        for _, table, key, _ in verification.claims(entry, body):
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
    family = {member.pk for member in families.members(pk__in=set(references))}
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


@dataclass(frozen=True)
class Further:
    """Another open mark that the same answer holds for: the row that noted it, and the edition it was seen in."""

    raised: int
    edition: int


class _Page:
    """A live page for whose statements somebody answers; the caller holds the article's row."""

    def __init__(self, article: Article, actor: Any) -> None:
        self.article, self.actor, self.live = article, actor, article.live_edition
        self.marks = marks_of(article, self.live) if self.live else ()

    @cached_property
    def state(self) -> State:
        assert self.live is not None
        return publishing.state_of(self.live)

    @cached_property
    def objections(self) -> Callable[[Mark], list[str]]:
        return objections(Making(self.article), self.state, self.actor)

    def words(self, place: str | None) -> str:
        """How the statement begins, for a refusal that names it."""
        blocks = statements.blocks_of(self.state.snapshot) if self.live and place else ()
        return next((beginning(block) for _, _, block in blocks if block["uid"] == place), PAGE_ITSELF)


@transaction.atomic
def answer(
    article: Article, asked: Asked, words: str, actor: Any, now: datetime.datetime, further: Iterable[Further] = ()
) -> list[SourceMark]:
    """Answer for a statement of the live page that leans on a source in trouble, and with the same words for further
    ones that lean on the same source in the same trouble, in this article or others; readers see it at once.

    Each gets an answer of its own and an entry of its own, after the same questions as if it were answered alone. One
    that may not be answered stops them all. Raises ``Refused`` with every reason.
    """
    wanted = {one.raised: one for one in further}
    rows = _raised_with(asked, wanted)
    pages = {found.pk: _Page(found, actor) for found in _locked({article.pk, *(row.article_id for row in rows)})}
    mark, reasons = _asked_for(pages[article.pk], asked)
    picked = [(pages[article.pk].article, mark)] if mark else []
    for row in rows:
        one, why_not = _ticked(pages[row.article_id], row, wanted[row.pk])
        picked += [(pages[row.article_id].article, one)] if one else []
        reasons += why_not
    reasons += [NOT_THE_SAME] * (len(rows) < len(wanted)) + [TOO_MANY] * (len(wanted) > MOST_FURTHER)
    told = _told(words, reasons) if mark else ""
    if reasons:
        raise Refused(reasons)
    who, named = ledger.actor_id(actor, now), _named(actor)
    unique = dict.fromkeys(picked)
    return [publishing.answer_mark(of, one, actor=who, now=now, text=told, **named) for of, one in unique]


def same_trouble(key: str, matter: str) -> models.Q:
    """Marks of the same source in the same trouble. A notice names its source under whichever key that is cited."""
    return models.Q(matter=matter) & (models.Q(key=key) | models.Q(notice__isnull=False))


def _raised_with(asked: Asked, wanted: Iterable[int]) -> list[SourceMark]:
    raised = SourceMark.objects.filter(action=SourceMark.Action.RAISED, pk__in=wanted)
    return list(raised.filter(same_trouble(asked.key, asked.matter)).order_by("pk"))


def _locked(articles: Iterable[int]) -> list[Article]:
    """In the order of their ids, so that two people who answer for the same pages never wait for each other."""
    return list(Article.objects.select_for_update().filter(pk__in=articles).order_by("pk"))


def _asked_for(page: _Page, asked: Asked) -> tuple[Mark | None, list[str]]:
    mark = next((mark for mark in page.marks if asked.is_about(mark)), None)
    if mark is None:
        return None, [NOT_OPEN]
    reasons = [] if mark.digest == asked.digest else [OTHER_WORDS]
    return mark, reasons + page.objections(mark)


def _ticked(page: _Page, row: SourceMark, seen: Further) -> tuple[Mark | None, list[str]]:
    """The mark of a further statement, and why it may not be answered, each sentence with the statement's name."""
    mark = next((mark for mark in page.marks if mark.raised == row.pk and mark.is_open), None)
    if mark is None:
        reasons = [NOT_OPEN]
    else:
        reasons = page.objections(mark) + [OTHER_PAGE] * (page.article.live_edition_id != seen.edition)
    place = f"“{page.words(row.block_uid or None)}” in “{page.article.title}”"
    return mark, [f"{place}: {reason}" for reason in reasons]


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
