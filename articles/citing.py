"""How others cite a page of ours: the published version as a CSL-JSON item, and written out in each style.

A citation names one published version by its permanent address, with the day on which that version was last updated
in substance: so that whoever follows it reads the words that were cited, and no day of access is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString

from references import names
from references.formatting import format_reference

if TYPE_CHECKING:
    from articles.rendering import RenderInput

STYLES = (("nlm", "NLM (Vancouver)"), ("ama", "AMA, 11th edition"), ("apa", "APA, 7th edition"))
DOWNLOADS = (("ris", "RIS"), ("bibtex", "BibTeX"), ("csl-json", "CSL-JSON"))
#: Lists of sources as files: the name in the address, and what people are told. Text comes in each style.
LIST_DOWNLOADS = (
    *(("ris", "RIS"), ("bibtex", "BibTeX"), ("nbib", "NBIB"), ("csl-json", "CSL-JSON")),
    *((f"text-{style}", f"Text ({style.upper()})") for style, _ in STYLES),
)
FORMS_OF_ADDRESS = re.compile(r"^(?:(?:Dr|Prof|Professor|Mr|Mrs|Ms|Mx|Sir|Dame|Sister|Nurse)\.?\s+)+", re.IGNORECASE)


@dataclass(frozen=True)
class Written:
    """One reference in one style."""

    style: str
    html: SafeString


def page_item(page: RenderInput) -> dict[str, Any]:
    """The CSL-JSON item of a published version; an author whose name is one word is kept as it is."""
    assert page.edition is not None
    authors = [person_name(name) for name in _authors(page)]
    updated = page.facts.updated
    issued = [updated.year, updated.month, updated.day] if updated else []
    item: dict[str, Any] = {
        "id": names.key_stem(page.snapshot["title"], authors, issued),
        "type": "webpage",
        "title": page.snapshot["title"],
        "author": authors,
        "container-title": page.site.name,
        "language": page.snapshot["language"],
        "URL": page.site.url + reverse("edition", args=[page.slug, page.edition.number]),
    }
    if issued:
        item["issued"] = {"date-parts": [issued]}
    return {key: value for key, value in item.items() if value}


def written(item: Mapping[str, Any]) -> Iterator[Written]:
    """The item in each style that readers are offered."""
    for style, label in STYLES:
        yield Written(label, format_reference(dict(item), style=style).html)


def format_and_style(name: str) -> tuple[str, str]:
    """The format of the library, and the style of its text, that a name in ``LIST_DOWNLOADS`` stands for."""
    style = name.removeprefix("text-")
    return (name, "nlm") if style == name else ("text", style)


def person_name(name: str) -> dict[str, str]:
    """A name as people write it, with the family name apart: the last word and the small words right before it.

    The order of other traditions cannot be told from the name alone.
    """
    words = FORMS_OF_ADDRESS.sub("", name.partition(",")[0]).split()
    if len(words) < 2:
        return {"literal": " ".join(words) or name}
    start = len(words) - 1
    while start and words[start - 1].islower():
        start -= 1
    parts = {"family": " ".join(words[start:]), "given": " ".join(words[:start])}
    return {part: value for part, value in parts.items() if value}


def _authors(page: RenderInput) -> Iterator[str]:
    known = page.context["people"]
    for entry in page.snapshot["people"]:
        if entry["role"] == "author" and entry["person"] in known:
            yield known[entry["person"]]["name"]
