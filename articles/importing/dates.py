"""Dates as old pages write them. Partial dates stay partial; a doubtful one says so."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTHS = {name[:3]: number for number, name in enumerate(_NAMES, 1)}
_MONTH = "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _NAMES if name != "may") + "|may|sept)"
_DATE = re.compile(
    rf"""\b(?:
      (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s{{1,3}}(?:of\s)?(?P<m1>{_MONTH})\b\.?,?\s{{1,3}}(?P<y1>\d{{4}})
    | (?P<m2>{_MONTH})\b\.?\s{{1,3}}(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s{{1,3}}(?P<y2>\d{{4}})
    | (?P<y3>\d{{4}})\s(?P<m3>{_MONTH})\b\.?(?:\s(?P<d3>\d{{1,2}}))?
    | (?P<m4>{_MONTH})\b\.?,?\s{{1,3}}(?P<y4>\d{{4}})
    | (?P<y5>\d{{4}})-(?P<m5>\d{{2}})(?:-(?P<d5>\d{{2}}))?
    | (?P<a6>\d{{1,2}})/(?P<b6>\d{{1,2}})/(?P<y6>\d{{4}})
    | (?P<y7>1[89]\d\d|20\d\d)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class FoundDate:
    """A date and where it stood. ``parts`` is [year], [year, month] or [year, month, day]."""

    parts: tuple[int, ...]
    start: int
    end: int
    is_certain: bool = True

    def iso(self) -> str:
        """ISO 8601, as short as what is known."""
        return "-".join(f"{part:04d}" if place == 0 else f"{part:02d}" for place, part in enumerate(self.parts))

    def day(self) -> str:
        """ISO 8601 for a whole date, else empty."""
        return self.iso() if len(self.parts) == 3 else ""


def find_dates(text: str) -> list[FoundDate]:
    """Every date in ``text``, in order."""
    return [found for match in _DATE.finditer(text) if (found := _from_match(match))]


def whole_date(text: str) -> FoundDate | None:
    """The date that ``text`` is, but for punctuation around it."""
    trimmed = text.strip(" .,;:()[]")
    found = find_dates(trimmed)
    if len(found) == 1 and (found[0].start, found[0].end) == (0, len(trimmed)):
        return found[0]
    return None


def _from_match(match: re.Match[str]) -> FoundDate | None:
    groups = {name[0]: value for name, value in match.groupdict().items() if value}
    if "a" in groups:
        return _slashed(match, int(groups["a"]), int(groups["b"]), int(groups["y"]))
    parts = [int(groups["y"])]
    if "m" in groups:
        parts.append(_month(groups["m"]))
    if "d" in groups:
        parts.append(int(groups["d"]))
    return _checked(match, tuple(parts))


def _month(word: str) -> int:
    return int(word) if word.isdigit() else _MONTHS[word[:3].lower()]


def _slashed(match: re.Match[str], first: int, second: int, year: int) -> FoundDate | None:
    """3/4/2008 is March in one country and April in another: only the year is sure."""
    if first > 12:
        return _checked(match, (year, second, first))
    if second > 12 or first == second:
        return _checked(match, (year, first, second))
    return FoundDate((year,), match.start(), match.end(), is_certain=False)


def _checked(match: re.Match[str], parts: tuple[int, ...]) -> FoundDate | None:
    try:
        datetime.date(*(*parts, 1, 1)[:3])
    except ValueError:
        return None
    return FoundDate(parts, match.start(), match.end())
