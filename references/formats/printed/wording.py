"""What the three styles share when they are read: sentences, names, dates, and what an unknown beginning is.

Sentences are cut wherever a stop and a space stand. What was cut inside a title is joined again, because all that
stands between the names and the place of a title is the title.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from references import dates
from references.names import SMALL_WORDS, is_et_al

Names = list[dict[str, str]]

#: A line of more sentences than this is no reference; it keeps hostile lines from costing more than their length.
MOST_SENTENCES = 40
#: How many people a style names of a longer list, before “et al.”
CUT = {"nlm": 6, "ama": 3}
OTHERS = {"literal": "et al."}

_BREAK = re.compile(r"(?<=[.?!]) |(?<=[.?!][”\"’']) ")
# Of these the stop ends no sentence: names of places, people and offices begin with them, and parties have one between.
_GOES_ON = re.compile(r"(?:^|.*\W)(?:St|Ste|Ft|Mt|vs?)\.|(?:.*: )?U\.[SK]\.")
# “E. coli”: an initial, and a word that no sentence begins with.
_LONGEST_END = 12  # of what these look at: a line of nothing else must not be read again for each of them
_SPECIES, _LOWER = re.compile(r"(?:^|.*\W)[A-Z]\."), re.compile(r"[a-z]{3,}\b")
#: A publisher; its name may begin with a stop.
PUBLISHER = r"(?P<publisher>(?:(?:St|U\.S|U\.K)\. )?[^:;.\[\]]{2,200})"
# Words that stand before a capital without being anybody's name: “Vitamin D.” is no author.
NO_FAMILY = frozenset(
    [
        "appendix",
        "class",
        "factor",
        "group",
        "hepatitis",
        "influenza",
        "part",
        "phase",
        "plan",
        "protein",
        "type",
        "vitamin",
    ]
)
# Of these the name of a document begins, though a body of people may be in it.
_DOCUMENT = re.compile(
    r"(?:Annual|Directory|Final|Guide|Guidance|Guidelines?|Handbook|History|Manual|Minutes|Proceedings|Recommendations?|"
    r"Reports?|Statement|Summary|The Report|Transactions)\b"
)
_WORD = r"[^\W\d_][^\s\d.,;:()\[\]&]*"
_SUFFIX = r"Jr|Sr|II|III|IV|V|[2-5](?:nd|rd|th)"
_PERSON = re.compile(
    rf"(?P<family>(?:Ste?\. )?{_WORD}(?: {_WORD}){{0,4}}?) (?P<given>\w(?:-?\w){{0,4}})(?: (?P<suffix>{_SUFFIX}))?"
)
_APA_PERSON = re.compile(
    rf"(?P<family>(?:Ste?\. )?{_WORD}(?: {_WORD}){{0,4}}), (?P<given>\w\.(?:[ -]\w\.){{0,5}})"
    r"(?:, (?P<suffix>(?:Jr|Sr)\.?|II|III|IV|V)(?![^\W_]))?"
)
_BODY_WORDS = (
    r"(?:Academ(?:y|ies)|Administration|Agenc(?:y|ies)|Alliance|Association|Authority|Board|Bureau|Cent(?:er|re)s?|"
    r"Clinic|Clinics|College|Collaboration|Collaborative|Commission|Committee|Consortium|Council|Department|Division|"
    r"Federation|Foundation|Groups?|Hospitals?|Initiative|Institut(?:e|es|ion)|Investigators|Laborator(?:y|ies)|League|"
    r"Library|Ministry|Network|Offices?|Organi[sz]ation|Programme|Schools?|Services?|Societ(?:y|ies)|Team|Trust|Union|"
    r"Universit(?:y|ies))"
)
_BODY = re.compile(rf"\b{_BODY_WORDS}(?=$|,| (?:of|for|on|in|and|to|at)\b| \()|\bUniversity\b")
_CAPITALISED = re.compile(r"[^\w]*(?:[^\W\d_a-z]|[0-9])")
_SMALL = SMALL_WORDS | {"to", "at", "by", "with", "from", "or", "et", "für", "der", "die", "das", "du", "del", "della"}
_FOREIGN_INITIAL = re.compile(r"[\u05d0-\u05ea\u0620-\u064a\u0671-\u06d3]")


@dataclass
class Guess:
    """One way to understand a line: fields of a source by our names, and every type that might print it so.

    Of several types the first is taken when ``is_sure``; else nobody can tell, and a person must.
    """

    fields: dict[str, Any]
    types: tuple[str, ...]
    accessed: list[int] = field(default_factory=list)
    is_sure: bool = True

    @property
    def is_cut(self) -> bool:
        """Whether the style left names out."""
        return any(is_et_al(name) for role in ("authors", "editors") for name in self.fields.get(role, []))


def sentences(written: str) -> list[str]:
    """The text cut behind each stop."""
    found: list[str] = []
    for part in _BREAK.split(written):
        end = found[-1][-_LONGEST_END:] if found else ""
        if _GOES_ON.fullmatch(end) or (_LOWER.match(part) and _SPECIES.fullmatch(end)):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found


def bare(sentence: str) -> str:
    """A sentence without the stop that the style gave it; the stop of “U.S.” and question marks stay."""
    if re.search(r"(?:\b[^\W\d_]\.){2,}$", sentence[-20:]):
        return sentence
    return re.sub(r"\.([”\"]?)$", r"\1", sentence)


def opening(parts: list[str], style: str, *, known: str = "") -> dict[str, Any] | None:
    """Names and title, of the sentences that hold them; None where nobody can tell the one from the other.

    ``known`` is an organisation that is named once more elsewhere in the line.
    """
    if not parts or re.match(r"\([0-9]{4}", parts[-1]):
        return None
    for count in range(1, min(len(parts), 3)):
        named = listed(" ".join(parts[:count]), style, known=known)
        if named:
            return named | {"title": bare(" ".join(parts[count:]))}
    if ", et al" in parts[0]:
        return None
    if len(parts) == 1 and listed(parts[0], style):
        return None
    if len(parts) == 1 or ("," not in parts[0] and is_no_name(parts[0])):
        return {"title": bare(" ".join(parts))}
    return None


def listed(written: str, style: str, *, known: str = "") -> dict[str, Any] | None:
    """A sentence that is a list of names and nothing else: authors, or editors where it says so."""
    found = re.fullmatch(r"(.+), (?:editors?|eds?)\.", written)
    role = "editors" if found else "authors"
    several = names(found[1] if found else bare(written), style, known=known)
    if several and found and several[-1] == OTHERS and style == "ama":
        several[-1] = {"literal": "et al"}  # which has no stop before a comma there
    return {role: several} if several else None


def names(written: str, style: str, *, known: str = "") -> Names | None:
    """“Raper SE, King ML Jr”, perhaps with organisations behind them, or one organisation; else None."""
    whole, others, _ = (
        written.removesuffix(".").rpartition(", et al") if ", et al" in written[-8:] else (written, "", "")
    )
    people = [_person(part) for part in whole.split(", ")]
    if not people[0]:
        return [{"literal": whole}] if not others and (whole == known or is_body(whole)) else None
    if others and len(people) != CUT.get(style):
        return None
    several = [person or _body(part) for person, part in zip(people, whole.split(", "), strict=True)]
    found = [name for name in several if name]
    return [*found, *([OTHERS] if others else [])] if len(found) == len(several) else None


def inverted_names(written: str) -> Names | None:
    """“Raper, S. E., & King, M. L., Jr.”: as APA lists authors; None for what is no such list of people."""
    found: Names = []
    at = 0
    while at < len(written):
        person = _APA_PERSON.match(written, at)
        if not person or not _are_initials(person["given"]):
            rest = written[at:]
            body = _body(rest.removesuffix("."))
            return [*found, body] if found and body else None
        found.append({name: part for name, part in person.groupdict().items() if part})
        mark = re.compile(r", & |, (?!&)|$").match(written, person.end())
        if mark is None:
            return None
        at = mark.end()
    return found


def names_in_order(written: str) -> Names | None:
    """“M. L. King Jr., R. Roe, & A. Poe”: as APA lists editors inside a reference."""
    several = [part for part in re.split(r", & | & |, ", written) if part]
    found = [re.fullmatch(rf"((?:\w\.[ -]?){{1,5}}) ?(.+?)(?: ((?:{_SUFFIX})\.?))?", part) for part in several]
    people = [
        {"family": one[2], "given": one[1].strip()} | ({"suffix": one[3]} if one[3] else {})
        for one in found
        if one and _are_initials(one[1].strip())
    ]
    return people if len(people) == len(several) else None


def is_body(written: str) -> bool:
    """Whether this can only be an organisation: all in capitals, with a word for a body of people in its place.

    With a comma it may be two of them, unless it is “of Health, Education, and Welfare”.
    """
    if not is_capitalised(written) or re.search(r"[.?!:;&\[\]]", written.replace("U.S.", "").replace("U.K.", "")):
        return False
    parts = written.split(", ")
    is_one = len(parts) == 1 or (len(parts) > 2 and bool(_BODY.search(parts[0])) and parts[-1].startswith("and "))
    return is_one and bool(_BODY.search(written)) and not _DOCUMENT.match(written)


def is_no_name(sentence: str) -> bool:
    """Whether the sentence has words that no organisation's name has in small letters, or asks something."""
    return sentence.endswith(("?", "!")) or not is_capitalised(bare(sentence))


def is_capitalised(written: str) -> bool:
    """Whether every word that may have one begins with a capital, as in names."""
    words = [word for word in written.split() if word.strip("(),&").casefold() not in _SMALL and len(word) > 1]
    return bool(words) and all(map(_CAPITALISED.match, words))


def likely_body(sentence: str) -> Names | None:
    """An organisation by all that can be seen, where the form of the line says that a name must stand there."""
    written = bare(sentence)
    is_other = re.search(r"[,&0-9?!:;]", written) or _DOCUMENT.match(written)
    is_no_family = written.partition(" ")[0].casefold() in NO_FAMILY
    return None if is_other or is_no_family or not is_capitalised(written) else [{"literal": written}]


def is_of_the_journal(title: str) -> bool:
    """Whether the title ends with a short word alone: then the name of the journal has stops and was cut."""
    parts = sentences(title)
    return len(parts) > 1 and bool(re.fullmatch(r"[A-Z][a-z]{0,6}\.?", parts[-1]))


def date(written: str) -> list[int] | None:
    """A partial date in any of the ways of the styles; None for what is none."""
    year, comma, rest = written.partition(", ")
    try:
        return dates.parse(f"{year} {rest}" if comma and year.isdigit() else written)
    except dates.DateError:
        return None


def dated(fields: dict[str, str | None], *names: str) -> dict[str, list[int]] | None:
    """The dates among the parts that a pattern found; None if one of them is on no calendar."""
    found = {name: date(fields.get(name) or "") for name in names}
    return {name: parts for name, parts in found.items() if parts} if None not in found.values() else None


def plain_range(written: str | None) -> str:
    """Pages and issues with a hyphen, as the library has them."""
    return (written or "").replace("–", "-")


def filled(**fields: Any) -> dict[str, Any]:
    """The fields that hold something."""
    return {name: value for name, value in fields.items() if value}


def _person(written: str) -> dict[str, str] | None:
    found = _PERSON.fullmatch(written)
    if not found or not _are_initials(found["given"]):
        return None
    if found["family"].casefold() in NO_FAMILY:
        return None
    given = " ".join(found["given"].replace("-", ""))
    return {name: part for name, part in (found.groupdict() | {"given": given}).items() if part}


def _are_initials(written: str) -> bool:
    letters = re.sub(r"[\W_]", "", written)
    return letters.isupper() or bool(_FOREIGN_INITIAL.fullmatch(letters))


def _body(written: str) -> dict[str, str] | None:
    """An organisation behind people."""
    return {"literal": written} if is_body(written) else None
