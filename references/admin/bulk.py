"""What is done with sources chosen in the list: set what kind they are, looked at row by row first; merge two."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from references import changes
from references.models import Reference
from references.models.reference import language
from references.recording import SaveRefused, save_reference

MOST = 500
LEAVE = ("", "Leave as it is")
NOTHING = ("nothing", "Not known (take it away)")
TRUTH = [LEAVE, ("yes", "yes"), ("no", "no"), NOTHING]
TRUTHS = {"yes": True, "no": False, "nothing": None}


class SettingForm(forms.Form):
    """A value for each of the fields that are judged; empty leaves it as it is."""

    evidence = forms.ChoiceField(
        required=False, label="Kind of evidence", choices=[LEAVE, *Reference.Evidence.choices, NOTHING]
    )
    publisher_kind = forms.ChoiceField(
        required=False, label="Publisher kind", choices=[LEAVE, *Reference.PublisherKind.choices, NOTHING]
    )
    is_primary = forms.ChoiceField(required=False, label="Primary source", choices=TRUTH)
    is_paid_by_maker = forms.ChoiceField(required=False, label="Paid for by a maker", choices=TRUTH)
    language = forms.CharField(
        required=False, label="Language", max_length=35, help_text="As a code: “en”, “fr”. Empty leaves it as it is."
    )
    reason = forms.CharField(
        required=False, label="Why", max_length=500, help_text="Kept with the saved version of each source."
    )

    def clean_language(self) -> str:
        written = self.cleaned_data["language"]
        try:
            return language(written) if written else ""
        except ValueError as fault:
            raise ValidationError(str(fault)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.wanted():
            raise ValidationError("Choose at least one value.")
        return cleaned

    def wanted(self) -> dict[str, Any]:
        """The fields to set, as the library keeps them."""
        given = {name: self.cleaned_data[name] for name in self.fields if name != "reason"}
        given = {name: value for name, value in given.items() if value}
        return {
            name: TRUTHS[value] if name.startswith("is_") else "" if value == "nothing" else value
            for name, value in given.items()
        }


@admin.action(description="Set kind, publisher, language … of the chosen", permissions=["change"])
def set_together(desk: Any, request: HttpRequest, chosen: Any) -> HttpResponse:
    """Of the list: the chosen sources, and the form."""
    return _page(request, desk, list(chosen[: MOST + 1]), SettingForm())


@admin.action(description="Merge two that are one", permissions=["change"])
def merge_two(desk: Any, request: HttpRequest, chosen: Any) -> HttpResponse | None:
    """Of the list: the screen that shows the two side by side."""
    keys = list(chosen.order_by("pk").values_list("key", flat=True)[:3])
    if len(keys) != 2:
        messages.error(request, "Nothing was merged. Choose exactly two sources: they are then shown side by side.")
        return None
    return HttpResponseRedirect(reverse("admin:references_merge_pair", args=keys))


def preview_or_set(request: HttpRequest, desk: Any) -> HttpResponse:
    """What would become of each source; with ``carry-out``, each is saved by itself, on the version that was shown."""
    if not desk.has_change_permission(request):
        raise PermissionDenied
    chosen = _chosen(request)
    form = SettingForm(request.POST)
    if not chosen or len(chosen) > MOST or not form.is_valid():
        return _page(request, desk, chosen, form)
    if "carry-out" not in request.POST:
        return _page(request, desk, chosen, form, _rows(chosen, form.wanted()))
    return _carry_out(request, chosen, form)


def _chosen(request: HttpRequest) -> list[Reference]:
    numbers = [pk for pk in request.POST.getlist("chosen") if pk.isdecimal() and len(pk) < 19]
    return list(Reference.objects.filter(pk__in=numbers[: MOST + 1]).select_related("superseded_by"))


def _rows(chosen: list[Reference], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Each source with its differences, and the saved version that they rest on."""
    rows = []
    for source in chosen:
        before = {name: changes.value_of(source, name) for name in wanted}
        base = source.newest_revision_id()
        for name, value in wanted.items():
            setattr(source, name, value)
        after = {name: changes.value_of(source, name) for name in wanted}
        told = [(changes.label_of(name), before[name], after[name]) for name in wanted if before[name] != after[name]]
        rows.append({"source": source, "base": base, "changes": told})
    return rows


def _carry_out(request: HttpRequest, chosen: list[Reference], form: SettingForm) -> HttpResponse:
    wanted, changed = form.wanted(), 0
    for source in chosen:
        base = request.POST.get(f"base-{source.pk}", "")
        try:
            changed += _set(source, wanted, int(base) if base.isdecimal() else None, request.user, form)
        except SaveRefused as fault:
            messages.warning(request, f"The source {source.key} stays as it is: {fault}")
        except ValidationError as fault:
            messages.warning(request, f"The source {source.key} stays as it is: {' '.join(fault.messages)}")
    messages.success(request, f"{changed} source{'' if changed == 1 else 's'} changed.")
    return HttpResponseRedirect(reverse("admin:references_reference_changelist"))


def _set(source: Reference, wanted: dict[str, Any], base: int | None, actor: Any, form: SettingForm) -> bool:
    """Whether the source changed; what already has the values leaves no saved version."""
    if all(getattr(source, name) == value for name, value in wanted.items()):
        return False
    save_reference(wanted, actor=actor, reason=form.cleaned_data["reason"], reference=source, base=base)
    return True


def _page(
    request: HttpRequest, desk: Any, chosen: list[Reference], form: SettingForm, rows: list[Any] | None = None
) -> HttpResponse:
    context = {
        "title": f"Set together: {len(chosen)} source{'' if len(chosen) == 1 else 's'}",
        "chosen": chosen,
        "too_many": MOST if len(chosen) > MOST else 0,
        "form": form,
        "rows": rows,
    }
    return desk.page(request, "bulk", context)
