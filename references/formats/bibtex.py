"""BibTeX and biblatex (.bib).

Entries are written as biblatex names them, and older names are read, too: @article (newspapers: ``entrysubtype =
{newspaper}``), @online (trial registrations and press releases by ``entrysubtype``), @book, @incollection, @report
(guidelines: ``type = {guideline}``), @dataset, @legislation. The key of the entry is the key of the source. The issue
of an article is its ``number``, as in BibTeX; what our model calls its number is ``sourcenumber`` there. Dates are
``date = {2003-09}``. Fields of our own, which other programs skip: ``updated``, ``archiveurl``, ``archivedate``,
``publisherkind``, ``evidence``, ``primarysource`` and ``paidbymaker`` (yes, no), ``newerform`` (a key).

Texts are LaTeX (``references.formats.latex``). ``url``, ``archiveurl``, ``doi`` and the like are verbatim: they are
never decoded. Only there a curly bracket without its twin, which no .bib file can hold, is written in percent form.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from references import dates
from references.names import NamesError

from .latex import LatexError, decode, encode
from .record import Reading, Record, RecordError, fields_to_write, one_line, refused, shown, unknown_type
from .ris import judgement, read_judgement, read_serial_number

# our type -> (entry, field that tells more, its value)
TYPES = {
    "article-journal": ("article", "", ""),
    "webpage": ("online", "", ""),
    "book": ("book", "", ""),
    "chapter": ("incollection", "", ""),
    "report": ("report", "", ""),
    "guideline": ("report", "type", "guideline"),
    "trial": ("online", "entrysubtype", "trial registration"),
    "dataset": ("dataset", "", ""),
    "legislation": ("legislation", "", ""),
    "press-release": ("online", "entrysubtype", "press release"),
    "article-newspaper": ("article", "entrysubtype", "newspaper"),
}
_OLDER = {"electronic": "online", "www": "online", "webpage": "online", "techreport": "report"}
_ALSO = {
    "mvbook": "book",
    "collection": "book",
    "mvcollection": "book",
    "proceedings": "book",
    "inbook": "chapter",
    "inproceedings": "chapter",
    "conference": "chapter",
    "inreference": "chapter",
    "manual": "report",
    "booklet": "report",
    "standard": "report",
    "periodical": "article-journal",
    "jurisdiction": "legislation",
}
_ARTICLES = ("article-journal", "article-newspaper")
# field of the file -> our field; the first name of a field is the one that is written
_TEXTS = {
    "title": "title",
    "shortjournal": "container_title_short",
    "series": "collection_title",
    "publisher": "publisher",
    "institution": "publisher",
    "organization": "publisher",
    "location": "publisher_place",
    "address": "publisher_place",
    "edition": "edition",
    "volume": "volume",
    "pages": "page",
    "eid": "page",
    "language": "language",
    "langid": "language",
    "note": "note",
}
_VERBATIM = {
    "doi": "doi",
    "pmid": "pmid",
    "pmcid": "pmcid",
    "url": "url",
    "archiveurl": "archive_url",
    "archivedate": "archived_on",
}
_JUDGED = {
    "updated": "updated",
    "publisherkind": "publisher_kind",
    "evidence": "evidence",
    "primarysource": "is_primary",
    "paidbymaker": "is_paid_by_maker",
    "newerform": "superseded_by",
}
_CONTAINERS = ("journaltitle", "journal", "booktitle", "maintitle")
_READ_ELSEWHERE = {
    *(*_CONTAINERS, "author", "editor", "date", "year", "month", "day", "number", "issue", "sourcenumber"),
    *("isbn", "issn", "entrysubtype", "type", "howpublished", "eprint", "eprinttype"),
}
_MONTHS = {name[:3].lower(): number for number, name in enumerate(dates.MONTHS, start=1)}
_RANGE, _HYPHEN = re.compile(r"(?<=\w)--(?=\w)"), re.compile(r"(?<=\w)-(?=\w)")
_OTHERS = {"literal": "others"}
_ENTRY = re.compile(r"@[ \t]*([A-Za-z]+)\s*([{(])")
_KEY = re.compile(r"(?:[^\s,{}]|\{[^{}\n]{0,20}\})*")
_NAME = re.compile(r"[^\s,=#{}()\"'%]+")
_LONGEST_LATEX = 200_000
_MOST_STRINGS = 1_000_000
_DEEPEST = 200


class Cut(RecordError):
    """The entry ends before its brackets do."""


@dataclass
class Entry:
    """One entry as it stands: its type, key, and values in LaTeX by the lower-case name of the field."""

    kind: str
    key: str
    values: dict[str, str]


def looks_like(start: str) -> bool:
    """Whether a text holds an entry of a .bib file at the start of a line."""
    return bool(re.search(r"^[ \t]*@[ \t]*[A-Za-z]+\s*[{(]", start, re.MULTILINE))


# --- reading: from characters to entries ----------------------------------------------------------------------


def read(text: str) -> Iterator[Record]:
    """The entries of the text. After an entry that cannot be read, reading goes on at the next @ of a line."""
    strings: dict[str, str] = {month: month for month in _MONTHS}
    place, line, counted = 0, 1, 0
    if text.strip() and not _ENTRY.search(text):
        yield refused(1, "The file holds no entry, such as “@article{…}”.", text)
    while found := _ENTRY.search(text, place):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        scanner = Scanner(text, found.end(), line, ")" if found[2] == "(" else "}", strings)
        try:
            record = _one(found[1].lower(), scanner, line)
        except (RecordError, NamesError, LatexError) as fault:
            record = refused(line, str(fault), text[found.start() : found.start() + 800])
        place = _after_fault(text, found.end()) if scanner.is_lost else scanner.place
        if record:
            yield record


def _after_fault(text: str, place: int) -> int:
    found = re.compile(r"^[ \t]*@", re.MULTILINE).search(text, place)
    return found.start() if found else len(text)


def _one(kind: str, scanner: "Scanner", line: int) -> Record | None:
    if kind in ("comment", "preamble"):
        scanner.skip()
        return None
    if kind == "string":
        scanner.strings |= scanner.pairs()
        if sum(map(len, scanner.strings.values())) > _MOST_STRINGS:
            raise RecordError("The file defines more text (@string) than any list of references needs.")
        return None
    begun = scanner.place
    entry = scanner.entry(kind)
    raw = f"@{kind}{{{scanner.text[begun : min(begun + 800, scanner.place)]}"
    return _understood(entry).record(line, raw)


class Scanner:
    """Reads one entry from its opening bracket on; ``is_lost`` until its end was found."""

    def __init__(self, text: str, place: int, line: int, end: str, strings: dict[str, str]) -> None:
        self.text, self.place, self.end, self.strings = text, place, end, strings
        self._begun = place, line
        self.is_lost = True

    def entry(self, kind: str) -> Entry:
        self._gap()
        found = _KEY.match(self.text, self.place)
        key = found[0] if found else ""
        self.place += len(key)
        self._gap()
        if self._peek() == ",":
            self.place += 1
        return Entry(kind, key, self.pairs())

    def pairs(self) -> dict[str, str]:
        """The fields up to the end of the entry; of a field given twice the first counts."""
        values: dict[str, str] = {}
        while True:
            self._gap(",")
            if self._peek() == self.end:
                self.place += 1
                self.is_lost = False
                return values
            name = self._word()
            self._gap()
            if self._peek() != "=":
                raise RecordError(f"After “{shown(name, 30)}” there is no “=”. {self._where()}")
            self.place += 1
            values.setdefault(name.lower(), self._value())

    def skip(self) -> None:
        """Past a comment, whatever it holds."""
        self.place = self._closing(self.place, self.end) + 1
        self.is_lost = False

    def _value(self) -> str:
        pieces = [self._piece()]
        self._gap()
        while self._peek() == "#":
            self.place += 1
            pieces.append(self._piece())
            self._gap()
            if sum(map(len, pieces)) > _LONGEST_LATEX:
                raise RecordError("A field is put together from more text than any reference has.")
        return "".join(pieces)

    def _piece(self) -> str:
        self._gap()
        if self._peek() not in '{"':
            word = self._word()
            return word if word.isdigit() else self.strings.get(word.lower(), word)
        end = '"' if self._peek() == '"' else "}"
        begun = self.place + 1
        closing = self._closing(begun, end)
        self.place = closing + 1
        return self.text[begun:closing]

    def _closing(self, place: int, end: str) -> int:
        """Where the value ends that begins here: brackets inside are balanced."""
        depth = 0
        for found in re.compile(r'[{}")]').finditer(self.text, place):
            sign = found[0]
            if sign == end and depth == 0:
                return found.start()
            depth += {"{": 1, "}": -1}.get(sign, 0)
            if depth < 0:
                raise RecordError(f"A curly bracket closes that was never opened. {self._where(found.start())}")
            if depth > _DEEPEST:
                raise RecordError("Curly brackets are nested too deeply to be a reference.")
        raise Cut("The entry has no end: a bracket or a quotation mark is missing, or the file is cut.")

    def _word(self) -> str:
        found = _NAME.match(self.text, self.place)
        if not found:
            if self.place >= len(self.text):
                raise Cut("The entry has no end: a bracket or a quotation mark is missing, or the file is cut.")
            raise RecordError(f"“{shown(self.text[self.place], 1)}” stands where a field begins. {self._where()}")
        self.place = found.end()
        return found[0]

    def _gap(self, also: str = "") -> None:
        while self.place < len(self.text) and (
            self.text[self.place].isspace() or self.text[self.place] in (also or "\n")
        ):
            self.place += 1

    def _peek(self) -> str:
        return self.text[self.place : self.place + 1] or "\0"

    def _where(self, place: int | None = None) -> str:
        begun, line = self._begun
        return f"(Line {line + self.text.count(chr(10), begun, self.place if place is None else place)}.)"


# --- reading: from entries to fields ------------------------------------------------------------------------


def _understood(entry: Entry) -> Reading:
    reading = Reading()
    values = entry.values
    kind = _type(entry)
    reading.fields["type"] = kind
    reading.text("key", entry.key)
    for name, ours in _TEXTS.items():
        _read_text(reading, ours, values.get(name, ""))
    for name, ours in _VERBATIM.items():
        reading.text(ours, _verbatim(values.get(name, "")))
    for name, ours in _JUDGED.items():
        if written := values.get(name, "").strip():
            read_judgement(reading, ours, decode(written))
    for name in ("author", "editor"):
        people = _people(values.get(name, ""))
        if people and people[-1] == _OTHERS:
            reading.doubts.append("“and others”: the list of names is not whole.")
        reading.people(f"{name}s", [person for person in people if person != _OTHERS])
    _read_container(reading, values, kind)
    _read_numbers(reading, values, kind)
    _read_date(reading, values)
    known = _TEXTS.keys() | _VERBATIM.keys() | _JUDGED.keys() | _READ_ELSEWHERE
    reading.left_out += [shown(name, 30) for name in values if name not in known and values[name]]
    return reading


def _type(entry: Entry) -> str:
    told = {name: entry.values.get(name, "").strip().lower() for name in ("type", "entrysubtype")}
    written = _OLDER.get(entry.kind, entry.kind)
    for ours, (kind, name, value) in reversed(TYPES.items()):
        if written == kind and (not name or told[name] == value):
            return ours
    if entry.kind in _ALSO:
        return _ALSO[entry.kind]
    if entry.kind in ("misc", "unpublished") and ({"url", "howpublished"} & entry.values.keys()):
        return "webpage"
    raise unknown_type(f"@{entry.kind}")


def _verbatim(value: str) -> str:
    """An address or number as it stands, without brackets around all of it."""
    bare = value.strip()
    return bare[1:-1].strip() if bare.startswith("{") and _is_one_group(bare) else bare


def _read_text(reading: Reading, ours: str, latex: str) -> None:
    if len(latex) > _LONGEST_LATEX:
        raise RecordError(f"The field “{ours}” is {len(latex):,} characters long. That is no reference.")
    text = decode(_RANGE.sub("-", latex) if ours == "page" else latex)
    reading.text(ours, text if ours == "note" else " ".join(text.split()))


def _read_container(reading: Reading, values: dict[str, str], kind: str) -> None:
    for name in _CONTAINERS:
        _read_text(reading, "container_title", values.get(name, ""))
    howpublished = values.get("howpublished", "")
    address = re.fullmatch(r"\s*\\?(?:url)?\{?(https?://[^\s{}]+)\}?\s*", howpublished)
    if address and "url" not in reading.fields:
        reading.text("url", address[1])
    elif howpublished:
        reading.left_out.append("howpublished")


def _read_numbers(reading: Reading, values: dict[str, str], kind: str) -> None:
    """In an article BibTeX's “number” is the issue."""
    for name in ("number", "issue"):
        ours = "issue" if kind in _ARTICLES else name
        _read_text(reading, ours, values.get(name, ""))
    _read_text(reading, "number", values.get("sourcenumber", ""))
    for name in ("isbn", "issn"):
        if written := values.get(name, "").strip():
            read_serial_number(reading, written)
    if values.get("eprinttype", "").strip().lower() in ("pubmed", "pmid"):
        reading.text("pmid", values.get("eprint", ""))


def _read_date(reading: Reading, values: dict[str, str]) -> None:
    if written := decode(values.get("date", "")).strip():
        reading.span("issued", written)
        return
    year, month, day = (decode(values.get(name, "")).strip() for name in ("year", "month", "day"))
    if not year:
        return
    is_one = re.fullmatch(r"[A-Za-z]{3,9}\.?", month)  # not “sep/oct”
    number = str(_MONTHS.get(month[:3].lower(), month)) if is_one else month
    parts = [part for part in (year, number, day if number else "") if part]
    if all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        reading.date("issued", "-".join([parts[0], *(part.zfill(2) for part in parts[1:])]))
    else:
        reading.span("issued", year)
        reading.left_out += ["month"] if month else []


def _people(latex: str) -> list[dict[str, str]]:
    """Names between “and”; one in brackets of its own is an organisation."""
    return [_person(name) for name in _split(one_line(latex), re.compile(r" and ", re.IGNORECASE)) if name]


def _person(latex: str) -> dict[str, str]:
    if latex.startswith("{") and latex.endswith("}") and _is_one_group(latex):
        return {"literal": " ".join(decode(latex).split())}
    parts = [" ".join(decode(part).split()) for part in _split(latex, re.compile(r","))]
    if len(parts) == 1:
        return _natural(parts[0])
    if len(parts) > 3 or not parts[0]:
        raise NamesError(f"“{shown(latex)}” is no name that we can read. Write it as in “Raper, Steven E.”, please.")
    named = {"family": parts[0], "given": parts[-1], "suffix": parts[1] if len(parts) == 3 else ""}
    return {part: text for part, text in named.items() if text}


def _natural(name: str) -> dict[str, str]:
    """“Ludwig van Beethoven”: the family name begins at the first small word, else it is the last word."""
    words = name.split()
    if not words:
        raise NamesError("One of the names is empty.")
    if name == "others":
        return _OTHERS
    begins = next((place for place, word in enumerate(words[:-1]) if word[0].islower()), len(words) - 1)
    family, given = " ".join(words[begins:]), " ".join(words[:begins])
    return {"family": family, "given": given} if given else {"family": family}


def _is_one_group(latex: str) -> bool:
    """Whether the first bracket is closed by the last."""
    depth = 0
    for place, sign in enumerate(latex):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth == 0:
            return place == len(latex) - 1
    return False


def _split(latex: str, separator: re.Pattern[str]) -> list[str]:
    """The parts between separators that stand outside of brackets."""
    parts, depth, begun = [], 0, 0
    for found in re.compile(rf"[{{}}]|{separator.pattern}", separator.flags).finditer(latex):
        if found[0] in "{}":
            depth += 1 if found[0] == "{" else -1
        elif depth == 0:
            parts.append(latex[begun : found.start()].strip())
            begun = found.end()
    return [*parts, latex[begun:].strip()] if latex.strip() else []


# --- writing ------------------------------------------------------------------------------------------------


def write(items: Iterable[dict[str, Any]], style: str = "") -> Iterator[str]:
    """Each item as one entry with its blank line."""
    for item in items:
        fields = fields_to_write(item)
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in _lines(fields))
        yield f"@{TYPES[fields['type']][0]}{{{fields.get('key', '')},\n{lines}}}\n\n"


def _lines(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind = fields["type"]
    _, told, value = TYPES[kind]
    if told:
        yield told, value
    for name in ("author", "editor"):
        if people := fields.get(f"{name}s"):
            yield name, " and ".join(map(_written_name, people))
    written = set[str]()
    for name, ours in _TEXTS.items():
        if ours in fields and ours not in written:
            written.add(ours)
            yield name, _written(ours, fields[ours])
    yield from _other_lines(fields, kind)


def _other_lines(fields: dict[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    is_article = kind in _ARTICLES
    told = [
        ("booktitle" if kind == "chapter" else "journaltitle", "container_title"),
        ("number" if is_article else "issue", "issue"),
        ("sourcenumber" if is_article else "number", "number"),
    ]
    yield from ((name, encode(one_line(fields[ours]))) for name, ours in told if ours in fields)
    if "issued" in fields:
        yield "date", dates.iso(fields["issued"])
    yield from ((name, fields[name]) for name in ("isbn", "issn") if name in fields)
    yield from ((name, _balanced(one_line(fields[ours]))) for name, ours in _VERBATIM.items() if ours in fields)
    yield from ((name, encode(judgement(fields[ours]))) for name, ours in _JUDGED.items() if ours in fields)


def _written(ours: str, text: str) -> str:
    if ours == "title":  # in brackets of its own, so that no style changes its capitals
        return f"{{{encode(one_line(text))}}}"
    if ours == "page":
        return _HYPHEN.sub("--", encode(one_line(text)))
    return encode(text if ours == "note" else one_line(text))


def _written_name(name: dict[str, str]) -> str:
    if "literal" in name:
        return f"{{{encode(one_line(name['literal']))}}}"
    parts = [name["family"], name.get("suffix", ""), name.get("given", "")]
    kept = parts if parts[1] else [parts[0], parts[2]]
    return ", ".join(_guarded(encode(one_line(part))) for part in kept)


def _guarded(latex: str) -> str:
    """A part of a name that holds the word “and” is kept together."""
    return f"{{{latex}}}" if re.search(r"(?:^|\s)and(?:\s|$)", latex, re.IGNORECASE) else latex


def _balanced(address: str) -> str:
    depth = 0
    for sign in address:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            break
    return address if depth == 0 else address.replace("{", "%7B").replace("}", "%7D")
