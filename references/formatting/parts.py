"""What the styles share: initials, page ranges, ordinals, titles, identifiers with their links."""

import re
from typing import Any
from urllib.parse import quote

from references.identifiers import doi_address

from .pieces import Piece, Sentence, marked, text, with_commas, without_stop

Name = dict[str, str]
Item = dict[str, Any]

# Names in these scripts are written without a space and have no initials.
CHINESE_JAPANESE_KOREAN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U000323af]")
# The scripts without capitals whose names are cut to their first letters all the same.
HEBREW_ARABIC = re.compile(r"[\u05d0-\u05ea\u0620-\u064a\u0671-\u06d3]")
RANGE = re.compile(r"([A-Za-z]*)([0-9]+)\s*[-–—]+\s*([A-Za-z]*)([0-9]+)")
ORDINAL = re.compile(r"([0-9]{1,4})(?:st|nd|rd|th)?\.?")
NUMBERED = re.compile(r"[A-Za-z]{0,8}[0-9]+(?:-[0-9]+)*[A-Za-z]{0,3}")


def initials(given: str) -> str:
    """The first letters of given names, without stops: "Steven E." is "SE", "Jean-Paul" is "JP".

    Chinese, Japanese and Korean names have no initials and stay whole, as does what has no capital.
    """
    return "".join("".join(letters) for letters in _letters(given)) or given


def dotted_initials(given: str) -> str:
    """With stops, and hyphens kept: "S. E.", "J.-P."."""
    return " ".join("-".join(f"{letter}." for letter in letters) for letters in _letters(given)) or given


def family_first(name: Name, given: str, separator: str = " ") -> str:
    """Family name and what is shown of the given name; without a space where the script has none."""
    if not given:
        return name["family"]
    is_joined = CHINESE_JAPANESE_KOREAN.match(name["family"])
    return f"{name['family']}{'' if is_joined else separator}{given}"


def short_name(name: Name, suffix: str) -> str:
    """As medical styles have it: "King ML Jr"."""
    if "literal" in name:
        return name["literal"]
    return f"{family_first(name, initials(name.get('given', '')))} {suffix}".rstrip()


def title(csl: Item) -> Sentence:
    return without_stop(marked(csl.get("title", "") or "[title unknown]"))


def is_trial(csl: Item) -> bool:
    return csl.get("genre") == "trial registration"


def is_press_release(csl: Item) -> bool:
    return csl.get("genre") == "press release"


def container(csl: Item) -> str:
    """The larger work in full."""
    return csl.get("container-title", "") or csl.get("container-title-short", "")


def short_container(csl: Item) -> str:
    """A journal by its abbreviation, without stops, where it has one: "Mol Genet Metab"."""
    short = csl.get("container-title-short", "").replace(".", "")
    return short or csl.get("container-title", "")


def edition(csl: Item) -> str:
    """ "2nd ed." for a figure, be it "2" or "2nd", else as it is written."""
    written = str(csl.get("edition", ""))
    found = ORDINAL.fullmatch(written)
    return f"{ordinal(int(found[1]))} ed." if found else written


def ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"


def volume_and_issue(csl: Item) -> str:
    return f"{csl.get('volume', '')}{_in_brackets(csl.get('issue', ''))}"


def statute(csl: Item) -> str:
    """Where a law is printed: "96 Stat. 2049"."""
    return " ".join(filter(None, (csl.get(key, "") for key in ("volume", "container-title", "page"))))


def short_pages(page: str) -> str:
    """``148-158`` becomes ``148-58``, ``S6-S12`` becomes ``S6-12``: what repeats is left out."""
    letters, first, last = _range(page)
    if not last:
        return page
    if len(first) != len(last) or first >= last:
        return f"{letters}{first}-{last}"
    same = next(at for at in range(len(last)) if first[at] != last[at])
    return f"{letters}{first}-{last[same:]}"


def full_pages(page: str, dash: str = "-") -> str:
    """``148-58`` becomes ``148-158``."""
    letters, first, last = _range(page)
    if not last:
        return page
    return f"{letters}{first}{dash}{letters}{first[: max(0, len(first) - len(last))]}{last}"


def identifiers(csl: Item) -> Sentence:
    """``doi: 10.1126/science.aan4672. PubMed PMID: 29326244; PubMed Central PMCID: PMC6168351``."""
    doi, pmid, pmcid = (csl.get(key, "") for key in ("DOI", "PMID", "PMCID"))
    pubmed = _identifier("PubMed PMID: ", pmid, f"https://pubmed.ncbi.nlm.nih.gov/{quote(pmid)}/")
    central = _identifier("PubMed Central PMCID: ", pmcid, f"https://pmc.ncbi.nlm.nih.gov/articles/{quote(pmcid)}/")
    numbers = with_commas(pubmed, central, mark="; ")
    return with_commas(_identifier("doi: ", doi, doi_address(doi)), numbers, mark=". ")


def sentence_of(*parts: str, mark: str) -> Sentence:
    """The texts that are there, with a mark between them."""
    return text(mark.join(filter(None, parts)))


def _identifier(label: str, written: str, href: str) -> Sentence:
    return [Piece(label), Piece(written, href=href)] if written else []


def _letters(given: str) -> list[list[str]]:
    """The initials of each given name; those of a hyphenated one together."""
    compact = given.strip()
    if compact.isalpha() and len(compact) <= 3 and compact.isupper():
        return [[letter] for letter in compact]
    names = ([part for part in re.split(r"[-\u2010\u2011.]+", name) if part] for name in _separate(given))
    found = [[part[0] for part in parts if part[0].isupper() or HEBREW_ARABIC.match(part)] for parts in names]
    return [letters for letters in found if letters]


def _separate(given: str) -> list[str]:
    """Given names apart; a stop parts them like a space, unless a hyphen follows ("C.-H.")."""
    return re.sub(r"\.(?![-\u2010\u2011])", ". ", given).split()


def _range(page: str) -> tuple[str, str, str]:
    """The letters before both figures, the first and the last; nothing last where the pages are no plain range."""
    found = RANGE.fullmatch(page)
    if not found or found[3] not in ("", found[1]):
        return "", page, ""
    return found[1], found[2], found[4]


def _in_brackets(written: str) -> str:
    return f"({written})" if written else ""
