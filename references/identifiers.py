"""The identifiers of sources and people: does it look right, and what is its normal form?

Each function takes what an editor may paste (an address, a "doi:" line, spaces) and returns the normal form,
or raises ``IdentifierError`` with a sentence that helps. Well-formed is not existing: nothing here asks the
network.
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from stdnum import isbn, issn
from stdnum.exceptions import ValidationError as NumberError
from stdnum.iso7064 import mod_11_2


class IdentifierError(ValueError):
    """Not such an identifier; the message is a sentence for the editor."""


# crossref.org blog, 11 August 2015: the first form matches all but half a million of 74.9 million DOIs, the
# others are the early forms of Wiley (10.1002), of the American Chemical Society and of SICI-based serials.
_DOI = re.compile(
    r"10\.[0-9]{4,9}/[-._;()/:a-z0-9]+"
    r"|10\.1002/[!-~]+"
    r"|10\.[0-9]{4}/[0-9]+-[0-9]+x?\([0-9]+\)[0-9]+<[a-z0-9]+:[a-z0-9]*>[0-9]+\.[0-9]+\.[a-z0-9]+;[0-9]"
    r"|10\.1207/[a-z0-9]+&[0-9]+_[0-9]+"
)
DOI_RESOLVER = "https://doi.org/"
_DOI_ADDRESS = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/", re.IGNORECASE)
_DOI_LABEL = re.compile(r"^\s*(?:urn:)?doi\s*:?\s*", re.IGNORECASE)
_PMID = re.compile(
    r"(?:(?:pubmed\s+)?pmid\s*:?\s*|(?:https?://)?(?:pubmed\.ncbi\.nlm\.nih\.gov|www\.ncbi\.nlm\.nih\.gov/pubmed)/)?"
    r"([0-9]+)/?",
    re.IGNORECASE,
)
_PMCID = re.compile(
    r"(?:(?:pubmed\s+central\s+)?pmcid\s*:?\s*"
    r"|(?:https?://)?(?:www\.ncbi\.nlm\.nih\.gov/pmc|pmc\.ncbi\.nlm\.nih\.gov|europepmc\.org)/articles?/)?"
    r"pmc([0-9]+)(?:\.[0-9]+)?/?",
    re.IGNORECASE,
)
_ORCID_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?orcid\.org/", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_PAIRS = {")": "(", "]": "[", ">": "<", "}": "{"}
LONGEST_URL = 2000
LONGEST_DOI_TEXT = 500


def doi_address(doi: str) -> str:
    """Where a DOI leads from: the resolver, which sends on to wherever the work is kept today."""
    return DOI_RESOLVER + quote(doi, safe="/:;()")


def normalise_doi(text: str) -> str:
    """Lower case, without resolver, label and the punctuation around it: ``10.1126/science.aan4672``."""
    doi = _printable(text, "DOI")[:LONGEST_DOI_TEXT]
    address = _DOI_ADDRESS.match(doi)
    if address:
        doi = unquote(re.split(r"[?#]", doi[address.end() :])[0])
    doi = _without_closing_marks(_DOI_LABEL.sub("", doi, count=1).lower().strip())
    if len(doi) > 255 or not _DOI.fullmatch(doi):
        raise IdentifierError(
            f"“{_shown(text)}” is not a DOI. A DOI starts with 10., a number and a slash, "
            "as in 10.1016/j.ymgme.2003.08.016."
        )
    return doi


def normalise_pmid(text: str) -> str:
    """PubMed's number: one to eight digits without a leading zero."""
    found = _PMID.fullmatch(_printable(text, "PMID"))
    if not found or len(found[1]) > 8 or found[1].startswith("0"):
        raise IdentifierError(
            f"“{_shown(text)}” is not a PubMed number (PMID). It has one to eight digits, as in 14567964."
        )
    return found[1]


def normalise_pmcid(text: str) -> str:
    """PubMed Central's number, with its letters and without a version: ``PMC6168351``."""
    found = _PMCID.fullmatch(_printable(text, "PMCID"))
    if not found or len(found[1]) > 9 or found[1].startswith("0"):
        raise IdentifierError(
            f"“{_shown(text)}” is not a PubMed Central number (PMCID). It starts with PMC, as in PMC6168351; "
            "a number alone is a PMID."
        )
    return f"PMC{found[1]}"


def normalise_isbn(text: str) -> str:
    """Thirteen digits; the older ten are checked and turned into thirteen."""
    number = _number(text, "ISBN", r"(?:isbn)?(?:-1[03])?\s*:?")
    try:
        return str(isbn.to_isbn13(isbn.validate(number)))
    except NumberError:
        raise IdentifierError(
            f"“{_shown(text)}” is not an ISBN: it needs 10 or 13 digits, and the last one checks the others. "
            "Compare it with the book."
        ) from None


def normalise_issn(text: str) -> str:
    """Four digits, a hyphen, three digits and the check digit: ``1096-7192``."""
    number = _number(text, "ISSN", r"(?:[ep]-?)?(?:issn)?(?:-l)?\s*:?")
    try:
        return str(issn.format(issn.validate(number)))
    except NumberError:
        raise IdentifierError(
            f"“{_shown(text)}” is not an ISSN. It has eight characters, as in 1096-7192, "
            "and the last one checks the others."
        ) from None


def normalise_orcid(text: str) -> str:
    """Four groups of four, ISO 7064 mod 11-2: ``0000-0002-1825-0097``."""
    written = _printable(text, "ORCID iD").translate(_DASHES)
    number = re.sub(r"[\s-]", "", _ORCID_ADDRESS.sub("", written, count=1).rstrip("/")).upper()
    if not re.fullmatch(r"[0-9]{15}[0-9X]", number) or not mod_11_2.is_valid(number):
        raise IdentifierError(
            f"“{_shown(text)}” is not an ORCID iD. It has four groups of four, as in 0000-0002-1825-0097, "
            "and the last character checks the others."
        )
    return "-".join(number[start : start + 4] for start in range(0, 16, 4))


def normalise_url(text: str) -> str:
    """A public web address (http or https) in one spelling; everything else is refused.

    Browsers ignore tabs and line breaks, read backslashes as slashes and hide a user name before the host:
    each of these lets an address show one place and lead to another, so none is repaired here.
    """
    url = text.strip(" ")
    _refuse_hidden_parts(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise IdentifierError(f"“{_shown(url)}” is not a web address.") from None
    if parts.scheme not in ("http", "https") or not url[len(parts.scheme) :].startswith("://"):
        raise IdentifierError("A web address starts with https:// or http://.")
    if "@" in parts.netloc:
        raise IdentifierError("Leave out the user name and the @ before the site's name.")
    host = _host(parts.hostname or "")
    usual_port = {"http": 80, "https": 443}[parts.scheme]
    place = host if port in (None, usual_port) else f"{host}:{port}"
    return urlunsplit(
        (parts.scheme, place, _encoded(parts.path) or "/", _encoded(parts.query), _encoded(parts.fragment))
    )


BY_LOOKS = {"doi": normalise_doi, "pmcid": normalise_pmcid, "pmid": normalise_pmid, "isbn": normalise_isbn}


def recognised(text: str) -> tuple[str, str]:
    """What identifies a source, by its looks: the name of the field it belongs to, and its normal form.

    An address of doi.org, PubMed or PubMed Central is the identifier in it. Raises ``IdentifierError``.
    """
    for name, normalise in BY_LOOKS.items():
        with suppress(IdentifierError):
            return name, normalise(text)
    if not text[:8].lower().startswith(("http://", "https://")):
        raise IdentifierError("This is no DOI, PMID, PMCID, ISBN or web address. Copy one from the source.")
    return "url", normalise_url(text)


# Where the identifiers of a source may stand in running text, such as a pasted citation.
_IN_TEXT: dict[str, tuple[re.Pattern[str], Callable[[str], str]]] = {
    "doi": (re.compile(r"10\.[0-9]{4,9}/[!-~]{1,255}"), normalise_doi),
    "pmid": (
        re.compile(r"(?:pmid\s*:?\s*|pubmed\.ncbi\.nlm\.nih\.gov/)[0-9]{1,8}\b|^[0-9]{4,8}$", re.IGNORECASE),
        normalise_pmid,
    ),
    "pmcid": (re.compile(r"\bpmc[0-9]{1,9}\b", re.IGNORECASE), normalise_pmcid),
    "isbn": (re.compile(r"\b97[89][0-9 -]{10,14}\b|\b[0-9][0-9 -]{8,11}[0-9Xx]\b"), normalise_isbn),
    "url": (re.compile(r"https?://[!-~]{3,500}", re.IGNORECASE), normalise_url),
}


def identifiers_in(text: str) -> dict[str, list[str]]:
    """The well-formed identifiers in a running text, in normal form, by the name of their field."""
    return {name: _all_in(text, *how) for name, how in _IN_TEXT.items()}


def _all_in(text: str, pattern: re.Pattern[str], normalise: Callable[[str], str]) -> list[str]:
    found = []
    for written in pattern.findall(text):
        with suppress(IdentifierError):
            found.append(normalise(written.rstrip(".,;:")))
    return list(dict.fromkeys(found))


def _refuse_hidden_parts(url: str) -> None:
    if len(url) > LONGEST_URL:
        raise IdentifierError(f"This web address is longer than {LONGEST_URL} characters.")
    if any(_draws_nothing(char) or char.isspace() for char in url):
        raise IdentifierError("There is a space or a hidden character in the web address. Type it again.")
    if "\\" in url:
        raise IdentifierError("A web address has no backslashes (\\); write a slash (/).")
    if any(char in '<>"`' for char in url):
        raise IdentifierError("A web address has no quotation marks or angle brackets.")


def _host(name: str) -> str:
    """The host in ASCII; a name with look-alike letters becomes visible as ``xn--``."""
    if name.startswith("[") or ":" in name:
        raise IdentifierError("Write the site's name, not a number, in the web address.")
    try:
        host = name.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        host = ""
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or not all(map(_HOST_LABEL.fullmatch, labels)):
        raise IdentifierError("The web address has no site name, such as www.example.org.")
    if re.fullmatch(r"(?:0x[0-9a-f]*|[0-9]+)", labels[-1]):
        raise IdentifierError("Write the site's name, not a number, in the web address.")
    return host


def _encoded(part: str) -> str:
    """What is not plain ASCII is written in percent form; what already is, stays."""
    return quote(unicodedata.normalize("NFC", part), safe="%/:?#[]@!$&'()*+,;=~-._|{}^")


def _printable(text: str, name: str) -> str:
    cleaned = text.strip()
    if not cleaned:
        raise IdentifierError(f"The {name} is empty.")
    if not cleaned.isprintable() and any(_draws_nothing(char) for char in cleaned):
        raise IdentifierError(f"There is a hidden character in the {name}. Type it again.")
    return cleaned


def _draws_nothing(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _number(text: str, name: str, label: str) -> str:
    """The figures of a number that people write with a label, spaces and all kinds of dashes."""
    written = _printable(text, name).translate(_DASHES)
    number = re.sub(r"[\s-]", "", re.sub(rf"^{label}", "", written, count=1, flags=re.IGNORECASE)).upper()
    return number if re.fullmatch(r"[0-9]*X?", number) else "?"


def _without_closing_marks(doi: str) -> str:
    """Trailing punctuation belongs to the sentence, except a bracket that was opened inside the DOI."""
    while doi:
        last = doi[-1]
        opened = last in _PAIRS and doi.count(_PAIRS[last]) >= doi.count(last)
        if opened or last not in ".,;:'\"”’)]>}":
            return doi
        doi = doi[:-1]
    return doi


def _shown(text: str) -> str:
    cleaned = "".join("�" if _draws_nothing(char) else char for char in text.strip())
    return cleaned if len(cleaned) <= 60 else f"{cleaned[:60]}…"
