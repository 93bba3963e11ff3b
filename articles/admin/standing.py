"""Where an article stands, in words: who spoke last about the draft, what is kept from readers, who comes next."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from .. import roles, text
from ..cases import Case
from ..ledger import names_of
from ..models import ActorName, Article, Notice, Transition
from ..roles import EDITOR, MEDICAL_REVIEWER, PUBLISHER
from ..snapshot import blocks_of

S = Article.State
MOST_WAITING = 12

#: Steps that hand an article to somebody, as a colleague would tell them.
SPOKEN = {
    "submit": "{who} submitted this for checking",
    "request_changes": "{who} asked for changes",
    "pass_on": "{who} passed this on to a medical reviewer",
    "approve_minor": "{who} approved this",
    "approve": "{who} approved this",
    "schedule": "{who} scheduled this",
    "unschedule": "{who} took this off the schedule",
    "schedule_failed": "This could not be published when its moment came",
    "fix_live": "{who} set the longer draft aside to mend the live page first",
    "reopen": "{who} reopened this",
}
#: Steps by which somebody says that they have read the draft.
LOOKS = ("request_changes", "sign", "pass_on", "approve_minor", "approve")
#: Who has an article in each state.
HELD_BY = {
    S.DRAFT: "It is a draft: its author works on it.",
    S.CHANGES_REQUESTED: "It is with its author again, who finds your words on the article and on the desk.",
    S.EDITORIAL_REVIEW: "An editor who did not write it looks at it next; it stands under “Second look”.",
    S.MEDICAL_REVIEW: "A medical reviewer checks it next; it stands under “Second look”.",
    S.APPROVED: "A publisher can publish or schedule it now.",
    S.SCHEDULED: "It goes live by itself when its moment comes.",
    S.CLEAN: "Readers see it now.",
}


@dataclass(frozen=True)
class Word:
    """The last thing that was done with a draft: what, when, and what was said about it."""

    what: str
    at: datetime.datetime
    why: str
    is_asking: bool


def last_word(article: Article) -> Word | None:
    """Who handed the article on last, and with which words; nothing once it is published (one query)."""
    if article.state == S.CLEAN:
        return None
    step = _steps(article).filter(name__in=[*SPOKEN, "publish", "publish_now"]).first()
    return _word(step, step.who) if step and step.name in SPOKEN else None


def last_look(article: Article) -> Any:
    """The last step by which somebody looked at a version of this article older than the newest; ``who`` names them."""
    return _steps(article).filter(name__in=LOOKS).exclude(revision=article.newest_revision_id).first()


def _steps(article: Article) -> "QuerySet[Any]":
    """An article's steps, newest first, with ``who`` made them."""
    newest = ActorName.objects.filter(actor=OuterRef("actor")).order_by("-since", "-id").values("name")[:1]
    former = Value("a former colleague")
    return article.transitions.defer("data").annotate(who=Coalesce(Subquery(newest), former)).order_by("-id")


def _word(step: Transition, who: str) -> Word:
    return Word(SPOKEN[step.name].format(who=who), step.at, step.reason, step.name == "request_changes")


# --- what is kept from readers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A withdrawal, a move or a withheld statement that stands now."""

    what: str
    at: datetime.datetime
    words: str
    statement: str
    moved_to: Article | None
    is_confirmed: bool


def kept_from_readers(case: Case) -> list[Kept]:
    """Everything of an article that readers do not get to see now, and whether a second publisher agreed."""
    gone = case.withdrawal if case.article.state == S.CLEAN else None
    rows = [gone] if gone else case.withheld if case.live else []
    if not rows:
        return []
    shown = {b["uid"]: text.plain(b["html"]) for b in blocks_of(case.shown.snapshot)} if case.shown else {}
    waiting = {notice.pk for notice in case.open_notices}
    return [_kept(row, shown.get(row.block_uid, ""), row.pk not in waiting) for row in rows]


def with_kept(articles: QuerySet[Article]) -> QuerySet[Article]:
    """Articles with ``is_moved`` and ``is_part_withheld``: what a list says of those that readers do not see whole."""
    raised = Notice.objects.filter(article=OuterRef("pk"), action=Notice.Action.RAISED)
    standing = raised.exclude(followed_by__action=Notice.Action.LIFTED)
    newest = raised.exclude(kind=Notice.Kind.WITHHELD).order_by("-id").values("kind")[:1]
    return articles.annotate(newest_kind=Subquery(newest)).annotate(
        is_moved=Q(live_edition=None, newest_kind=Notice.Kind.MOVED),
        is_part_withheld=Exists(standing.filter(kind=Notice.Kind.WITHHELD)),
    )


def _kept(row: Notice, statement: str, is_confirmed: bool) -> Kept:
    return Kept(row.get_kind_display(), row.at, row.text, statement, row.moved_to, is_confirmed)


# --- the desk's first page ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """One article that waits for one person, and why."""

    article: Article
    word: Word

    @property
    def is_returned(self) -> bool:
        return self.word.is_asking


def waiting_for(user: Any) -> list[Waiting]:
    """What came back to this person, and what their roles ask them to look at; what came back stands first."""
    mine = ActorName.objects.filter(user=user).values("actor")
    rows = list(_held(mine).filter(_for(user))[:MOST_WAITING])
    steps = Transition.objects.in_bulk([row.last_step for row in rows])
    names = names_of(step.actor for step in steps.values())
    found = [Waiting(row, _word(step, names[step.actor])) for row in rows for step in [steps[row.last_step]]]
    return sorted(found, key=lambda waiting: not waiting.is_returned)


def _held(mine: Any) -> "QuerySet[Any]":
    """Articles on their way to readers, with their last step and whether this person handed them in."""
    steps = Transition.objects.filter(article=OuterRef("pk")).order_by("-id")
    handed_in = steps.filter(name="submit").values("actor")[:1]
    return (
        Article.objects.exclude(state=S.CLEAN)
        .annotate(last_step=Subquery(steps.filter(name__in=SPOKEN).values("pk")[:1]))
        .annotate(last_name=Subquery(steps.filter(name__in=SPOKEN).values("name")[:1]))
        .annotate(handed_in_by=Subquery(handed_in))
        .annotate(is_mine=Exists(ActorName.objects.filter(actor=OuterRef("handed_in_by"), actor__in=mine)))
        .filter(last_step__isnull=False)
        .order_by(F("last_step").desc())
    )


def _for(user: Any) -> Q:
    """Which of them wait for this person: by who handed them in, and by role."""
    wanted = Q(is_mine=True, last_name__in=["request_changes", "schedule_failed"])
    wanted |= Q(is_mine=True, state__in=[S.APPROVED, S.SCHEDULED])
    for role, state in _desks():
        if roles.has_role(user, role):
            wanted |= Q(is_mine=False, state=state)
    return wanted


def _desks() -> Iterator[tuple[str, str]]:
    yield EDITOR, S.EDITORIAL_REVIEW
    yield MEDICAL_REVIEWER, S.MEDICAL_REVIEW
    yield PUBLISHER, S.APPROVED
