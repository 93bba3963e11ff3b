"""What is missing or ageing in an article: sentences beside the text, and those that stop a submission.

A pure function of the snapshot, what its keys mean, and the records' dates. Word lists are English; articles in other
languages get every other check.
"""

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import text

BLOCKING = "blocking"
ADVICE = "advice"
#: Claims that need a source or a reason why not.
NEEDS_SOURCE = {"fact", "number", "advice"}
#: Below this age a time-bound word is only a hint to write the date instead.
AGES_AFTER = datetime.timedelta(days=180)
SHOWN = 60

#: Words that are true on the day they are written. “New” alone would name half of all diseases and drugs.
TIME_BOUND = re.compile(
    r"\b(?:currently|at present|at the moment|nowadays|today|these days|to date|so far|until now|not yet|yet to be"
    r"|has not been approved|have not been approved|no (?:\w+ ){0,3}(?:has|have) been approved|not been approved"
    r"|recent|recently|the latest|newly|soon|upcoming|in the near future|in the coming years|in recent years"
    r"|in the (?:last|past|next) (?:few |several |two |three |five |ten )?years?|this year|last year|next year"
    r"|is being studied|are being studied|under investigation|still experimental)\b",
    re.IGNORECASE,
)

#: What a page about a treatment should answer (DISCERN, Charnock 1999, questions 9 to 15).
TREATMENT_QUESTIONS = {
    "how-it-works": "how it works",
    "benefits": "its benefits",
    "risks": "its risks",
    "no-treatment": "what happens without treatment",
    "alternatives": "the alternatives",
    "uncertainty": "what is not known",
}


@dataclass(frozen=True)
class Finding:
    """One remark about an article, or about one of its statements."""

    level: str
    block: str | None
    sentence: str
    label: str = ""
    is_grave: bool = False

    @property
    def word(self) -> str:
        """What stands above the sentence: what it is, or else how much it matters."""
        return self.label or ("Must be put right" if self.level == BLOCKING else "Worth a look")


@dataclass(frozen=True)
class Standing:
    """What the records say about the article's checks."""

    is_live: bool = False
    reviewed_on: datetime.date | None = None
    due_on: datetime.date | None = None


def check(
    snapshot: dict[str, Any],
    context: dict[str, Any],
    ages: Mapping[str, datetime.datetime],
    now: datetime.datetime,
    standing: Standing | None = None,
) -> list[Finding]:
    """Everything worth saying about a snapshot: what blocks a submission first, then advice, in reading order.

    ``ages``: block uid to the moment its wording was made; those of ``ageing_statements`` are enough.
    """
    found = [
        *_article(snapshot),
        *_statements(snapshot),
        *_records(standing, now.date()),
        *_ageing(snapshot, ages, now),
        *_sources(snapshot, context),
        *_shape(snapshot),
    ]
    return sorted(found, key=lambda finding: finding.level != BLOCKING)


def ageing_statements(snapshot: dict[str, Any]) -> dict[str, list[str]]:
    """Block uid to the time-bound words in it."""
    if not snapshot["language"].startswith("en"):
        return {}
    found = {}
    for block in _blocks(snapshot):
        words = [match[0] for part in _texts(block) for match in TIME_BOUND.finditer(text.plain(part))]
        if words:
            found[block["uid"]] = list(dict.fromkeys(word.lower() for word in words))
    return found


def _blocks(snapshot: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (block for section in snapshot["sections"] for block in section["blocks"])


def _texts(block: dict[str, Any]) -> Iterator[str]:
    data = block["data"] or {}
    yield from data.get("header", [])
    yield from (cell for row in data.get("rows", []) for cell in row)
    yield block["html"]


# --- what stops a submission --------------------------------------------------------------------------------------


def _article(snapshot: dict[str, Any]) -> Iterator[Finding]:
    if not any(entry["role"] == "author" for entry in snapshot["people"]):
        yield Finding(BLOCKING, None, "Name an author.")
    if not any(section["blocks"] for section in snapshot["sections"]):
        yield Finding(BLOCKING, None, "The article has no text yet.")


def _statements(snapshot: dict[str, Any]) -> Iterator[Finding]:
    cited = {citation["block"] for citation in snapshot["citations"]}
    for block in _blocks(snapshot):
        data = block["data"] or {}
        if block["kind"] == "figure" and not data.get("decorative") and not data.get("alt"):
            yield Finding(BLOCKING, block["uid"], "A picture needs a text that says what it shows, or “decorative”.")
        if block["claim"] in NEEDS_SOURCE and block["uid"] not in cited and not block["no_source_reason"]:
            yield Finding(BLOCKING, block["uid"], f"{_name(block)} has no source. Cite one, or say why none is needed.")


def _name(block: dict[str, Any]) -> str:
    data = block["data"] or {}
    heading = data.get("caption") or data.get("heading") or next(iter(data.get("header", [])), "")
    words = text.plain(block["html"]).strip() or text.plain(heading).strip()
    shown = words if len(words) <= SHOWN else f"{words[: SHOWN - 1].rpartition(' ')[0]}…"
    return f"“{shown}”" if shown else f"A {block['kind']}"


# --- advice -------------------------------------------------------------------------------------------------------


def _records(standing: Standing | None, today: datetime.date) -> Iterator[Finding]:
    if standing is None or not standing.is_live:
        return
    if standing.reviewed_on is None:
        yield Finding(ADVICE, None, "No health professional has checked every statement of the live page.")
    if standing.due_on and standing.due_on < today:
        yield Finding(ADVICE, None, f"The live page should have been checked by {_day(standing.due_on)}.")


def _ageing(
    snapshot: dict[str, Any], ages: Mapping[str, datetime.datetime], now: datetime.datetime
) -> Iterator[Finding]:
    for uid, words in ageing_statements(snapshot).items():
        quoted = " and ".join(f"“{word}”" for word in words)
        made = ages.get(uid)
        if made is not None and now - made >= AGES_AFTER:
            yield Finding(ADVICE, uid, f"{quoted} was written {_ago(now - made)} ago. Is it still so?")
        else:
            yield Finding(ADVICE, uid, f"{quoted} will age. Say when instead, such as “in {now.year}”.")


def _sources(snapshot: dict[str, Any], context: dict[str, Any]) -> Iterator[Finding]:
    for citation in snapshot["citations"]:
        source = context.get("references", {}).get(citation["key"], {})
        if source.get("type") == "webpage" and not citation["accessed"]:
            yield Finding(ADVICE, citation["block"], f"Say when {citation['key']} was read: web pages change.")


def _shape(snapshot: dict[str, Any]) -> Iterator[Finding]:
    if not snapshot["summary"]:
        yield Finding(ADVICE, None, "Write a summary; lists and search engines show it.")
    if not snapshot["topics"]:
        yield Finding(ADVICE, None, "Choose a topic; without one readers find the page by the A–Z only.")
    if not snapshot["funding"]:
        yield Finding(ADVICE, None, "Say who paid for this article.")
    if any(not section["heading"] for section in snapshot["sections"][1:]):
        yield Finding(ADVICE, None, "A section after the opening has no heading.")
    if snapshot["kind"] == "therapy":
        kinds = {section["kind"] for section in snapshot["sections"]}
        missing = [words for kind, words in TREATMENT_QUESTIONS.items() if kind not in kinds]
        if missing:
            yield Finding(ADVICE, None, f"No section says it is about {_listed(missing)}.")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _day(day: datetime.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _ago(age: datetime.timedelta) -> str:
    months = age.days // 30
    if months < 24:
        return f"{months} months"
    return f"{age.days // 365} years"
