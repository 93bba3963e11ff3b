"""One article: the page itself, its published versions, its history, its evidence."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles import history as readers_history
from articles import principles, publishing, rendering, usage
from articles.evidence import article_evidence, leanings, page_evidence
from articles.models import Edition, Page
from articles.trust import day, long_date
from articles.views.answers import NotThere, absent, page, safe_of_live_article, stored

VERSIONS_ON_A_SHEET = 10


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """The ready page, or with ?as_of=2019-05-01 the published version that was live at the end of that day."""
    if "as_of" in request.GET:
        return _as_of(slug, request.GET["as_of"])
    return stored(f"/articles/{slug}/")


def _as_of(slug: str, text: str) -> HttpResponse:
    moment = _end_of_day(text, day(timezone.now()))
    then = Edition.objects.filter(slug=slug).live_at(moment).without_texts().first()
    known = then or Edition.objects.filter(slug=slug).without_texts().first()
    if known is None:
        return absent(slug)
    edition = known.article.editions.without_texts().live_at(moment).first()
    if edition is None:
        first = known.article.editions.without_texts().order_by("published_at").first() or known
        raise NotThere(
            f"This page was not published yet on that day. It first was on {long_date(day(first.published_at))}."
        )
    return HttpResponseRedirect(reverse("edition", args=[edition.slug, edition.number]))


def _end_of_day(text: str, today: date) -> datetime:
    """The last moment of a day that has begun; NotThere for a day to come and for what is no day at all."""
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        raise NotThere("That is no date this site understands. A date is written like 2019-05-01.") from None
    if wanted > today:
        raise NotThere(
            f"That day is still to come: here it is {long_date(today)}. Ask for that day or an earlier one, "
            "or leave the date out to read the page as it is now."
        )
    return timezone.make_aware(datetime.combine(wanted + timedelta(days=1), time())) - timedelta(microseconds=1)


@require_safe
def edition(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A published version as it stood, marked with what replaced it; never indexed."""
    found = Edition.objects.select_related("article").filter(slug=slug, number=number).first()
    if found is None:
        raise Http404("There is no such published version.")
    if notice := publishing.gone_notice(found):
        return gone(found, notice)
    later = found.article.editions.without_texts().filter(number__gt=number).order_by("number").first()
    then = later.published_at if later else timezone.now()
    shown = publishing.render_input(found.article, found, then, mode=rendering.ARCHIVE)
    return HttpResponse(rendering.render_article(shown), headers={"X-Robots-Tag": "noindex"})


def gone(found: Edition, notice: Any) -> HttpResponse:
    """What stands at the addresses of a published version that a withdrawal took away."""
    live = notice.moved_to.live_edition if notice.moved_to else None
    if live:
        return HttpResponsePermanentRedirect(reverse("article", args=[live.slug]))
    return HttpResponse(publishing.gone_page(found, notice), status=410)


@safe_of_live_article
def history(request: HttpRequest, edition: Edition) -> HttpResponse:
    """All published versions, newest first, each with what changed."""
    article = edition.article
    total = article.editions.count()
    sheets = max(1, -(-total // VERSIONS_ON_A_SHEET))
    sheet = min(max(_number(request.GET.get("page"), 1), 1), sheets)
    start = (sheet - 1) * VERSIONS_ON_A_SHEET
    found = list(article.editions.order_by("-number")[start : start + VERSIONS_ON_A_SHEET + 1])
    versions = readers_history.versions(article, found, edition.slug)[:VERSIONS_ON_A_SHEET]
    context = {"edition": edition, "versions": versions, "sheet": sheet, "sheets": sheets, "total": total}
    return page("articles/history.html", context)


@safe_of_live_article
def compare(request: HttpRequest, edition: Edition) -> HttpResponse:
    """Two published versions, word by word: by default the live one with the one before it."""
    newer = _number(request.GET.get("to"), edition.number)
    older = _number(request.GET.get("from"), newer - 1)
    found = {e.number: e for e in edition.article.editions.filter(number__in=[older, newer])}
    gone = readers_history.gone_up_to(edition.article)
    if len(found) < 2 or min(older, newer) <= gone:
        raise Http404("There are no two such published versions.")
    hidden = readers_history.hidden_statements(edition.article)
    changes = readers_history.comparison(found[older], found[newer], hidden)
    context = {"edition": edition, "older": found[older], "newer": found[newer], "changes": changes}
    return page("articles/compare.html", context)


def _number(text: str | None, default: int) -> int:
    """A small whole number of an address, or the default when there is none."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise Http404("A published version is a number.")
    return int(text)


@safe_of_live_article
def verify(request: HttpRequest, edition: Edition) -> HttpResponse:
    """The eight headings for one article: what is measured, stated, not stated, expired, failed."""
    shown, findings = _evidence(edition)
    context = {"edition": edition, "facts": shown.facts, "principles": findings, "article": shown.snapshot}
    return page("articles/verify.html", context)


@safe_of_live_article
def verify_json(request: HttpRequest, edition: Edition) -> HttpResponse:
    """The same for machines, with every input and the digests of what is shown."""
    shown, findings = _evidence(edition)
    return JsonResponse(
        {
            "schema": 1,
            "article": shown.snapshot["uid"],
            "title": shown.snapshot["title"],
            "url": shown.site.url + reverse("article", args=[edition.slug]),
            "version": edition.number,
            "snapshot_sha256": edition.snapshot_digest,
            "context_sha256": edition.context_digest,
            "page_sha256": Page.objects.get(path=f"/articles/{edition.slug}/").digest,
            "as_of": shown.facts.today.isoformat(),
            "facts": principles.facts_json(shown.facts),
            "principles": principles.as_json(findings),
        }
    )


def _evidence(edition: Edition) -> tuple[rendering.RenderInput, tuple[principles.Principle, ...]]:
    shown = publishing.render_input(edition.article, edition, timezone.now())
    body = bytes(Page.objects.only("body").get(path=f"/articles/{edition.slug}/").body).decode()
    counted = article_evidence(json.loads(edition.snapshot), json.loads(edition.context))
    diet = usage.diet_of(leanings(shown.snapshot), shown.facts.today)
    return shown, principles.article_principles(shown.facts, counted, page_evidence(body), shown.site.contact, diet)
