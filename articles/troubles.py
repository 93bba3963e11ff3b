"""What makes a source bad to lean on, how bad, and which statements of an article lean on it.

A statement leans on a source if one of its own citations names it: in its text, in a cell of its table, beside other
sources. A citation of its lead-in is the lead-in's, and a source cited for the article as a whole (no block) marks the
article as a whole, not each of its statements. Everything here is worked out when a page is made and laid over it:
nothing of it is in a snapshot or a context, so that no approval and no digest changes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from articles.canonical import digest
from articles.significance import SUBSTANTIVE, significance
from articles.statements import context_identity

if TYPE_CHECKING:
    from references.standing import Standing

Content = Mapping[str, Any]
#: A statement's uid; None is the article as a whole.
Place = str | None

RETRACTION = "retraction"
CONCERN = "expression-of-concern"
SUPERSEDED = "superseded"
UNREACHABLE = "unreachable"
CORRECTION = "correction"

OPEN = "open"
ANSWERED = "answered"
REVISED = "revised"

#: A site that is down for a week end is no finding: the first and the newest failed visit lie at least so far apart.
DEAD_AFTER = timedelta(days=14)


@dataclass(frozen=True)
class Nature:
    """One way for a source to go bad: the words for it, and how many days the editors have to answer.

    ``is_grave``: what was read may not be true; the others say that it is old, out of reach or was put right.
    ``since`` is the word before its date.
    """

    name: str
    label: str
    happened: str
    days: int
    is_grave: bool = False
    since: str = "on"


#: From bad to less bad. A retraction or an expression of concern takes the ground away (COPE, Retraction Guidelines,
#: 2019: results are unreliable, or may be), so it is answered first. A newer form or a lost address makes a statement
#: old or hard to check, not wrong. A correction usually leaves the findings standing, but somebody has to look.
NATURES = {
    nature.name: nature
    for nature in (
        Nature(RETRACTION, "Retracted", "was retracted", 7, is_grave=True),
        Nature(CONCERN, "Expression of concern", "was put in doubt by its journal", 14, is_grave=True),
        Nature(SUPERSEDED, "Replaced by a newer one", "has been replaced by a newer one", 30),
        Nature(UNREACHABLE, "Address does not answer", "has not answered at its address", 30, since="since"),
        Nature(CORRECTION, "Corrected", "was corrected", 30),
    )
}


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong with one source. ``matter`` names it: an answer holds for this matter and no other."""

    key: str
    nature: Nature
    matter: str
    dated: date | None = None
    notice: int | None = None
    notice_doi: str = ""
    notice_pmid: str = ""
    newer: str = ""


@dataclass(frozen=True)
class Said:
    """One row of what was said about a statement and a trouble: that it arose, that a person answered, that it went."""

    pk: int
    action: str
    place: Place
    key: str
    matter: str
    digest: str
    on: date
    of: int | None = None
    due_on: date | None = None
    words: str = ""
    by: str = ""


@dataclass(frozen=True)
class Mark:
    """One statement that leans on one source in trouble, and where that stands.

    ``due_on`` is None for what was never published. ``raised`` is the row that noted it.
    """

    place: Place
    digest: str
    trouble: Trouble
    status: str = OPEN
    on: date | None = None
    words: str = ""
    by: str = ""
    due_on: date | None = None
    raised: int | None = None

    @property
    def identity(self) -> tuple[Place, str, str]:
        return self.place, self.trouble.key, self.trouble.matter

    @property
    def is_open(self) -> bool:
        return self.status == OPEN


def troubles_of(standing: Standing) -> Iterator[Trouble]:
    """Everything that is wrong with a source; nothing for one that stands well."""
    if standing.nature in NATURES:
        yield Trouble(
            standing.key,
            NATURES[standing.nature],
            f"notice:{standing.notice_id}",
            standing.dated,
            standing.notice_id,
            standing.notice_doi,
            standing.notice_pmid,
        )
    if standing.superseded_by:
        newer = standing.superseded_by
        yield Trouble(standing.key, NATURES[SUPERSEDED], f"superseded:{newer}", newer=newer)
    if _is_dead(standing):
        since = standing.unreachable_since
        yield Trouble(standing.key, NATURES[UNREACHABLE], f"unreachable:{since}", since)


def _is_dead(standing: Standing) -> bool:
    first, newest = standing.unreachable_since, standing.checked_on
    return first is not None and newest is not None and newest - first >= DEAD_AFTER


def leaning(snapshot: Content) -> list[tuple[Place, str]]:
    """Every statement with every source it leans on, each pair once, in the order of the citations."""
    return list(dict.fromkeys((citation["block"], citation["key"]) for citation in snapshot["citations"]))


def whole_page_digest(snapshot: Content, context: Content) -> str:
    """What an answer for the article as a whole is bound to: the citations of the whole, and what they cite.

    Its statements have digests of their own, so a changed statement leaves this one.
    """
    own = [citation for citation in snapshot["citations"] if citation["block"] is None]
    identities = context_identity(dict(context))["references"]
    return digest({"citations": own, "references": {c["key"]: identities.get(c["key"]) for c in own}})


def marks(
    snapshot: Content,
    digests: Mapping[Place, str],
    standings: Mapping[str, Standing],
    said: Iterable[Said],
) -> tuple[Mark, ...]:
    """Every statement that leans on a source in trouble, with what was said about it; the gravest first.

    An answer holds for the very words it was given to: it is bound to the digest of the statement, as a signature is.
    """
    rows = list(said)
    found = [
        _mark(place, digests[place], trouble, rows)
        for place, key in leaning(snapshot)
        if key in standings and place in digests
        for trouble in troubles_of(standings[key])
    ]
    order = list(NATURES.values())
    return tuple(sorted(found, key=lambda mark: order.index(mark.trouble.nature)))


def _mark(place: Place, current: str, trouble: Trouble, rows: list[Said]) -> Mark:
    own = [row for row in rows if (row.place, row.key, row.matter) == (place, trouble.key, trouble.matter)]
    raised = raised_in(own)
    settled = [row for row in own if row.action in (ANSWERED, REVISED) and row.digest == current]
    due_on, pk = (raised.due_on, raised.pk) if raised else (None, None)
    if not settled:
        return Mark(place, current, trouble, due_on=due_on, raised=pk)
    last = max(settled, key=lambda row: row.pk)
    return Mark(place, current, trouble, last.action, last.on, last.words, last.by, due_on, pk)


def raised_in(rows: Iterable[Said]) -> Said | None:
    """The newest row that noted a mark, if nothing has taken it off since."""
    rows = list(rows)
    lifted = {row.of for row in rows if row.action == "lifted"}
    standing = [row for row in rows if row.action == "raised" and row.pk not in lifted]
    return max(standing, key=lambda row: row.pk, default=None)


def is_revised(old: Content, new: Content, uid: str) -> bool:
    """Whether a statement's own words, cells or sources became others, not only their spelling or a reading date."""
    before, after = _alone(old, uid), _alone(new, uid)
    if not before["sections"] or not after["sections"]:
        return False
    same_frame = after | {"sections": before["sections"], "citations": before["citations"]}
    return significance(same_frame, after).level == SUBSTANTIVE


def _alone(snapshot: Content, uid: str) -> dict[str, Any]:
    """The article as if it held this statement only."""
    blocks = [block for section in snapshot["sections"] for block in section["blocks"] if block["uid"] == uid]
    frame = [{"uid": uid, "heading": "", "kind": "", "blocks": blocks}] if blocks else []
    own = [citation | {"accessed": ""} for citation in snapshot["citations"] if citation["block"] == uid]
    return dict(snapshot) | {"sections": frame, "citations": own}
