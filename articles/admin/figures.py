"""Pictures on the editors' desk: uploaded, chosen, shown to staff; never changed and never deleted."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ..drafting import Refused
from ..models import Figure
from ..uploads import store_picture
from .reading import ReadingAdmin

OFFERED = 24


@admin.register(Figure)
class FigureAdmin(ReadingAdmin):
    """The list of pictures, and the three addresses that the word-processor field asks."""

    list_display = ["name", "width", "height", "uploaded_at"]
    fields = ["name", "width", "height", "uploaded_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Figure]:
        return super().get_queryset(request).defer("content").order_by("-uploaded_at")

    def get_urls(self) -> list[Any]:
        def route(rest: str, view: Any, name: str) -> Any:
            return path(rest, self.admin_site.admin_view(view), name=f"articles_figure_{name}")

        return [
            route("upload/", require_POST(self.upload_view), "upload"),
            route("find/", require_safe(self.find_view), "find"),
            route("file/", require_safe(self.file_view), "files"),
            route("file/<str:name>", require_safe(self.file_view), "picture"),
            *super().get_urls(),
        ]

    def upload_view(self, request: HttpRequest) -> JsonResponse:
        """Take a picture; answers its facts, or the sentence why not."""
        posted = request.FILES.get("picture")
        if posted is None:
            return JsonResponse({"problem": "Choose a picture first."}, status=400)
        try:
            figure = store_picture(posted.read(), actor=request.user, now=timezone.now())
        except Refused as refusal:
            return JsonResponse({"problem": " ".join(refusal.reasons)}, status=400)
        return JsonResponse(_facts(figure))

    def find_view(self, request: HttpRequest) -> JsonResponse:
        """The newest pictures, for choosing one again."""
        self._may_look(request)
        return JsonResponse({"results": [_facts(row) for row in self.get_queryset(request)[:OFFERED]]})

    def file_view(self, request: HttpRequest, name: str = "") -> HttpResponse:
        """A picture's bytes for the desk; readers get theirs through editions only."""
        self._may_look(request)
        figure = get_object_or_404(Figure, name=name)
        return HttpResponse(bytes(figure.content), content_type="image/webp")

    def _may_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _facts(figure: Figure) -> dict[str, Any]:
    return {
        "file": figure.name,
        "width": figure.width,
        "height": figure.height,
        "uploaded": f"{figure.uploaded_at:%-d %B %Y}",
    }
