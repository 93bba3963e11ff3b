"""What readers are told about a source: what it is, how it stands, and what on this site leans on it.

What leans on it is read from published versions only; a source that none of them cites does not exist for readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from articles.models import EditionSource, Notice
from articles.rendering import Link
from articles.troubles import NATURES
from articles.trust import day, long_date
from references import families
from references.models import ArchiveCheck, LinkCheck, PublicationNotice, Reference
from references.standing import Standing, standing_in
from references.text import without_markup

PAGES_ON_A_SHEET = 50


@dataclass(frozen=True)
class Leaning:
    """A published version and those of its statements that lean on a source."""

    title: str
    url: str
    number: int
    on: date
    statements: tuple[Link, ...]
    for_whole_page: bool


@dataclass(frozen=True)
class ArchivedCopy:
    """A copy of the source that somebody made, and when."""

    url: str
    on: date | None


@dataclass(frozen=True)
class SourceFacts:
    """Everything on a source's page. ``leanings`` are live pages; ``earlier`` old versions, if nothing is live.

    ``item`` is the source as the newest of these versions has it: what the library has changed since is not published.
    """

    reference: Reference
    item: dict[str, Any]
    standing: Standing
    copies: tuple[ArchivedCopy, ...]
    leanings: tuple[Leaning, ...]
    earlier: tuple[Leaning, ...]
    newer: Link | None
    has_more: bool

    @property
    def title(self) -> str:
        return plain_title(self.item)


def kept(key: str) -> Any:
    """The source of this key, or the one that it was merged into, with what readers can look up of its newer form."""
    newer = EditionSource.objects.readable().filter(reference=OuterRef("superseded_by")).order_by("-edition_id")
    told = Subquery(newer.values("edition__context")[:1])
    rows = Reference.objects.select_related("superseded_by").annotate(newer_context=told)
    found = rows.filter(key=key).first()
    while found and found.merged_into_id:
        found = rows.get(pk=found.merged_into_id)
    return found


def family_of(reference: Reference) -> dict[int, str]:
    """The source and those that were merged into it, with their keys: these stand in published versions."""
    return {member.pk: member.key for member in families.members(pk=reference.pk)}


def published_item(family: Mapping[int, str]) -> dict[str, Any] | None:
    """The source as the newest live page has it, or else the newest version that readers can look up; None if none."""
    for rows in (EditionSource.objects.live(), EditionSource.objects.readable()):
        newest = rows.filter(reference__in=family).order_by("-edition_id").values_list("edition__context", "reference")
        for context, reference in newest[:1]:
            return dict(json.loads(context)["references"][family[reference]])
    return None


def source_facts(reference: Any, sheet: int = 1) -> SourceFacts | None:
    """The facts about a kept source (of ``kept``), or None when no published version shows it to readers."""
    family = family_of(reference)
    item = published_item(family)
    if item is None:
        return None
    live, has_more = _sheet(EditionSource.objects.live().filter(reference__in=family), sheet)
    earlier: list[Leaning] = []
    if not live and sheet == 1:
        earlier, has_more = _sheet(EditionSource.objects.readable().filter(reference__in=family), sheet)
    if not live and not earlier:
        return None
    return SourceFacts(
        reference=reference,
        item=item,
        standing=standing_in(family, reference),
        copies=tuple(_copies(reference, family)),
        leanings=tuple(live),
        earlier=tuple(earlier),
        newer=_newer(reference),
        has_more=has_more,
    )


def _newer(reference: Any) -> Link | None:
    """The newer form of a source, if readers can look it up."""
    if reference.newer_context is None:
        return None
    key = reference.superseded_by.key
    return Link(plain_title(json.loads(reference.newer_context)["references"][key]), f"/sources/{key}/")


def plain_title(item: Mapping[str, Any]) -> str:
    """The title of an item without its markup."""
    return without_markup(item.get("title", ""))


def _sheet(rows: QuerySet[EditionSource], sheet: int) -> tuple[list[Leaning], bool]:
    """One sheet of what leans on a source, the newest first, and whether there are more."""
    start = (sheet - 1) * PAGES_ON_A_SHEET
    columns = ("article_id", "slug", "title", "number", "published_at", "article__live_edition")
    told = rows.select_related("edition__article").only("statements", *(f"edition__{name}" for name in columns))
    told = told.annotate(is_part_withheld=Exists(_withheld().filter(article=OuterRef("edition__article"))))
    found: list[Any] = list(told.order_by("-edition_id")[start : start + PAGES_ON_A_SHEET + 1])
    articles = {row.edition.article_id for row in found if row.is_part_withheld}
    hidden = set(_withheld().filter(article__in=articles).values_list("article", "block_uid")) if articles else set()
    leanings = [made for row in found[:PAGES_ON_A_SHEET] if (made := _leaning(row, hidden))]
    return _together(leanings), len(found) > PAGES_ON_A_SHEET


def _withheld() -> QuerySet[Notice]:
    """Notices of what is withheld from readers now."""
    raised = Notice.objects.filter(kind=Notice.Kind.WITHHELD, action=Notice.Action.RAISED)
    return raised.exclude(followed_by__action=Notice.Action.LIFTED)


def _leaning(row: EditionSource, hidden: set[tuple[int, str]]) -> Leaning | None:
    """One published version with what readers see of its statements; None when they see none of them."""
    edition = row.edition
    url = f"/articles/{edition.slug}/"
    if edition.article.live_edition_id != edition.pk:
        url += f"editions/{edition.number}/"
    shown = [told for told in row.statements if (edition.article_id, told["block"]) not in hidden]
    if not shown:
        return None
    return Leaning(
        title=edition.title,
        url=url,
        number=edition.number,
        on=day(edition.published_at),
        statements=tuple(Link(told["words"], f"{url}#b-{told['block']}") for told in shown if told["block"]),
        for_whole_page=any(told["block"] is None for told in shown),
    )


def _together(leanings: Sequence[Leaning]) -> list[Leaning]:
    """A version that cites a source under two keys, since merged, stands once."""
    found: dict[str, Leaning] = {}
    for new in leanings:
        old = found.get(new.url)
        if old is None:
            found[new.url] = new
            continue
        both = tuple(dict.fromkeys((*old.statements, *new.statements)))
        is_whole = old.for_whole_page or new.for_whole_page
        found[new.url] = Leaning(old.title, old.url, old.number, old.on, both, is_whole)
    return list(found.values())


def _copies(reference: Reference, family: Mapping[int, str]) -> Iterable[ArchivedCopy]:
    """Copies found by us, each once, oldest first; the one that the source itself names is in its formatted line."""
    rows = (
        ArchiveCheck.objects.filter(reference__in=family).exclude(copy_url="").exclude(copy_url=reference.archive_url)
    )
    found = rows.order_by("captured_on", "copy_url").values_list("copy_url", "captured_on").distinct()
    return (ArchivedCopy(url, on) for url, on in found)


def bad_news(standing: Standing) -> str:
    """What was published about a source after it, in a sentence; empty when nothing is known."""
    if standing.nature not in NATURES:
        return ""
    nature = NATURES[standing.nature]
    when = f" {nature.since} {long_date(standing.dated)}" if standing.dated else ""
    return f"This source {nature.happened}{when}. We know it from: {PublicationNotice.Origin(standing.origin).label}."


def address_told(standing: Standing) -> str:
    """What the last visit to a source's address found, in a sentence."""
    if not standing.outcome:
        return ""
    found = LinkCheck.Outcome(standing.outcome).label
    return f"Its address, when we last looked on {long_date(standing.checked_on)}: {found}."


def listed() -> QuerySet[Reference]:
    """Sources that live pages cite, in the forms that were kept: for the site map, and for what is counted of them.

    Each source is looked up by the index: the cost grows with the library, not with the number of articles.
    """
    cited = Exists(EditionSource.objects.live().filter(reference=OuterRef("pk")))
    heirs = Reference.objects.filter(cited, merged_into__isnull=False).order_by().values("merged_into")
    return Reference.objects.filter(cited | Q(pk__in=heirs), merged_into=None).order_by("pk")
