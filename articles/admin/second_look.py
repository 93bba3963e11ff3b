"""The Second look list: everything that waits for another pair of eyes, with what changed, ready for a phone.

The list is made for a glance: what a row offers follows from state, roles and who wrote. Whether a step may really be
made is asked again, in full, when its button is pressed.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Q, QuerySet, When
from reversion.models import Version

from references.models import Reference

from .. import publishing, roles
from ..four_eyes import State, last_editors_of_source
from ..ledger import known_actor_id, names_of
from ..models import ActorName, Article, Edition, Transition, Wording
from ..roles import EDITOR, MEDICAL_REVIEWER, PUBLISHER
from ..significance import MINOR, SUBSTANTIVE, significance
from ..statements import context_identity
from ..upcasting import upcast
from . import showing
from .naming import names_in_use
from .signing import SIGNING

S = Article.State
WAITING = (S.EDITORIAL_REVIEW, S.MEDICAL_REVIEW, S.APPROVED)
PASSED = (S.APPROVED, S.SCHEDULED)
MOST_LINES = 12


@dataclass
class Item:
    """One row: an article, why it waits, what changed, and what this person can do about it."""

    article: Article
    why: str
    level: str
    lines: list[showing.Line]
    is_own: bool
    notices: list[str]
    asked: str = ""
    is_raiser: bool = False
    turned: tuple[str, ...] = ()
    steps: list[tuple[str, str]] = field(default_factory=list)
    both: bool = False

    @property
    def shown(self) -> list[showing.Line]:
        return self.lines[:MOST_LINES]

    @property
    def rest(self) -> int:
        return max(len(self.lines) - MOST_LINES, 0)

    @property
    def signs(self) -> bool:
        return any(name in SIGNING for name, _ in self.steps)


def waiting() -> QuerySet[Article]:
    """Articles with something a second person must look at: those whose sources changed after their approval first,
    since nothing publishes them, then by how long they have waited."""
    owed = publishing.approvals_owed().values("article")
    notices = publishing.unconfirmed().values("article")
    turned = list(turned_sources(Article.objects.filter(state__in=PASSED)))
    rows = Article.objects.filter(Q(state__in=WAITING) | Q(pk__in=owed) | Q(pk__in=notices) | Q(pk__in=turned))
    first = Case(When(pk__in=turned, then=0), default=1)
    return rows.select_related("live_edition").order_by(first, "newest_revision_id", "pk")


def turned_sources(articles: Iterable[Article]) -> dict[int, tuple[str, ...]]:
    """Approved articles whose cited sources have become other sources since: their keys, by article (two queries)."""
    digests = {article.pk: article.digest for article in articles if article.state in PASSED}
    steps = Transition.objects.filter(article__in=digests, name__in=["approve", "approve_minor", "confirm_sources"])
    approvals = {
        step.article_id: step for step in steps.order_by("id") if step.snapshot_digest == digests[step.article_id]
    }
    approved = {pk: step.data.get("references", {}) for pk, step in approvals.items()}
    keys = {key for references in approved.values() for key in references}
    context = {"references": {row.key: row.csl() for row in Reference.objects.filter(key__in=keys)}}
    now = context_identity(context)["references"]
    turned = {pk: tuple(sorted(key for key in was if was[key] != now.get(key))) for pk, was in approved.items()}
    return {pk: found for pk, found in turned.items() if found}


def items(articles: Iterable[Article], user: Any) -> list[Item]:
    """The rows of one page of the list, in a fixed number of queries."""
    page = list(articles)
    facts = _Facts(page, user)
    return [facts.item(article) for article in page]


class _Facts:
    """What the rows of one page need to know, fetched once for all of them."""

    def __init__(self, page: list[Article], user: Any) -> None:
        self.user = user
        self.names = names_in_use()
        self.newest = _newest(page)
        self.owed = _emergencies(page)
        self.before = _last_approved(page, self.owed)
        self.notices = _notices(page)
        self.raised_by_others = _raised_by_others(page, user)
        self.settled = _settled(page)
        self.own = _own(page, user, self._since(page))
        self.asked = _asked(page)
        self.turned = turned_sources(page)
        self.turned_by_me = _edited_last({key for keys in self.turned.values() for key in keys}, user)

    def _is_owed(self, article: Article) -> bool:
        return article.pk in self.owed and article.state not in WAITING

    def _since(self, page: list[Article]) -> dict[int, int]:
        """After which saved version the changes of each row were made: the one readers see, or, where its check is
        owed, the one approved before."""
        seen = {article.pk: article.live_edition.revision_id if article.live_edition else 0 for article in page}
        owed = (article.pk for article in page if self._is_owed(article))
        return seen | {pk: self.before[pk].revision if pk in self.before else 0 for pk in owed}

    def item(self, article: Article) -> Item:
        is_owed = self._is_owed(article)
        if is_owed:
            assert article.live_edition is not None
            new: dict[str, Any] | None = publishing.state_of(article.live_edition).snapshot
            old = self.before.get(article.pk)
        else:
            new = self.newest.get(article.pk)
            live = article.live_edition
            old = publishing.state_of(live) if live else None
        lines = showing.lines(old.snapshot if old else None, new, self.names) if new else []
        level = self._level(article, old, new) if new else MINOR
        notices = self.notices.get(article.pk, [])
        item = Item(article, self._why(article, is_owed), level, lines, article.pk in self.own, notices)
        item.asked = self.asked.get(article.pk, "") if article.state in WAITING else ""
        item.turned = self.turned.get(article.pk, ())
        self._offer(item, is_owed)
        return item

    def _level(self, article: Article, old: State | None, new: dict[str, Any]) -> str:
        settled = self.settled.get((article.pk, article.digest))
        if settled:
            return MINOR if settled == "treat_as_minor" else SUBSTANTIVE
        return significance(old.snapshot if old else None, new).level

    def _why(self, article: Article, is_owed: bool) -> str:
        if is_owed:
            return "Published first; the check is owed"
        if article.state in WAITING or article.pk in self.turned:
            return article.get_state_display()
        return "A notice for readers waits for a second publisher"

    def _offer(self, item: Item, is_owed: bool) -> None:
        state, held = item.article.state, roles.roles_of(self.user) if not self.user.is_superuser else set(roles.ROLES)
        if item.article.pk in self.raised_by_others and PUBLISHER in held:
            item.steps.append(("confirm_notice", "Confirm the notice"))
        item.is_raiser = bool(item.notices) and item.article.pk not in self.raised_by_others
        approval, role = _approval(state, item.level, is_owed)
        if approval and role in held and not item.is_own:
            item.steps.append((approval, APPROVALS[approval]))
            item.both = approval in ("approve_minor", "approve") and PUBLISHER in held
        if item.turned:
            confirmers = {MEDICAL_REVIEWER} if item.level == SUBSTANTIVE else {MEDICAL_REVIEWER, EDITOR}
            if confirmers & held and not item.is_own and not self.turned_by_me & set(item.turned):
                item.steps.append(("confirm_sources", "Confirm the changed sources"))
        elif state == S.APPROVED and PUBLISHER in held:
            item.steps.append(("publish", "Publish"))


APPROVALS = {
    "approve_minor": "Approve",
    "pass_on": "Pass on to a medical reviewer",
    "approve": "Approve and sign",
    "approve_after": "Approve what was published",
}


def _approval(state: str, level: str, is_owed: bool) -> tuple[str, str]:
    """The step that settles what waits, and the role it takes."""
    if state == S.EDITORIAL_REVIEW:
        return ("approve_minor" if level == MINOR else "pass_on"), EDITOR
    if state == S.MEDICAL_REVIEW:
        return "approve", MEDICAL_REVIEWER
    if is_owed:
        return "approve_after", EDITOR if level == MINOR else MEDICAL_REVIEWER
    return "", ""


def _newest(page: list[Article]) -> dict[int, dict[str, Any]]:
    revisions = [article.newest_revision_id for article in page]
    ids = [str(article.pk) for article in page]
    rows = Version.objects.get_for_model(Article).filter(revision_id__in=revisions, object_id__in=ids)
    return {int(row.object_id): upcast(json.loads(row.serialized_data)) for row in rows}


def _notices(page: list[Article]) -> dict[int, list[str]]:
    """What readers are told by notices that nobody has confirmed yet."""
    found: dict[int, list[str]] = {}
    for row in publishing.unconfirmed().filter(article__in=page):
        found.setdefault(row.article_id, []).append(f"{row.get_kind_display()}: “{row.text}”")
    return found


def _raised_by_others(page: list[Article], user: Any) -> set[int]:
    """Articles with a notice that this person may confirm, since somebody else raised it."""
    return set(
        publishing.unconfirmed()
        .filter(article__in=page)
        .exclude(actor=known_actor_id(user))
        .values_list("article", flat=True)
    )


def _emergencies(page: list[Article]) -> set[int]:
    return set(publishing.approvals_owed().filter(article__in=page).values_list("article", flat=True))


def _last_approved(page: list[Article], owed: set[int]) -> dict[int, State]:
    """For each emergency edition, the last edition before it that was approved."""
    settled = Transition.objects.filter(name="approve_after").values("edition")
    rows = Edition.objects.filter(article__in=owed, live_of__isnull=True)
    rows = rows.filter(Q(is_emergency=False) | Q(pk__in=settled)).order_by("number")
    return {row.article_id: publishing.state_of(row) for row in rows} if owed else {}


def _settled(page: list[Article]) -> dict[tuple[int, str], str]:
    rows = Transition.objects.filter(article__in=page, name__in=["treat_as_minor", "raise"]).order_by("id")
    return {(row.article_id, row.snapshot_digest): row.name for row in rows.defer("data")}


def _asked(page: list[Article]) -> dict[int, str]:
    """Who submitted each article last, and with which reason."""
    rows = list(Transition.objects.filter(article__in=page, name="submit").order_by("id").defer("data"))
    names = names_of(row.actor for row in rows)
    return {row.article_id: f"{names[row.actor]}: {row.reason}" for row in rows}


def _edited_last(keys: set[str], user: Any) -> set[str]:
    """Those of the sources that this person changed last."""
    actor = known_actor_id(user) if keys else ""
    return {key for key in keys if actor in last_editors_of_source(key)}


def _own(page: list[Article], user: Any, since: dict[int, int]) -> set[int]:
    """Articles in which this person made something after the saved version named."""
    actor = ActorName.objects.filter(user=user).values_list("actor", flat=True)[:1]
    rows = Wording.objects.filter(article__in=page, actor__in=actor)
    return {pk for pk, revision in rows.values_list("article", "revision") if revision > since[pk]}
