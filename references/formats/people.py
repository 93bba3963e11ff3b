"""One name on one line, as RIS and MEDLINE files have it.

- "Raper, Steven E." and "King, Martin Luther, Jr." are people; "Raper SE" is one, too (a word and one or two
  capitals); "Hippocrates," is a person without a given name.
- "National Cancer Institute" is an organisation. So is "National Cancer Institute," – several words and a comma
  at the end, as EndNote marks organisations – and whatever stands in {curly brackets}.

Each name that ``write_name`` writes is read back as the same name.
"""

import re

from references.names import NamesError

LONGEST = 300
_INITIALS = re.compile(r"(?P<family>[^\W\d_][^\s\d,]*) (?P<given>[A-Z]{1,2})")


def read_name(written: str) -> dict[str, str]:
    """The name as data. Raises ``NamesError``."""
    name = " ".join(written.split())
    if len(name) > LONGEST:
        raise NamesError(f"The name “{name[:40]}…” is longer than {LONGEST} characters.")
    if name.startswith("{") and name.endswith("}"):
        return {"literal": name[1:-1]}
    if re.fullmatch(r"[^,]+ [^,]+,", name):
        return {"literal": name[:-1]}
    found = _INITIALS.fullmatch(name)
    if found:
        return {"family": found["family"], "given": " ".join(found["given"])}
    if "," not in name:
        return {"literal": name}
    return _person(name)


def write_name(name: dict[str, str]) -> str:
    """The name on one line."""
    if "literal" in name:
        plain = " ".join(name["literal"].split())
        return plain if "," not in plain and read_name(plain) == name else f"{{{plain}}}"
    parts = [name["family"], name.get("given", ""), name.get("suffix", "")]
    if not any(parts[1:]):
        return f"{name['family']}, ," if " " in name["family"] else f"{name['family']},"
    return ", ".join(parts if parts[2] else parts[:2])


def _person(name: str) -> dict[str, str]:
    family, given, *suffix = [part.strip() for part in name.split(",")]
    if len(suffix) > 1 or not family:
        raise NamesError(
            f"“{name[:60]}” is no name that we can read. Write people as in “Raper, Steven E.”; "
            "put organisations in {curly brackets}."
        )
    parts = {"family": family, "given": given, "suffix": "".join(suffix)}
    return {part: value for part, value in parts.items() if value}
