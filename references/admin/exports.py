"""The sources that the list shows, or those chosen in it, as a file."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict, StreamingHttpResponse
from django.utils import timezone

from references import exporting, formats
from references.formatting import STYLES
from references.models import Reference

AT_ONCE = 500
MOST = 500
# Of the form, beside what the list is filtered by.
OWN = ("export-format", "export-style")


def export(request: HttpRequest, desk: Any) -> HttpResponse | StreamingHttpResponse:
    """All sources that the present search and filters find, in the order of their keys."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    asked = request.GET.copy()
    format, style = _format_and_style(asked)
    if not format:
        return _unknown_format()
    for name in OWN:
        asked.pop(name, None)
    request.GET = asked  # type: ignore[assignment]
    try:
        found = desk.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        return HttpResponseBadRequest("These filters are not those of the list of sources.", content_type="text/plain")
    return _file(found, format, style)


@admin.action(description="Export the chosen", permissions=["change"])
def export_chosen(desk: Any, request: HttpRequest, chosen: Any) -> HttpResponse:
    """Of the list: the chosen sources, and in which format they are wanted."""
    sources = list(chosen.order_by("key")[: MOST + 1])
    context = {
        "title": f"Export {len(sources)} source{'' if len(sources) == 1 else 's'}",
        "chosen": sources,
        "too_many": MOST if len(sources) > MOST else 0,
        "formats": formats.FORMATS.values(),
        "styles": STYLES,
    }
    return desk.page(request, "export", context)


def chosen_file(request: HttpRequest, desk: Any) -> HttpResponse | StreamingHttpResponse:
    """The sources that were chosen in the list, in the order of their keys."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    format, style = _format_and_style(request.POST)
    if not format:
        return _unknown_format()
    numbers = [pk for pk in request.POST.getlist("chosen") if pk.isdecimal() and len(pk) < 19]
    found = Reference.objects.filter(pk__in=numbers[:MOST])
    if not found.exists():
        return HttpResponseBadRequest("Choose at least one source in the list.", content_type="text/plain")
    return _file(found, format, style)


def _format_and_style(asked: QueryDict) -> tuple[str, str]:
    """What the form asks for; empty where there is no such format or style."""
    format, style = asked.get(OWN[0], "ris"), asked.get(OWN[1], "")
    known = format in formats.FORMATS and style in ("", *STYLES)
    return (str(format), str(style) or "nlm") if known else ("", "")


def _unknown_format() -> HttpResponse:
    return HttpResponseBadRequest("Choose one of the formats of the list of sources.", content_type="text/plain")


def _file(found: QuerySet[Reference], format: str, style: str) -> StreamingHttpResponse:
    sources = found.select_related("superseded_by").order_by("key").iterator(AT_ONCE)
    known = formats.FORMATS[format]
    answer = StreamingHttpResponse(
        exporting.export(sources, format, style), content_type=f"{known.media_type}; charset=utf-8"
    )
    name = f"sources-{timezone.localdate():%Y-%m-%d}.{known.extension}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
