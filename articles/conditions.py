"""Conditions of the workflow: each returns the sentences why not; none means yes."""

import zoneinfo
from collections.abc import Iterable

from . import checks, four_eyes, roles, snapshot, statements, trust
from .canonical import digest
from .cases import MINOR, SUBSTANTIVE, Case
from .models import Article, Review
from .roles import EDITOR, MEDICAL_REVIEWER

S = Article.State


def is_live(case: Case) -> Iterable[str]:
    if case.live is None:
        yield "This article is not live."


def is_withdrawn(case: Case) -> Iterable[str]:
    if case.withdrawal is None:
        yield "This article is not withdrawn."


def is_not_withdrawn(case: Case) -> Iterable[str]:
    if case.article.state == S.CLEAN and case.live is None:
        yield "This article is withdrawn. A publisher must reopen it first."


def has_changes(case: Case) -> Iterable[str]:
    if not case.has_changes:
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
        yield roles.only((role,))


def is_qualified(case: Case) -> Iterable[str]:
    """A medical signature is a named health professional's with a licence checked and in date."""
    person = getattr(case.actor, "person", None)
    if person is None:
        yield "Your account is not tied to a person readers can be told about. Ask an editor to add you under People."
    elif not person.is_health_professional:
        yield f"{person.name} is recorded as “{person.profession}”, not as a health professional."
    elif person.qualified_until is None or person.qualified_until < trust.day(case.now):
        yield f"The licence of {person.name} was last checked for a time that is over. Have it checked under People."


def is_approved_as_it_stands(case: Case) -> Iterable[str]:
    """The approval is bound to both digests, and to what the tables hold now."""
    if case.approval is None:
        yield "This text has not been approved as it stands."
    elif case.approval.context_digest != case.meaning:
        yield _turned_sentence(case)
    if digest(snapshot.take(case.article)) != case.article.digest:
        yield "The tables hold something else than the newest saved version. Run “manage.py verify_ledger”."


def _turned_sentence(case: Case) -> str:
    before = case.approval.data.get("references", {}) if case.approval else {}
    after = statements.context_identity(case.working.context)["references"]
    turned = ", ".join(sorted(key for key in after if before.get(key) != after[key]))
    return f"A cited source has changed since the approval ({turned}). Look at it and confirm the sources again."


def has_turned_source(case: Case) -> Iterable[str]:
    if case.approval is None:
        yield "This text has not been approved as it stands."
    elif case.approval.context_digest == case.meaning:
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
    if case.live is not None and not case.renewable:
        yield "You wrote everything on this page; someone else must check it."


def nothing_parked(case: Case) -> Iterable[str]:
    if case.article.parked_revision_id:
        yield "A draft is parked already; publish the fix first."


def may_go(case: Case) -> Iterable[str]:
    target = case.details.get("moved_to")
    if target is not None and (target.pk == case.article.pk or target.live_edition_id is None):
        yield "An article can only move to another article that is live."


def notice_is_open(case: Case) -> Iterable[str]:
    if not case.open_notices:
        yield "Nothing here waits for a second person."


def is_second_publisher(case: Case) -> Iterable[str]:
    found = case.open_notices
    if found and all(notice.actor == case.actor_id for notice in found):
        yield "You did this yourself; another publisher must confirm it."


def has_withheld(case: Case) -> Iterable[str]:
    if not case.withheld:
        yield "No statement of this article is withheld."


def names_a_statement(case: Case) -> Iterable[str]:
    uid = case.details.get("block")
    if uid and case.shown and uid not in {b["uid"] for b in snapshot.blocks_of(case.shown.snapshot)}:
        yield "The live version has no such statement."
    if uid and any(notice.block_uid == uid for notice in case.withheld):
        yield "This statement is withheld already."


def _count(number: int) -> str:
    return "1 change" if number == 1 else f"{number} changes"
