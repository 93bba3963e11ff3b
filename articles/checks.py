"""What is missing or ageing in an article: sentences beside the text, and those that stop a submission."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import text

BLOCKING = "blocking"
ADVICE = "advice"
#: Claims that need a source or a reason why not.
NEEDS_SOURCE = {"fact", "number", "advice"}


@dataclass(frozen=True)
class Finding:
    """One remark about an article, or about one of its statements."""

    level: str
    block: str | None
    sentence: str


def check(
    snapshot: dict[str, Any],
    context: dict[str, Any],
    ages: Mapping[str, datetime.datetime],
    now: datetime.datetime,
) -> list[Finding]:
    """Everything worth saying about a snapshot. ``ages``: block uid to the moment its wording was made."""
    return [*_article(snapshot), *_statements(snapshot)]


def _article(snapshot: dict[str, Any]) -> Iterator[Finding]:
    if not any(entry["role"] == "author" for entry in snapshot["people"]):
        yield Finding(BLOCKING, None, "Name an author.")
    if not any(section["blocks"] for section in snapshot["sections"]):
        yield Finding(BLOCKING, None, "The article has no text yet.")


def _statements(snapshot: dict[str, Any]) -> Iterator[Finding]:
    cited = {citation["block"] for citation in snapshot["citations"]}
    for section in snapshot["sections"]:
        for block in section["blocks"]:
            data = block["data"] or {}
            if block["kind"] == "figure" and not data.get("decorative") and not data.get("alt"):
                yield Finding(
                    BLOCKING, block["uid"], "A picture needs a text that says what it shows, or “decorative”."
                )
            if block["claim"] in NEEDS_SOURCE and block["uid"] not in cited and not block["no_source_reason"]:
                words = text.plain(block["html"])[:60]
                yield Finding(BLOCKING, block["uid"], f"“{words}” has no source. Cite one, or say why none is needed.")
