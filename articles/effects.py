"""What a move of the workflow does beyond changing the state. Each runs inside ``workflow.perform``'s transaction."""

from dataclasses import dataclass, field
from typing import Any

from . import drafting, four_eyes, ledger, publishing, snapshot, statements, trust
from .canonical import digest
from .cases import SUBSTANTIVE, Case
from .four_eyes import State
from .merging import merge
from .models import Article, Edition, Notice, Review

S = Article.State


@dataclass(frozen=True)
class Done:
    """What an effect adds to the step that is written down."""

    edition: Edition | None = None
    data: dict[str, Any] = field(default_factory=dict)
    context_digest: str = ""


def signature(case: Case) -> Review | None:
    """What this person's signature in the present state would be, not saved; None where nothing is left to sign.

    In medical review it is a medical one, and so it is where a changed source of a substantive change is confirmed.
    """
    is_passed = case.article.state in (S.APPROVED, S.SCHEDULED)
    is_medical = case.article.state == S.MEDICAL_REVIEW or (is_passed and case.level == SUBSTANTIVE)
    kind = Review.Kind.MEDICAL if is_medical else Review.Kind.EDITORIAL
    signed = _to_sign(case, kind)
    return _drawn_up(case, kind, signed, case.working, None) if signed else None


def _to_sign(case: Case, kind: str) -> dict[str, str]:
    """Every unsigned change this person did not make, as it stands."""
    open_ones = case.unsigned((kind,) if kind == Review.Kind.MEDICAL else (kind, Review.Kind.MEDICAL))
    signed = {due.key: due.digest for due in open_ones if case.actor_id not in due.makers}
    return signed | _uncovered(case) if kind == Review.Kind.MEDICAL else signed


def _sign(case: Case) -> Review | None:
    row = signature(case)
    return _keep(case, row) if row else None


def _uncovered(case: Case) -> dict[str, str]:
    """Blocks without a current medical signature that this reviewer read along and did not write."""
    digests = case.working.blocks
    makers = four_eyes.makers_of_blocks(case.making, case.working)
    covered = {
        uid
        for row in case.reviews
        for uid, v in row.statements.items()
        if row.kind == Review.Kind.MEDICAL and digests.get(uid) == v
    }
    return {uid: v for uid, v in digests.items() if uid not in covered and case.actor_id not in makers[uid]}


def _drawn_up(case: Case, kind: str, signed: dict[str, str], state: State, edition: Edition | None) -> Review:
    person = getattr(case.actor, "person", None)
    signed_at = case.details.get("signed_at") or case.now
    return Review(
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
        signed_at=signed_at,
        recorded_at=case.now,
        due_on=trust.add_months(trust.day(signed_at), state.snapshot["review_interval_months"]),
    )


def _keep(case: Case, row: Review) -> Review:
    row.save(force_insert=True)
    ledger.append("review", [row], actor=case.actor_id, now=case.now, article=case.article)
    case.reviews = [row, *case.reviews]
    return row


def sign_here(case: Case) -> Done:
    row = _sign(case)
    return Done(data={"review": row.pk if row else None})


def approve(case: Case) -> Done:
    _sign(case)
    return _approved(case)


def pass_on_signed(case: Case) -> Done:
    _sign(case)
    return Done(data={"level": case.level, "reasons": list(case.computed.reasons)[:20]})


def rule_on_significance(case: Case) -> Done:
    """A word on the significance holds for this text, these sources and this comparison only."""
    return Done(
        data={"against": case.against, "computed": case.computed.level, "reasons": list(case.computed.reasons)[:20]},
        context_digest=case.meaning,
    )


def _approved(case: Case) -> Done:
    identity = statements.context_identity(case.working.context)
    return Done(
        data={"level": case.level, "computed": case.computed.level, "references": identity["references"]},
        context_digest=case.meaning,
    )


def put_on_schedule(case: Case) -> Done:
    at, zone = case.details["at"], case.details.get("zone", "")
    case.article.claim(go_live_at=at, go_live_zone=zone, scheduled_by=case.actor)
    return Done(data={"at": at.isoformat(), "zone": zone})


def take_off_schedule(case: Case) -> Done:
    case.article.claim(**publishing.UNSCHEDULED)
    return Done()


def publish_approved(case: Case) -> Done:
    assert case.approval is not None
    return _publish(case, significance=case.approval.data["level"], approvals=[case.approval.pk])


def publish_first(case: Case) -> Done:
    return _publish(case, significance=case.computed.level, is_emergency=True)


def _publish(case: Case, **how: Any) -> Done:
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
    _keep(case, _drawn_up(case, kind, signed, state, case.emergency))
    return Done(edition=case.emergency)


def renew(case: Case) -> Done:
    assert case.shown is not None
    _keep(case, _drawn_up(case, Review.Kind.MEDICAL, case.renewable, case.shown, case.live))
    return Done(edition=case.live)


def park_and_start_over(case: Case) -> Done:
    assert case.shown is not None
    article = case.article
    parked = article.newest_revision_id
    article.claim(parked_revision=article.newest_revision, parked_base=case.live)
    old = case.working.snapshot
    makers = _all_makers(case)
    drafting.record(
        article,
        old,
        case.shown.snapshot,
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
    case.article.claim(**publishing.UNSCHEDULED)
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
        for notice in case.open_notices
        if notice.actor != case.actor_id
    ]
    return Done(data={"notices": done})


def give_back_statements(case: Case) -> Done:
    wanted = case.details.get("block")
    found = [n for n in case.withheld if not wanted or n.block_uid == wanted]
    for notice in found:
        publishing.answer_notice(
            notice, Notice.Action.LIFTED, actor=case.actor_id, now=case.now, reason=case.details["reason"]
        )
    return Done(data={"blocks": [notice.block_uid for notice in found]})


def bring_back_parked(case: Case) -> None:
    """Merge the parked draft with the fix just published, three ways by block; where they clash the parked words
    stand in the draft, and the published ones stay live until somebody approves otherwise."""
    article = case.article
    assert article.parked_base is not None
    base = publishing.state_of(article.parked_base).snapshot
    fixed = drafting.newest(article)
    parked = drafting.read(article.parked_revision_id, article)
    merged = merge(base, parked, fixed).merged
    makers = _all_makers(case)
    article.claim(parked_revision=None, parked_base=None)
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
