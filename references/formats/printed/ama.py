"""AMA style read: the counterpart of ``references.formatting.ama``, form by form."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from references import dates

from .wording import (
    PUBLISHER,
    Guess,
    bare,
    date,
    dated,
    filled,
    is_capitalised,
    is_of_the_journal,
    likely_body,
    listed,
    opening,
    sentences,
)

_DAY = r"(?:[A-Z][a-z]+ (?:[0-9]{1,2}, )?)?[0-9]{4}"
_LINE = re.compile(
    r"(?P<head>.+?)"
    rf"(?: Updated (?P<updated>{_DAY})\.)?"
    rf"(?: doi:(?P<doi>10\.\S+)|(?: Accessed (?P<accessed>{_DAY})\.)? (?P<url>(?!https://doi\.org/)https?://\S+))?"
    rf"(?: Archived (?:(?P<archived_on>{_DAY})|copy)\. (?P<archive_url>https?://\S+))?"
)
_SERIAL = re.compile(
    rf"(?:Published online (?P<online>{_DAY})|(?P<issued>[0-9]{{4}});(?P<volume>[^():;,. ][^():;,.]{{0,29}})?"
    r"(?:\((?P<issue>[^()]{1,60})\))?|(?P<alone>[0-9]{1,3})(?:\((?P<of>[^()]{1,60})\))?(?=:))"
    r"(?::(?P<page>[^:; ][^:;]{0,59}))?\."
)
_NEWS = re.compile(rf"(?P<issued>{_DAY})(?::(?P<page>[^:; ][^:;]{{0,59}}))?\.")
_IMPRINT = re.compile(rf"{PUBLISHER}; (?P<issued>[0-9]{{4}})(?::(?P<page>[^:; ][^:;]{{0,59}}))?\.")
_RELEASE = re.compile(rf"{PUBLISHER}; (?P<issued>{_DAY})\.")
_NUMBER = re.compile(
    r"(?P<report>Report no\. (?P<number>[0-9]+)|(?P<series>[^.]{3,200}) no\. (?P<in_series>[^ .]{1,40}))\."
    r"|(?P<bare>[A-Z][\w./-]*[0-9][\w./-]*)\.|(?P<alone>[A-Z][^.;:0-9]{2,200})\."
)
_TRIAL = re.compile(r"(?P<container_title>.{2,80}) identifier: (?P<number>[^ ]{3,40})\.")
_NO_TITLE = re.compile(
    r"\b(?:[0-9](?:st|nd|rd|th)|[Rr]ev\.?) ed\b|\bIn: |, eds?\b|\[| [A-Z][a-z]{0,2}$|\bVol [0-9]|\bNews release\b"
)
# The number of a law has letters and figures: “Pub. L. No. 97-414”, “Regulation (EC) No 141/2000”.
OF_LAW = r"(?=[^,]*[A-Za-z])(?:[^(),]|\([A-Z]{2,6}\)){0,60}[0-9](?:[^(),]|\([A-Z]{2,6}\)){0,20}?(?<!\.)"
LAW = re.compile(
    rf"(?P<title>.{{3,400}}?), (?P<number>{OF_LAW})"
    r"(?:, (?P<volume>[0-9]{1,4}) (?P<container_title>[^0-9,()]{2,60}) (?P<page>[0-9]{1,6}))? "
    r"\((?P<issued>[0-9]{4})\)\."
)
# The stops of legal abbreviations, which AMA leaves out.
_LEGAL = {"Pub L No.": "Pub. L. No.", "Stat": "Stat.", "Fed Reg": "Fed. Reg."}


def guesses(line: str) -> Iterator[Guess]:
    """Every way in which the line may be a reference in AMA style."""
    found = _LINE.fullmatch(line)
    when = dated(found.groupdict(), "updated", "accessed") if found else None
    if not found or when is None:
        return
    seen = when.pop("accessed", [])
    ends: dict[str, Any] = when | filled(doi=found["doi"], url=found["url"], archive_url=found["archive_url"])
    if day := date(found["archived_on"] or ""):
        ends["archived_on"] = dates.iso(day)
    parts = sentences(found["head"])
    for form in (_law, _trial, _release, _chapter, _journal, _newspaper, _whole, _page):
        guess = form(list(parts), ends)
        if guess:
            guess.fields |= ends
            guess.accessed = seen
            yield guess


def _journal(parts: list[str], ends: dict[str, Any]) -> Guess | None:
    found = _SERIAL.fullmatch(parts[-1]) if len(parts) > 2 else None
    start = opening(parts[:-2], "ama") if found else None
    when = dated({"issued": found["online"] or found["issued"]}, "issued") if found else None
    if not found or start is None or when is None or _NO_TITLE.search(start["title"]):
        return None
    if is_of_the_journal(start["title"]):
        return None
    told = filled(volume=found["volume"] or found["alone"], issue=found["issue"] or found["of"], page=found["page"])
    return Guess(start | when | told | {"container_title_short": bare(parts[-2])}, ("article-journal",))


def _newspaper(parts: list[str], ends: dict[str, Any]) -> Guess | None:
    found = _NEWS.fullmatch(parts[-1]) if len(parts) > 2 else None
    start = opening(parts[:-2], "ama") if found else None
    when = dated(found.groupdict(), "issued") if found else None
    if not found or start is None or when is None or len(when["issued"]) < 3 or ("url" in ends and not found["page"]):
        return None
    if "doi" in ends or not likely_body(parts[-2]):
        return None
    told = filled(page=found["page"], container_title=bare(parts[-2]))
    return Guess(start | when | told, ("article-newspaper",))


def _chapter(parts: list[str], ends: dict[str, Any]) -> Guess | None:
    first, mark, book = " ".join(parts).partition(" In: ")
    start = opening(sentences(first), "ama") if mark else None
    parts = sentences(book)
    told = _about_the_book(parts)
    if start is None or told is None or not parts:
        return None
    editors = listed(parts[0], "ama") if len(parts) > 1 else {}
    if editors is None or "authors" in editors:
        editors = {}
    title = bare(" ".join(parts[1:] if editors else parts))
    if _NO_TITLE.search(title) or _NO_TITLE.search(start["title"]):
        return None
    return Guess(start | told | editors | {"container_title": title}, ("chapter",))


def _whole(parts: list[str], ends: dict[str, Any]) -> Guess | None:
    """Books, reports, guidelines and data sets: the style prints the type of few of them."""
    told = _about_the_book(parts)
    if told is None or not parts:
        return None
    beside = listed(parts[-1], "ama") if len(parts) > 2 else None
    if beside and "editors" in beside:
        parts.pop()
    else:
        beside = {}
    start = opening(parts, "ama", known=told["publisher"])
    if start is None or _NO_TITLE.search(start["title"]):
        return None
    fields = start | told | beside
    if fields.pop("is_report", False):
        return Guess(fields, ("report",))
    is_book = any(fields.get(name) for name in ("edition", "volume", "editors"))
    by_people = any("family" in name for name in fields.get("authors", []))
    if fields.get("number") and not is_book:
        return Guess(fields, ("report", "book"))
    if ends.get("updated") and not is_book:
        return Guess(fields, ("book", "report", "dataset"), is_sure=False)
    is_sure = is_book or (by_people and "url" not in ends)
    return Guess(fields, ("book", "report", "dataset"), is_sure=is_sure)


def _page(parts: list[str], ends: dict[str, Any]) -> Guess | None:
    """A page: its site, or else its publisher; the day. Of a title and a site alone neither is sure to be that."""
    if "url" not in ends or "doi" in ends:
        return None
    day = date(bare(parts[-1])) if len(parts) > 1 and re.fullmatch(rf"{_DAY}\.", parts[-1]) else None
    if day:
        parts.pop()
    named = next((found for count in (1, 2) if (found := listed(" ".join(parts[:count]), "ama"))), None)
    if named is None or _NO_TITLE.search(" ".join(parts[1:])) or re.search("[;:]", parts[-1]):
        return None
    rest = parts[1:] if listed(parts[0], "ama") else parts[2:]
    by_people = any("family" in name for names in named.values() for name in names)
    if not rest or len(rest) > 2 or rest[0].startswith("(") or not all(map(is_capitalised, rest[1:])):
        return None
    told = filled(title=bare(rest[0]), issued=day, container_title=bare(rest[1]) if len(rest) == 2 else "")
    is_page = not by_people or len(rest) == 1 or len(day or []) < 3
    return Guess(named | told, ("webpage", "article-newspaper"), is_sure=is_page)


def _release(parts: list[str], ends: dict[str, Any]) -> Guess | None:
    """Who issued it is its author, and named once."""
    found = _RELEASE.fullmatch(parts[-1]) if len(parts) > 2 and parts[-2] == "News release." else None
    start = opening(parts[:-2], "ama") if found else None
    when = dated(found.groupdict(), "issued") if found else None
    if not found or start is None or when is None:
        return None
    issuer = {"publisher": found["publisher"], "authors": [{"literal": found["publisher"]}]}
    return Guess(issuer | start | when, ("press-release",))


def _trial(parts: list[str], ends: dict[str, Any]) -> Guess | None:
    posted = re.fullmatch(rf"Posted ({_DAY})\.", parts[-1])
    when = dated({"issued": posted[1]}, "issued") if posted else {}
    rest = parts[:-1] if posted else parts
    found = _TRIAL.fullmatch(rest[-1]) if len(rest) > 1 else None
    if not found or when is None:
        return None
    told = when | {"container_title": found["container_title"], "number": found["number"]}
    start = opening(rest[:-1], "ama")
    if start is None and len(rest) == 3 and (named := likely_body(rest[0])):
        start = {"authors": named, "title": bare(rest[1])}
    return Guess(start | told, ("trial",)) if start else None


def _law(parts: list[str], ends: dict[str, Any]) -> Guess | None:
    guess = law(" ".join(parts))
    if guess is None:
        return None
    for short, full in _LEGAL.items():
        guess.fields["number"] = guess.fields["number"].replace(short, full)
        if guess.fields.get("container_title") == short:
            guess.fields["container_title"] = full
    return guess


def law(written: str) -> Guess | None:
    """``Orphan Drug Act, Pub. L. No. 97-414, 96 Stat. 2049 (1983)``, as all styles have it."""
    found = LAW.fullmatch(written)
    when = dated(found.groupdict(), "issued") if found else None
    if not found or not when or "; " in found["title"] or len(sentences(found["title"])) > 1:
        return None
    told = {name: found[name] for name in ("title", "number", "volume", "container_title", "page")}
    return Guess(filled(**told) | when, ("legislation",))


def is_without_stops(told: Mapping[str, Any]) -> bool:
    """Whether the abbreviations of a law have lost their stops, as in AMA style alone."""
    return "Pub L No." in told["number"] or told.get("container_title") in _LEGAL


def _about_the_book(parts: list[str]) -> dict[str, Any] | None:
    """Takes what is told about a book off the end of the sentences; None for no such thing."""
    told: dict[str, Any] = {}
    if len(parts) > 1 and parts[-2].endswith(" no."):
        parts[-2:] = [" ".join(parts[-2:])]
    number = _NUMBER.fullmatch(parts[-1]) if len(parts) > 2 and _IMPRINT.fullmatch(parts[-2]) else None
    if number:
        parts.pop()
        told |= filled(
            number=number["number"] or number["in_series"] or number["bare"],
            collection_title=number["series"] or number["alone"],
            is_report=bool(number["report"]),
        )
    found = _IMPRINT.fullmatch(parts[-1]) if len(parts) > 1 else None
    when = dated(found.groupdict(), "issued") if found else None
    if not found or when is None:
        return None
    parts.pop()
    told |= when | filled(publisher=found["publisher"], page=found["page"])
    if len(parts) > 1 and parts[-1] == "ed.":
        return None
    edition = re.fullmatch(r"([0-9]{1,2})(?:st|nd|rd|th) ed\.", parts[-1]) if len(parts) > 1 else None
    if edition:
        told["edition"] = edition[1]
        parts.pop()
    volume = re.fullmatch(r"Vol ([0-9A-Z]{1,10})\.", parts[-1]) if len(parts) > 1 else None
    if volume:
        told["volume"] = volume[1]
        parts.pop()
    return told
