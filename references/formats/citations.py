"""One citation in a line, in the forms of NLM, AMA and APA: read whole, or not at all.

First what stands at the end is taken off – identifiers, address, days of access –, then one pattern must match all of
the rest. A list of authors that ends with "et al." is not whole: the record is doubted.
"""

import re
from typing import Any

from .record import Reading

_DATE = r"[0-9]{4}(?: [A-Z][a-z]{2,8}\.?(?: [0-9]{1,2})?)?"
_WORD = r"[^\W\d_][^\s\d.,;:()\[\]]*"
_PERSON = (
    rf"(?:[a-z]{{1,4}} ){{0,3}}{_WORD}(?: {_WORD}){{0,2}} [A-Z](?:-?[A-Z]){{0,3}}(?: (?:Jr|Sr|[2-4](?:nd|rd|th)))?"
)
_AUTHORS = rf"(?P<authors>{_PERSON}(?:, {_PERSON}){{0,400}}(?P<others>,? et al)?)"
_APA_PERSON = r"[^\W\d_][^\d,;:()\[\]]{0,60}, (?:[A-Z]\.[ -]?){1,4}(?:, (?:Jr|Sr)\.)?"
_APA_AUTHORS = rf"(?P<authors>{_APA_PERSON}(?:,? (?:& |\. \. \. )?{_APA_PERSON}){{0,30}})"
_TITLE = r"(?P<title>[^\[\]]{3,900}?[.?!])"
_WHERE = r"(?P<volume>[A-Za-z0-9 -]{1,20})?(?:\((?P<issue>[^()]{1,40})\))?(?::(?P<page>[A-Za-z0-9., -]{1,40}))?"
_FORMS = {
    "article-journal": [
        re.compile(
            rf"{_AUTHORS}\. {_TITLE} (?P<container_title_short>[^.\[\]]{{2,120}})\. (?P<issued>{_DATE});{_WHERE}"
        ),
        re.compile(
            rf"{_APA_AUTHORS} \((?P<issued>[0-9]{{4}})\)\. {_TITLE} (?P<container_title>[^.\[\]]{{2,200}}?), "
            r"(?P<volume>[0-9A-Z]{1,10})(?:\((?P<issue>[^()]{1,40})\))?(?:, (?P<page>[A-Za-z0-9–-]{1,40}))?"
        ),
    ],
    "webpage": [
        re.compile(
            rf"(?:(?P<organisation>[^.\[\]]{{2,200}})\. )?(?P<title>[^.\[\]]{{3,300}}[?!]?) \[Internet\]\. "
            rf"(?:(?P<publisher_place>[^:.;\[\]]{{2,80}}): )?(?P<publisher>[^:;\[\]]{{2,200}}); ?(?P<issued>{_DATE})"
            rf"(?: \[(?:updated (?P<updated>{_DATE}))?(?:; )?(?:cited {_DATE})?\])?"
        ),
    ],
    "book": [
        re.compile(
            rf"{_AUTHORS}\. {_TITLE} (?:(?P<edition>[0-9]{{1,2}})(?:st|nd|rd|th) ed\. )?"
            r"(?P<publisher_place>[^:.;\[\]]{2,80}): (?P<publisher>[^:;\[\]]{2,200}); ?(?P<issued>[0-9]{4})"
        ),
    ],
}
_ENDS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:https?://(?:dx\.)?doi\.org/|doi: ?)(?P<doi>10\.[0-9]{4,9}/\S{1,250})$",
        r"(?:PubMed )?PMID: ?(?P<pmid>[0-9]{1,8})$",
        r"(?:PubMed Central )?PMCID: ?(?P<pmcid>PMC[0-9]{1,9})$",
        r"(?:Available (?:from|at): ?)?(?P<url>https?://\S{3,500})$",
        r"Accessed [A-Z][a-z]+ [0-9]{1,2}, [0-9]{4}$",
    )
]


def understood(line: str, found: dict[str, list[str]]) -> Reading | None:
    """What the citation says, or None when no form accounts for all of it; ``found`` are its identifiers."""
    ends, rest = _without_ends(line)
    matched = next(
        ((kind, match) for kind, forms in _FORMS.items() for form in forms if (match := form.fullmatch(rest))), None
    )
    if matched is None:
        return None
    kind, match = matched
    reading = Reading({"type": kind})
    parts = {name: value.strip() for name, value in match.groupdict().items() if value}
    _read_people(reading, parts)
    for name in ("issued", "updated"):
        if name in parts:
            reading.date(name, parts.pop(name))
    parts["title"] = parts["title"].removesuffix(".")
    for name, value in (parts | ends).items():
        reading.text(name, value)
    return reading


def _without_ends(line: str) -> tuple[dict[str, str], str]:
    """Identifiers and address from the end of the line, and what stands before them."""
    ends: dict[str, str] = {}
    rest = line.rstrip(" .;")
    while match := next((match for end in _ENDS if (match := end.search(rest))), None):
        ends = {name: value for name, value in match.groupdict().items() if value} | ends
        rest = rest[: match.start()].rstrip(" .;")
    return ends, rest


def _read_people(reading: Reading, parts: dict[str, Any]) -> None:
    authors, organisation = parts.pop("authors", ""), parts.pop("organisation", "")
    if parts.pop("others", ""):
        authors = re.sub(r",? et al$", "", authors)
        reading.doubts.append("“et al.”: the list of authors is not whole.")
    if organisation:
        reading.people("authors", [{"literal": organisation}])
    elif re.match(r"[^,]+, [A-Z]\.", authors):
        reading.people("authors", _apa_people(authors))
    elif authors:
        reading.people("authors", [_person(name) for name in authors.split(", ")])


def _person(written: str) -> dict[str, str]:
    name, _, suffix = written, "", ""
    found = re.fullmatch(r"(.+) ([A-Z](?:-?[A-Z]){0,3})(?: (Jr|Sr|[2-4](?:nd|rd|th)))?", name)
    if not found:
        return {"literal": written}
    parts = {"family": found[1], "given": " ".join(found[2]).replace(" - ", "-"), "suffix": found[3] or suffix}
    return {part: text for part, text in parts.items() if text}


def _apa_people(written: str) -> list[dict[str, str]]:
    found = re.findall(r"(?:& )?([^,&]+), ((?:[A-Z]\.[ -]?)+)(?:, ((?:Jr|Sr)\.))?(?:, |$)?", written)
    people = [{"family": family.strip(), "given": given.strip(), "suffix": suffix} for family, given, suffix in found]
    return [{part: text for part, text in person.items() if text} for person in people]
