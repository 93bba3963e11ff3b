"""What a page of the web says to people: its title, its visible words, and whether it only says that it is gone."""

import codecs
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from lxml import etree, html

from . import text

#: Nobody reads these as part of the page; the second line is what all pages of a site share.
UNSEEN = ("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select", "textarea")
AROUND = ("nav", "header", "footer", "aside", "form", "dialog")
HIDDEN = "//*[@hidden or @aria-hidden='true']"
MAIN = "//main | //*[@role='main']"
LONGEST_TITLE = 500
#: The main part of a page counts alone when it says at least so much.
ENOUGH_WORDS = 20
#: A page that says that something is missing says little else.
FEW_WORDS = 150

# Only what browsers read, too (https://encoding.spec.whatwg.org): others, such as punycode, take hours for a megabyte.
_CHARSETS = re.compile(
    r"utf-?(?:8|16(?:le|be)?)|(?:us-)?ascii|iso-?8859-?[0-9]{1,2}|latin-?1|windows-?125[0-8]|cp125[0-8]|koi8-[ru]"
    r"|macintosh|gb2312|gbk|gb18030|big5|euc-jp|euc-kr|shift[_-]jis",
    re.IGNORECASE,
)
_AS_WINDOWS = re.compile(r"(?:us-)?ascii|iso-?8859-?1|latin-?1", re.IGNORECASE)
_NAMED = re.compile(r"charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_NAMED_IN_PAGE = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

# Of the words as they are compared: lower case, without accents and marks.
_THING = "(?:page|content|document|article|file|resource|url)"
_WANTED = "(?: that)?(?: you (?:requested|have requested|(?:are|were) (?:looking for|trying to \\w+)))"
_MISSING = "|".join(
    (
        f"{_THING}{_WANTED}?(?: (?:was|is|could|can))? not (?:be )?found",
        f"{_THING}{_WANTED}? (?:cannot|can t|couldn t) be found",
        f"{_THING}{_WANTED}? (?:does not|doesn t|no longer) exists?",
        f"{_THING}{_WANTED}?(?: is)? (?:no longer available|unavailable)",
        f"{_THING}{_WANTED}? has been (?:removed|deleted)",
        "(?:error|http|status|seite|pagina|page) 404|404 (?:error|not found|(?:page|file) not found)",
        "(?:seite|inhalt|dokument) (?:wurde )?(?:leider )?nicht (?:gefunden|vorhanden)",
        "(?:page|contenu) (?:demandee? )?(?:est )?(?:non trouvee?|introuvable|n existe (?:pas|plus))",
        "pagina (?:solicitada )?no (?:se )?(?:encontrada|encontro|ha encontrado|existe)",
        "pagina (?:non trovata|niet gevonden|nao encontrada)",
    )
)
_IN_BODY = re.compile(rf"\b(?:{_MISSING}|{_THING}{_WANTED})\b")
# One part of a title, between the marks that divide it, says it and nothing else.
_PARTS = re.compile(r"\s+[|–—·»:-]\s+|\s*[|»]\s*|[.!]\s+")
_IN_TITLE = re.compile(rf"(?:(?:sorry|oops|error|the|this|your|requested) )*(?:{_MISSING}|not found|404|410)")


@dataclass(frozen=True)
class Page:
    """What was read; without words when there was nothing to read as text."""

    title: str = ""
    words: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The fingerprint of the words, without regard to capitals, accents and marks; "" for no words."""
        return hashlib.sha256(" ".join(self.words).encode()).hexdigest() if self.words else ""

    def missing(self) -> str:
        """How the page says that what was asked for is not there; "" when it does not."""
        part = next((part for part in _PARTS.split(self.title) if _IN_TITLE.fullmatch(" ".join(text.words(part)))), "")
        if part:
            return f"Its title says “{part.strip()}”."
        if len(self.words) < FEW_WORDS and (found := _IN_BODY.search(" ".join(self.words))):
            return f"It says “{found[0]}”."
        return ""


def read(body: bytes, content_type: str) -> Page:
    """The page that a server sent; broken and hostile ones give what can be made out of them."""
    media = content_type.partition(";")[0].strip().lower()
    if media == "text/plain":
        return Page("", tuple(text.words(decoded(body, content_type))))
    if media not in ("text/html", "application/xhtml+xml", ""):
        return Page()
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(decoded(body, content_type).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return Page()
    etree.strip_elements(tree, *UNSEEN, with_tail=False)
    title = _one_line(tree.findtext(".//title") or "".join(next(iter(tree.iter("h1")), tree).itertext()))
    return Page(title, _visible_words(tree))


def decoded(body: bytes, content_type: str) -> str:
    """The text, by the mark at its beginning, the header, the page's own word, or as UTF-8; else as Windows wrote it.

    The last character may be cut in two. Never fails.
    """
    said = [found[1] for found in [_NAMED.search(content_type)] if found]
    said += [found[1].decode("ascii", "replace") for found in [_NAMED_IN_PAGE.search(body[:4096])] if found]
    marked = [name for mark, name in _MARKS.items() if body.startswith(mark)]
    for charset in [*marked, *(name for name in said if _CHARSETS.fullmatch(name)), "utf-8"]:
        try:
            return codecs.getincrementaldecoder("cp1252" if _AS_WINDOWS.fullmatch(charset) else charset)().decode(body)
        except (UnicodeError, LookupError):
            continue
    return body.decode("cp1252", "replace")


def sister(url: str) -> str:
    """An address beside this one where surely nothing is: what a site answers there, it answers for missing pages."""
    parts = urlsplit(url)
    folder, _, name = parts.path.rstrip("/").rpartition("/")
    ending = re.search(r"\.[A-Za-z]{2,5}$", name)
    made_up = f"no-such-page-{hashlib.sha256(url.encode()).hexdigest()[:12]}{ending[0] if ending else ''}"
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/{made_up}", "", ""))


def _visible_words(tree: html.HtmlElement) -> tuple[str, ...]:
    body = tree.find("body")
    body = tree if body is None else body
    for element in body.xpath(HIDDEN):
        if element.getparent() is not None:
            element.drop_tree()
    for part in body.xpath(MAIN):
        if len(words := _words(part)) >= ENOUGH_WORDS:
            return words
    whole = _words(body)
    etree.strip_elements(body, *AROUND, with_tail=False)
    inner = _words(body)
    return inner if len(inner) >= ENOUGH_WORDS else whole


def _words(element: html.HtmlElement) -> tuple[str, ...]:
    return tuple(text.words(" ".join(element.itertext())))


def _one_line(written: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in written[: 4 * LONGEST_TITLE])
    return " ".join(shown.split())[:LONGEST_TITLE]
