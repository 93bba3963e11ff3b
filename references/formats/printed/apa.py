"""APA style read: the counterpart of ``references.formatting.apa``, form by form."""

import re
from collections.abc import Iterator
from typing import Any

from references import dates

from .ama import is_without_stops, law
from .wording import (
    Guess,
    Names,
    bare,
    date,
    filled,
    inverted_names,
    is_body,
    is_capitalised,
    is_no_name,
    is_of_the_journal,
    likely_body,
    names_in_order,
    plain_range,
    sentences,
)

_DAY = r"(?:[A-Z][a-z]+ (?:[0-9]{1,2}, )?)?[0-9]{4}"
_LINE = re.compile(
    r"(?P<head>.+?)"
    rf"(?: https://doi\.org/(?P<doi>10\.\S+)|(?: Retrieved (?P<accessed>{_DAY}), from)? (?P<url>https?://\S+))?"
    rf"(?: Archived (?:(?P<archived_on>{_DAY}), )?at (?P<archive_url>https?://\S+))?"
)
_DATED = re.compile(r" ?\((?P<day>[0-9]{4}(?:, [A-Z][a-z]+(?: [0-9]{1,2})?)?|n\.d\.)\)\.(?: |$)")
_ROLE = re.compile(r"(?P<names>.+) \((?P<role>Eds?)\.\)\.?")
_PERIODICAL = re.compile(
    r"(?P<container_title>[^\[\]]{2,200}?)"
    r"(?:, (?P<volume>[0-9]{1,5}[A-Z]?(?:–[0-9]{1,5})?(?: (?:Suppl|Pt|Spec)[0-9A-Za-z ]{0,16})?)"
    r"(?:\((?P<issue>[^()]{1,60})\))?|, \((?P<alone>[^()]{1,60})\))"
    r"(?:, (?P<page>[^\s,;:()]{1,40}(?:, [^\s,;:()]{1,20}){0,3}))?\."
)
_NEWS = re.compile(r"(?P<container_title>[^\[\],()]{2,200}), (?P<page>[A-Z]{0,3}[0-9]{1,4}[^\s;:()]{0,20})\.")
_BOOK = re.compile(
    r"In (?:(?P<editors>.+?) \(Eds?\.\), )?(?P<container_title>.+?)(?: \((?P<parts>[^()]*)\))?\.(?: (?P<publisher>.+))?"
)
_PART = {
    "edition": re.compile(r"([0-9]{1,2})(?:st|nd|rd|th) ed\."),
    "edition_in_words": re.compile(r"([A-Z][a-z]+\.? ed\.)"),
    "volume": re.compile(r"Vol\. (.{1,20})"),
    "page": re.compile(r"pp?\. (.{1,40})"),
}
_REGISTERED = re.compile(r"Trial Registration (?:No\. )?(.{3,40})")
_SERIES = re.compile(
    r"(?:(?P<series>[A-Z].{2,200}) )?No\. (?P<number>\S{1,40})|(?P<bare>(?:[A-Z]{2,10} )?[A-Z0-9][\w./-]*[0-9][\w./-]*)"
)
_EDITED = re.compile(r"(?P<names>.+), Eds?\.")
_TITLE = re.compile(
    r"(?P<title>.+?)(?: \((?P<told>[^()]{2,200}(?:\([^()]*\)[^()]*)?)\))?(?: \[(?P<kind>Data set|Press release)\])?"
)
_NO_TITLE = re.compile(r"\[|(?:^|[.?!] )In |\((?:[0-9]{1,2}(?:st|nd|rd|th) ed|Vol|pp?\.|Eds?\.)")
_DESCRIBED = re.compile(r"[^\[(]{3,400} (?:\[(?:Data set|Press release)\]|\(Trial Registration [^()]+\))\.")
_TRIAL = re.compile(r"(?P<title>.+) \(Trial Registration (?:No\. )?(?P<number>[^ ]{3,40})\)\.")
_KIND = re.compile(r"\[(?P<kind>Data set|Press release)\]\.(?: (?P<publisher>[^.\[\]]{2,200})\.)?")
_KINDS = {"Data set": ("dataset",), "Press release": ("press-release",)}


def guesses(line: str) -> Iterator[Guess]:
    """Every way in which the line may be a reference in APA style."""
    found = _LINE.fullmatch(line)
    seen = date(found["accessed"] or "") if found else None
    if not found or seen is None:
        return
    ends: dict[str, Any] = filled(doi=found["doi"], url=found["url"], archive_url=found["archive_url"])
    if day := date(found["archived_on"] or ""):
        ends["archived_on"] = dates.iso(day)
    of_law = law(found["head"])
    if of_law and is_without_stops(of_law.fields):
        return
    for guess in [of_law] if of_law else _dated(found["head"], ends):
        guess.fields |= ends
        guess.accessed = seen
        yield guess


def _dated(head: str, ends: dict[str, Any]) -> Iterator[Guess]:
    """Who, when and the rest; or title, when and the rest of a source without author."""
    found = _DATED.search(head)
    day = date(found["day"].replace("n.d.", "")) if found else None
    if not found or not found.start() or day is None:
        return
    before, rest = head[: found.start()].strip(), head[found.end() :]
    who = _who(before)
    # Behind a title alone there is no description, and title and site follow an author.
    is_named = _DESCRIBED.match(rest) or ("url" in ends and "(" not in rest and len(sentences(rest)) == 2)
    if not who and is_named and (named := likely_body(before)):
        who = {"authors": named}
    if who:
        yield from _titled(who, day, rest, ends)
    elif not is_body(bare(before)):
        yield from _of_title(before, day, rest, ends)


def _who(written: str) -> dict[str, Names] | None:
    edited = _ROLE.fullmatch(written)
    named = edited["names"] if edited else written
    several = inverted_names(named) or inverted_names(bare(named))
    if several is None and is_body(bare(named)):
        several = [{"literal": bare(named)}]
    return {"editors" if edited else "authors": several} if several else None


def _titled(who: dict[str, Any], day: list[int], rest: str, ends: dict[str, Any]) -> Iterator[Guess]:
    parts = sentences(rest)
    start = who | filled(issued=day)
    for place in range(1, len(parts) + 1):
        titled, where = " ".join(parts[:place]), " ".join(parts[place:])
        guess = _somewhere(start, titled, where, ends)
        if guess:
            yield guess


def _somewhere(start: dict[str, Any], titled: str, where: str, ends: dict[str, Any]) -> Guess | None:
    """The title of one length, and what stands behind it: a periodical, a larger book, or publisher and site."""
    plain = start | {"title": bare(titled)}
    is_plain = not _NO_TITLE.search(titled) and not titled.endswith(").")
    serial = _serial(plain, where) if is_plain else None
    if serial:
        return serial
    if where.startswith("In "):
        return _chapter(plain, where) if is_plain else None
    if _PERIODICAL.fullmatch(where) or _NEWS.fullmatch(where):
        return None
    if where and (not is_capitalised(where) or re.search(r"[0-9]\.$|^\(|, \S*[0-9]", where)):
        return None
    if len(sentences(where)) > 1 or "[" in where or titled.count("(") != titled.count(")"):
        return None
    return _alone(start, titled, bare(where), ends)


def _serial(start: dict[str, Any], where: str) -> Guess | None:
    news = _NEWS.fullmatch(where) if len(start.get("issued", [])) == 3 else None
    if news and len(sentences(news["container_title"])) == 1:
        return Guess(start | news.groupdict(), ("article-newspaper",))
    found = _PERIODICAL.fullmatch(where)
    if not found or len(start.get("issued", [])) > 1 or len(sentences(found["container_title"])) > 1:
        return None
    if is_of_the_journal(start["title"]) or re.search(r", [A-Z]?[0-9]", found["container_title"]):
        return None
    told = filled(
        container_title=found["container_title"],
        volume=plain_range(found["volume"]),
        issue=plain_range(found["issue"] or found["alone"]),
        page=plain_range(found["page"]),
    )
    return Guess(start | told, ("article-journal",))


def _chapter(start: dict[str, Any], where: str) -> Guess | None:
    found = _BOOK.fullmatch(where)
    told = _parts(found["parts"] or "") if found else None
    if not found or told is None or len(sentences(found["container_title"])) > 1:
        return None
    editors = names_in_order(found["editors"]) if found["editors"] else []
    publisher = bare(found["publisher"] or "")
    if editors is None or "(Ed" in found["container_title"] or len(sentences(publisher)) > 1:
        return None
    told |= filled(editors=editors, container_title=found["container_title"], publisher=publisher)
    return Guess(start | told, ("chapter",))


def _alone(start: dict[str, Any], titled: str, where: str, ends: dict[str, Any]) -> Guess | None:
    """Books, reports, guidelines, data sets, trials, pages: brackets tell some of them."""
    found = _TITLE.fullmatch(bare(titled))
    about = _about(found["told"]) if found and found["told"] else {}
    if not found or about is None or _NO_TITLE.search(found["title"]) or len(sentences(found["title"])) > 1:
        return None
    kind, is_trial = found["kind"], bool(about.pop("is_trial", False))
    fields = start | about | {"title": bare(found["title"])}
    if kind:
        return Guess(fields | filled(publisher=where), _KINDS[kind])
    if is_trial:
        return Guess(fields | filled(container_title=where), ("trial",))
    if len(start.get("issued", [])) > 1:
        if "url" not in ends or about:
            return None
        by_people = any("family" in name for name in fields.get("authors", []))
        is_page = len(start["issued"]) == 2 or not where or not by_people
        return Guess(fields | filled(container_title=where), ("webpage", "article-newspaper"), is_sure=is_page)
    fields |= filled(publisher=where)
    if about.get("number") or about.get("collection_title"):
        is_number = "No. " in found["told"] or bool(re.search(r"[0-9]{4}|[0-9]-[0-9]", found["told"]))
        return Guess(fields, ("report",), is_sure=is_number)
    is_book = any(fields.get(name) for name in ("edition", "volume", "editors"))
    by_people = any("family" in name for name in fields.get("authors", []))
    if not where and "url" in ends and not is_book:
        return Guess(fields, ("webpage", "report", "book"), is_sure=not by_people)
    if not where and not is_book:
        return None
    if not (is_book or by_people) and "url" in ends and "doi" not in ends:
        page = fields | {"container_title": where}
        del page["publisher"]
        return Guess(page, ("webpage", "report"))
    is_sure = "url" not in ends and (is_book or (by_people and "doi" not in ends))
    return Guess(fields, ("book", "report"), is_sure=is_sure or bool(fields.get("edition")))


def _of_title(before: str, day: list[int], rest: str, ends: dict[str, Any]) -> Iterator[Guess]:
    """What has no author starts with its title: what stands behind it proves that it does, or its own words do."""
    trial = _TRIAL.fullmatch(before)
    start = filled(title=bare(trial["title"] if trial else before), issued=day)
    described = _KIND.fullmatch(rest)
    if _NO_TITLE.search(start["title"]) or (len(sentences(bare(rest))) > 1 and not rest.startswith(("In ", "["))):
        return
    if trial:
        yield Guess(start | filled(number=trial["number"], container_title=bare(rest)), ("trial",))
    elif described and not before.endswith(")."):
        yield Guess(start | filled(publisher=bare(described["publisher"] or "")), _KINDS[described["kind"]])
    elif rest.startswith("In "):
        guess = _chapter(start, rest)
        if guess and (guess.fields.get("editors") or guess.fields.get("page")):
            yield guess
    elif guess := _serial(start, rest):
        yield guess
    elif "url" in ends and is_no_name(before) and "," not in before and is_body(bare(rest)):
        fields = start | {"container_title": bare(rest)}
        yield Guess(fields, ("webpage", "article-newspaper"), is_sure=len(day) != 1)


def _about(written: str) -> dict[str, Any] | None:
    """What stands in brackets behind a title: who edited it, its number, edition, volume and pages."""
    told: dict[str, Any] = {}
    for place, part in enumerate(written.split("; ")):
        edited, trial, number = _EDITED.fullmatch(part), _REGISTERED.fullmatch(part), _SERIES.fullmatch(part)
        editors = names_in_order(edited["names"]) if edited and place == 0 else None
        parts = _parts(part)
        if editors:
            told["editors"] = editors
        elif trial:
            told |= {"number": trial[1], "is_trial": True}
        elif parts:
            told |= parts
        elif number:
            told |= filled(number=number["number"] or number["bare"], collection_title=number["series"])
        else:
            return None
    return told


def _parts(written: str) -> dict[str, str] | None:
    told: dict[str, str] = {}
    for part in written.split(", ") if written else []:
        found = next(((name, match) for name, form in _PART.items() if (match := form.fullmatch(part))), None)
        if found is None:
            return None
        told[found[0].removesuffix("_in_words")] = plain_range(found[1][1])
    return told
