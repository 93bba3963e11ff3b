"""Two pairs of eyes: which statements wait for a signature, and who may not give it.

Nobody signs wording, a deletion, a move or a source that they made themselves, in whichever edition. Superusers are no
exception; there is no role in this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reversion.models import Version

from references.models import Reference

from . import ledger, statements
from .canonical import digest
from .models import Article, Review, Transition, Wording

#: Steps that settle the wording of the revision they were taken at.
APPROVALS = ("approve_minor", "approve", "approve_after")


@dataclass(frozen=True)
class State:
    """A snapshot with what its keys meant."""

    snapshot: dict[str, Any]
    context: dict[str, Any]

    @property
    def signable(self) -> dict[str, str]:
        """Digest to sign of every statement: a block's covers what gives it meaning, others their own wording."""
        return statements.wording_digests(self.snapshot) | statements.block_digests(self.snapshot, self.context)


@dataclass(frozen=True)
class Due:
    """One change that somebody other than its makers must sign. ``key`` is what the signature names."""

    key: str
    digest: str
    aspect: str
    statement: str
    makers: frozenset[str]


def dues(article: Article, old: State | None, new: State) -> list[Due]:
    """Everything that differs between two states of an article, each with its makers."""
    changed = statements.changed_statements(old.snapshot if old else None, new.snapshot)
    signable = new.signable
    makers = _Makers(article, new, set(changed))
    found = []
    for statement, aspects in changed.items():
        if "text" in aspects:
            found.append(Due(statement, signable[statement], "text", statement, makers.of_text(statement)))
        if "removal" in aspects:
            found.append(_placed(f"removal:{statement}", "", "removal", statement, makers))
        if "place" in aspects:
            found.append(_placed(f"place:{statement}", _place(new.snapshot, statement), "place", statement, makers))
    return found + _turned_sources(old, new, {due.key for due in found}, signable)


def _placed(key: str, value: str, aspect: str, statement: str, makers: "_Makers") -> Due:
    return Due(key, digest(value), aspect, statement, makers.of_aspect(statement, aspect))


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


class _Makers:
    """Who made the present wording of some statements of an article; three queries for any number of them."""

    def __init__(self, article: Article, new: State, keys: set[str]):
        self.article = article
        self.digests = statements.wording_digests(new.snapshot)
        self.rows: dict[str, list[Wording]] = {}
        for row in Wording.objects.filter(article=article).order_by("id"):
            if row.statement in keys:
                self.rows.setdefault(row.statement, []).append(row)
        self.approved_at = sorted(
            Transition.objects.filter(article=article, name__in=APPROVALS).values_list("revision_id", flat=True)
        )

    def of_text(self, statement: str) -> frozenset[str]:
        """Everyone who made this very wording, except where it was settled by an approval and somebody else has
        since brought it back: then bringing it back is the act, and its actor the maker."""
        texts = [row for row in self.rows.get(statement, []) if row.aspect != Wording.Aspect.PLACE]
        same = [n for n, row in enumerate(texts) if row.digest == self.digests.get(statement)]
        if not same:
            return frozenset()
        makers = {texts[same[-1]].actor}
        for n in same[:-1]:
            if not self._settled(texts[n].revision_id, texts[n + 1].revision_id):
                makers.add(texts[n].actor)
        return self._named(makers)

    def of_aspect(self, statement: str, aspect: str) -> frozenset[str]:
        rows = [row for row in self.rows.get(statement, []) if row.aspect == aspect]
        return self._named({rows[-1].actor} if rows else set())

    def _settled(self, since: int, until: int) -> bool:
        return any(since <= revision < until for revision in self.approved_at)

    def _named(self, makers: set[str]) -> frozenset[str]:
        """What the system wrote (an unattended import) belongs to whoever submitted it."""
        if ledger.SYSTEM in makers:
            submitted = Transition.objects.filter(article=self.article, name="submit").order_by("-id").first()
            makers = (makers - {ledger.SYSTEM}) | ({submitted.actor} if submitted else set())
        return frozenset(makers)


def makers_of_blocks(article: Article, state: State) -> dict[str, frozenset[str]]:
    """Makers of the wording of every block, for a signature over a whole edition."""
    blocks = statements.block_digests(state.snapshot, state.context)
    makers = _Makers(article, state, set(blocks))
    return {uid: makers.of_text(uid) for uid in blocks}


def signed_keys(article: Article, wanted: Iterable[Due], kinds: Iterable[str]) -> set[str]:
    """Keys of the wanted changes that somebody other than their makers has signed as they stand."""
    wanted = list(wanted)
    found: set[str] = set()
    for review in Review.objects.filter(article=article, kind__in=kinds):
        found |= {
            due.key for due in wanted if review.statements.get(due.key) == due.digest and review.actor not in due.makers
        }
    return found
