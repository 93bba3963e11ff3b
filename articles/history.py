"""An article's published versions as readers are told them: what was added, removed, changed, and when.

A statement that is withheld now, and a version that was taken away, are withheld and away here too.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Max
from django.urls import reverse

from articles import diffs, publishing, rendering
from articles.models import Article, ArticlePerson, Edition, Notice, Topic
from articles.text import plain
from articles.trust import day
from articles.upcasting import upcast

CITATION = re.compile(r"\[citation [^\]]*\]")
SAME_WORDS = "The words are the same; emphasis, a link or a picture changed."
LINES = 8
LONGEST = 180
Context = dict[str, Any]
KINDS = {
    "added": "Added",
    "removed": "Removed",
    "changed": "Changed",
    "moved": "Moved",
    "moved_and_changed": "Moved and changed",
}
FIELDS = {
    "title": "Title",
    "subtitle": "Subtitle",
    "summary": "Summary",
    "also_called": "Other names",
    "people": "People named",
    "topics": "Topics",
    "codes": "Medical codes",
    "funding": "Funding",
    "language": "Language",
    "kind": "Kind of page",
    "slug": "Address",
    "review_interval_months": "How often it is checked",
    "citations": "Sources for the page as a whole",
}


@dataclass(frozen=True)
class Line:
    """ "Added", and the beginning of what was added."""

    kind: str
    text: str


@dataclass(frozen=True)
class Version:
    """One line of the history. A version that was taken away keeps its date and nothing else."""

    number: int
    on: date
    recorded_on: date
    note: str
    is_minor: bool
    is_live: bool
    is_gone: bool
    is_correction: bool
    is_awaiting: bool
    url: str
    compare_url: str
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True)
class Comparison:
    """One difference with its words marked, and what happened to its sources."""

    kind: str
    where: str
    pieces: tuple[diffs.Piece, ...]
    sources: str = ""


def gone_up_to(article: Article) -> int:
    """The newest version that a withdrawal took away for good; 0 if none."""
    return gone_numbers([article.pk]).get(article.pk, 0)


def gone_numbers(articles: Iterable[int]) -> dict[int, int]:
    """`gone_up_to` for many articles; those with nothing taken away are left out."""
    kinds = [Notice.Kind.WITHDRAWN, Notice.Kind.MOVED]
    taken = Notice.objects.filter(article__in=list(articles), kind__in=kinds, action=Notice.Action.RAISED)
    return dict(taken.order_by().values_list("article").annotate(Max("edition__number")))


def versions(article: Article, editions: list[Edition], slug: str) -> list[Version]:
    """Readers' history of `editions`, which are newest first and may end with one that is only compared with."""
    gone = gone_up_to(article)
    hidden = hidden_statements(article)
    older = [*editions[1:], None]
    return [_version(e, before, article, gone, hidden, slug) for e, before in zip(editions, older, strict=True)]


def _version(
    edition: Edition, before: Edition | None, article: Article, gone: int, hidden: set[str], slug: str
) -> Version:
    is_gone = edition.number <= gone
    is_comparable = before is not None and before.number > gone and not is_gone
    lines = list(change_lines(before, edition, hidden)) if is_comparable and before else []
    compare = reverse("compare", args=[slug]) + f"?from={edition.number - 1}&to={edition.number}"
    return Version(
        number=edition.number,
        on=day(edition.published_at),
        recorded_on=day(edition.recorded_at),
        note="" if is_gone else edition.change_note,
        is_minor=edition.significance == Edition.Significance.MINOR,
        is_live=edition.pk == article.live_edition_id,
        is_gone=is_gone,
        is_correction=edition.is_correction,
        is_awaiting=edition.pk == article.live_edition_id and publishing.is_awaiting(edition),
        url=reverse("edition", args=[edition.slug, edition.number]),
        compare_url=compare if is_comparable else "",
        lines=tuple(lines[:LINES]),
        more=max(0, len(lines) - LINES),
    )


def change_lines(old: Edition, new: Edition, hidden: set[str]) -> Iterator[Line]:
    """What changed from one version to the next, in readers' words."""
    found = diffs.diff(shown(old, hidden), shown(new, hidden))
    if names := [FIELDS.get(field.name, field.name).lower() for field in found.fields]:
        yield Line("Changed", ", ".join(names))
    for kind, before, after in _headings(found.sections):
        yield Line(kind, after or before)
    for change in found.blocks:
        if text := _beginning(change.new_block or change.old_block):
            yield Line(KINDS[change.kind], text)


def _beginning(block: dict[str, Any] | None) -> str:
    if block is None:
        return ""
    data = block["data"] or {}
    text = plain(block["html"]) or data.get("caption") or data.get("heading") or data.get("alt", "")
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def comparison(old: Edition, new: Edition, hidden: set[str]) -> list[Comparison]:
    """Two versions side by side, word by word, in reading order."""
    found = diffs.diff(shown(old, hidden), shown(new, hidden))
    contexts = json.loads(old.context), json.loads(new.context)
    fields = (_field_compared(change, *contexts) for change in found.fields)
    headings = (
        Comparison(kind, "Heading", tuple(diffs.word_diff(before, after)))
        for kind, before, after in _headings(found.sections)
    )
    return [*fields, *headings, *(_block_compared(change) for change in found.blocks)]


def _headings(changes: Iterable[diffs.SectionChange]) -> Iterator[tuple[str, str, str]]:
    """What happened to which headings: a section may be another in what only editors see."""
    for change in changes:
        before, after = change.old_heading or "", change.new_heading or ""
        if before != after or (after and change.kind != "changed"):
            yield KINDS[change.kind], before, after


def _field_compared(change: diffs.FieldChange, had: Context, has: Context) -> Comparison:
    pieces = diffs.word_diff(_words(change.name, change.old, had), _words(change.name, change.new, has))
    told = ""
    if change.name == "citations":
        told = _counted([c for c in change.new if c not in change.old], [c for c in change.old if c not in change.new])
    return Comparison("Changed", FIELDS.get(change.name, change.name), tuple(pieces), told)


def _words(name: str, value: Any, context: Context) -> str:
    """A field's value as it is read, by what its keys meant in that version."""
    if name == "people":
        return "; ".join(_person(entry, context) for entry in value)
    if name == "topics":
        names = dict(Topic.objects.filter(uid__in=value).values_list("uid", "name"))
        return ", ".join(names[uid] for uid in value if uid in names)
    if name == "codes":
        return ", ".join(f"{code['system']} {code['code']}" for code in value)
    if name == "citations":
        return " ".join(rendering.brief(context["references"][citation["key"]]) for citation in value)
    if name == "review_interval_months":
        return f"every {value} months" if value else ""
    if name == "kind":
        return str(Article.Kind(value).label) if value else ""
    return ", ".join(value) if isinstance(value, list) else str(value or "")


def _person(entry: dict[str, str], context: Context) -> str:
    return f"{context['people'][entry['person']]['name']} ({ArticlePerson.Role(entry['role']).label.lower()})"


def _block_compared(change: diffs.BlockChange) -> Comparison:
    old, new = diffs.block_words(change.old_block), diffs.block_words(change.new_block)
    where = change.new_section or change.old_section or ""
    told = (
        [SAME_WORDS]
        if old == new and change.kind == "changed" and _markup(change.old_block) != _markup(change.new_block)
        else []
    )
    told += [_counted(change.citations_added, change.citations_removed)]
    return Comparison(KINDS[change.kind], where, tuple(diffs.word_diff(old, new)), " ".join(filter(None, told)))


def _markup(block: dict[str, Any] | None) -> str:
    """All that is in a block but its marks of citations, which are told apart."""
    return CITATION.sub("", diffs.block_text(block))


def _counted(now: Iterable[dict[str, Any]], before: Iterable[dict[str, Any]]) -> str:
    added, removed = ({citation["key"] for citation in citations} for citations in (now, before))
    counts = (
        ("added", len(added - removed)),
        ("removed", len(removed - added)),
        ("looked up anew", len(added & removed)),
    )
    told = [f"{count} {what}" for what, count in counts if count]
    return f"Sources: {', '.join(told)}." if told else ""


def hidden_statements(article: Article) -> set[str]:
    """Statements withheld from readers now."""
    return {notice.block_uid for notice in publishing.withheld(article)}


def shown(edition: Edition, hidden: set[str]) -> dict[str, Any]:
    """An edition's snapshot without the statements that are withheld."""
    snapshot = upcast(json.loads(edition.snapshot))
    for section in snapshot["sections"]:
        section["blocks"] = [block for block in section["blocks"] if block["uid"] not in hidden]
    return snapshot
