"""Which sources are used, where, and what is missing: for the people who keep the library and the articles true.

Drafts and live pages are told apart: a draft is what stands in the tables now, a live page what its edition says.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from references.models import LinkCheck, Reference
from references.standing import standings

from . import drafting, evidence, publishing, rendering, sources
from .evidence import AlikeSources, Diet, Share, UncitedFact
from .four_eyes import State
from .models import Article, Block, Citation, Edition, EditionSource
from .snapshot import context_of
from .troubles import Trouble, troubles_of

ARTICLES_ON_A_SHEET = 25
SOURCES_ON_A_SHEET = 50
#: What a diet looks at, in the library's fields; dates are partial, so a source has a year at most.
COUNTED = ("evidence", "publisher_kind", "is_primary", "is_paid_by_maker")


# --- the diet -----------------------------------------------------------------------------------------------------


def site_diet(today: datetime.date) -> Diet:
    """What all live pages together live on; a source counts once, however often it is cited (two queries)."""
    return _diet(Reference.objects.filter(pk__in=sources.listed().order_by().values("pk")), today)


def diet_of(keys: Iterable[str], today: datetime.date) -> Diet:
    """What an article that cites these keys lives on; twins count once (two queries)."""
    cited = Reference.objects.filter(key__in=list(keys)).order_by()
    return _diet(Reference.objects.filter(pk__in=cited.values(kept=Coalesce("merged_into", "pk"))), today)


def _diet(rows: QuerySet[Reference], today: datetime.date) -> Diet:
    alike = rows.order_by().values(*COUNTED, "issued__0", "updated__0").annotate(count=Count("pk"))
    groups = [
        AlikeSources(**{name: row[name] for name in COUNTED}, year=_year(row), count=row["count"]) for row in alike
    ]
    publisher = Coalesce(NullIf("publisher", Value("")), "container_title")
    publishers = rows.order_by().exclude(publisher="", container_title="").aggregate(n=Count(publisher, distinct=True))
    labels = Reference.Evidence.choices, Reference.PublisherKind.choices
    return evidence.diet(groups, publishers["n"], today.year, *labels)


def _year(row: dict[str, Any]) -> int | None:
    """The year in which the source last said something: of its update, else of its publication."""
    found = row["updated__0"] or row["issued__0"]
    return int(found) if found else None


# --- gaps ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LeanedOn:
    """A source and the share of live pages that lean on it."""

    reference: Reference
    share: Share
    troubles: tuple[Trouble, ...]


def leaned_on(most: int) -> list[LeanedOn]:
    """The sources that most live pages lean on, twins taken together (as many queries for one as for many)."""
    kept = Coalesce("reference__merged_into", "reference")
    rows = EditionSource.objects.live().order_by().values(kept=kept).annotate(pages=Count("edition", distinct=True))
    counts = {row["kept"]: row["pages"] for row in rows.order_by("-pages", "kept")[:most]}
    live = Article.objects.filter(live_edition__isnull=False).count()
    found = Reference.objects.in_bulk(counts)
    bad = _troubles(row.key for row in found.values())
    return [
        LeanedOn(found[pk], Share(found[pk].plain_title(), pages, live), bad[found[pk].key])
        for pk, pages in counts.items()
    ]


def _troubles(keys: Iterable[str]) -> dict[str, tuple[Trouble, ...]]:
    """What is wrong with each of these sources today."""
    return {key: tuple(troubles_of(standing)) for key, standing in standings(keys).items()}


def never_checked(start: int = 0) -> list[Any]:
    """Sources that drafts cite without a day of access and that no check has ever visited, those cited most first.

    Each has ``cited``, the number of such citations. One more than a sheet holds, if there are more.
    """
    undated = Citation.objects.filter(accessed=None).order_by().values("reference")
    counted = undated.annotate(n=Count("pk")).filter(reference=OuterRef("pk")).values("n")
    rows = Reference.objects.filter(~Exists(LinkCheck.objects.filter(reference=OuterRef("pk"))), pk__in=undated)
    return list(rows.annotate(cited=counted).order_by("-cited", "key")[start : start + SOURCES_ON_A_SHEET + 1])


@dataclass
class Uncited:
    """An article whose draft has facts without a source."""

    article: Article
    facts: list[UncitedFact]


def uncited(start: int = 0) -> list[Uncited]:
    """Articles whose drafts have facts without a source, by title: one more than a sheet holds, if there are more."""
    rows = Article.objects.filter(Exists(_uncited_blocks().filter(article=OuterRef("pk"))))
    articles = list(rows.order_by("title", "pk").only("title")[start : start + ARTICLES_ON_A_SHEET + 1])
    found = {article.pk: Uncited(article, []) for article in articles}
    blocks = _uncited_blocks().filter(article__in=articles).order_by("section__position", "position")
    for block in blocks:
        words = evidence.beginning({"html": block.html, "data": block.data})
        found[block.article_id].facts.append(UncitedFact(block.uid, words))
    return list(found.values())


def _uncited_blocks() -> QuerySet[Block]:
    cited = Citation.objects.filter(article=OuterRef("article"), block_uid=OuterRef("uid"))
    return Block.objects.filter(~Exists(cited), claim__in=evidence.CLAIMS_WITH_SOURCE, no_source_reason="")


# --- where a source is used ---------------------------------------------------------------------------------------


@dataclass
class UsedStatement:
    """A statement that leans on the source, in the draft or live; the article as a whole has the ``uid`` None."""

    uid: str | None
    words: str
    in_draft: bool = False
    is_live: bool = False


@dataclass
class Use:
    """One article that uses a source."""

    article: Article
    statements: dict[str | None, UsedStatement] = field(default_factory=dict)

    def add(self, uid: str | None, words: str) -> UsedStatement:
        return self.statements.setdefault(uid, UsedStatement(uid, words))


def where_used(reference: Reference, start: int = 0) -> list[Use]:
    """Articles that use a source or a twin of it, by title, with their statements: one more than a sheet, if any.

    Five queries, however many articles.
    """
    family = sources.family_of(reference)
    drafts = Citation.objects.filter(reference__in=family)
    live = EditionSource.objects.live().filter(reference__in=family)
    using = Q(pk__in=drafts.order_by().values("article")) | Q(pk__in=live.order_by().values("edition__article"))
    rows = Article.objects.filter(using).select_related("live_edition").order_by("title", "pk")
    columns = ("title", "live_edition__slug", "live_edition__number")
    articles = list(rows.only(*columns)[start : start + ARTICLES_ON_A_SHEET + 1])
    found = {article.pk: Use(article) for article in articles}
    for row in live.filter(edition__article__in=articles).values_list("edition__article", "statements").order_by("pk"):
        for told in row[1]:
            found[row[0]].add(told["block"], told["words"]).is_live = True
    _add_drafts(found, list(drafts.filter(article__in=articles).order_by("position")))
    return list(found.values())


def _add_drafts(found: dict[int, Use], citations: list[Citation]) -> None:
    uids = {citation.block_uid for citation in citations}
    blocks = Block.objects.filter(article__in=found, uid__in=uids).values_list("article", "uid", "html", "data")
    words = {(pk, uid): evidence.beginning({"html": html, "data": data}) for pk, uid, html, data in blocks}
    for citation in citations:
        uid = citation.block_uid or None
        found[citation.article_id].add(uid, words.get((citation.article_id, citation.block_uid), "")).in_draft = True


def cited_by_draft(article: Article, now: datetime.datetime) -> list[Reference]:
    """The sources of the working copy as the library has them, in the order in which its page would list them."""
    snapshot = drafting.newest(article)
    state = State(snapshot, context_of(snapshot))
    return _in_library(rendering.listed_items(publishing.preview_input(article, state, now)))


def cited_by_live_page(slug: str, now: datetime.datetime) -> list[Reference] | None:
    """The sources that the live page at this address lists, as the library has them, in its order; None: no page."""
    edition = Edition.objects.live().select_related("article").filter(slug=slug).first()
    if edition is None:
        return None
    return _in_library(rendering.listed_items(publishing.render_input(edition.article, edition, now)))


def _in_library(items: Iterable[dict[str, Any]]) -> list[Reference]:
    """What is kept of each source; of what was merged since, the kept one, once."""
    keys = [item["id"] for item in items]
    rows = Reference.objects.select_related("superseded_by", "merged_into__superseded_by").filter(key__in=keys)
    found = {row.key: row.merged_into or row for row in rows}
    return list(dict.fromkeys(found[key] for key in keys if key in found))


@dataclass(frozen=True)
class Leant:
    """A source of one article, and on how much of it the article leans."""

    reference: Reference
    share: Share
    is_dated: bool
    is_checked: bool
    troubles: tuple[Trouble, ...]


def sources_of(snapshot: dict[str, Any]) -> list[Leant]:
    """The sources of an article, those that most statements lean on first (as many queries for one as for many)."""
    leant = evidence.leanings(snapshot)
    statements = sum(len(section["blocks"]) for section in snapshot["sections"])
    undated = {citation["key"] for citation in snapshot["citations"] if not citation["accessed"]}
    checked = Exists(LinkCheck.objects.filter(reference=OuterRef("pk")))
    rows: Any = Reference.objects.filter(key__in=leant).annotate(is_checked=checked)
    bad = _troubles(leant)
    found = [
        Leant(
            row, Share(row.key, len(leant[row.key]), statements), row.key not in undated, row.is_checked, bad[row.key]
        )
        for row in rows
    ]
    return sorted(found, key=lambda leaning: (-leaning.share.count, leaning.reference.key))
