"""One article, one actor, one moment: what conditions ask about and effects act on, worked out once."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from . import drafting, four_eyes, ledger, publishing, snapshot, statements
from .four_eyes import Due, State
from .models import Article, Edition, Notice, Transition
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
        return State(content, snapshot.context_of(content))

    @cached_property
    def live(self) -> Edition | None:
        return self.article.live_edition

    @cached_property
    def published(self) -> State | None:
        """What the changes are measured against: the newest edition, live or withdrawn."""
        last = self.live or self.article.editions.order_by("-number").first()
        return publishing.state_of(last) if last else None

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
        """A non-writer's word on the significance of this very text."""
        return (
            self.article.transitions.filter(name__in=["treat_as_minor", "raise"], snapshot_digest=self.article.digest)
            .order_by("-id")
            .first()
        )

    @property
    def level(self) -> str:
        if self.settled:
            return MINOR if self.settled.name == "treat_as_minor" else SUBSTANTIVE
        return self.computed.level

    @cached_property
    def dues(self) -> list[Due]:
        return four_eyes.dues(self.article, self.published, self.working)

    def unsigned(self, kinds: Iterable[str]) -> list[Due]:
        """Changes nobody but their makers has signed yet."""
        signed = four_eyes.signed_keys(self.article, self.dues, kinds)
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
        assert self.emergency is not None
        earlier = [
            e for e in self.article.editions.filter(number__lt=self.emergency.number) if not publishing.is_awaiting(e)
        ]
        old = publishing.state_of(earlier[0]) if earlier else None
        return four_eyes.dues(self.article, old, publishing.state_of(self.emergency))

    @cached_property
    def renewable(self) -> dict[str, str]:
        """Statements of the live edition that this person did not make, with their digests."""
        if self.live is None or self.published is None:
            return {}
        makers = four_eyes.makers_of_blocks(self.article, self.published)
        digests = statements.block_digests(self.published.snapshot, self.published.context)
        return {uid: value for uid, value in digests.items() if self.actor_id not in makers[uid]}

    @cached_property
    def open_notices(self) -> list[Notice]:
        """Withdrawals and withheld statements that wait for a second publisher."""
        return list(publishing.unconfirmed().filter(article=self.article))

    @cached_property
    def withheld(self) -> list[Notice]:
        return publishing.withheld(self.article)

    def claim(self, **columns: Any) -> None:
        """Change workflow columns of the article, whose row this case's act has locked."""
        Article.objects.filter(pk=self.article.pk).claim(**columns)
        self.article.refresh_from_db()
