"""Values of other people's answers made fit for the library: no markup but a title's own, nothing hidden, no
invented dates, no endless texts. What is not of the expected form counts as not there."""

import html
import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from references import dates, names, text
from references.formats.languages import TO_WEB
from references.http import Answer, NotFetched
from references.identifiers import IdentifierError, identifiers_in

LONGEST = 1000
MOST_NAMES = 2000
_TAG = re.compile(r"<(/?)(?:jats:|xhtml:)?([A-Za-z][\w:.-]*)[^<>]*>|<!--.*?-->|<!\[CDATA\[|\]\]>", re.DOTALL)
_KEPT_TAGS = {"i": "i", "em": "i", "italic": "i", "sub": "sub", "inf": "sub", "sup": "sup"}
# Their content is code, not text; left open, the rest is dropped.
_CODE = re.compile(r"<(script|style|template)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_PARTICLES = {
    "al",
    "bin",
    "da",
    "de",
    "del",
    "della",
    "den",
    "der",
    "di",
    "dos",
    "du",
    "el",
    "la",
    "le",
    "ten",
    "van",
    "von",
}
_BODIES = re.compile(
    r"\b(?:academy|agency|association|board|bureau|center|centre|college|commission|committee|consortium|council"
    r"|department|editors?|foundation|government|group|hospital|initiative|institutes?|library|ministry|national|network"
    r"|office|organi[sz]ation|press|program(?:me)?|project|service|society|staff|team|trust|union|university|who)\b",
    re.IGNORECASE,
)


def as_json(answer: Answer, service: str) -> Any:
    """The answer's JSON, or ``NotFetched`` when it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise unreadable(service) from None


def refuse_failure(answer: Answer, service: str) -> None:
    """Raises ``NotFetched`` unless the service answered as it should."""
    if answer.status != 200:
        raise NotFetched("refused", f"{service} could not answer (status {answer.status}). Try again later.")


def unreadable(service: str) -> NotFetched:
    """The error for an answer in a form that we do not know."""
    return NotFetched("refused", f"{service} answered in a form that is not known here. Fill in by hand.")


def line(value: Any) -> str:
    """One line of plain text without any markup."""
    return text.without_markup(title(value))


def title(value: Any) -> str:
    """One line of text with <i>, <sub> and <sup> at most."""
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, str) and one.strip()), "")
    if not isinstance(value, str):
        return ""
    written = html.unescape(html.unescape(value[: 5 * LONGEST]))
    cleaned = text.without_hidden(_TAG.sub(_kept_tag, _CODE.sub(" ", written)))
    return _cut(re.sub(r"\s+", " ", cleaned).strip())


def part(value: Any, name: str) -> Any:
    """One part of an object that may not be one."""
    return value.get(name) if isinstance(value, dict) else None


def parts(value: Any) -> list[Any]:
    """The members of a list that may not be one, or may be its only member."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def partial_date(value: Any) -> list[int]:
    """Numbers of a date, as far as they make one."""
    numbers = [one for one in parts(value)[:3] if isinstance(one, int) and not isinstance(one, bool)]
    for length in range(len(numbers), 0, -1):
        try:
            return dates.check(numbers[:length])
        except dates.DateError:
            continue
    return []


def date_parts(value: Any) -> list[int]:
    """The date of CSL's ``{"date-parts": [[2014, 6]]}``."""
    return partial_date(next(iter(parts(part(value, "date-parts"))), None))


def written_date(value: Any) -> list[int]:
    """A date in words or figures, as far as it is unambiguous: "2014-06-21T10:00Z", "2014/6", "Jun 21, 2014"."""
    written = line(value)
    figures = re.match(r"([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?(?![0-9])(?=$|[T ;,-])", written)
    if figures and not re.match(r"[0-9]{4} [A-Za-z]", written):
        return partial_date([int(one) for one in figures.groups() if one])
    try:
        return dates.parse(written)
    except dates.DateError:
        return []


def whole_day(numbers: list[int]) -> date | None:
    """The day of a date that has one."""
    return date(*numbers) if len(numbers) == 3 else None


def person(family: Any, given: Any = "", suffix: Any = "") -> list[dict[str, str]]:
    """A person, as a list of one; empty when there is no family name."""
    told = {"family": line(family), "given": line(given), "suffix": line(suffix)}
    if not told["family"]:
        return organisation(told["given"])
    return _checked({name: value.replace(",", "") for name, value in told.items()})


def organisation(name: Any) -> list[dict[str, str]]:
    """An organisation, as a list of one."""
    return _checked({"literal": line(name)})


def written_name(value: Any) -> list[dict[str, str]]:
    """A name in one line, "Family, Given" or "Given Family"; what looks like a body, or like no name, is a body."""
    written = re.sub(r"^by\s+", "", line(value), flags=re.IGNORECASE)
    if re.match(r"https?:|www\.", written, re.IGNORECASE):
        return []
    if _BODIES.search(written):
        return organisation(written)
    if written.count(",") == 1:
        family, given = written.split(",")
        return person(family, given)
    words = written.split()
    if not 2 <= len(words) <= 5 or not all(re.match(r"[^\W\d_]", word) for word in words) or "," in written:
        return organisation(written)
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return person(" ".join(words[start:]), " ".join(words[:start]))


def all_names(values: Iterable[Any], read: Callable[[Any], list[dict[str, str]]]) -> list[dict[str, str]]:
    """The names in their order, each once."""
    found: list[dict[str, str]] = []
    for _, value in zip(range(MOST_NAMES), values, strict=False):
        found += [name for name in read(value) if name not in found]
    return found


def identifier(value: Any, normalise: Callable[[str], str]) -> str:
    """The identifier in its normal form; "" for what is none."""
    try:
        return normalise(value) if isinstance(value, str) and value else ""
    except IdentifierError:
        return ""


def first_identifier(written: str, name: str) -> str:
    """The first identifier of a kind in a running text."""
    return next(iter(identifiers_in(written)[name]), "")


def language(value: Any) -> str:
    """A language's code as web pages have it; MEDLINE's codes of three letters become those of two."""
    code = line(value).replace("_", "-")
    return TO_WEB.get(code, code) if re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", code) else ""


def csl_date(numbers: list[int]) -> dict[str, list[list[int]]] | None:
    """A date as an item has it."""
    return {"date-parts": [numbers]} if numbers else None


def item(**fields: Any) -> dict[str, Any]:
    """A CSL-JSON item of what there is; ``container_title`` is "container-title"."""
    return {name.replace("_", "-"): value for name, value in fields.items() if value}


def _checked(name: dict[str, str]) -> list[dict[str, str]]:
    try:
        return names.check([{part: value.replace("{", "(").replace("}", ")") for part, value in name.items()}])
    except ValueError:
        return []


def _kept_tag(found: re.Match[str]) -> str:
    name = _KEPT_TAGS.get((found[2] or "").lower(), "")
    return f"<{found[1]}{name}>" if name else ""


def _cut(written: str) -> str:
    return written if len(written) <= LONGEST else written[: LONGEST - 1].rsplit(" ", 1)[0] + "…"
