"""What the publisher says about itself: policy statements and site settings."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from .. import recording
from ..models import PolicyStatement, SiteSettings
from . import standing, troubles
from .people import RecordAdmin

admin.site.site_header = "GTSite"
admin.site.site_title = "GTSite"
admin.site.index_title = "Editors’ desk"
admin.site.empty_value_display = "–"
admin.site.enable_nav_sidebar = False
stock_index = admin.site.index


def index(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The desk's first page, beginning with what waits for whoever opens it."""
    mine = {"waiting": standing.waiting_for(request.user), "troubles": troubles.tally(timezone.localdate())}
    return stock_index(request, {**(extra_context or {}), **mine})


admin.site.index = index  # type: ignore[method-assign,assignment]


@admin.register(PolicyStatement)
class PolicyStatementAdmin(RecordAdmin):
    """Signed statements that expire. A new one takes the place of the old; none is changed."""

    list_display = ["principle", "signer", "signed_on", "expires_on", "is_in_date"]
    list_filter = ["principle"]
    search_fields = ["text", "signer"]
    fields = ["principle", "text", "signer", "signer_role", "signed_on", "expires_on", "reason", "base"]

    @admin.display(description="in date", boolean=True)
    def is_in_date(self, statement: PolicyStatement) -> bool:
        return statement.expires_on >= timezone.localdate()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SiteSettings)
class SiteSettingsAdmin(RecordAdmin):
    """One row: opening the list opens it."""

    form = forms.ModelForm
    raw_id_fields = ["logo"]
    fields = [
        "name",
        "tagline",
        "logo",
        "contact_email",
        "contact_text",
        "home_text",
        "copyright_line",
        "disclaimer",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SiteSettings]:
        return super().get_queryset(request).select_related("logo").defer("logo__content")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row. Every screen's menu asks this, so the table is asked only on the way to a second."""
        match = request.resolver_match
        is_elsewhere = match is not None and not (match.url_name or "").startswith("articles_sitesettings_")
        return super().has_add_permission(request) and (is_elsewhere or not SiteSettings.objects.exists())

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        row = SiteSettings.objects.only("pk").first()
        if row is None and not self.has_add_permission(request):
            return super().changelist_view(request, extra_context)
        name, args = ("change", [row.pk]) if row else ("add", [])
        return HttpResponseRedirect(reverse(f"admin:articles_sitesettings_{name}", args=args))

    def save_model(self, request: HttpRequest, obj: SiteSettings, form: Any, change: bool) -> None:
        recording.save_settings(obj, actor=request.user, now=timezone.now())
