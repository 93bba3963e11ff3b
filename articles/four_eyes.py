"""Two pairs of eyes: which statements wait for a signature, and who may not give it.

Nobody signs wording, a deletion, a move or a source that they made themselves, in whichever edition. Superusers are no
exception; there is no role in this module.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models.functions import Coalesce
from reversion.models import Version

from references.models import Reference

from . import ledger, statements
from .canonical import digest
from .models import Article, Review, Transition, Wording

#: Steps that settle the wording of the revision they were taken at.
APPROVALS = ("approve_minor", "approve", "approve_after")


@dataclass(frozen=True)
class State:
    """A snapshot with what its keys meant, and the saved version that holds it (0: none yet)."""

    snapshot: dict[str, Any]
    context: dict[str, Any]
    revision: int = 0

    @cached_property
    def wordings(self) -> dict[str, str]:
        """Digest of every statement's own wording."""
        return statements.wording_digests(self.snapshot)

    @cached_property
    def blocks(self) -> dict[str, str]:
        """Digest of every block with what gives it meaning: what a medical reviewer signs."""
        return statements.block_digests(self.snapshot, self.context)

    @property
    def signable(self) -> dict[str, str]:
        """Digest to sign of every statement: a block's covers what gives it meaning, others their own wording."""
        return self.wordings | self.blocks


@dataclass(frozen=True)
class Due:
    """One change that somebody other than its makers must sign. ``key`` is what the signature names.

    A removal, a move and wording brought back are named with the saved version that did it: a signature given to an
    earlier removal, or to the same words in an earlier year, is none for this one.
    """

    key: str
    digest: str
    aspect: str
    statement: str
    makers: frozenset[str]


def dues(making: "Making", old: State | None, new: State) -> list[Due]:
    """Everything that differs between two states of an article, each with its makers."""
    changed = statements.changed_statements(old.snapshot if old else None, new.snapshot)
    signable = new.signable
    makers = _Makers(making, new, since=old.revision if old else 0)
    found = []
    for statement, aspects in changed.items():
        if "text" in aspects:
            key = statement + makers.brought_back(statement)
            found.append(Due(key, signable[statement], "text", statement, makers.of_text(statement)))
        if "removal" in aspects:
            found.append(_act("removal", statement, "", makers.of_removal(statement), makers))
        if "place" in aspects:
            place = _place(new.snapshot, statement)
            found.append(_act("place", statement, place, makers.of_place(statement), makers))
    return found + _turned_sources(old, new, {due.statement for due in found if due.aspect == "text"}, signable)


def _act(aspect: str, statement: str, value: str, who: frozenset[str], makers: "_Makers") -> Due:
    key = f"{aspect}:{statement}@{makers.last_act(statement, aspect)}"
    return Due(key, digest(value), aspect, statement, who)


def _place(snapshot: dict[str, Any], uid: str) -> str:
    """Where a statement stands: its section and what stands before it."""
    orders = [("", [s["uid"] for s in snapshot["sections"]])]
    orders += [(s["uid"], [b["uid"] for b in s["blocks"]]) for s in snapshot["sections"]]
    for home, order in orders:
        if uid in order:
            position = order.index(uid)
            return f"{home}/{order[position - 1] if position else ''}"
    return ""


def _turned_sources(old: State | None, new: State, listed: set[str], signable: dict[str, str]) -> list[Due]:
    """Unchanged statements whose source has become another source since the old state."""
    if old is None:
        return []
    before = statements.context_identity(old.context)["references"]
    after = statements.context_identity(new.context)["references"]
    turned = {key for key in after if key in before and before[key] != after[key]}
    blocks = {c["block"] for c in new.snapshot["citations"] if c["key"] in turned and c["block"]}
    makers = frozenset().union(*(last_editors_of_source(key) for key in turned)) if turned else frozenset()
    return [Due(uid, signable[uid], "source", uid, makers) for uid in sorted(blocks - listed)]


def last_editors_of_source(key: str) -> frozenset[str]:
    """Actor ids of whoever saved the newest version of a source."""
    reference = Reference.objects.filter(key=key).first()
    version = Version.objects.get_for_object(reference).select_related("revision__user").first() if reference else None
    if version is None or version.revision.user is None:
        return frozenset()
    return frozenset({ledger.known_actor_id(version.revision.user)})


class Making:
    """The record of who made what in an article, and of the versions at which it was settled: two queries, however
    many states of the article are asked about."""

    def __init__(self, article: Article):
        self.article = article
        self.rows = list(Wording.objects.filter(article=article).order_by("id"))
        approvals = Transition.objects.filter(article=article, name__in=APPROVALS)
        self.approved_at = set(approvals.values_list(Coalesce("edition__revision", "revision"), flat=True))


class _Makers:
    """Who made the wording of a state of an article, and what was moved and removed in it after the version
    ``since``."""

    def __init__(self, making: Making, new: State, since: int = 0):
        self.article, self.approved_at, self.since = making.article, making.approved_at, since
        self.digests = new.wordings
        self.rows: dict[str, list[Wording]] = {}
        for row in making.rows:
            if not new.revision or row.revision_id <= new.revision:
                self.rows.setdefault(row.statement, []).append(row)

    def of_text(self, statement: str) -> frozenset[str]:
        """Everyone who made this very wording, except where it was settled by an approval and somebody else has
        since brought it back: then bringing it back is the act, and its actor the maker."""
        texts = self._texts(statement)
        same = [n for n, row in enumerate(texts) if row.digest == self.digests.get(statement)]
        if not same:
            return frozenset()
        makers = {texts[same[-1]].actor}
        for n in same[:-1]:
            if not self._settled(texts[n].revision_id, texts[n + 1].revision_id):
                makers.add(texts[n].actor)
        return self._named(makers)

    def brought_back(self, statement: str) -> str:
        """The mark of words that had been there before, were replaced, and are back."""
        same = [row.revision_id for row in self._texts(statement) if row.digest == self.digests.get(statement)]
        return f"@{same[-1]}" if same and same[0] < same[-1] else ""

    def of_removal(self, statement: str) -> frozenset[str]:
        return self._named(_last(self._acts(statement, Wording.Aspect.REMOVAL)))

    def of_place(self, statement: str) -> frozenset[str]:
        """Whoever moved the statement last. Where nobody moved this very one, it stands elsewhere because others
        were moved past it, or because it was taken out and put back: then those who did that."""
        own = self._acts(statement, Wording.Aspect.PLACE)
        if own:
            return self._named(_last(own))
        stirred = [
            rows for rows in map(self._acts, self.rows) if any(row.aspect != Wording.Aspect.TEXT for row in rows)
        ]
        return self._named({row.actor for rows in stirred for row in rows})

    def last_act(self, statement: str, aspect: str) -> int:
        """The saved version that last removed or moved a statement."""
        return max((row.revision_id for row in self._acts(statement, aspect)), default=self.since)

    def _acts(self, statement: str, aspect: str = "") -> list[Wording]:
        rows = self.rows.get(statement, [])
        return [row for row in rows if row.revision_id > self.since and (not aspect or row.aspect == aspect)]

    def _texts(self, statement: str) -> list[Wording]:
        return [row for row in self.rows.get(statement, []) if row.aspect != Wording.Aspect.PLACE]

    def _settled(self, since: int, until: int) -> bool:
        return any(since <= revision < until for revision in self.approved_at)

    def _named(self, makers: set[str]) -> frozenset[str]:
        """What the system wrote (an unattended import) belongs to whoever submitted it."""
        if ledger.SYSTEM in makers:
            submitted = Transition.objects.filter(article=self.article, name="submit").order_by("-id").first()
            makers = (makers - {ledger.SYSTEM}) | ({submitted.actor} if submitted else set())
        return frozenset(makers)


def _last(rows: list[Wording]) -> set[str]:
    """Who acted last; several where the server joined their edits."""
    return {row.actor for row in rows if row.revision_id == rows[-1].revision_id}


def makers_of_blocks(making: Making, state: State) -> dict[str, frozenset[str]]:
    """Makers of the wording of every block, for a signature over a whole edition."""
    makers = _Makers(making, state)
    return {uid: makers.of_text(uid) for uid in state.blocks}


def makers_of(making: Making, state: State) -> Callable[[str], frozenset[str]]:
    """Asked of a statement, by the keys of `statements.wording`: the makers of its wording."""
    return _Makers(making, state).of_text


def signed_keys(reviews: Iterable[Review], wanted: Iterable[Due]) -> set[str]:
    """Keys of the wanted changes that somebody other than their makers has signed as they stand."""
    wanted = list(wanted)
    found: set[str] = set()
    for review in reviews:
        found |= {
            due.key for due in wanted if review.statements.get(due.key) == due.digest and review.actor not in due.makers
        }
    return found
