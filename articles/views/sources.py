"""Sources: what readers are told about each, and references to take along, of sources and of our own pages."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles import citing, publishing, rendering, sources
from articles.models import Edition
from articles.views.answers import listing, page
from articles.views.article import gone
from references import formats

NO_SOURCE = "No published page cites such a source."
# What checks find about a source changes without anything being published.
FRESH_FOR = timedelta(minutes=5)


@require_safe
def source(request: HttpRequest, key: str) -> HttpResponse:
    """One source with what leans on it; a merged one leads to the one that was kept."""
    found = sources.kept(key)
    sheet = _sheet(request.GET.get("page", "1"))
    facts = sources.source_facts(found, sheet) if found else None
    if facts is None:
        raise Http404(NO_SOURCE)
    if facts.reference.key != key:
        return HttpResponsePermanentRedirect(reverse("source", args=[facts.reference.key]))
    context = {
        "source": facts,
        "sheet": sheet,
        "citations": list(citing.written(facts.item)),
        "downloads": citing.DOWNLOADS,
        "bad_news": sources.bad_news(facts.standing),
        "address_told": sources.address_told(facts.standing),
    }
    return listing(page("articles/source.html", context), timezone.now() + FRESH_FOR)


@require_safe
def source_cite(request: HttpRequest, key: str, format: str) -> HttpResponse:
    """A source's reference as a file."""
    found = sources.kept(key)
    item = sources.published_item(sources.family_of(found)) if found else None
    if found is None or item is None:
        raise Http404(NO_SOURCE)
    if found.key != key:
        return HttpResponsePermanentRedirect(reverse("source_cite", args=[found.key, format]))
    return listing(_file(item, format), timezone.now() + FRESH_FOR)


@require_safe
def cite(request: HttpRequest, slug: str, number: int, format: str) -> HttpResponse:
    """The reference of a published version as a file, pinned to that version's own address."""
    shown = _edition(slug, number)
    return _file(citing.page_item(shown), format) if isinstance(shown, rendering.RenderInput) else shown


@require_safe
def edition_sources(request: HttpRequest, slug: str, number: int, format: str) -> HttpResponse:
    """The sources of a published version as a file: as they were then, in the order of its list."""
    if format not in dict(citing.LIST_DOWNLOADS):
        raise Http404("Sources are offered as RIS, BibTeX, NBIB, CSL-JSON and text.")
    shown = _edition(slug, number)
    if not isinstance(shown, rendering.RenderInput):
        return shown
    items = rendering.listed_items(shown)
    if not items:
        raise Http404("This version lists no source.")
    return _download(items, f"{slug}-{number}-sources", *citing.format_and_style(format))


def _edition(slug: str, number: int) -> rendering.RenderInput | HttpResponse:
    """What a published version shows, or the notice in its place."""
    found = Edition.objects.select_related("article").filter(slug=slug, number=number).first()
    if found is None:
        raise Http404("There is no such published version.")
    if notice := publishing.gone_notice(found):
        return gone(found, notice)
    return publishing.render_input(found.article, found, timezone.now(), mode=rendering.ARCHIVE)


def _file(item: Mapping[str, Any], name: str) -> HttpResponse:
    if name not in dict(citing.DOWNLOADS):
        raise Http404("References are offered as RIS, BibTeX and CSL-JSON.")
    return _download([dict(item)], item["id"], name)


def _download(items: list[dict[str, Any]], stem: str, name: str, style: str = "nlm") -> HttpResponse:
    kind = formats.FORMATS[name]
    answer = HttpResponse("".join(formats.write(items, name, style)), content_type=f"{kind.media_type}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{stem}.{kind.extension}"'
    return answer


def _sheet(text: str) -> int:
    """The number of a sheet; what is no number is the first."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 5 else 1
