"""One citation in a line of another program, in the forms of NLM, AMA and APA: read whole, or not at all.

First what stands at the end is taken off – identifiers, address, days of access –, then one pattern must match all of
the rest. Forms that may mean two things ("Gene therapy. Mayo Clinic." is a title and a site, or an author and a title)
are not among them. A list of authors that ends with "et al." is not whole: the record is doubted.
"""

import re

from .printed.wording import NO_FAMILY, is_of_the_journal
from .record import Reading

_DATE = r"[0-9]{4}(?: [A-Z][a-z]{2,8}\.?(?: [0-9]{1,2})?)?"
_SPAN = rf"{_DATE}(?:[-–](?:(?:[0-9]{{4}} )?[A-Z][a-z]{{2,8}}\.?(?: [0-9]{{1,2}})?|[0-9]{{1,2}}))?"
_DAY = r"[A-Z][a-z]{2,8} [0-9]{1,2}, [0-9]{4}"
_WORD = r"[^\W\d_][^\s\d.,;:()\[\]]*"
_SUFFIX = r"(?:Jr|Sr|II|III|IV|[2-4](?:nd|rd|th))"
_PERSON = rf"(?:[a-z]{{1,4}} ){{0,3}}{_WORD}(?: {_WORD}){{0,2}} [A-Z](?:-?[A-Z]){{0,3}}(?: {_SUFFIX})?"
_PEOPLE = rf"{_PERSON}(?:, {_PERSON}){{0,400}}"
_AUTHORS = rf"(?P<authors>{_PEOPLE})(?P<others>,? et al)?"
_EDITORS = rf"In: (?P<editors>{_PEOPLE}), (?:editors?|eds?)\."
_APA_PERSON = r"[^\W\d_][^\d,;:()\[\]]{0,60}, (?:[A-Z]\.[ -]?){1,4}(?:, (?:Jr|Sr)\.)?"
_APA_AUTHORS = rf"(?P<authors>{_APA_PERSON}(?:,? (?:& )?{_APA_PERSON}){{0,30}})"
_CAPITALS = r"(?:[A-Z][^\W\d_]*(?:[’'-][^\W\d_]+)*|of|and|for|the|on|in|to|&)"
# With a comma it may be several people, or a title: only capitals and a word for a body of people make it sure.
_OF_A_BODY = (
    r"(?=[^.\[\]]{0,200}\b(?:Department|Ministry|Office|Division|Cent(?:er|re)s?|Institutes?|Agency|Administration|"
    r"Committee|Council|Commission|Bureau|University|Hospital|Society|Association|Foundation|Academ(?:y|ies))\b)"
)
_BODY = rf"{_OF_A_BODY}(?=[A-Z]){_CAPITALS}(?:,? {_CAPITALS}){{1,30}}"
_ORGANISATION = rf"(?P<organisation>(?:U\.[SK]\. )?(?:[^.,\[\]]{{2,200}}|{_BODY}))"
_TITLE = r"(?P<title>[^\[\]]{3,900}?[.?!])"
_PLAIN_TITLE = r"(?P<title>[^.\[\]]{3,300}?)"
_CLOSED_TITLE = r"(?P<title>[^.?!\[\]]{3,300}[.?!])"
_PLACE = r"(?P<publisher_place>(?:(?:St|Ste|Ft|Mt)\. )?[^:.;\[\]]{2,80})"
# Of a site without date: any other place before a colon may be the first part of a title.
_PLACE_IN_A_STATE = r"(?P<publisher_place>[^:.;\[\]]{2,70} \([A-Z]{2}\))"
_PUBLISHER = r"(?P<publisher>[^:;.\[\]]{2,200})"
_EDITION = r"(?:(?P<edition>[0-9]{1,2})(?:st|nd|rd|th) ed\. )?"
_NO_DATE = r"\[date unknown\]"
_NOTED = rf"\[(?:updated (?P<updated>{_DATE}))?(?:; )?(?:cited {_DATE})?\]"
_FORMS = {
    "article-journal": [
        rf"{_AUTHORS}\. {_TITLE} (?P<container_title_short>[^.\[\]]{{2,120}})\. (?P<issued>{_SPAN});"
        r"(?P<volume>[A-Za-z0-9 -]{1,20})?(?:\((?P<issue>[^()]{1,40})\))?(?::(?P<page>[A-Za-z0-9, –-]{1,40}))?",
        rf"{_APA_AUTHORS} \((?P<issued>[0-9]{{4}})\)\. {_TITLE} (?P<container_title>[^.\[\]]{{2,200}}?), "
        r"(?P<volume>[0-9][0-9A-Z]{0,9}|[IVXLC]{1,8})"
        r"(?:\((?P<issue>[^()]{1,40})\))?(?:, (?P<page>[A-Za-z0-9–-]{1,40}))?",
    ],
    "webpage": [
        rf"(?:{_ORGANISATION}\. )?{_PLAIN_TITLE} \[Internet\]\. (?:{_PLACE}: )?{_PUBLISHER}; ?"
        rf"(?:(?P<issued>{_DATE})(?: {_NOTED})?|{_NO_DATE})",
        rf"(?:{_ORGANISATION}\. )?{_PLAIN_TITLE} \[Internet\]\. {_PLACE_IN_A_STATE}: {_PUBLISHER}; ?{_NOTED}",
        rf"{_ORGANISATION}\. (?P<container_title>[^.\[\]]{{2,200}}) \[Internet\]\. (?:{_PLACE}: )?{_PUBLISHER}; ?"
        rf"(?:(?P<issued>{_DATE})|{_NO_DATE})\. (?!\(){_PLAIN_TITLE}(?:; {_NOTED})?",
        rf"{_ORGANISATION}\. {_CLOSED_TITLE} (?P<container_title>[^.\[\]]{{2,200}})\. "
        rf"(?:Published )?(?P<issued>[0-9]{{4}}|{_DAY})(?:\. Updated (?P<updated>{_DAY}))?",
        rf"{_ORGANISATION}\. \((?P<issued>[0-9]{{4}}(?:, [A-Z][a-z]{{2,8}}(?: [0-9]{{1,2}})?)?)\)\. "
        rf"{_CLOSED_TITLE} "
        r"(?P<container_title>[^.\[\]]{2,200})",
    ],
    "report": [
        rf"{_ORGANISATION}\. {_PLAIN_TITLE}(?: \[Internet\])?\. {_PLACE}: {_PUBLISHER}; ?(?P<issued>{_DATE})"
        rf"(?: {_NOTED})?\. Report No\.: (?P<number>[^.\[\]]{{1,60}})",
    ],
    "chapter": [
        rf"{_AUTHORS}\. {_TITLE} {_EDITORS} (?P<container_title>[^\[\]]{{3,300}}?)\. {_EDITION}(?:{_PLACE}: )?"
        rf"{_PUBLISHER}; ?(?P<issued>[0-9]{{4}})(?:\. p\. |:)(?P<page>[A-Za-z0-9–-]{{1,40}})",
    ],
    "book": [
        rf"{_AUTHORS}\. {_TITLE} {_EDITION}(?:{_PLACE}: )?{_PUBLISHER}; ?(?P<issued>[0-9]{{4}})",
        rf"{_APA_AUTHORS} \((?P<issued>[0-9]{{4}})\)\. (?P<title>[^\[\]().]{{3,300}}) "
        rf"\((?P<edition>[0-9]{{1,2}})(?:st|nd|rd|th) ed\.\)\. {_PUBLISHER}",
    ],
}
NOT_WHOLE = "“et al.”: the list of authors is not whole."
_PATTERNS = [(kind, re.compile(form)) for kind, forms in _FORMS.items() for form in forms]
_ENDS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:https?://(?:dx\.)?doi\.org/|doi: ?)(?P<doi>10\.[0-9]{4,9}/\S{1,250})$",
        r"(?:PubMed )?PMID: ?(?P<pmid>[0-9]{1,8})$",
        r"(?:PubMed Central )?PMCID: ?(?P<pmcid>PMC[0-9]{1,9})$",
        r"(?:Available (?:from|at): ?)?(?P<url>https?://\S{3,500})$",
        rf"Epub {_DATE}$",
        rf"(?:Accessed {_DAY}|Retrieved {_DAY}, from)$",
    )
]
_EDITED = re.compile(r"\bIn: |, (?:editors?|eds?)\b|\bNews release\b")
# Where a name stands: words that no name begins with, a question, another part of the citation.
_NO_NAME = re.compile(rf"^(?i:{'|'.join(sorted(NO_FAMILY))}) [A-Z]$|\?|\bIn: |\bv$|^News release|, [A-Z]?[0-9]")
# In the title of a book: its edition, or the beginning of its place, taken for a part of it.
_TOO_LONG = re.compile(
    r"\b(?:[0-9](?:st|nd|rd|th)|[Rr]ev\.?) ed\b|\bVol\.? [0-9]|\. [A-Z][a-z]{0,2}\.?$|: (?:St|U\.[SK])\.?$"
)
# A page is not sure without its address; a book with one may be a data set.
_NEED_AN_ADDRESS, _NEED_NONE = ("webpage",), ("book",)


def understood(line: str) -> Reading | None:
    """What the citation says, or None when no form accounts for all of it."""
    ends, rest = _without_ends(line)
    matched = next(((kind, match) for kind, form in _PATTERNS if (match := form.fullmatch(rest))), None)
    if matched is None or matched[0] in (_NEED_NONE if "url" in ends else _NEED_AN_ADDRESS):
        return None
    kind, match = matched
    parts = {name: value.strip() for name, value in match.groupdict().items() if value}
    if not _is_plausible(parts):
        return None
    reading = Reading({"type": kind})
    if parts.pop("others", ""):
        reading.doubts.append(NOT_WHOLE)
    if "organisation" in parts:
        reading.people("authors", [{"literal": parts.pop("organisation")}])
    for name in ("authors", "editors"):
        reading.people(name, _people(parts.pop(name, "")))
    reading.span("issued", _date(parts.pop("issued", "")))
    reading.date("updated", _date(parts.pop("updated", "")))
    for name, value in (parts | ends).items():
        reading.text(name, _tidied(name, value))
    return reading


def _is_plausible(parts: dict[str, str]) -> bool:
    """Whether no part holds what belongs to another one: editors in a title, a person where an organisation stands."""
    if any(value.count("(") != value.count(")") for value in parts.values()):
        return False
    if "organisation" in parts and parts["title"].startswith("In "):  # a chapter without author, in APA style
        return False
    named = [parts.get(name, "") for name in ("authors", "organisation", "container_title")]
    if any(map(_NO_NAME.search, named)):
        return False
    if "container_title_short" in parts and is_of_the_journal(parts["title"]):
        return False
    is_person = re.fullmatch(_PERSON, parts.get("organisation", ""))
    books = [parts.get(name, "") for name in ("title", "container_title")] if "publisher" in parts else []
    return not is_person and not any(map(_TOO_LONG.search, books)) and not _EDITED.search(parts["title"])


def _without_ends(line: str) -> tuple[dict[str, str], str]:
    """Identifiers and address from the end of the line, and what stands before them."""
    ends: dict[str, str] = {}
    rest = line.rstrip(" .;")
    while match := next((match for end in _ENDS if (match := end.search(rest))), None):
        ends = {name: value for name, value in match.groupdict().items() if value} | ends
        rest = rest[: match.start()].rstrip(" .;")
    return ends, rest


def _tidied(name: str, value: str) -> str:
    """Ranges with a hyphen, as the library has them; a title without its full stop."""
    if name in ("page", "issue", "volume"):
        return value.replace("–", "-")
    return value.removesuffix(".") if name == "title" else value


def _date(written: str) -> str:
    """APA's “2013, March 4” as a date that is known."""
    year, comma, rest = written.partition(", ")
    return f"{year} {rest}" if comma and year.isdigit() else written


def _people(written: str) -> list[dict[str, str]]:
    if re.match(r"[^,]+, [A-Z]\.", written):
        return _apa_people(written)
    return [_person(name) for name in written.split(", ") if name]


def _person(written: str) -> dict[str, str]:
    """“Raper SE Jr”: initials at the end, one word each."""
    found = re.fullmatch(rf"(.+?) ([A-Z](?:-?[A-Z])*)(?: ({_SUFFIX}))?", written)
    if not found:
        return {"literal": written}
    given = " ".join(found[2]).replace(" - ", "-")
    return {"family": found[1], "given": given} | ({"suffix": found[3]} if found[3] else {})


def _apa_people(written: str) -> list[dict[str, str]]:
    found = re.findall(r"(?:& )?([^,&]+), ((?:[A-Z]\.[ -]?)+)(?:, ((?:Jr|Sr)\.))?(?:, |$)?", written)
    people = [{"family": family.strip(), "given": given.strip(), "suffix": suffix} for family, given, suffix in found]
    return [{part: text for part, text in person.items() if text} for person in people]
