"""Atom feeds (RFC 4287): new articles, corrections, and the changes of one article.

An entry's `updated` moves with substantive changes only; every address comes from the settings.
"""

import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.views.decorators.http import require_safe

from articles import history, publishing
from articles.models import Edition
from articles.rendering import Site
from articles.views.answers import listing, of_live_article

ENTRIES = 30


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """Articles by the day they were first published, newest first."""
    first = Edition.objects.filter(number=1, article__live_edition__isnull=False).without_texts()
    found = list(first.select_related("article").order_by("-published_at", "-id")[:ENTRIES])
    live = {edition.article_id: edition for edition in Edition.objects.live().filter(article__in=_articles(found))}
    updated = last_substantive(live)
    site = publishing.site()
    feed = _feed(site, "New articles", "home", "feed_new")
    for edition in found:
        shown = live[edition.article_id]
        feed.add_item(
            title=shown.title,
            link=site.url + reverse("article", args=[shown.slug]),
            description=escape(json.loads(shown.snapshot)["summary"]),
            unique_id=uuid.UUID(edition.article.uid).urn,
            pubdate=edition.published_at,
            updateddate=updated[edition.article_id],
            author_name=site.name,
        )
    return _answer(feed)


@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """What was wrong on a page and has been put right, newest first."""
    corrected = Edition.objects.filter(is_correction=True, article__live_edition__isnull=False).without_texts()
    found = list(corrected.order_by("-published_at", "-id")[:ENTRIES])
    gone = history.gone_numbers(_articles(found))
    site = publishing.site()
    feed = _feed(site, "Corrections", "home", "feed_corrections")
    for edition in found:
        if edition.number > gone.get(edition.article_id, 0):
            feed.add_item(**_version(edition, site))
    return _answer(feed)


@require_safe
@of_live_article
def article(request: HttpRequest, edition: Edition) -> HttpResponse:
    """The published versions of one article, newest first."""
    site, gone = publishing.site(), history.gone_up_to(edition.article)
    feed = _feed(site, edition.title, "article", "article_feed", edition.slug)
    for version in edition.article.editions.without_texts().filter(number__gt=gone).order_by("-number")[:ENTRIES]:
        feed.add_item(**_version(version, site))
    return _answer(feed)


def _articles(editions: Iterable[Edition]) -> list[int]:
    return [edition.article_id for edition in editions]


def last_substantive(articles: Iterable[int]) -> dict[int, datetime]:
    """When each article was last changed in substance."""
    substantive = Q(significance=Edition.Significance.SUBSTANTIVE) | Q(number=1)
    rows = Edition.objects.filter(substantive, article__in=list(articles)).order_by().values_list("article")
    return dict(rows.annotate(Max("published_at")))


def _version(edition: Edition, site: Site) -> dict[str, Any]:
    link = site.url + reverse("edition", args=[edition.slug, edition.number])
    return {
        "title": f"{edition.title}, published version {edition.number}",
        "link": link,
        "description": escape(edition.change_note),
        "unique_id": link,
        "pubdate": edition.published_at,
        "updateddate": edition.published_at,
        "author_name": site.name,
    }


def _feed(site: Site, title: str, page: str, own: str, *args: str) -> Atom1Feed:
    """An empty feed. Its id is its own address (4.2.6); what its entries say is sent as HTML (3.1), so words are
    escaped before."""
    return Atom1Feed(
        title=f"{site.name}: {title}",
        link=site.url + reverse(page, args=args),
        feed_url=site.url + reverse(own, args=args),
        feed_guid=site.url + reverse(own, args=args),
        description=site.disclaimer,
        author_name=site.name,
        language="en",
    )


def _answer(feed: Atom1Feed) -> HttpResponse:
    text = feed.writeString("utf-8")
    return listing(HttpResponse(text, content_type="application/atom+xml; charset=utf-8"))
