"""From a line in a list of sources to CSL-JSON, with the day it was read.

Reads what old consumer-health pages use: MLA with a quoted title, Vancouver (NLM), AMA, APA, and bare lines with an
address. What cannot be taken apart becomes a title as it stands, and says that it is a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from articles.text import slugify_ascii

from .dates import FoundDate, find_dates, whole_date

MAX_CHARACTERS = 2000
_DOI = re.compile(r"(?:doi:?\s{0,2}|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/[^\s\"<>“”]{1,200})", re.IGNORECASE)
_PMID = re.compile(r"\bPMID:?\s{0,2}(\d{1,8})\b", re.IGNORECASE)
_PMCID = re.compile(r"\b(PMC\d{3,8})\b")
_URL = re.compile(r"<?(https?://[^\s<>\"“”]{3,500}|www\.[^\s<>\"“”]{3,500})>?", re.IGNORECASE)
_ACCESSED = re.compile(
    r"[\[(]?\b(?:last\s)?(?:accessed|retrieved|viewed|cited|consulted|date accessed|access date)\b(?:\son)?:?\s{0,3}"
    r"(?P<date>[^.;\[\]()]{4,40})(?:[\])])?",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«](?P<title>[^\"“”»]{2,400})[\"”»]")
_VANCOUVER = re.compile(
    r"(?P<year>\d{4})(?:\s(?P<month>[A-Z][a-z]{2}))?(?:\s(?P<day>\d{1,2}))?\s?;\s?(?P<volume>\d{1,5})"
    r"(?:\s?\((?P<issue>[^)]{1,20})\))?\s?:\s?(?P<page>[A-Za-z]?\d{1,7}(?:[-–][A-Za-z]?\d{1,7})?)"
)
_APA = re.compile(r"^(?P<authors>[^()]{2,300}?)\s?\((?P<date>(?:18|19|20)\d\d[^)]{0,20})\)\.\s(?P<rest>.+)$")
_NUMBER = re.compile(r"^\s*(?:\[?\d{1,3}[\].)]|\^|\*)\s*")
_LABEL = re.compile(r"^(?:source|reference)s?:\s*", re.IGNORECASE)
_ABBREVIATIONS = frozenset(
    {"vol", "no", "ed", "eds", "dr", "st", "inc", "jr", "sr", "dept", "univ", "vs", "pp", "mr", "ms", "prof"}
)
_PERSON_FIRST = re.compile(r"^[^\W\d_][\w'’.-]{0,30}(?:\s[^\W\d_][\w'’-]{0,30}){0,2},\s[^\W\d_][\w'’.\s-]{0,40}$")
_VANCOUVER_NAME = re.compile(r"^(?P<family>[^\W\d_][\w'’\s-]{0,40}?)\s(?P<given>[A-Z]{1,4})$")
_VANCOUVER_NAMES = re.compile(
    r"^(?P<names>[^\W\d_][\w'’-]{0,40}\s[A-Z]{1,4}(?:,\s[^\W\d_][\w'’-]{0,40}\s[A-Z]{1,4}){0,40}(?:,\set al)?)\.\s"
)
_DATE_LABEL = re.compile(
    r"^(?:last\s)?(?:updated|reviewed|published|modified|revised|posted)(?:\son)?:?\s*", re.IGNORECASE
)


@dataclass
class ParsedSource:
    """A source as far as it was understood."""

    csl: dict[str, Any] = field(default_factory=dict)
    accessed: str = ""
    is_certain: bool = True

    def doubt(self) -> None:
        self.is_certain = False


def looks_like_source(text: str) -> bool:
    """Whether a paragraph outside any list of sources is one: quoted title or authors first, a date at its end."""
    if not 20 <= len(text) <= MAX_CHARACTERS:
        return False
    if _ACCESSED.search(text) and (_URL.search(text) or _QUOTED.search(text)):
        return True
    if _VANCOUVER.search(text) or _PMID.search(text):
        return True
    quoted = _QUOTED.search(text[:400])
    if not quoted or not (quoted.start() == 0 or text[: quoted.start()].rstrip().endswith((".", ","))):
        return False
    tail = text[-40:].rstrip(" .)")
    dates = find_dates(tail)
    return bool(dates) and dates[-1].end >= len(tail) - 1


def parse_source(text: str) -> ParsedSource:
    """The parts of one source line. Always yields at least a title."""
    source = ParsedSource()
    rest = _LABEL.sub("", _NUMBER.sub("", " ".join(text[:MAX_CHARACTERS].split())))
    rest = _take_accessed(rest, source)
    rest = _take_identifiers(rest, source)
    quoted = _QUOTED.search(rest)
    volume = _VANCOUVER.search(rest)
    apa = _APA.match(rest)
    if quoted:
        _read_quoted(rest, quoted, source)
    elif volume:
        _read_vancouver(rest, volume, source)
    elif apa:
        _read_apa(apa, source)
    else:
        _read_segments(rest, source)
    return _finished(source, text)


def _finished(source: ParsedSource, text: str) -> ParsedSource:
    csl = source.csl
    if not csl.get("title", "").strip(" .,;:"):
        csl["title"] = " ".join(text.split())[:500]
        source.doubt()
    csl["title"] = csl["title"].strip(" ,;:")
    csl.setdefault("type", "article-journal" if "volume" in csl else "webpage")
    csl["id"] = _key(csl)
    return source


# --- what can be taken out wherever it stands ---------------------------------------------------------------------


def _take_accessed(text: str, source: ParsedSource) -> str:
    match = _ACCESSED.search(text)
    if not match:
        return text
    dates = find_dates(match.group("date"))
    if not dates:
        return text
    _set_accessed(dates[0], source)
    after = text[match.start("date") + dates[0].end :].lstrip(" ,.])")
    if after.lower().startswith("from "):
        after = after[5:].lstrip(": ")
    return f"{text[: match.start()].rstrip(' ,([')} {after}".strip()


def _set_accessed(date: FoundDate, source: ParsedSource) -> None:
    source.accessed = date.day()
    if not source.accessed or not date.is_certain:
        source.doubt()


def _take_identifiers(text: str, source: ParsedSource) -> str:
    for name, pattern in (("DOI", _DOI), ("PMCID", _PMCID), ("PMID", _PMID)):
        if match := pattern.search(text):
            source.csl[name] = match.group(1).rstrip(".,;)]").lower() if name == "DOI" else match.group(1)
            text = f"{text[: match.start()].rstrip()} {text[match.end() :].lstrip(' .;')}".strip()
    if match := _URL.search(text):
        url = match.group(1).rstrip(".,;)]")
        source.csl["URL"] = url if url.lower().startswith("http") else f"https://{url}"
        text = f"{text[: match.start()].rstrip()} {text[match.end() :].lstrip(' .;')}".strip()
    return re.sub(r"(?:\s|^)(?:available (?:at|from|online)|doi|url|at|from):?\s*$", "", text, flags=re.IGNORECASE)


# --- four ways of writing a source ---------------------------------------------------------------------------------


def _read_quoted(text: str, quoted: re.Match[str], source: ParsedSource) -> None:
    """MLA: Author, First. "Title." Site. Date. Organisation. Date of access."""
    source.csl["title"] = quoted.group("title").strip().rstrip(".,")
    before = text[: quoted.start()].strip(" .,")
    if before:
        source.csl["author"] = _authors(before, source)
    segments = _segments(text[quoted.end() :].lstrip(" .,"))
    dates = [(place, date) for place, segment in enumerate(segments) if (date := _segment_date(segment))]
    names = [segment.strip(" .") for segment in segments if not _segment_date(segment)]
    if len(dates) > 1 and not source.accessed:
        _set_accessed(dates.pop()[1], source)
    elif dates and not source.accessed and len(dates[0][1].parts) == 3 and dates[0][0] == len(segments) - 1:
        _set_accessed(dates.pop()[1], source)
        source.doubt()
    if dates:
        _set_issued(dates[0][1], source)
    _name_places(names, source)


def _name_places(names: list[str], source: ParsedSource) -> None:
    """The last name is the organisation, the one before it the site or book."""
    names = [name for name in names if name]
    if names:
        source.csl["publisher"] = names[-1]
    if len(names) > 1:
        source.csl["container-title"] = names[0]
    if len(names) > 2:
        source.doubt()
        source.csl["note"] = ". ".join(names[1:-1])


def _read_vancouver(text: str, volume: re.Match[str], source: ParsedSource) -> None:
    """NLM: Authors. Title. Journal. 2003;80(1-2):148-58."""
    csl = source.csl
    csl["type"] = "article-journal"
    csl["volume"] = volume.group("volume")
    csl["page"] = volume.group("page").replace("–", "-")
    if volume.group("issue"):
        csl["issue"] = volume.group("issue")
    found = whole_date(volume.group(0).split(";")[0])
    if found:
        _set_issued(found, source)
    before = text[: volume.start()].strip()
    names = _VANCOUVER_NAMES.match(before)
    segments = _segments(before[names.end() :]) if names else _segments(before)
    if names:
        segments.insert(0, names["names"])
    if len(segments) < 3:
        source.doubt()
    if segments:
        csl["container-title"] = segments.pop().strip(" .")
    if len(segments) > 1:
        csl["author"] = _authors(segments.pop(0).strip(" ."), source)
    csl["title"] = " ".join(segments).strip(" .")


def _read_apa(match: re.Match[str], source: ParsedSource) -> None:
    """APA: Authors (2010, May 3). Title. Journal or organisation, 12(3), 45-67."""
    csl = source.csl
    csl["author"] = _authors(match.group("authors"), source)
    date = whole_date(" ".join(reversed(match.group("date").split(", ")))) or whole_date(match.group("date")[:4])
    if date:
        _set_issued(date, source)
    segments = _segments(match.group("rest"))
    csl["title"] = segments.pop(0).strip(" .")
    if segments:
        journal = re.match(r"^(.{2,150}?),\s(\d{1,5})(?:\(([^)]{1,20})\))?,\s([\w–-]{1,20})", segments[0])
        _read_apa_journal(journal, segments[0], csl)


def _read_apa_journal(journal: re.Match[str] | None, segment: str, csl: dict[str, Any]) -> None:
    if not journal:
        csl["publisher"] = segment.strip(" .")
        return
    csl["type"] = "article-journal"
    csl["container-title"], csl["volume"] = journal.group(1), journal.group(2)
    csl["page"] = journal.group(4).replace("–", "-")
    if journal.group(3):
        csl["issue"] = journal.group(3)


def _read_segments(text: str, source: ParsedSource) -> None:
    """AMA and all others: Organisation. Title. [Site.] Updated date. The order is a guess."""
    segments = _segments(text)
    dates = [date for segment in segments if (date := _segment_date(segment))]
    names = [segment.strip(" .,") for segment in segments if not _segment_date(segment)]
    names = [name for name in names if name]
    if dates:
        _set_issued(dates[0], source)
    source.doubt()
    if len(names) == 1:
        source.csl["title"] = names[0]
    elif names:
        source.csl["author"] = _authors(names[0], source)
        source.csl["title"] = names[1]
        if len(names) > 2:
            source.csl["publisher"] = ". ".join(names[2:])


# --- parts ----------------------------------------------------------------------------------------------------------


def _segments(text: str) -> list[str]:
    """Parts between full stops. A stop after an initial (U.S.) or an abbreviation ends nothing."""
    parts: list[str] = []
    start = 0
    for match in re.finditer(r"[.?!]\s+", text):
        word = re.split(r"[\s.(]", text[start : match.start()])[-1]
        if text[match.start()] == "." and (_is_initial(word) or word.lower() in _ABBREVIATIONS):
            continue
        parts.append(text[start : match.start() + 1])
        start = match.end()
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip(" .")]


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isupper()


def _segment_date(segment: str) -> FoundDate | None:
    return whole_date(_DATE_LABEL.sub("", segment))


def _set_issued(date: FoundDate, source: ParsedSource) -> None:
    source.csl["issued"] = {"date-parts": [list(date.parts)]}
    if not date.is_certain:
        source.doubt()


def _authors(text: str, source: ParsedSource) -> list[dict[str, str]]:
    """People where the form is sure (Family, Given; Family GH), else one organisation by its name."""
    text = text.strip(" .,")
    names = [part.strip(" .") for part in re.split(r",\s|;\s", text)]
    et_al = names[-1].lower() in ("et al", "others")
    people = [_VANCOUVER_NAME.match(name) for name in (names[:-1] if et_al else names)]
    if people and all(people):
        if et_al:
            source.doubt()
        return [{"family": person["family"], "given": person["given"]} for person in people if person]
    if _PERSON_FIRST.match(text):
        family, given = text.split(",", 1)
        return [{"family": family.strip(), "given": given.strip(" .")}]
    if "," in text:
        source.doubt()
    return [{"literal": text}]


def _key(csl: dict[str, Any]) -> str:
    """raper2003: who and when, in the letters of an address."""
    author = (csl.get("author") or [{}])[0]
    who = (
        author.get("family")
        or author.get("literal")
        or csl.get("publisher")
        or csl.get("container-title")
        or csl["title"]
    )
    year = csl.get("issued", {}).get("date-parts", [["nd"]])[0][0]
    words = (re.sub("[^a-z]", "", word) for word in slugify_ascii(str(who)).split("-"))
    word = next((word for word in words if word not in ("", "the", "a", "an", "us", "u", "s")), "source")
    return f"{word[:40]}{year:0>4}" if year != "nd" else f"{word[:40]}nd"
