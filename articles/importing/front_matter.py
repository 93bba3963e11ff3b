"""The `key: value` lines between two `---` at the top of a text or Markdown file.

Not YAML: only flat keys, and lists of `- item` lines or `[a, b]`. Anything else is kept as words.
"""

from __future__ import annotations

import re

from .page import ImportRefused

MAX_LINES = 200
_KEY = re.compile(r"^([A-Za-z][\w .-]{0,40}?)\s{0,3}:(?:\s+(.*))?$")
_ITEM = re.compile(r"^\s*-\s+(.*)$")


def split_front_matter(text: str) -> tuple[dict[str, list[str]], str]:
    """The facts and the text below them, whose line numbers stay as they were.

    Raises `ImportRefused` if the front matter begins but never ends.
    """
    lines = text.split("\n", MAX_LINES)
    if lines[0].rstrip() != "---" or len(lines) < 2 or not _KEY.match(lines[1]):
        return {}, text
    end = next((place for place, line in enumerate(lines[1:MAX_LINES], 1) if line.rstrip() in ("---", "...")), 0)
    if not end:
        raise ImportRefused("The front matter at the top begins with “---” but does not end with it.")
    return _facts(lines[1:end]), "\n" * (end + 1) + "\n".join(lines[end + 1 :])


def _facts(lines: list[str]) -> dict[str, list[str]]:
    facts: dict[str, list[str]] = {}
    key = ""
    for line in lines:
        named = _KEY.match(line)
        item = _ITEM.match(line)
        if named:
            key = named.group(1).strip().lower().replace(" ", "_").replace("-", "_")
            facts.setdefault(key, []).extend(_values(named.group(2) or ""))
        elif item and key:
            facts[key].append(_unquoted(item.group(1)))
        elif line.strip() and key and facts[key]:
            facts[key][-1] += " " + line.strip()
    return facts


def _values(text: str) -> list[str]:
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        return [_unquoted(part) for part in text[1:-1].split(",") if part.strip()]
    return [_unquoted(text)] if text else []


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text
