"""The workflow: one table of moves and one act.

Each row says from which states a move leads where, who may make it, and on which conditions. A condition is a small
function that returns sentences; none means yes. Button, job and command all call ``perform``.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from . import conditions as c
from . import drafting, effects, ledger, publishing, roles, text
from .cases import Case
from .drafting import Refused
from .effects import Done
from .models import Article, Transition
from .roles import AUTHOR, EDITOR, MEDICAL_REVIEWER, PUBLISHER

S = Article.State
STAYS = ""

Condition = Callable[[Case], Iterable[str]]
Effect = Callable[[Case], Done | None]


@dataclass(frozen=True)
class Move:
    """One row of the table.

    ``arises`` are conditions without which the move is not even offered (renewing what is not live); ``conditions``
    those whose sentences are worth showing; ``needs`` the details that must be given; ``to`` is ``STAYS`` where the
    state does not change.
    """

    name: str
    label: str
    source: frozenset[str]
    to: str
    who: tuple[str, ...]
    arises: tuple[Condition, ...] = ()
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


UNSUBMITTED = frozenset({S.DRAFT, S.CHANGES_REQUESTED})
EDITORIAL = frozenset({S.EDITORIAL_REVIEW})
MEDICAL = frozenset({S.MEDICAL_REVIEW})
APPROVED = frozenset({S.APPROVED})
SCHEDULED = frozenset({S.SCHEDULED})
CLEAN = frozenset({S.CLEAN})
ANY = frozenset(S.values)
BOTH = (EDITOR, MEDICAL_REVIEWER)

# fmt: off
MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move("submit", "Submit for checking", UNSUBMITTED, S.EDITORIAL_REVIEW, (AUTHOR, EDITOR),
             (), (c.has_changes, c.passes_checks), None, ("reason",)),
        Move("request_changes", "Ask for changes", EDITORIAL | MEDICAL | APPROVED, S.CHANGES_REQUESTED, BOTH,
             (), (), None, ("reason",)),
        Move("sign", "Sign what others wrote", EDITORIAL | MEDICAL, STAYS, BOTH,
             (), (c.right_hands, c.can_sign_something), effects.sign_here),
        Move("treat_as_minor", "Treat as minor", EDITORIAL, STAYS, (EDITOR,),
             (c.is_computed_substantive,), (c.is_no_writer,), effects.rule_on_significance, ("reason",)),
        Move("raise", "Raise: have it checked medically", EDITORIAL, STAYS, (EDITOR,),
             (c.is_computed_minor,), (c.is_no_writer,), effects.rule_on_significance),
        Move("approve_minor", "Approve", EDITORIAL, S.APPROVED, (EDITOR,),
             (c.is_minor,), (c.second_pair_editorial,), effects.approve),
        Move("pass_on", "Pass on to a medical reviewer", EDITORIAL, S.MEDICAL_REVIEW, (EDITOR,),
             (c.is_substantive,), (c.second_pair_editorial,), effects.pass_on_signed),
        Move("approve", "Approve and sign", MEDICAL, S.APPROVED, (MEDICAL_REVIEWER,),
             (), (c.is_qualified, c.second_pair_medical), effects.approve),
        Move("confirm_sources", "Confirm the changed sources", APPROVED | SCHEDULED, STAYS, BOTH,
             (c.has_turned_source,), (c.confirms_with_role, c.did_not_turn_it), effects.approve),
        Move("schedule", "Schedule", APPROVED, S.SCHEDULED, (PUBLISHER,),
             (), (c.is_approved_as_it_stands, c.moment_is_ahead), effects.put_on_schedule, ("at",)),
        Move("unschedule", "Take off the schedule", SCHEDULED, S.APPROVED, (PUBLISHER,),
             (), (), effects.take_off_schedule),
        Move("publish", "Publish", APPROVED | SCHEDULED, S.CLEAN, (PUBLISHER,),
             (), (c.is_approved_as_it_stands, c.moment_has_come), effects.publish_approved),
        Move("publish_now", "Publish now, check after", ANY - CLEAN, S.CLEAN, (PUBLISHER,),
             (), (c.has_changes,), effects.publish_first, ("reason",)),
        Move("approve_after", "Approve what was published", ANY, STAYS, BOTH,
             (c.owes_approval,), (c.second_pair_afterwards,), effects.approve_afterwards),
        Move("renew", "Checked, nothing to change", CLEAN, S.CLEAN, (MEDICAL_REVIEWER,),
             (c.is_live,), (c.is_qualified, c.can_renew), effects.renew),
        Move("fix_live", "Fix the live page first", UNSUBMITTED | EDITORIAL | MEDICAL, S.DRAFT, (AUTHOR, EDITOR),
             (c.is_live, c.has_changes), (c.nothing_parked,), effects.park_and_start_over),
        Move("withdraw", "Withdraw", ANY, S.CLEAN, (PUBLISHER,),
             (c.is_live,), (c.may_go,), effects.take_from_readers, ("reason", "words")),
        Move("withhold", "Withhold a statement", ANY, STAYS, (PUBLISHER,),
             (c.is_live,), (c.names_a_statement,), effects.withhold_statement, ("block", "reason", "words")),
        Move("confirm_notice", "Confirm as the second publisher", ANY, STAYS, (PUBLISHER,),
             (c.notice_is_open,), (c.is_second_publisher,), effects.confirm_notices),
        Move("give_back", "Show the statement again", ANY, STAYS, (PUBLISHER,),
             (c.is_live, c.has_withheld), (), effects.give_back_statements, ("reason",)),
        Move("reopen", "Reopen", CLEAN, S.DRAFT, (PUBLISHER,),
             (c.is_withdrawn,)),
    )
}
# fmt: on

ASKS = {
    "reason": "Say why.",
    "words": "Say what readers are told.",
    "at": "Say when.",
    "block": "Say which statement.",
}


def why_not(case: Case, move: Move) -> list[str]:
    """Sentences why this person may not make this move now; empty when they may (details apart)."""
    first = [*_state_reasons(case, move), *_role_reasons(case, move)]
    return first or _asked((*move.arises, *move.conditions), case)


def _asked(conditions: Iterable[Condition], case: Case) -> list[str]:
    return [sentence for condition in conditions for sentence in condition(case)]


def _state_reasons(case: Case, move: Move) -> list[str]:
    if case.article.state in move.source:
        return []
    return [f"“{move.label}” is not possible while the article is in the state “{case.article.get_state_display()}”."]


def _role_reasons(case: Case, move: Move) -> list[str]:
    if case.actor is None or not case.actor.is_active:
        return ["This account is deactivated."]
    return [] if roles.has_role(case.actor, *move.who) else [roles.only(move.who)]


def _missing_details(case: Case, move: Move) -> list[str]:
    return [ASKS[name] for name in move.needs if not case.details.get(name)]


def possible(article: Article, actor: Any, now: datetime.datetime) -> list[Offer]:
    """What this person may do with this article now, and for what they may not, why not."""
    return offers(Case(article, actor, now))


def offers(case: Case) -> list[Offer]:
    """``possible`` for a case that a screen has in hand already, with what it has read."""
    state = case.article.state
    moves = [move for move in MOVES.values() if state in move.source and not _asked(move.arises, case)]
    return [Offer(move, tuple(why_not(case, move))) for move in moves]


def perform(article: Article, name: str, actor: Any, now: datetime.datetime, **details: Any) -> Transition:
    """Make one move, whole or not at all: state, effect, step and record in one transaction.

    ``details`` are what the move needs (``reason``, ``words``, ``at`` and ``zone``, ``block``, ``moved_to``) and may
    take (``change_note``, ``is_correction``). Raises ``Refused`` with every reason.
    """
    move, details = MOVES[name], _normalised(details)
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=article.pk)
        case = Case(article, actor, now, details)
        if actor is not None:
            case.actor_id = ledger.actor_id(actor, now)
        reasons = why_not(case, move) or _missing_details(case, move)
        if reasons:
            raise Refused(reasons)
        before, after = article.state, move.to or article.state
        done = (move.effect(case) if move.effect else None) or Done()
        if not Article.objects.filter(pk=article.pk, state=article.state).claim(state=after):
            raise Refused("Somebody else changed this article at the same moment. Try again.")
        article.state = after
        step = _write_step(case, move, before, after, done)
        _afterwards(case, move)
        return step


def _normalised(details: dict[str, Any]) -> dict[str, Any]:
    """Reasons, notes and words for readers read as they are stored, like the article itself."""
    try:
        return {
            name: text.normalise(value, multiline=True) if isinstance(value, str) else value
            for name, value in details.items()
        }
    except text.TextError as error:
        raise Refused(str(error)) from None


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
    if move.effect in (effects.publish_approved, effects.publish_first) and case.article.parked_revision_id:
        effects.bring_back_parked(case)
    if move.effect in (effects.renew, effects.approve_afterwards):
        publishing.refresh(case.article, case.now)


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
        drafting.record_step(article, "schedule_failed", S.SCHEDULED, S.APPROVED, ledger.SYSTEM, now, " ".join(reasons))
        return True
