"""Small questions to an element of an HTML tree."""

from __future__ import annotations

import re
from typing import Any

#: White space as HTML collapses it; a no-break space is a character like any other.
WHITE = re.compile(r"[ \t\r\n\f]+")


def squeezed(text: str) -> str:
    """The text with its white space collapsed."""
    return WHITE.sub(" ", text).strip(" ")


def tag_of(element: Any) -> str:
    """The element's name in small letters; empty for comments and the like."""
    return element.tag.lower() if isinstance(element.tag, str) else ""


def words_of(element: Any) -> str:
    """All words inside an element, whoever sees them."""
    return squeezed(" ".join(element.xpath("descendant-or-self::text()")))
