"""What stands on a page beside its text: dates, breadcrumbs, copyright, seals, navigation.

Each question takes the plain words of one line or paragraph. Nothing here decides alone: the words always end
up in the report, where an editor sees them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .dates import FoundDate, find_dates

#: Furniture is short; a longer paragraph is text, whatever words it holds.
MAX_CHARACTERS = 300
MAX_CRUMB_CHARACTERS = 60

_DATED = re.compile(
    r"^(?:(?:page|article|content|medically|clinically|last|date|most|recently|fact|was|this|on)\s){0,4}"
    r"(?P<verb>updated|reviewed|checked|modified|revised|published|posted|created|written)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
# "on", and the name of a person or house; a small letter after "by" is a sentence going on.
_BESIDE_A_DATE = re.compile(r"(?:[Oo]n|[Dd]ate|[Ii]n|[Aa]t)?\s?(?:[Bb]y (?:the )?[^\W\d_a-z][^!?]{1,90})?(?:\s?on)?")
_SEPARATORS = re.compile(r"[\s:,.|()–-]+")
_KINDS = {
    "updated": "updated",
    "modified": "updated",
    "revised": "updated",
    "reviewed": "reviewed",
    "checked": "reviewed",
    "published": "published",
    "posted": "published",
    "created": "published",
    "written": "published",
}
_BY_LINE = re.compile(
    r"^(?:by|written by|author(?:s|ed by)?|(?:medically |clinically )?(?:reviewed|checked|edited) by|reviewer|editor)"
    r"\b[:\s]\s*(?P<who>[^\W\d_].*)$",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"^(?:©|\(c\)\s?(?:19|20)\d\d|copyright\s*(?:©|\(c\)|(?:19|20)\d\d|by\b)|all rights reserved)", re.IGNORECASE
)
_SEALS = re.compile(
    r"\bhon\s?code\b|\bhealth on the net\b|\btrustworthy health\b|\burac\b|\btruste\b|\bverify here\b|"
    r"\bseal of approval\b|\binformation standard\b",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"^(?:"
    r"(?:send|e-?mail|share|print|bookmark|tweet|save|download)(?: (?:this|the|to|on|by|via|with|a|your|page|article|"
    r"pdf|version|story|friends?|e-?mail|facebook|twitter|pinterest|print|it)){0,6}"
    r"|printer[- ]friendly(?: (?:version|page))?|print(?:able)? version|text size.{0,20}"
    r"|skip (?:to|navigation).{0,40}|jump to.{0,40}|(?:back to |go to )?(?:the )?top(?: of (?:the )?page)?"
    r"|menu|main menu|navigation|search|search this site|close|home|site ?map"
    r"|log ?in|sign (?:in|up|out)|register|subscribe.{0,60}|(?:free )?newsletters?|sign up for .{0,80}newsletters?"
    r"|(?:next|previous|prev)(?: (?:page|article))?|page \d{1,3} of \d{1,3}"
    r"|continue reading.{0,60}|read (?:more|next).{0,60}"
    r"|advertis(?:e)?ments?|advertising policy|sponsored(?: links| content)?|ads?"
    r"|follow us.{0,60}|connect with us|contact us|about us"
    r"|accept (?:all )?cookies|we use cookies.{0,200}|cookie (?:policy|settings)"
    r"|privacy policy|terms of (?:use|service)"
    r"|(?:facebook|twitter|pinterest|linkedin|instagram|youtube|google\+|e-?mail|whatsapp|reddit)"
    r"|was this (?:page|article) helpful\??.{0,20}|rate this (?:page|article).{0,20}|loading(?:…|\.{3})?"
    r")[\s.:»>|]*$",
    re.IGNORECASE,
)
_SOURCE_HEADINGS = frozenset(
    {
        "source",
        "sources",
        "reference",
        "references",
        "bibliography",
        "works cited",
        "citations",
        "article sources",
        "sources cited",
    }
)
_CRUMB_MARKS = re.compile(r"\s[>/]\s|\s*[»›→]\s*")


@dataclass(frozen=True)
class DateLine:
    """“Last reviewed May 2010 by …”: which of the three dates, and the date."""

    kind: str
    date: FoundDate


def date_line(text: str) -> DateLine | None:
    """The date that a line states about its page, or None for any other line."""
    match = _DATED.match(text) if len(text) <= 160 else None
    if not match:
        return None
    found = find_dates(match.group("rest"))
    if len(found) != 1:
        return None
    rest = match.group("rest")
    beside = rest[: found[0].start], rest[found[0].end :]
    if all(_BESIDE_A_DATE.fullmatch(_SEPARATORS.sub(" ", words).strip()) for words in beside):
        return DateLine(_KINDS[match.group("verb").lower()], found[0])
    return None


def is_by_line(text: str) -> bool:
    """“By Jane Smith, MD”: at most twelve words, a name in capitals."""
    match = _BY_LINE.match(text) if len(text) <= 120 else None
    return bool(match and match.group("who")[0].isupper() and len(text.split()) <= 12 and text[-1] not in "?!:")


def is_copyright(text: str) -> bool:
    """A copyright line."""
    return len(text) <= MAX_CHARACTERS and bool(_COPYRIGHT.match(text))


def is_seal(text: str) -> bool:
    """A line that claims a seal or certificate for the page it stood on."""
    return len(text) <= MAX_CHARACTERS and bool(_SEALS.search(text))


def is_noise(text: str) -> bool:
    """Words of a button, menu or advertisement."""
    parts = [part for part in re.split(r"\s[|·•]\s", text) if part.strip()] if len(text) <= MAX_CHARACTERS else []
    return bool(parts) and all(_NOISE.match(part) for part in parts)


def stands_alone(text: str) -> bool:
    """A line that no sentence runs into and that runs into none, however lines are wrapped around it."""
    return bool(date_line(text)) or is_copyright(text) or is_noise(text) or is_by_line(text)


def is_sources_heading(text: str) -> bool:
    """A heading under which sources stand."""
    return text.casefold().strip(" :.") in _SOURCE_HEADINGS


def crumbs(text: str) -> list[str]:
    """The parts of “Home > Health > Rare Diseases”, or nothing."""
    if len(text) > MAX_CHARACTERS:
        return []
    parts = [part.strip() for part in _CRUMB_MARKS.split(text)]
    if len(parts) < 3 or not all(is_crumb(part) for part in parts):
        return []
    return parts


def is_crumb(text: str) -> bool:
    """Short enough for a step of a breadcrumb, and no sentence."""
    return 0 < len(text) <= MAX_CRUMB_CHARACTERS and text[-1] not in ".!:;,"
