"""Sources that are kept apart: said where two stand side by side, read by everybody on the desk, taken back."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from references.models import Distinction, Reference
from references.recording import SaveRefused

from .. import source_merges
from .records import NamedAdmin
from .source_merges import LONGEST_REASON


@admin.register(Distinction)
class DistinctionAdmin(NamedAdmin):
    """Pairs kept apart: who said when and why that two sources are two, and who took it back."""

    list_display = ["at", "what", "who", "reason", "stands"]
    list_display_links = ["what"]
    list_filter = ["at", ("undoes", admin.EmptyFieldListFilter)]
    list_select_related = ["one", "other", "undone_by"]
    search_fields = ["one__key", "other__key", "reason"]
    search_help_text = "The key of one of the sources, or words of the reason."
    ordering = ["-id"]
    fields = ["what", "at", "who", "reason", "stands", "compared"]
    readonly_fields = ["what", "who", "stands", "compared"]

    @admin.display(description="sources")
    def what(self, said: Distinction) -> str:
        return f"{said}, taken back" if said.undoes_id else str(said)

    @admin.display(description="stands", boolean=True)
    def stands(self, said: Distinction) -> bool:
        return said.undoes_id is None and not hasattr(said, "undone_by")

    @admin.display(description="both")
    def compared(self, said: Distinction) -> SafeString:
        return format_html('<a href="{}">Side by side</a>', address_of(said.one.key, said.other.key))

    def get_urls(self) -> list[Any]:
        def route(rest: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(rest, self.admin_site.admin_view(require_POST(view)), name=f"references_distinction_{name}")

        return [
            route("between/<slug:one>/<slug:other>/", self.say_view, "say"),
            route("<int:object_id>/undo/", self.undo_view, "undo"),
            *super().get_urls(),
        ]

    def say_view(self, request: HttpRequest, one: str, other: str) -> HttpResponse:
        """The two are different works: back to the list, where they are not proposed any more."""
        self._refuse_readers(request)
        sources = [get_object_or_404(Reference.objects.select_related("merged_into"), key=key) for key in (one, other)]
        reason = request.POST.get("reason", "")[:LONGEST_REASON]
        try:
            source_merges.keep_apart(*sources, actor=request.user, reason=reason, now=timezone.now())
        except SaveRefused as fault:
            messages.error(request, f"Nothing was kept. {fault}")
            return HttpResponseRedirect(address_of(one, other))
        told = '{} and {} are kept apart, and are not proposed as one any more. <a href="{}">Look at both</a>'
        messages.success(request, format_html(told, one, other, address_of(one, other)))
        return HttpResponseRedirect(reverse("admin:references_merge_twins"))

    def undo_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The two may be one after all."""
        self._refuse_readers(request)
        said = get_object_or_404(Distinction.objects.select_related("one", "other"), pk=object_id)
        reason = request.POST.get("reason", "")[:LONGEST_REASON]
        try:
            source_merges.take_back(said, actor=request.user, reason=reason, now=timezone.now())
        except SaveRefused as fault:
            messages.error(request, f"Nothing was taken back. {fault}")
        else:
            messages.success(request, f"{said} are not kept apart any more.")
        return HttpResponseRedirect(address_of(said.one.key, said.other.key))

    def _refuse_readers(self, request: HttpRequest) -> None:
        if not (self.has_view_permission(request) and request.user.has_perm("references.change_reference")):
            raise PermissionDenied


def address_of(one: str, other: str) -> str:
    """Where two sources stand side by side."""
    return reverse("admin:references_merge_pair", args=[one, other])
