"""One article, one actor, one moment: what conditions ask about and effects act on, worked out once."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from . import drafting, four_eyes, ledger, publishing, snapshot, statements
from .four_eyes import Due, State
from .models import Article, Edition, Notice, Review, Transition
from .significance import Significance, significance

MINOR, SUBSTANTIVE = "minor", "substantive"


@dataclass
class Case:
    """Facts are worked out when somebody asks, and then kept."""

    article: Article
    actor: Any
    now: datetime.datetime
    details: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def actor_id(self) -> str:
        return ledger.known_actor_id(self.actor)

    @cached_property
    def working(self) -> State:
        content = drafting.newest(self.article)
        return State(content, snapshot.context_of(content), self.article.newest_revision_id or 0)

    @cached_property
    def live(self) -> Edition | None:
        return self.article.live_edition

    @cached_property
    def base(self) -> Edition | None:
        """What changes are measured against: the newest edition, live or withdrawn, that owes no approval. What went
        out through the emergency door stays a change until somebody approves it."""
        if self.live and not self.live.is_emergency:
            return self.live  # whatever is live is the newest
        return self.article.editions.settled().order_by("-number").first()

    @cached_property
    def published(self) -> State | None:
        """What the base says."""
        return publishing.state_of(self.base) if self.base else None

    @cached_property
    def shown(self) -> State | None:
        """What the live edition says."""
        return self.published if self.live == self.base else publishing.state_of(self.live) if self.live else None

    @cached_property
    def meaning(self) -> str:
        """What the keys of the working copy mean now: the digest that approvals are bound to."""
        return statements.context_digest(self.working.context)

    @cached_property
    def computed(self) -> Significance:
        old = self.published
        return significance(
            old.snapshot if old else None,
            self.working.snapshot,
            old.context if old else None,
            self.working.context,
        )

    @cached_property
    def settled(self) -> Transition | None:
        """A non-writer's word on the significance of this very text, its sources and what it was compared with."""
        words = self.article.transitions.filter(
            name__in=["treat_as_minor", "raise"],
            snapshot_digest=self.article.digest,
            context_digest=self.meaning,
        )
        return next((w for w in words.order_by("-id") if w.data.get("against") == self.against), None)

    @property
    def against(self) -> int:
        """The number of the edition that changes are measured against; 0 before the first."""
        return self.base.number if self.base else 0

    @property
    def level(self) -> str:
        if self.settled:
            return MINOR if self.settled.name == "treat_as_minor" else SUBSTANTIVE
        return self.computed.level

    @cached_property
    def making(self) -> four_eyes.Making:
        return four_eyes.Making(self.article)

    @cached_property
    def dues(self) -> list[Due]:
        return four_eyes.dues(self.making, self.published, self.working)

    @cached_property
    def has_changes(self) -> bool:
        """Whether publishing the working copy would change anything for readers."""
        if self.shown is None:
            return True
        return bool(self.dues if self.live == self.base else four_eyes.dues(self.making, self.shown, self.working))

    @cached_property
    def reviews(self) -> list[Review]:
        return list(self.article.reviews.all())

    def unsigned(self, kinds: Iterable[str]) -> list[Due]:
        """Changes nobody but their makers has signed yet."""
        kinds = tuple(kinds)
        signed = four_eyes.signed_keys((row for row in self.reviews if row.kind in kinds), self.dues)
        return [due for due in self.dues if due.key not in signed]

    @cached_property
    def approval(self) -> Transition | None:
        """The newest approval of the working copy as it stands in the tables."""
        return (
            self.article.transitions.filter(
                name__in=["approve", "approve_minor", "confirm_sources"], snapshot_digest=self.article.digest
            )
            .order_by("-id")
            .first()
        )

    @cached_property
    def emergency(self) -> Edition | None:
        """The live edition, while its approval is owed."""
        return self.live if self.live and publishing.is_awaiting(self.live) else None

    @cached_property
    def emergency_dues(self) -> list[Due]:
        """What an emergency edition changed against the last approved one."""
        assert self.shown is not None
        return four_eyes.dues(self.making, self.published, self.shown)

    @cached_property
    def renewable(self) -> dict[str, str]:
        """Statements of the live edition that this person did not make, with their digests."""
        if self.shown is None:
            return {}
        makers = four_eyes.makers_of_blocks(self.making, self.shown)
        return {uid: value for uid, value in self.shown.blocks.items() if self.actor_id not in makers[uid]}

    @cached_property
    def notices(self) -> list[Any]:
        """Withdrawals and withheld statements that stand."""
        return publishing.standing_notices(self.article)

    @property
    def open_notices(self) -> list[Notice]:
        """Those that wait for a second publisher."""
        return [notice for notice in self.notices if not notice.is_confirmed]

    @property
    def withheld(self) -> list[Notice]:
        return [notice for notice in self.notices if notice.kind == Notice.Kind.WITHHELD]

    @property
    def withdrawal(self) -> Notice | None:
        """The notice under which the article is withdrawn or moved now."""
        return None if self.live else publishing.newest_withdrawal(self.notices)
