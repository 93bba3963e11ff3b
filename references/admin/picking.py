"""Sources for the citation picker of the editor."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse

from references import finding
from references.formatting import format_reference
from references.models import Reference

FOUND_AT_MOST = 20


def find(request: HttpRequest, desk: Any) -> JsonResponse:
    """Sources for ``?q=``, as JSON: ``[{"key", "label", "text", "warning"}]``, at most twenty."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    found = finding.matching(Reference.objects.select_related("superseded_by"), request.GET.get("q", ""))
    return JsonResponse([_offered(source) for source in found[:FOUND_AT_MOST]], safe=False)


def _offered(source: Reference) -> dict[str, str]:
    """What the citation picker shows of a source."""
    return {
        "key": source.key,
        "label": str(source),
        "text": format_reference(source.csl()).text,
        "warning": f"There is a newer form: {source.superseded_by.key}." if source.superseded_by else "",
    }
