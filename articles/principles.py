"""The verify page: eight headings, and under each what is measured, stated, not stated, expired or failed.

The headings are HONcode's (1996-2022); nobody certifies us by them. There is no total score, and a statement
is never worth a measurement: each finding says which it is, with evidence and date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from articles.evidence import NOT_STATED as UNSAID
from articles.evidence import Diet, Evidence, PageEvidence, Share
from articles.troubles import ANSWERED, OPEN, REVISED, Mark
from articles.trust import (
    EXPIRED,
    FAILED,
    MEASURED,
    NOT_CHECKED,
    NOT_STATED,
    STATED,
    DisplayFacts,
    PolicyRecord,
    long_date,
    what_happened,
    what_was_answered,
)


@dataclass(frozen=True)
class Heading:
    """One of the eight, with the question it answers."""

    number: int
    slug: str
    name: str
    question: str


HEADINGS = (
    Heading(1, "authority", "Authority", "Who wrote this, and what do they know of it?"),
    Heading(2, "complementarity", "Complementarity", "Does it support your own doctor's advice?"),
    Heading(3, "privacy", "Privacy", "What happens to what you tell us?"),
    Heading(4, "attribution", "Attribution", "Where is it from, and how old is it?"),
    Heading(5, "justifiability", "Justifiability", "Are claims about treatments balanced and backed?"),
    Heading(6, "transparency", "Transparency", "Is it clear, and can you reach us?"),
    Heading(7, "financial-disclosure", "Financial disclosure", "Who pays for it?"),
    Heading(8, "advertising", "Advertising", "Is there advertising, and can you tell it apart?"),
)


@dataclass(frozen=True)
class Finding:
    """One line of the verify page: which of the five words, about what, on what evidence, as of when."""

    word: str
    about: str
    evidence: str
    on: date | None = None


@dataclass(frozen=True)
class Principle:
    """A heading with its findings."""

    heading: Heading
    findings: tuple[Finding, ...]


def article_principles(
    facts: DisplayFacts, evidence: Evidence, page: PageEvidence, contact: str, diet: Diet | None = None
) -> tuple[Principle, ...]:
    """The eight headings for one article's live page."""
    measured = (
        _authority(facts, evidence),
        _complementarity(facts, evidence),
        _privacy(facts, page),
        [*_attribution(facts, evidence), *_diet(diet, facts)],
        _justifiability(facts, evidence),
        _transparency(facts, contact),
        _financial(facts, evidence),
        _advertising(facts, page),
    )
    return tuple(
        Principle(heading, (*findings, policy_finding(facts.policies, heading.number, facts.today)))
        for heading, findings in zip(HEADINGS, measured, strict=True)
    )


def site_principles(policies: Iterable[PolicyRecord], today: date) -> tuple[Principle, ...]:
    """The eight headings for the publisher as a whole: signed statements only."""
    known = tuple(policies)
    return tuple(Principle(h, (policy_finding(known, h.number, today),)) for h in HEADINGS)


def current_policy(policies: Iterable[PolicyRecord], number: int) -> PolicyRecord | None:
    """The newest statement under a heading, in date or not."""
    under = [policy for policy in policies if policy.principle == number]
    return max(under, key=lambda policy: policy.signed_on, default=None)


def policy_finding(policies: Iterable[PolicyRecord], number: int, today: date) -> Finding:
    """Stated by whom and until when; expired; or not stated."""
    policy = current_policy(policies, number)
    about = "The publisher's statement"
    if policy is None:
        return Finding(NOT_STATED, about, "Nobody has signed a statement under this heading.")
    signed = f"Signed by {policy.signed_by} on {long_date(policy.signed_on)}"
    if policy.expires_on < today:
        return Finding(EXPIRED, about, f"{signed}; expired on {long_date(policy.expires_on)}.", policy.signed_on)
    return Finding(STATED, about, f"{signed}, good until {long_date(policy.expires_on)}.", policy.signed_on)


def as_json(principles: Iterable[Principle]) -> list[dict[str, Any]]:
    """The same findings for machines."""
    return [
        {
            "principle": principle.heading.number,
            "name": principle.heading.name,
            "findings": [
                {
                    "status": finding.word,
                    "about": finding.about,
                    "evidence": finding.evidence,
                    "date": finding.on.isoformat() if finding.on else None,
                }
                for finding in principle.findings
            ],
        }
        for principle in principles
    ]


def facts_json(facts: DisplayFacts) -> dict[str, Any]:
    """The inputs of the four dates, for machines; a date that is not known is null."""
    return {
        "first_published": _iso(facts.published),
        "updated": _iso(facts.updated),
        "reviewed": _iso(facts.reviewed),
        "next_check_due": _iso(facts.next_check),
        "overdue": facts.is_overdue,
        "statements": facts.statements,
        "statements_checked": facts.checked,
        "oldest_signature": _iso(facts.signed_on),
        "checked_by": [{"name": s.name, "profession": s.profession} for s in facts.checkers],
        "signatures": {uid: _iso(signature.on) for uid, signature in sorted(facts.signatures.items())},
        "awaiting_approval": facts.awaiting,
        "sources": facts.sources,
        "sources_with_date": facts.sources_dated,
        "sources_checked": _iso(facts.sources_checked),
        "sources_retracted": list(facts.sources_retracted),
        "sources_unreachable": facts.sources_unreachable,
        "sources_in_trouble": [_mark_json(mark) for mark in facts.marks],
    }


def _mark_json(mark: Mark) -> dict[str, Any]:
    """One statement (null: the page as a whole) that leans on one source in trouble."""
    trouble = mark.trouble
    return {
        "statement": mark.place,
        "statement_sha256": mark.digest,
        "source": trouble.key,
        "trouble": trouble.nature.name,
        "dated": _iso(trouble.dated),
        "notice_doi": trouble.notice_doi or None,
        "notice_pmid": trouble.notice_pmid or None,
        "replaced_by": trouble.newer or None,
        "status": mark.status,
        "due": _iso(mark.due_on),
        "answer": mark.words or None,
        "answered_by": mark.by or None,
        "answered_on": _iso(mark.on),
    }


def _iso(when: date | None) -> str | None:
    return when.isoformat() if when else None


def _measured(is_right: bool, about: str, evidence: str, on: date | None) -> Finding:
    return Finding(MEASURED if is_right else FAILED, about, evidence, on)


def _authority(facts: DisplayFacts, evidence: Evidence) -> Iterator[Finding]:
    named = f"Named: {', '.join(evidence.authors)}." if evidence.authors else "No author is named."
    yield _measured(bool(evidence.authors), "An author is named", named, facts.today)
    yield _none_missing("Professions are told", "No profession told", evidence.without_profession, facts)
    yield _none_missing("Degrees are explained", "Not explained", evidence.unexplained_degrees, facts)
    yield _checked(facts)


def _none_missing(about: str, what: str, missing: tuple[str, ...], facts: DisplayFacts) -> Finding:
    told = f"{what}: {', '.join(missing)}." if missing else "Nothing is missing."
    return _measured(not missing, about, told, facts.today)


def _checked(facts: DisplayFacts) -> Finding:
    about = "A health professional has checked the page"
    if not facts.checked:
        return Finding(FAILED, about, NOT_CHECKED, facts.today)
    who = ", ".join(signer.title for signer in facts.checkers)
    covered = f"{facts.checked} of {facts.statements} statements as they stand now, by {who}."
    if facts.is_overdue:
        return Finding(EXPIRED, about, f"{covered} Overdue since {long_date(facts.next_check)}.", facts.signed_on)
    return _measured(facts.is_fully_checked, about, covered, facts.signed_on)


def _complementarity(facts: DisplayFacts, evidence: Evidence) -> Iterator[Finding]:
    count = evidence.emergency_callouts
    told = f"Boxes that say when to get help at once: {count}."
    yield Finding(MEASURED, "Advice for emergencies", told, facts.today)


def _privacy(facts: DisplayFacts, page: PageEvidence) -> Iterator[Finding]:
    hosts = ", ".join(page.foreign_hosts)
    told = f"Loaded from: {hosts}." if hosts else "Your browser loads nothing from anywhere else."
    yield _measured(not page.foreign_hosts, "No other host learns of your visit", told, facts.today)
    told = f"Scripts: {page.scripts}. Forms: {page.forms}."
    yield _measured(page.scripts + page.forms == 0, "Nothing on the page collects data", told, facts.today)


def _attribution(facts: DisplayFacts, evidence: Evidence) -> Iterator[Finding]:
    told = f"First published {long_date(facts.published)}, updated {long_date(facts.updated)}, by our records."
    yield Finding(MEASURED, "Dates", told, facts.updated)
    told = f"{evidence.sourced} of {evidence.needing_source} statements of fact, number or advice"
    excuse = f"; {evidence.excused} of them say why they need none" if evidence.excused else ""
    yield _measured(not evidence.unsourced, "Statements have a source", f"{told}{excuse}.", facts.today)
    told = f"{evidence.references - len(evidence.incomplete_references)} of {evidence.references} sources."
    yield _measured(not evidence.incomplete_references, "Sources can be found again", told, facts.today)
    yield _sources_seen(facts)
    told = f"Known to be retracted: {len(facts.sources_retracted)}."
    yield _measured(not facts.sources_retracted, "No source is retracted", told, facts.today)
    leaning = {mark.place for mark in facts.marks}
    told = f"Statements that do: {len(leaning)}; not answered yet: {len({m.place for m in facts.marks if m.is_open})}."
    yield _measured(not leaning, "No statement leans on a source in trouble", told, facts.today)
    yield from _marks(facts)


def _diet(diet: Diet | None, facts: DisplayFacts) -> Iterator[Finding]:
    """How many and how old the sources are is counted; what kind they are is what editors wrote down."""
    if diet is None or not diet.sources:
        return
    undated = diet.shares("Age")[-1].count
    told = f"Sources: {diet.sources}; publishers: {diet.publishers}; "
    told += f"older than five years: {diet.old}; no date: {undated}."
    yield Finding(MEASURED, "Number and age of sources", told, facts.today)
    kinds, paid = _told(diet.shares("Kind of evidence")), _told(diet.shares("Paid for by a maker"))
    if not kinds and not paid:
        yield Finding(NOT_STATED, "Kinds of evidence", "Nobody has said what kind of evidence the sources are.")
        return
    said = [*kinds, f"paid for by a maker: {diet.paid_by_maker}"] if paid else kinds
    unsaid = diet.shares("Kind of evidence")[-1]
    said += [f"kind {UNSAID}: {unsaid.count}"] if unsaid.count else []
    yield Finding(STATED, "Kinds of evidence, as our editors see them", f"{'; '.join(said).capitalize()}.")


def _told(shares: tuple[Share, ...]) -> list[str]:
    return [f"{share.label}: {share.count}" for share in shares[:-1] if share.count]


def _marks(facts: DisplayFacts) -> Iterator[Finding]:
    """One line for each trouble of a source and each answer to it: an answer is stated by a person, never measured."""
    groups: dict[tuple[str, str, str], list[Mark]] = {}
    for mark in facts.marks:
        told = what_was_answered(mark, facts.today)
        groups.setdefault((mark.trouble.key, mark.trouble.matter, told), []).append(mark)
    for (key, _, told), marks in groups.items():
        about = f"The source {key} {what_happened(marks[0].trouble)}"
        evidence = f"{_who_leans(marks)} on it. {told}"
        yield Finding(MARK_WORDS[marks[0].status], about, evidence, marks[0].on or marks[0].trouble.dated)


def _who_leans(marks: list[Mark]) -> str:
    count = sum(mark.place is not None for mark in marks)
    if count == len(marks):
        return "1 statement leans" if count == 1 else f"{count} statements lean"
    return "The page as a whole leans" if not count else f"The page as a whole and {count} of its statements lean"


#: A statement that two people changed knowing of the trouble is measured, by our records.
MARK_WORDS = {OPEN: FAILED, ANSWERED: STATED, REVISED: MEASURED}


def _sources_seen(facts: DisplayFacts) -> Finding:
    told = f"{facts.sources_dated} of {facts.sources} sources carry the date on which they were opened."
    is_right = facts.sources_dated == facts.sources
    return _measured(is_right, "Sources were opened", told, facts.sources_checked)


def _justifiability(facts: DisplayFacts, evidence: Evidence) -> Iterator[Finding]:
    missing = ", ".join(kind.replace("-", " ") for kind in evidence.missing_kinds)
    told = f"Not on the page: {missing}." if missing else "No expected section is missing."
    yield _measured(not missing, "How it works, benefits, risks, no treatment, alternatives", told, facts.today)


def _transparency(facts: DisplayFacts, contact: str) -> Iterator[Finding]:
    told = f"On every page: {contact}." if contact else "No contact address is given."
    yield _measured(bool(contact), "You can reach the publisher", told, facts.today)
    waiting = "A part of this page awaits approval." if facts.awaiting else "Approved by a second person."
    yield _measured(not facts.awaiting, "Two people stand behind every statement", waiting, facts.today)


def _financial(facts: DisplayFacts, evidence: Evidence) -> Iterator[Finding]:
    if evidence.funding:
        yield Finding(STATED, "Funding of this page", evidence.funding, facts.updated)
    else:
        yield Finding(NOT_STATED, "Funding of this page", "Nothing is said about who paid.")
    silent = evidence.without_interests
    if silent:
        yield Finding(NOT_STATED, "Interests of the people named", f"No entry: {', '.join(silent)}.")
    else:
        told = f"Entries for {evidence.role_holders} of {evidence.role_holders} people named."
        yield Finding(STATED, "Interests of the people named", told, facts.updated)


def _advertising(facts: DisplayFacts, page: PageEvidence) -> Iterator[Finding]:
    told = f"Links marked as sponsored: {page.sponsored_links}."
    yield _measured(page.sponsored_links == 0, "No advertising on this page", told, facts.today)
