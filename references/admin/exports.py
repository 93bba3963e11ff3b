"""The sources that the list shows, as a file."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.utils import timezone

from references import exporting, formats
from references.formatting import STYLES

AT_ONCE = 500
# Of the form, beside what the list is filtered by.
OWN = ("export-format", "export-style")


def export(request: HttpRequest, desk: Any) -> HttpResponse | StreamingHttpResponse:
    """All sources that the present search and filters find, in the order of their keys."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    format, style = request.GET.get(OWN[0], "ris"), request.GET.get(OWN[1], "")
    if format not in formats.FORMATS or style not in ("", *STYLES):
        return HttpResponseBadRequest("Choose one of the formats of the list of sources.", content_type="text/plain")
    asked = request.GET.copy()
    for name in OWN:
        asked.pop(name, None)
    request.GET = asked  # type: ignore[assignment]
    try:
        found = desk.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        return HttpResponseBadRequest("These filters are not those of the list of sources.", content_type="text/plain")
    sources = found.select_related("superseded_by").order_by("key").iterator(AT_ONCE)
    known = formats.FORMATS[format]
    answer = StreamingHttpResponse(
        exporting.export(sources, format, style or "nlm"), content_type=f"{known.media_type}; charset=utf-8"
    )
    name = f"sources-{timezone.localdate():%Y-%m-%d}.{known.extension}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
