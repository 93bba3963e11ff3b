"""People, accounts and roles."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from .. import recording, roles
from ..drafting import Refused
from ..models import Person, Topic
from .reading import ReadingAdmin


class RecordForm(forms.ModelForm):
    """A form that carries what it started from, and asks why."""

    base = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label="Why", required=False, max_length=500, help_text="Colleagues and auditors see this beside the change."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "base" in self.fields:
            self.initial["base"] = recording.fingerprint(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk and recording.fingerprint(self.instance) != cleaned.get("base"):
            raise forms.ValidationError(
                "Somebody else has changed this since you opened it. Open it again to see the change."
            )
        return cleaned


class RecordAdmin(admin.ModelAdmin):
    """Saves through the one act, never deletes."""

    form: type[forms.ModelForm] = RecordForm
    actions = None
    list_per_page = 50
    show_full_result_count = False
    #: Fields of the form that are no columns.
    form_only = ("base", "reason")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        recording.save_record(
            obj,
            actor=request.user,
            now=timezone.now(),
            reason=form.cleaned_data.get("reason", ""),
            base=form.cleaned_data.get("base", ""),
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """What the act refuses is shown above the form as it now stands."""
        try:
            return super().changeform_view(request, *args, **options)
        except Refused as refusal:
            for sentence in refusal.reasons:
                messages.error(request, sentence)
            request.method = "GET"
            return super().changeform_view(request, *args, **options)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Those who only read see no fields of the act."""
        fields = list(super().get_fields(request, obj))
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            return fields
        return [name for name in fields if name not in self.form_only]


class RowsField(forms.CharField):
    """A list of small records, one on each line, its parts parted by “|”."""

    widget = forms.Textarea

    def __init__(self, *, names: tuple[str, ...], **kwargs: Any) -> None:
        self.names = names
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(" | ".join(row[name] for name in self.names).rstrip(" |") for row in value)

    def clean(self, value: Any) -> list[dict[str, str]]:
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        return [self._row(line) for line in lines]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def _row(self, line: str) -> dict[str, str]:
        parts = [part.strip() for part in line.split("|")]
        if len(parts) > len(self.names):
            raise forms.ValidationError(f"“{line[:60]}” has too many parts.")
        return dict(zip(self.names, parts + [""] * (len(self.names) - len(parts)), strict=True))


class PersonForm(RecordForm):
    degrees = RowsField(
        names=("abbreviation", "meaning"), help_text="One on each line: MD | Doctor of Medicine. Readers see both."
    )
    interests = RowsField(
        names=("text", "from", "until"),
        label="Declared interests",
        help_text="One on each line: Advises Acme Ltd | 2024-01-01 | 2025-06-30. “None declared” is an answer, too.",
    )


@admin.register(Person)
class PersonAdmin(RecordAdmin):
    """Those whom pages name: who they are, what their degrees mean, what interests they declare."""

    form = PersonForm
    list_display = ["name", "profession", "is_health_professional", "qualified_until", "user"]
    list_select_related = ["user"]
    list_filter = ["is_health_professional"]
    search_fields = ["name", "profession", "affiliation"]
    autocomplete_fields = ["user"]
    fields = [
        "name",
        "profession",
        "is_health_professional",
        "qualified_until",
        "degrees",
        "affiliation",
        "orcid",
        "interests",
        "biography",
        "user",
        "reason",
        "base",
    ]


@admin.register(Topic)
class TopicAdmin(RecordAdmin):
    list_display = ["name", "parent", "position", "slug"]
    list_select_related = ["parent"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["parent"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "parent", "position", "description", "reason", "base"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.prepopulated_fields if obj is None and self.has_add_permission(request) else {}


# --- accounts -----------------------------------------------------------------------------------------------------

admin.site.unregister(User)
admin.site.unregister(Group)


class AccountForm(forms.ModelForm):
    """Names and mail are the account's; roles and being active go through acts that are recorded."""

    roles = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(role, label) for role, (label, _) in roles.ROLES.items()],
        help_text="One person may hold several. Nobody approves what they wrote, whatever they hold.",
    )
    may_sign_in = forms.BooleanField(required=False, help_text="Untick instead of deleting; what was done stays named.")
    reason = forms.CharField(label="Why", required=False, max_length=500)

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["roles"] = sorted(roles.roles_of(self.instance))
            self.initial["may_sign_in"] = self.instance.is_active


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts are made, given roles and deactivated here; never deleted."""

    form = AccountForm
    actions = None
    list_display = ["username", "name_shown", "email", "roles_shown", "is_active", "last_login"]
    list_filter = ["groups", "is_active"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "first_name", "last_name", "email"]}),
        ("Roles", {"fields": ["roles", "may_sign_in", "reason"]}),
        ("Record", {"fields": ["is_superuser", "last_login", "date_joined"]}),
    ]
    readonly_fields = ["is_superuser", "last_login", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="name")
    def name_shown(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="roles")
    def roles_shown(self, user: User) -> str:
        held = [roles.ROLES[group.name][0] for group in user.groups.all() if group.name in roles.ROLES]
        return ", ".join([*held, *(["Superuser"] if user.is_superuser else [])])

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Those who only read see the roles in the list."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["username", "first_name", "last_name", "email"]})]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)
        if change and "roles" in form.cleaned_data:
            facts, now = form.cleaned_data, timezone.now()
            roles.set_roles(obj, set(facts["roles"]), actor=request.user, now=now, reason=facts["reason"])
            roles.set_active(obj, facts["may_sign_in"], actor=request.user, now=now, reason=facts["reason"])


@admin.register(Group)
class RoleAdmin(ReadingAdmin):
    """The roles, as one table in the program says them."""

    list_display = ["label", "name"]
    fields = ["name"]
    search_fields = ["name"]

    @admin.display(description="role")
    def label(self, group: Group) -> str:
        return roles.ROLES[group.name][0] if group.name in roles.ROLES else group.name
