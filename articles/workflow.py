"""The workflow: one table of moves and one act.

Each row says from which states a move leads where, who may make it, and on which conditions. A condition is a small
function that returns sentences; none means yes. Button, job and command all call ``perform``.
"""

import datetime
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import transaction

from . import checks, drafting, four_eyes, ledger, publishing, roles, snapshot, statements, trust
from .canonical import digest
from .drafting import Refused
from .four_eyes import Due, State
from .merging import merge
from .models import Article, Edition, Notice, Review, Transition
from .roles import AUTHOR, EDITOR, MEDICAL_REVIEWER, PUBLISHER
from .significance import Significance, significance

S = Article.State
MINOR, SUBSTANTIVE = "minor", "substantive"
STAYS = ""
NEXT_CHECK_AT_MOST_MONTHS = 60


@dataclass
class Case:
    """One article, one actor, one moment: what conditions ask about, worked out once and only when asked."""

    article: Article
    actor: Any
    now: datetime.datetime
    details: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def actor_id(self) -> str:
        return ledger.actor_id(self.actor, self.now)

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
            self.article.transitions.filter(
                name__in=["treat_as_minor", "raise"], snapshot_digest=self.article.digest
            )
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
            e
            for e in self.article.editions.filter(number__lt=self.emergency.number)
            if not publishing.is_awaiting(e)
        ]
        old = publishing.state_of(earlier[0]) if earlier else None
        return four_eyes.dues(self.article, old, publishing.state_of(self.emergency))


Condition = Callable[[Case], Iterable[str]]
Effect = Callable[[Case], "Done | None"]


@dataclass(frozen=True)
class Done:
    """What an effect adds to the step that is written down."""

    edition: Edition | None = None
    data: dict[str, Any] = field(default_factory=dict)
    context_digest: str = ""


@dataclass(frozen=True)
class Move:
    """One row of the table. ``to`` is ``STAYS`` where the state does not change."""

    name: str
    label: str
    source: frozenset[str]
    to: str
    who: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    effect: Effect | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A move as a screen shows it: a button, or the sentences why not."""

    move: Move
    reasons: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return not self.reasons


# --- conditions ---------------------------------------------------------------------------------------------------


def is_live(case: Case) -> Iterable[str]:
    if case.live is None:
        yield "This article is not live."


def is_withdrawn(case: Case) -> Iterable[str]:
    if publishing.withdrawal(case.article) is None:
        yield "This article is not withdrawn."


def is_not_withdrawn(case: Case) -> Iterable[str]:
    if case.article.state == S.CLEAN and case.live is None:
        yield "This article is withdrawn. A publisher must reopen it first."


def has_changes(case: Case) -> Iterable[str]:
    if case.published and case.article.live_edition_id and not case.dues:
        yield "Nothing has changed since the live version."


def passes_checks(case: Case) -> Iterable[str]:
    for finding in checks.check(case.working.snapshot, case.working.context, {}, case.now):
        if finding.level == checks.BLOCKING:
            yield finding.sentence


def is_minor(case: Case) -> Iterable[str]:
    if case.level != MINOR:
        yield "These changes need a medical reviewer: " + " ".join(case.computed.reasons[:3])


def is_substantive(case: Case) -> Iterable[str]:
    if case.level == MINOR:
        yield "These changes are minor; approve them here, or ask for a medical check with “Raise”."


def is_computed_substantive(case: Case) -> Iterable[str]:
    if case.computed.level == MINOR:
        yield "These changes are minor already."


def is_computed_minor(case: Case) -> Iterable[str]:
    if case.computed.level != MINOR:
        yield "These changes need a medical reviewer already."


def is_no_writer(case: Case) -> Iterable[str]:
    made = [due for due in case.dues if case.actor_id in due.makers]
    if made:
        yield f"You made {_count(len(made))}; somebody else must decide this."


def second_pair_editorial(case: Case) -> Iterable[str]:
    return _second_pair(case, (Review.Kind.EDITORIAL, Review.Kind.MEDICAL))


def second_pair_medical(case: Case) -> Iterable[str]:
    return _second_pair(case, (Review.Kind.MEDICAL,))


def _second_pair(case: Case, kinds: tuple[str, ...]) -> Iterable[str]:
    """Every change is signed by somebody else, or can be signed by this person now."""
    own = [due for due in case.unsigned(kinds) if case.actor_id in due.makers]
    if own:
        yield f"You wrote this ({_count(len(own))}); someone else must approve."


def can_sign_something(case: Case) -> Iterable[str]:
    kinds = (
        (Review.Kind.EDITORIAL, Review.Kind.MEDICAL)
        if case.article.state == S.EDITORIAL_REVIEW
        else (Review.Kind.MEDICAL,)
    )
    open_ones = case.unsigned(kinds)
    if open_ones and all(case.actor_id in due.makers for due in open_ones):
        yield "You wrote everything that is still unsigned; someone else must sign it."
    if not open_ones:
        yield "Everything here is signed already."


def right_hands(case: Case) -> Iterable[str]:
    """Signing in medical review is the medical reviewers', in editorial review the editors'."""
    if case.article.state == S.MEDICAL_REVIEW:
        yield from _needs_role(case, MEDICAL_REVIEWER)
        yield from is_qualified(case)
    else:
        yield from _needs_role(case, EDITOR)


def _needs_role(case: Case, role: str) -> Iterable[str]:
    if not roles.has_role(case.actor, role):
        yield _only((role,))


def is_qualified(case: Case) -> Iterable[str]:
    """A medical signature is a named health professional's with a licence checked and in date."""
    person = getattr(case.actor, "person", None)
    if person is None:
        yield "Your account is not tied to a person readers can be told about. Ask an editor to add you under People."
    elif not person.is_health_professional:
        yield f"{person.name} is recorded as “{person.profession}”, not as a health professional."
    elif person.qualified_until is None or person.qualified_until < trust.day(case.now):
        yield f"The licence of {person.name} was last checked for a time that has run out. Have it checked under People."


def is_approved_as_it_stands(case: Case) -> Iterable[str]:
    """The approval is bound to both digests, and to what the tables hold now."""
    if case.approval is None:
        yield "This text has not been approved as it stands."
    elif case.approval.context_digest != statements.context_digest(case.working.context):
        yield _turned_sentence(case)
    if digest(snapshot.take(case.article)) != case.article.digest:
        yield "The tables hold something else than the newest saved version. Run “manage.py verify_ledger”."


def _turned_sentence(case: Case) -> str:
    before = case.approval.data.get("references", {}) if case.approval else {}
    after = statements.context_identity(case.working.context)["references"]
    turned = ", ".join(sorted(key for key in after if before.get(key) != after[key]))
    return (
        f"A cited source has changed since the approval ({turned}). Look at it and confirm the sources again."
    )


def has_turned_source(case: Case) -> Iterable[str]:
    if case.approval is None:
        yield "This text has not been approved as it stands."
    elif case.approval.context_digest == statements.context_digest(case.working.context):
        yield "No source has changed since the approval."


def did_not_turn_it(case: Case) -> Iterable[str]:
    """Whoever changed a source does not confirm it; the writers' own eyes do not count either."""
    before = case.approval.data.get("references", {}) if case.approval else {}
    after = statements.context_identity(case.working.context)["references"]
    turned = [key for key in after if before.get(key) != after[key]]
    if any(case.actor_id in four_eyes.last_editors_of_source(key) for key in turned):
        yield "You changed the source; someone else must confirm it."
    yield from second_pair_medical(case) if case.level == SUBSTANTIVE else second_pair_editorial(case)


def confirms_with_role(case: Case) -> Iterable[str]:
    if case.level == SUBSTANTIVE:
        yield from _needs_role(case, MEDICAL_REVIEWER)
        yield from is_qualified(case)


def moment_is_ahead(case: Case) -> Iterable[str]:
    at, zone = case.details.get("at"), case.details.get("zone", "")
    if at is not None and at <= case.now:
        yield "The moment of publication must lie ahead."
    if zone and zone not in zoneinfo.available_timezones():
        yield f"“{zone}” is no time zone; write “Europe/London”, for example."


def moment_has_come(case: Case) -> Iterable[str]:
    """The job may publish a scheduled article when its time has come; a publisher may press earlier."""
    if case.details.get("scheduled") and case.article.go_live_at and case.article.go_live_at > case.now:
        yield "The scheduled moment has not come yet."


def owes_approval(case: Case) -> Iterable[str]:
    if case.emergency is None:
        yield "No approval is owed for the live version."


def second_pair_afterwards(case: Case) -> Iterable[str]:
    if case.emergency is None:
        return
    own = [due for due in case.emergency_dues if case.actor_id in due.makers]
    if own:
        yield f"You wrote this ({_count(len(own))}); someone else must approve."
    if case.emergency.significance == SUBSTANTIVE:
        yield from _needs_role(case, MEDICAL_REVIEWER)
        yield from is_qualified(case)


def can_renew(case: Case) -> Iterable[str]:
    if case.live is not None and not _renewable(case):
        yield "You wrote everything on this page; someone else must check it."


def nothing_parked(case: Case) -> Iterable[str]:
    if case.article.parked_revision_id:
        yield "A draft is parked already; publish the fix first."


def may_go(case: Case) -> Iterable[str]:
    target = case.details.get("moved_to")
    if target is not None and (target.pk == case.article.pk or target.live_edition_id is None):
        yield "An article can only move to another article that is live."


def notice_is_open(case: Case) -> Iterable[str]:
    if not _open_notices(case):
        yield "Nothing here waits for a second person."


def is_second_publisher(case: Case) -> Iterable[str]:
    found = _open_notices(case)
    if found and all(notice.actor == case.actor_id for notice in found):
        yield "You did this yourself; another publisher must confirm it."


def has_withheld(case: Case) -> Iterable[str]:
    if not publishing.withheld(case.article):
        yield "No statement of this article is withheld."


def names_a_statement(case: Case) -> Iterable[str]:
    uid = case.details.get("block")
    if uid and case.published and uid not in {b["uid"] for b in snapshot.blocks_of(case.published.snapshot)}:
        yield "The live version has no such statement."
    if uid and any(notice.block_uid == uid for notice in publishing.withheld(case.article)):
        yield "This statement is withheld already."


def _open_notices(case: Case) -> list[Notice]:
    return list(publishing.unconfirmed().filter(article=case.article))


def _count(number: int) -> str:
    return "1 change" if number == 1 else f"{number} changes"


# --- effects ------------------------------------------------------------------------------------------------------


def _sign(case: Case, kind: str) -> Review | None:
    """Sign every unsigned change this person did not make, as it stands."""
    open_ones = case.unsigned((kind,) if kind == Review.Kind.MEDICAL else (kind, Review.Kind.MEDICAL))
    signed = {due.key: due.digest for due in open_ones if case.actor_id not in due.makers}
    if kind == Review.Kind.MEDICAL:
        signed |= _uncovered(case)
    return _review(case, kind, signed, case.working, None) if signed else None


def _uncovered(case: Case) -> dict[str, str]:
    """Blocks without a current medical signature that this reviewer read along and did not write."""
    digests = statements.block_digests(case.working.snapshot, case.working.context)
    makers = four_eyes.makers_of_blocks(case.article, case.working)
    covered = {
        uid
        for row in case.article.reviews.filter(kind=Review.Kind.MEDICAL)
        for uid, v in row.statements.items()
        if digests.get(uid) == v
    }
    return {uid: v for uid, v in digests.items() if uid not in covered and case.actor_id not in makers[uid]}


def _review(case: Case, kind: str, signed: dict[str, str], state: State, edition: Edition | None) -> Review:
    person = getattr(case.actor, "person", None)
    signed_on = trust.day(case.now)
    row = Review.objects.create(
        article=case.article,
        edition=edition,
        kind=kind,
        actor=case.actor_id,
        person_uid=person.uid if person else "",
        person_name=person.name if person else case.actor.get_full_name() or case.actor.get_username(),
        person_profession=person.profession if person else "",
        snapshot_digest=digest(state.snapshot),
        context_digest=statements.context_digest(state.context),
        statements=signed,
        statement=case.details.get("statement", ""),
        conflicts=case.details.get("conflicts", ""),
        signed_at=case.details.get("signed_at") or case.now,
        recorded_at=case.now,
        due_on=trust.add_months(
            trust.day(case.details.get("signed_at") or case.now), state.snapshot["review_interval_months"]
        )
        if signed_on
        else None,
    )
    ledger.append("review", [row], actor=case.actor_id, now=case.now, article=case.article)
    return row


def sign_here(case: Case) -> Done:
    medical = case.article.state == S.MEDICAL_REVIEW
    row = _sign(case, Review.Kind.MEDICAL if medical else Review.Kind.EDITORIAL)
    return Done(data={"review": row.pk if row else None})


def approve_editorial(case: Case) -> Done:
    _sign(case, Review.Kind.EDITORIAL)
    return _approved(case)


def approve_medical(case: Case) -> Done:
    _sign(case, Review.Kind.MEDICAL)
    return _approved(case)


def pass_on_signed(case: Case) -> Done:
    _sign(case, Review.Kind.EDITORIAL)
    return Done(data={"level": case.level, "reasons": list(case.computed.reasons)[:20]})


def confirm_sources(case: Case) -> Done:
    _sign(case, Review.Kind.MEDICAL if case.level == SUBSTANTIVE else Review.Kind.EDITORIAL)
    return _approved(case)


def _approved(case: Case) -> Done:
    identity = statements.context_identity(case.working.context)
    return Done(
        data={"level": case.level, "computed": case.computed.level, "references": identity["references"]},
        context_digest=statements.context_digest(case.working.context),
    )


def put_on_schedule(case: Case) -> Done:
    at, zone = case.details["at"], case.details.get("zone", "")
    _claim(case, go_live_at=at, go_live_zone=zone, scheduled_by=case.actor)
    return Done(data={"at": at.isoformat(), "zone": zone})


def take_off_schedule(case: Case) -> Done:
    _claim(case, go_live_at=None, go_live_zone="", scheduled_by=None)
    return Done()


def publish_approved(case: Case) -> Done:
    assert case.approval is not None
    return _publish(case, significance=case.approval.data["level"], approvals=[case.approval.pk])


def publish_first(case: Case) -> Done:
    _claim(case, go_live_at=None, go_live_zone="", scheduled_by=None)
    return _publish(case, significance=case.computed.level, is_emergency=True)


def _publish(case: Case, **how: Any) -> Done:
    _claim(case, go_live_at=None, go_live_zone="", scheduled_by=None)
    edition = publishing.publish(
        case.article,
        case.working,
        actor=case.actor_id,
        now=case.now,
        change_note=case.details.get("change_note", "") or _submitted_reason(case),
        is_correction=bool(case.details.get("is_correction")),
        published_at=case.details.get("published_at"),
        **how,
    )
    return Done(edition=edition)


def _submitted_reason(case: Case) -> str:
    """The change note readers see is the reason given when the changes were submitted, unless the publisher wrote
    another."""
    step = case.article.transitions.filter(name="submit").order_by("-id").first()
    return step.reason if step else ""


def approve_afterwards(case: Case) -> Done:
    assert case.emergency is not None
    state = publishing.state_of(case.emergency)
    kind = Review.Kind.MEDICAL if case.emergency.significance == SUBSTANTIVE else Review.Kind.EDITORIAL
    signed = {due.key: due.digest for due in case.emergency_dues}
    _review(case, kind, signed, state, case.emergency)
    return Done(edition=case.emergency)


def renew(case: Case) -> Done:
    assert case.live is not None and case.published is not None
    _review(case, Review.Kind.MEDICAL, _renewable(case), case.published, case.live)
    return Done(edition=case.live)


def _renewable(case: Case) -> dict[str, str]:
    """Statements of the live edition that this reviewer did not make."""
    assert case.published is not None
    makers = four_eyes.makers_of_blocks(case.article, case.published)
    digests = statements.block_digests(case.published.snapshot, case.published.context)
    return {uid: value for uid, value in digests.items() if case.actor_id not in makers[uid]}


def park_and_start_over(case: Case) -> Done:
    assert case.published is not None
    article = case.article
    parked = article.newest_revision_id
    _claim(case, parked_revision=parked, parked_base=case.live)
    old = case.working.snapshot
    makers = _all_makers(case)
    drafting.record(
        article,
        old,
        case.published.snapshot,
        case.actor,
        case.now,
        "Started again from the live version",
        makers,
        S.DRAFT,
    )
    return Done(data={"parked": parked})


def _all_makers(case: Case) -> set[str]:
    """Everybody who ever made a wording here, and the actor: the fallback when a merge joins two people's words."""
    return set(case.article.wordings.values_list("actor", flat=True).distinct()) | {case.actor_id}


def take_from_readers(case: Case) -> Done:
    _claim(case, go_live_at=None, go_live_zone="", scheduled_by=None)
    notice = publishing.withdraw(
        case.article,
        actor=case.actor_id,
        now=case.now,
        words=case.details.get("words", ""),
        reason=case.details["reason"],
        moved_to=case.details.get("moved_to"),
    )
    return Done(edition=notice.edition, data={"notice": notice.pk})


def withhold_statement(case: Case) -> Done:
    notice = publishing.withhold(
        case.article,
        block_uid=case.details["block"],
        actor=case.actor_id,
        now=case.now,
        words=case.details.get("words", ""),
        reason=case.details["reason"],
    )
    return Done(edition=notice.edition, data={"notice": notice.pk, "block": notice.block_uid})


def confirm_notices(case: Case) -> Done:
    done = [
        publishing.answer_notice(notice, Notice.Action.CONFIRMED, actor=case.actor_id, now=case.now).pk
        for notice in _open_notices(case)
        if notice.actor != case.actor_id
    ]
    return Done(data={"notices": done})


def give_back_statements(case: Case) -> Done:
    wanted = case.details.get("block")
    found = [n for n in publishing.withheld(case.article) if not wanted or n.block_uid == wanted]
    for notice in found:
        publishing.answer_notice(
            notice, Notice.Action.LIFTED, actor=case.actor_id, now=case.now, reason=case.details["reason"]
        )
    return Done(data={"blocks": [notice.block_uid for notice in found]})


def _claim(case: Case, **columns: Any) -> None:
    Article.objects.filter(pk=case.article.pk).claim(**columns)
    case.article.refresh_from_db()


# --- the table ----------------------------------------------------------------------------------------------------

BEING_CHECKED = frozenset({S.EDITORIAL_REVIEW, S.MEDICAL_REVIEW})
UNPUBLISHED = frozenset(
    {S.DRAFT, S.CHANGES_REQUESTED, S.EDITORIAL_REVIEW, S.MEDICAL_REVIEW, S.APPROVED, S.SCHEDULED}
)
ANY = frozenset(S.values)

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move(
            "submit",
            "Submit for checking",
            frozenset({S.DRAFT, S.CHANGES_REQUESTED}),
            S.EDITORIAL_REVIEW,
            (AUTHOR, EDITOR),
            (has_changes, passes_checks),
            None,
            ("reason",),
        ),
        Move(
            "request_changes",
            "Ask for changes",
            BEING_CHECKED | {S.APPROVED},
            S.CHANGES_REQUESTED,
            (EDITOR, MEDICAL_REVIEWER),
            (),
            None,
            ("reason",),
        ),
        Move(
            "sign",
            "Sign what others wrote",
            BEING_CHECKED,
            STAYS,
            (EDITOR, MEDICAL_REVIEWER),
            (right_hands, can_sign_something),
            sign_here,
        ),
        Move(
            "treat_as_minor",
            "Treat as minor",
            frozenset({S.EDITORIAL_REVIEW}),
            STAYS,
            (EDITOR,),
            (is_computed_substantive, is_no_writer),
            None,
            ("reason",),
        ),
        Move(
            "raise",
            "Raise: have it checked medically",
            frozenset({S.EDITORIAL_REVIEW}),
            STAYS,
            (EDITOR,),
            (is_computed_minor, is_no_writer),
        ),
        Move(
            "approve_minor",
            "Approve",
            frozenset({S.EDITORIAL_REVIEW}),
            S.APPROVED,
            (EDITOR,),
            (is_minor, second_pair_editorial),
            approve_editorial,
        ),
        Move(
            "pass_on",
            "Pass on to a medical reviewer",
            frozenset({S.EDITORIAL_REVIEW}),
            S.MEDICAL_REVIEW,
            (EDITOR,),
            (is_substantive, second_pair_editorial),
            pass_on_signed,
        ),
        Move(
            "approve",
            "Approve and sign",
            frozenset({S.MEDICAL_REVIEW}),
            S.APPROVED,
            (MEDICAL_REVIEWER,),
            (is_qualified, second_pair_medical),
            approve_medical,
        ),
        Move(
            "confirm_sources",
            "Confirm the changed sources",
            frozenset({S.APPROVED, S.SCHEDULED}),
            STAYS,
            (EDITOR, MEDICAL_REVIEWER),
            (has_turned_source, confirms_with_role, did_not_turn_it),
            confirm_sources,
        ),
        Move(
            "schedule",
            "Schedule",
            frozenset({S.APPROVED}),
            S.SCHEDULED,
            (PUBLISHER,),
            (is_approved_as_it_stands, moment_is_ahead),
            put_on_schedule,
            ("at",),
        ),
        Move(
            "unschedule",
            "Take off the schedule",
            frozenset({S.SCHEDULED}),
            S.APPROVED,
            (PUBLISHER,),
            (),
            take_off_schedule,
        ),
        Move(
            "publish",
            "Publish",
            frozenset({S.APPROVED, S.SCHEDULED}),
            S.CLEAN,
            (PUBLISHER,),
            (is_approved_as_it_stands, moment_has_come),
            publish_approved,
        ),
        Move(
            "publish_now",
            "Publish now, check after",
            UNPUBLISHED,
            S.CLEAN,
            (PUBLISHER,),
            (has_changes,),
            publish_first,
            ("reason",),
        ),
        Move(
            "approve_after",
            "Approve what was published",
            ANY,
            STAYS,
            (EDITOR, MEDICAL_REVIEWER),
            (owes_approval, second_pair_afterwards),
            approve_afterwards,
        ),
        Move(
            "renew",
            "Checked, nothing to change",
            frozenset({S.CLEAN}),
            S.CLEAN,
            (MEDICAL_REVIEWER,),
            (is_live, is_qualified, can_renew),
            renew,
        ),
        Move(
            "fix_live",
            "Fix the live page first",
            frozenset({S.DRAFT, S.CHANGES_REQUESTED}) | BEING_CHECKED,
            S.DRAFT,
            (AUTHOR, EDITOR),
            (is_live, nothing_parked, has_changes),
            park_and_start_over,
        ),
        Move(
            "withdraw",
            "Withdraw",
            ANY,
            S.CLEAN,
            (PUBLISHER,),
            (is_live, may_go),
            take_from_readers,
            ("reason", "words"),
        ),
        Move(
            "withhold",
            "Withhold a statement",
            ANY,
            STAYS,
            (PUBLISHER,),
            (is_live, names_a_statement),
            withhold_statement,
            ("block", "reason", "words"),
        ),
        Move(
            "confirm_notice",
            "Confirm as the second publisher",
            ANY,
            STAYS,
            (PUBLISHER,),
            (notice_is_open, is_second_publisher),
            confirm_notices,
        ),
        Move(
            "give_back",
            "Show the statement again",
            ANY,
            STAYS,
            (PUBLISHER,),
            (is_live, has_withheld),
            give_back_statements,
            ("reason",),
        ),
        Move("reopen", "Reopen", frozenset({S.CLEAN}), S.DRAFT, (PUBLISHER,), (is_withdrawn,)),
    )
}
ASKS = {
    "reason": "Say why.",
    "words": "Say what readers are told.",
    "at": "Say when.",
    "block": "Say which statement.",
}


def why_not(case: Case, move: Move) -> list[str]:
    """Sentences why this person may not make this move now; empty when they may (details apart)."""
    state, role = _state_reasons(case, move), _role_reasons(case, move)
    if state or role:
        return [*state, *role]
    return [sentence for condition in move.conditions for sentence in condition(case)]


def _state_reasons(case: Case, move: Move) -> list[str]:
    if case.article.state in move.source:
        return []
    return [
        f"“{move.label}” is not possible while the article is in the state “{case.article.get_state_display()}”."
    ]


def _role_reasons(case: Case, move: Move) -> list[str]:
    if not case.actor.is_active:
        return ["This account is deactivated."]
    return [] if roles.has_role(case.actor, *move.who) else [_only(move.who)]


def _only(who: tuple[str, ...]) -> str:
    names = " and ".join(f"{roles.ROLES[role][0].lower()}s" for role in who)
    return f"Only {names} may do this."


def _missing_details(case: Case, move: Move) -> list[str]:
    return [ASKS[name] for name in move.needs if not case.details.get(name)]


def possible(article: Article, actor: Any, now: datetime.datetime) -> list[Offer]:
    """What this person may do with this article now, and for what they may not, why not."""
    case = Case(article, actor, now)
    offers = [
        Offer(move, tuple(why_not(case, move))) for move in MOVES.values() if article.state in move.source
    ]
    return [offer for offer in offers if not _is_beside_the_point(case, offer)]


def _is_beside_the_point(case: Case, offer: Offer) -> bool:
    """Moves that make no sense here are not worth a sentence: renewing what is not live, and the like."""
    facts = {
        is_live: case.article.live_edition_id is None,
        is_withdrawn: case.article.live_edition_id is not None or case.article.state != S.CLEAN,
        owes_approval: offer.move.name == "approve_after" and case.emergency is None,
        has_withheld: offer.move.name == "give_back" and not publishing.withheld(case.article),
        notice_is_open: offer.move.name == "confirm_notice" and not _open_notices(case),
        has_turned_source: offer.move.name == "confirm_sources" and any(has_turned_source(case)),
        is_computed_minor: offer.move.name == "raise" and case.computed.level != MINOR,
        is_computed_substantive: offer.move.name == "treat_as_minor" and case.computed.level == MINOR,
    }
    return any(facts.get(condition, False) for condition in offer.move.conditions)


def perform(article: Article, name: str, actor: Any, now: datetime.datetime, **details: Any) -> Transition:
    """Make one move, whole or not at all: state, effect, step and record in one transaction.

    ``details`` are what the move needs (``reason``, ``words``, ``at`` and ``zone``, ``block``, ``moved_to``) and may
    take (``change_note``, ``is_correction``). Raises ``Refused`` with every reason.
    """
    move = MOVES[name]
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=article.pk)
        case = Case(article, actor, now, details)
        reasons = why_not(case, move) or _missing_details(case, move)
        if reasons:
            raise Refused(reasons)
        before, after = article.state, move.to or article.state
        done = (move.effect(case) if move.effect else None) or Done()
        if not Article.objects.filter(pk=article.pk, state=case.article.state).claim(state=after):
            raise Refused("Somebody else changed this article at the same moment. Try again.")
        article.refresh_from_db()
        step = _write_step(case, move, before, after, done)
        _afterwards(case, move)
        return step


def _write_step(case: Case, move: Move, before: str, after: str, done: Done) -> Transition:
    return drafting.record_step(
        case.article,
        move.name,
        before,
        after,
        case.actor_id,
        case.now,
        case.details.get("reason", ""),
        edition=done.edition,
        context_digest=done.context_digest,
        data=done.data,
    )


def _afterwards(case: Case, move: Move) -> None:
    """What follows a step once it is written: the parked draft comes back, today's facts reach the page."""
    if move.effect in (publish_approved, publish_first) and case.article.parked_revision_id:
        _bring_back_parked(case)
    if move.effect in (renew, approve_afterwards):
        publishing.refresh(case.article, case.now)


def _bring_back_parked(case: Case) -> None:
    """Merge the parked draft with the fix just published, three ways by block; where they clash the parked words
    stand in the draft, and the published ones stay live until somebody approves otherwise."""
    article = case.article
    assert article.parked_base is not None and article.parked_revision_id is not None
    base = publishing.state_of(article.parked_base).snapshot
    fixed = drafting.newest(article)
    parked = drafting.read(article.parked_revision_id, article)
    merged = merge(base, parked, fixed).merged
    makers = _all_makers(case)
    _claim(case, parked_revision=None, parked_base=None)
    merged = snapshot.tidy(merged)
    if digest(merged) != article.digest:
        drafting.record(
            article,
            fixed,
            merged,
            case.actor,
            case.now,
            "The parked draft, with the fix just published",
            makers,
            S.DRAFT,
        )


# --- the job ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What the job did with one due article."""

    article: Article
    reasons: tuple[str, ...] = ()


def publish_due(now: datetime.datetime, dry_run: bool = False) -> list[Outcome]:
    """Publish what is due, in the name of whoever scheduled it, under the conditions of the button.

    1. Find articles whose moment has come. 2. For each, in its own transaction, ``perform("publish")``: the claim on
    the state lets one process win. 3. What is refused goes back to "approved" with the reasons as a step, so that
    nobody waits for it in silence. Safe to repeat and to run in several processes.
    """
    outcomes = []
    for article in Article.objects.due(now).order_by("pk"):
        who = article.scheduled_by
        if dry_run:
            case = Case(article, who, now, {"scheduled": True})
            outcomes.append(Outcome(article, tuple(why_not(case, MOVES["publish"]))))
            continue
        try:
            perform(article, "publish", who, now, scheduled=True)
            outcomes.append(Outcome(article))
        except Refused as refusal:
            if _give_up(article, now, refusal.reasons):
                outcomes.append(Outcome(article, tuple(refusal.reasons)))
    return outcomes


def _give_up(article: Article, now: datetime.datetime, reasons: list[str]) -> bool:
    """Take an article that cannot be published off the schedule and say why; False if another process was first."""
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=article.pk)
        still = Article.objects.filter(pk=article.pk, state=S.SCHEDULED, go_live_at__lte=now)
        if not still.claim(state=S.APPROVED, go_live_at=None, go_live_zone="", scheduled_by=None):
            return False
        article.refresh_from_db()
        drafting.record_step(
            article, "schedule_failed", S.SCHEDULED, S.APPROVED, ledger.SYSTEM, now, " ".join(reasons)
        )
        return True
