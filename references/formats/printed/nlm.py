"""NLM style read: the counterpart of ``references.formatting.nlm``, form by form."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf.locale import LANG_INFO

from references import dates

from .ama import OF_LAW, is_without_stops
from .wording import (
    PUBLISHER,
    Guess,
    bare,
    date,
    dated,
    filled,
    is_body,
    is_capitalised,
    is_no_name,
    is_of_the_journal,
    likely_body,
    listed,
    opening,
    sentences,
)

_DAY = r"[0-9]{4}(?: [A-Z][a-z]{2}(?: [0-9]{1,2})?)?"
_MOMENTS = rf"\[(?:updated (?P<updated>{_DAY}))?(?:; )?(?:cited (?P<accessed>{_DAY}))?\]"
_DATED_OR_SEEN = rf"(?:(?P<issued>{_DAY})|\[date unknown\])?(?: ?{_MOMENTS})?"
_LANGUAGES = {info["name"]: code for code, info in LANG_INFO.items() if "name" in info and "-" not in code}
_LANGUAGES = {name: code for name, code in _LANGUAGES.items() if code != "en"} | {"Chinese": "zh"}
_LINE = re.compile(
    r"(?P<head>.+?)"
    rf"(?: (?P<language>{'|'.join(map(re.escape, _LANGUAGES))})\.)?"
    r"(?: Available from: (?P<url>https?://\S+))?"
    r"(?: doi: (?P<doi>10\.\S+?)\.)?"
    r"(?: PubMed PMID: (?P<pmid>[0-9]{1,8})(?:\.|;(?= PubMed Central)))?"
    r"(?: PubMed Central PMCID: (?P<pmcid>PMC[0-9]{1,9})\.)?"
    r"(?: Archived copy(?: from (?P<archived_on>[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}))?: (?P<archive_url>https?://\S+))?"
)
_ONLINE = " [Internet]"
_SERIAL = re.compile(
    rf"{_DATED_OR_SEEN}"
    r"(?:;?(?P<part>(?<=;)(?P<volume>[^():;, ][^():;,]{0,29})?(?:\((?P<issue>[^()]{1,60})\))?))?"
    r"(?::(?P<page>[^:; ][^:;]{0,59}))?\."
)
_PLACE = r"(?:(?:St|Ste|Ft|Mt)\. )?[^:.;\[\]]{2,80}"
_IMPRINT = re.compile(rf"(?!Identifier )(?:(?:(?P<publisher_place>{_PLACE}): )?{PUBLISHER}; ?)?{_DATED_OR_SEEN}\.")
_SITE_IMPRINT = re.compile(
    rf"(?!Identifier |[0-9]+(?:st|nd|rd|th) ed)(?:(?!{_DAY}\.)(?:(?P<publisher_place>{_PLACE}): )?{PUBLISHER})?(?:; )?"
    rf"(?:(?P<issued>{_DAY})|\[date unknown\])?\."
)
_NO_TITLE = re.compile(
    r"\b(?:[0-9](?:st|nd|rd|th)|[Rr]ev\.?) ed\b|\bIn: |, (?:editors?|eds?)\b|\bVol\.? [0-9]| [A-Z][a-z]{0,2}$"
)
_IN_A_STATE = re.compile(r" \([A-Z]{2}\)$")
_LAW = re.compile(
    rf"(?P<title>.{{3,400}}?), (?P<number>{OF_LAW})"
    r"(?:, (?P<volume>[0-9]{1,4}) (?P<container_title>[^0-9,()]{2,60}) (?P<page>[0-9]{1,6}))? "
    rf"\((?P<issued>[^()]{{4,20}})\)(?: {_MOMENTS})?\."
)
_TRIAL = re.compile(
    rf"(?:(?:(?P<publisher_place>{_PLACE}): )?{PUBLISHER}\. )?"
    rf"Identifier (?P<number>[^ ,]{{3,40}}), (?P<title>.+); {_DATED_OR_SEEN}\."
)
_ONLINE_TYPES = ("webpage", "report", "book", "dataset")


def guesses(line: str) -> Iterator[Guess]:
    """Every way in which the line may be a reference in NLM style."""
    found = _LINE.fullmatch(line)
    if not found:
        return
    ends = {name: value for name, value in found.groupdict().items() if value and name != "head"}
    if "language" in ends:
        ends["language"] = _LANGUAGES[ends["language"]]
    if day := date(ends.pop("archived_on", "")):
        ends["archived_on"] = dates.iso(day)
    head = found["head"]
    for form in (_law, _trial, _chapter, _serial, _part_of_site, _whole):
        guess = form(head, ends)
        if guess:
            guess.fields |= ends
            yield guess


def _serial(head: str, ends: dict[str, Any]) -> Guess | None:
    *opened, name, place = ["", "", *sentences(head)]
    found = _SERIAL.fullmatch(place)
    is_online = name.endswith(f"{_ONLINE}.")
    if not found or not name or is_online != ("url" in ends):
        return None
    when = dated(found.groupdict(), "issued", "updated", "accessed")
    start = opening([part for part in opened if part], "nlm")
    if when is None or start is None or _NO_TITLE.search(start["title"]):
        return None
    named = bare(name).removesuffix(_ONLINE)
    if is_of_the_journal(start["title"]):
        return None
    seen = when.pop("accessed", [])
    is_dated_only = bool(when.get("issued")) and is_capitalised(named) and bool(ends.keys() & {"doi", "pmid", "pmcid"})
    if found["part"] or is_dated_only:
        told = filled(volume=found["volume"], issue=found["issue"], page=found["page"])
        return Guess(start | when | told | {"container_title_short": named}, ("article-journal",), seen)
    if len(when.get("issued", [])) < 3 or not likely_body(named):
        return None
    if is_online and "title" in start and len(start) == 1 and not is_no_name(start["title"]):
        return None
    told = filled(page=found["page"], container_title=named)
    return Guess(start | when | told, ("article-newspaper",), seen)


def _chapter(head: str, ends: dict[str, Any]) -> Guess | None:
    first, mark, book = head.partition(" In: ")
    start = opening(sentences(first), "nlm") if mark else None
    parts = sentences(book)
    told, when = _about_the_book(parts, has_pages=True)
    if start is None or when is None or not parts:
        return None
    editors = listed(parts[0], "nlm") if len(parts) > 1 else None
    named = bare(" ".join(parts[1:] if editors else parts))
    title, is_online = named.removesuffix(_ONLINE), named.endswith(_ONLINE)
    if is_online != ("url" in ends) or _NO_TITLE.search(title) or _NO_TITLE.search(start["title"]):
        return None
    if editors and "editors" not in editors:
        return None
    seen = when.pop("accessed", [])
    return Guess(start | when | told | (editors or {}) | {"container_title": title}, ("chapter",), seen)


def _whole(head: str, ends: dict[str, Any]) -> Guess | None:
    """Books, reports, guidelines, data sets and pages: the style prints the type of few of them."""
    parts = sentences(head)
    told, when = _about_the_book(parts)
    if when is None or not parts or not (told.get("publisher") or told.get("publisher_place") or "url" in ends):
        return None
    if told.get("number") and not told.get("is_report") and not told.get("publisher_place"):
        return None
    beside = listed(parts[-1], "nlm") if len(parts) > 2 else None
    if beside and "editors" in beside:
        parts.pop()
    else:
        beside = {}
    start = opening(parts, "nlm", known=told.get("publisher", ""))
    if start is None and told.get("publisher") and len(parts) == 2 and "url" in ends:
        start = filled(authors=likely_body(parts[0]), title=bare(parts[1]))
        start = start if "authors" in start else None
    if start is None:
        return None
    title = start["title"].removesuffix(_ONLINE)
    if start["title"].endswith(_ONLINE) != ("url" in ends):
        return None
    is_release = title.endswith(" [press release]")
    title = title.removesuffix(" [press release]")
    if "[" in title or _NO_TITLE.search(title) or (len(sentences(title)) > 1 and not told.get("publisher")):
        return None
    seen = when.pop("accessed", [])
    fields = start | when | told | beside | {"title": bare(title)}
    types, is_sure = (("press-release",), True) if is_release else _types(fields, ends)
    return Guess(fields, types, seen, is_sure)


def _types(fields: dict[str, Any], ends: dict[str, Any]) -> tuple[tuple[str, ...], bool]:
    """What it may be, and whether the first of these can be told from the rest.

    “Report No.” says it; a book has an edition, editors or volumes, or people who wrote it and no address. With an
    address, a page is what tells the day or an update, has no publisher, or is an organisation's.
    """
    if fields.pop("is_report", False):
        return ("report",), True
    is_book = any(fields.get(name) for name in ("edition", "volume", "editors"))
    by_people = any("family" in name for name in fields.get("authors", []))
    if "url" not in ends:
        is_a_year = len(fields.get("issued", [])) < 2 and not fields.get("updated")
        return ("book", "report", "dataset"), bool(fields.get("publisher")) and (is_book or (by_people and is_a_year))
    if is_book:
        return ("book", "webpage", "report", "dataset"), bool(fields.get("edition") or fields.get("volume"))
    if fields.get("collection_title") or fields.get("number"):
        return _ONLINE_TYPES, False
    is_dated_as_pages_are = len(fields.get("issued", [])) == 3 or bool(fields.get("updated"))
    place = fields.get("publisher_place", "")
    is_its_own = {"literal": fields.get("publisher", "")} in fields.get("authors", [])
    is_page = not fields.get("publisher") or (not by_people and bool(fields.get("authors")))
    if place and not fields.get("issued") and not is_its_own and not _IN_A_STATE.search(place):
        return _ONLINE_TYPES, False  # the place may be the first part of a title
    return _ONLINE_TYPES, is_page or is_dated_as_pages_are


def _part_of_site(head: str, ends: dict[str, Any]) -> Guess | None:
    first, mark, rest = head.partition(f"{_ONLINE}. ")
    parts = sentences(rest)
    if not mark or "url" not in ends:
        return None
    found = _SITE_IMPRINT.fullmatch(parts[0]) if len(parts) > 1 else None
    *before, site = sentences(first)
    named = listed(" ".join(before), "nlm", known=site) if before else {}
    if named is None and len(before) == 1 and found:
        named = filled(authors=likely_body(before[0])) or None
    told = re.fullmatch(rf"(?P<title>.+?)(?:; ?{_MOMENTS})?\.?", " ".join(parts[1:] if found else parts))
    if named is None or told is None or not (found or told["updated"] or told["accessed"]):
        return None
    if not named and not (found and found["publisher"]):  # the style does not name an author who is the site
        if not is_body(site):
            return None
        named = {"authors": [{"literal": site}]}
    if found is None and ":" in told["title"]:  # it may be a place and its publisher
        return None
    if (
        told["title"].startswith(("(", "Report No.:", "Identifier "))
        or ";" in told["title"]
        or re.search(r"\[[^\]]*\]", told["title"])
    ):
        return None
    fields = _publisher(found["publisher"] or "", found["publisher_place"] or "") if found else {}
    when = dated({"issued": found["issued"] if found else None} | told.groupdict(), "issued", "updated", "accessed")
    if when is None:
        return None
    seen = when.pop("accessed", [])
    return Guess(named | fields | when | {"title": told["title"], "container_title": site}, ("webpage",), seen)


def _trial(head: str, ends: dict[str, Any]) -> Guess | None:
    first, mark, rest = head.partition(f"{_ONLINE}. ")
    found = _TRIAL.fullmatch(rest)
    if not found or not mark or "url" not in ends:
        return None
    *several, registry = sentences(first)
    before = " ".join(several)
    named = listed(before, "nlm") if before else {}
    if named is None:
        named = filled(authors=likely_body(before)) or None
    when = dated(found.groupdict(), "issued", "updated", "accessed")
    if named is None or when is None:
        return None
    seen = when.pop("accessed", [])
    told = {"title": found["title"], "number": found["number"], "container_title": registry}
    told |= _publisher(found["publisher"] or "", found["publisher_place"] or "")
    return Guess(named | when | told, ("trial",), seen)


def _law(head: str, ends: dict[str, Any]) -> Guess | None:
    found = _LAW.fullmatch(head)
    when = dated(found.groupdict(), "issued", "updated", "accessed") if found else None
    if not found or not when or "; " in found["title"] or is_without_stops(found.groupdict()):
        return None
    seen = when.pop("accessed", [])
    told = {name: found[name] for name in ("number", "volume", "container_title", "page")}
    start = opening(sentences(f"{found['title']}."), "nlm")
    return Guess(start | filled(**told) | when, ("legislation",), seen) if start else None


def _publisher(publisher: str, place: str) -> dict[str, str]:
    """Of a publisher and a place one may be missing; a state in brackets tells that it is the publisher."""
    if not place and _IN_A_STATE.search(publisher) and not publisher.endswith(("(US)", "(UK)", "(CA)")):
        publisher, place = "", publisher
    return filled(publisher=publisher, publisher_place=place)


def _about_the_book(parts: list[str], *, has_pages: bool = False) -> tuple[dict[str, Any], dict[str, list[int]] | None]:
    """Takes what is told about a book off the end of the sentences: fields and dates; no dates for no such thing."""
    told: dict[str, Any] = {}
    number = re.fullmatch(r"Report No\.: (?P<number>.+)\.", parts[-1]) if parts else None
    if number:
        told |= {"number": number["number"], "is_report": True}
        parts.pop()
    elif (
        len(parts) > 2
        and parts[-2] != "p."
        and re.fullmatch(r"[A-Z0-9][\w./-]*[0-9][\w./-]*\.", parts[-1])
        and not date(bare(parts[-1]))
    ):
        told["number"] = bare(parts.pop())
    if parts and re.fullmatch(r"\([^()]{2,200}\)\.", parts[-1]):
        told["collection_title"] = parts.pop()[1:-2]
    if has_pages and len(parts) > 1 and parts[-2] == "p.":
        told["page"] = bare(parts.pop())
        parts.pop()
    found = _IMPRINT.fullmatch(parts[-1]) if len(parts) > 1 else None
    if not found:
        return {}, None
    parts.pop()
    told |= _publisher(found["publisher"] or "", found["publisher_place"] or "")
    if len(parts) > 2 and parts[-2] == "Vol.":
        told["volume"] = bare(parts.pop())
        parts.pop()
    if len(parts) > 1 and parts[-1] == "ed.":
        return {}, None
    edition = re.fullmatch(r"(?P<edition>[0-9]{1,2})(?:st|nd|rd|th) ed\.", parts[-1]) if len(parts) > 1 else None
    if edition:
        told["edition"] = edition["edition"]
        parts.pop()
    return told, dated(found.groupdict(), "issued", "updated", "accessed")
