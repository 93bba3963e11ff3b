"""References as readers see them: safe HTML and plain text from the same pieces.

A style is one function in ``STYLES``: it takes a CSL-JSON item and the day of access and returns sentences. A
sentence is a list of ``Piece``; joining, full stops, escaping and links are the same for all styles.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from django.conf.locale import LANG_INFO
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from . import dates
from .csl import parts_of
from .identifiers import IdentifierError, normalise_url


@dataclass(frozen=True)
class Formatted:
    """One reference, ready to show."""

    html: SafeString
    text: str


@dataclass(frozen=True)
class Piece:
    """A run of text; perhaps italic, lowered or raised, perhaps a link."""

    text: str
    tag: str = ""
    href: str = ""


Sentence = list[Piece]

# An address at the end of a sentence takes no full stop: readers copy it.
ADDRESS = re.compile(r"https?://")
SELF_CLOSED = re.compile(r"[.?!][”\"')\]]?$")
MARKUP = re.compile(r"(</?(?:i|sub|sup)>)")
RAISED = str.maketrans("0123456789+-−()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾")
LOWERED = str.maketrans("0123456789+-−()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎")


def format_reference(csl: dict[str, Any], style: str = "nlm", accessed: str = "") -> Formatted:
    """The reference in a style ("nlm"), with the day it was last looked at ("2026-11-22", or less, or "")."""
    sentences = [sentence for sentence in STYLES[style](csl, accessed) if _plain(sentence)]
    pieces: list[Piece] = []
    for sentence in sentences:
        pieces += [Piece(" ")] if pieces else []
        pieces += _closed(sentence)
    return Formatted(html=_html(pieces), text=_plain(pieces))


# --- NLM: Citing Medicine, 2nd edition ----------------------------------------------------------------------


def nlm(csl: dict[str, Any], accessed: str = "") -> Iterable[Sentence]:
    """Citing Medicine (NBK7256), the style of PubMed, with these choices where it leaves or needs one:

    - six authors, then "et al.", as the ICMJE's samples do (Citing Medicine itself lists all);
    - an unknown place or publisher is left out rather than written as "[place unknown]"; a source without any
    date
      says "[date unknown]";
    - an archived copy is told in one more sentence of our own.
    """
    yield _nlm_names(csl)
    yield from NLM_FORMS.get(_form(csl), _nlm_whole)(csl, accessed)
    yield _nlm_language(csl)
    yield _nlm_available(csl)
    yield _nlm_numbers(csl)
    yield _archived(csl)


def _form(csl: dict[str, Any]) -> str:
    """A page of a site is described by its site first (Citing Medicine, chapter 25)."""
    if csl["type"] == "webpage":
        return "part-of-site" if csl.get("container-title") else "whole"
    return str(csl["type"])


def _nlm_serial(csl: dict[str, Any], accessed: str) -> Iterable[Sentence]:
    """Journals and newspapers: ``Title. Abbrev J. 2018 Jan 12;359(6372):1-9``."""
    yield _title(csl)
    name = csl.get("container-title-short") or csl.get("container-title", "")
    yield _with_medium(_marked(name.replace(".", "") if csl.get("container-title-short") else name), csl)
    issue = f"({csl['issue']})" if csl.get("issue") else ""
    part = ";".join(filter(None, [_nlm_date(csl, accessed), f"{csl.get('volume', '')}{issue}"]))
    yield _text(":".join(filter(None, [part, _pages(csl.get("page", ""))])))


def _nlm_whole(csl: dict[str, Any], accessed: str) -> Iterable[Sentence]:
    """Books, reports, guidelines, data sets and pages that stand alone."""
    yield _with_medium(_title(csl), csl)
    yield _text(_edition(csl))
    yield _nlm_editors(csl) if csl.get("author") else []
    yield _nlm_imprint(csl, accessed)
    yield _nlm_report_number(csl)
    yield _series(csl)


def _nlm_chapter(csl: dict[str, Any], accessed: str) -> Iterable[Sentence]:
    yield _title(csl)
    editors = _nlm_editors(csl)
    if editors:
        yield [Piece("In: "), *editors]
    yield _with_medium([*([] if editors else [Piece("In: ")]), *_marked(csl.get("container-title", ""))], csl)
    yield _text(_edition(csl))
    yield _nlm_imprint(csl, accessed)
    yield _text(f"p. {_pages(csl['page'])}" if csl.get("page") else "")
    yield _series(csl)


def _nlm_part_of_site(csl: dict[str, Any], accessed: str) -> Iterable[Sentence]:
    """``Title of site [Internet]. Place: Publisher; 2008. Title of part; [updated …; cited …]``."""
    yield _with_medium(_marked(csl["container-title"]), csl)
    issued = dates.nlm(parts_of(csl.get("issued")))
    imprint = _imprint(csl)
    moments = _nlm_moments(csl, accessed)
    if not issued and not parts_of(csl.get("updated")):
        issued = "[date unknown]"
    yield _text("; ".join(filter(None, [imprint, issued])))
    yield [*_title(csl), *_text(f"; {moments}" if moments else "")]


def _nlm_legislation(csl: dict[str, Any], accessed: str) -> Iterable[Sentence]:
    """``Title, Number (date)``: public laws as Citing Medicine's appendix on legal materials has them."""
    number = f", {csl['number']}" if csl.get("number") else ""
    yield [*_title(csl), Piece(number)]
    yield _text(csl.get("container-title", ""))
    yield _text(_nlm_date(csl, accessed))


NLM_FORMS = {
    "article-journal": _nlm_serial,
    "article-newspaper": _nlm_serial,
    "chapter": _nlm_chapter,
    "part-of-site": _nlm_part_of_site,
    "legislation": _nlm_legislation,
}
STYLES: dict[str, Callable[[dict[str, Any], str], Iterable[Sentence]]] = {"nlm": nlm}


def _nlm_names(csl: dict[str, Any]) -> Sentence:
    if csl.get("author") == [{"literal": csl.get("container-title")}] and _form(csl) == "part-of-site":
        return []  # an organisation that is its site is not named twice
    if csl.get("author"):
        return _text(_name_list(csl["author"]))
    return _nlm_editors(csl) if csl["type"] != "chapter" else []


def _nlm_editors(csl: dict[str, Any]) -> Sentence:
    editors = csl.get("editor", [])
    role = "editor" if len(editors) == 1 else "editors"
    return _text(f"{_name_list(editors)}, {role}") if editors else []


def _name_list(names: list[dict[str, str]], shown: int = 6) -> str:
    listed = ", ".join(_nlm_name(name) for name in names[:shown])
    return f"{listed}, et al." if len(names) > shown else listed


def _nlm_name(name: dict[str, str]) -> str:
    if "literal" in name:
        return name["literal"]
    return " ".join(filter(None, [name["family"], initials(name.get("given", "")), _suffix(name)]))


def initials(given: str) -> str:
    """The first letters of given names, without stops: "Steven E." is "SE", "Jean-Paul" is "JP".

    Names in scripts without capitals have no initials and stay whole.
    """
    names = [part for part in re.split(r"[\s.\-\u2010\u2011]+", given) if part]
    if len(names) == 1 and len(names[0]) <= 3 and names[0].isupper():
        return names[0]
    capitals = [part[0] for part in names if part[0].isupper()]
    return "".join(capitals) or given


def _suffix(name: dict[str, str]) -> str:
    suffix = name.get("suffix", "").rstrip(".")
    return {"II": "2nd", "III": "3rd", "IV": "4th"}.get(suffix, suffix)


def _nlm_imprint(csl: dict[str, Any], accessed: str) -> Sentence:
    return _text("; ".join(filter(None, [_imprint(csl), _nlm_date(csl, accessed)])))


def _imprint(csl: dict[str, Any]) -> str:
    return ": ".join(filter(None, [csl.get("publisher-place", ""), csl.get("publisher", "")]))


def _nlm_date(csl: dict[str, Any], accessed: str) -> str:
    """``2012 [updated 2013 Mar 4; cited 2014 Jun 21]``; an update date alone stands for both."""
    issued = dates.nlm(parts_of(csl.get("issued")))
    moments = _nlm_moments(csl, accessed)
    if not issued and not parts_of(csl.get("updated")):
        issued = "[date unknown]"
    return " ".join(filter(None, [issued, moments]))


def _nlm_moments(csl: dict[str, Any], accessed: str) -> str:
    updated = dates.nlm(parts_of(csl.get("updated")))
    seen = dates.nlm(dates.parse(accessed)) if csl.get("URL") else ""
    told = "; ".join(filter(None, [updated and f"updated {updated}", seen and f"cited {seen}"]))
    return f"[{told}]" if told else ""


def _nlm_report_number(csl: dict[str, Any]) -> Sentence:
    number = csl.get("number", "")
    if not number:
        return []
    return _text(f"Report No.: {number}" if csl["type"] == "report" else number)


def _nlm_language(csl: dict[str, Any]) -> Sentence:
    """The language, unless it is English: Citing Medicine names it after the pages."""
    code = csl.get("language", "").split("-")[0].lower()
    return _text("" if code in ("", "en") else LANG_INFO.get(code, {}).get("name", ""))


def _nlm_available(csl: dict[str, Any]) -> Sentence:
    url = csl.get("URL", "")
    return [Piece("Available from: "), _link(url)] if url else []


def _nlm_numbers(csl: dict[str, Any]) -> Sentence:
    """``doi: 10.1126/science.aan4672. PubMed PMID: 29326244; PubMed Central PMCID: PMC6168351``."""
    doi, pmid, pmcid = (csl.get(key, "") for key in ("DOI", "PMID", "PMCID"))
    sentence: Sentence = []
    if doi:
        sentence += [Piece("doi: "), Piece(doi, href=f"https://doi.org/{quote(doi, safe='/:;()')}")]
    if pmid:
        sentence += [*_after(sentence, ". "), Piece("PubMed PMID: ")]
        sentence += [Piece(pmid, href=f"https://pubmed.ncbi.nlm.nih.gov/{quote(pmid)}/")]
    if pmcid:
        sentence += [*_after(sentence, "; " if pmid else ". "), Piece("PubMed Central PMCID: ")]
        sentence += [Piece(pmcid, href=f"https://pmc.ncbi.nlm.nih.gov/articles/{quote(pmcid)}/")]
    return sentence


# --- what every style needs ---------------------------------------------------------------------------------


def _title(csl: dict[str, Any]) -> Sentence:
    number = f"Identifier {csl['number']}, " if csl.get("genre") == "trial registration" and csl.get("number") else ""
    genre = {"press release": " [press release]"}.get(csl.get("genre", ""), "")
    genre = " [dataset]" if csl["type"] == "dataset" else genre
    title = _marked(csl.get("title", "") or "[title unknown]")
    return [*_text(number), *_without_stop(title), *_text(genre)]


def _with_medium(name: Sentence, csl: dict[str, Any]) -> Sentence:
    """``[Internet]`` behind the title of what was read there."""
    if not _plain(name) or not csl.get("URL"):
        return name
    return [*_without_stop(name), Piece(" [Internet]")]


def _edition(csl: dict[str, Any]) -> str:
    edition = str(csl.get("edition", ""))
    if not re.fullmatch(r"[0-9]{1,4}", edition):
        return edition
    return f"{edition}{_ordinal(int(edition))} ed."


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _series(csl: dict[str, Any]) -> Sentence:
    title, volume = csl.get("collection-title", ""), csl.get("volume", "")
    told = "; ".join(filter(None, [title, volume and f"vol. {volume}"]))
    return _text(f"({told})" if told else "")


def _pages(page: str) -> str:
    """``148-158`` becomes ``148-58``: figures that repeat are left out."""
    found = re.fullmatch(r"([0-9]+)\s*[-–—]+\s*([0-9]+)", page)
    if not found:
        return page
    first, last = found[1], found[2]
    if len(first) != len(last) or first >= last:
        return f"{first}-{last}"
    same = next(at for at in range(len(last)) if first[at] != last[at])
    return f"{first}-{last[same:]}"


def _archived(csl: dict[str, Any]) -> Sentence:
    url = csl.get("archive", "")
    if not url:
        return []
    day = csl.get("archive_date", "")
    told = f"Archived copy from {dates.in_words(dates.parse(day))}: " if day else "Archived copy: "
    return [Piece(told), _link(url)]


def _link(url: str) -> Piece:
    """A link to a public address; anything else is shown as text only."""
    try:
        return Piece(url, href=normalise_url(url))
    except IdentifierError:
        return Piece(url)


def _text(text: str) -> Sentence:
    return [Piece(text)] if text else []


def _after(sentence: Sentence, mark: str) -> Sentence:
    return [Piece(mark)] if sentence else []


def _marked(text: str) -> Sentence:
    """Italic, lowered and raised parts of a title; a tag left open is text like any other."""
    tokens = [token for token in MARKUP.split(text) if token]
    if not _is_balanced(tokens):
        return _text(text)
    pieces, tag = [], ""
    for token in tokens:
        if MARKUP.fullmatch(token):
            tag = "" if token.startswith("</") else token.strip("<>")
        else:
            pieces.append(Piece(token, tag))
    return pieces


def _is_balanced(tokens: list[str]) -> bool:
    """Tags come in pairs, not one inside another."""
    tags = [token for token in tokens if MARKUP.fullmatch(token)]
    pairs = zip(tags[::2], tags[1::2], strict=False)
    return len(tags) % 2 == 0 and all(closing == opening.replace("<", "</") for opening, closing in pairs)


def _without_stop(sentence: Sentence) -> Sentence:
    """A title's own full stop goes; an ellipsis, a question mark or an abbreviation's inner stop stays."""
    if not sentence:
        return []
    last = sentence[-1]
    bare = last.text.rstrip()
    if bare.endswith(".") and not bare.endswith(".."):
        bare = bare[:-1]
    return [*sentence[:-1], replace(last, text=bare)]


def _closed(sentence: Sentence) -> Sentence:
    is_closed = ADDRESS.match(sentence[-1].text) or SELF_CLOSED.search(_plain(sentence))
    return sentence if is_closed else [*sentence, Piece(".")]


def _plain(sentence: Sentence) -> str:
    return "".join(_plain_piece(piece) for piece in sentence)


def _plain_piece(piece: Piece) -> str:
    """Raised figures stay raised without markup where characters exist for it: 10⁵ must not read as 105."""
    table = {"sup": RAISED, "sub": LOWERED}.get(piece.tag)
    return piece.text.translate(table) if table else piece.text


def _html(pieces: Sentence) -> SafeString:
    return format_html_join("", "{}", ((_html_piece(piece),) for piece in pieces))


def _html_piece(piece: Piece) -> SafeString | str:
    if piece.href:
        return format_html('<a href="{}" rel="noopener external">{}</a>', piece.href, piece.text)
    if piece.tag:
        return format_html("<{}>{}</{}>", piece.tag, piece.text, piece.tag)
    return piece.text
