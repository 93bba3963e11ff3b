"""The form of a source: names one per line, dates as far as they are known."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from . import dates, names
from .models import Reference
from .recording import StaleSave, refuse_future

NAMES_HELP = (
    "One per line. A line with a comma is a person: “Raper, Steven E.” A line without one is an "
    "organisation: “National Cancer Institute”; if its name has a comma, put it in curly brackets: "
    "“{Department of Health, Education and Welfare}”."
)
DATE_HELP = "As far as the source tells: “2014”, “June 2014” or “21 June 2014”."


class WrittenField(forms.Field):
    """A list in the database, one text on the screen."""

    widget: forms.Widget = forms.TextInput(attrs={"class": "vTextField"})

    read: Callable[[str], list[Any]]
    write: Callable[[list[Any]], str]

    def prepare_value(self, value: Any) -> Any:
        return type(self).write(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[Any]:
        try:
            return type(self).read(value or "")
        except ValueError as fault:
            raise ValidationError(str(fault)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or []).split() != (data or "").split()


class NamesField(WrittenField):
    """People and organisations, one per line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})
    read = staticmethod(names.from_lines)
    write = staticmethod(names.to_lines)


class PartialDateField(WrittenField):
    """A date as far as it is known."""

    read = staticmethod(dates.parse)
    write = staticmethod(dates.in_words)


class ReferenceForm(forms.ModelForm):
    """Everything an editor may change, with the saved version it was opened at."""

    authors = NamesField(required=False, help_text=NAMES_HELP)
    editors = NamesField(required=False, help_text="One per line, written like authors.")
    issued = PartialDateField(label="Published", required=False, help_text=DATE_HELP)
    updated = PartialDateField(required=False, help_text=DATE_HELP)
    reason = forms.CharField(
        label="Why this change", required=False, max_length=500, help_text="Kept with the saved version."
    )
    base = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Reference
        exclude = ["uid", "key", "words", "title_words", "merged_into"]  # noqa: DJ006 - all that a person may write
        widgets = {"title": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})} | {
            name: forms.TextInput(attrs={"class": "vLargeTextField"})
            for name in ("container_title", "collection_title", "publisher", "url", "archive_url")
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and not self.is_bound:
            self.initial["base"] = self.instance.newest_revision_id()

    def clean_archived_on(self) -> Any:
        day = self.cleaned_data["archived_on"]
        refuse_future(day, timezone.localdate())
        return day

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        base, newest = self.cleaned_data.get("base"), None
        if self.instance.pk:
            newest = self.instance.newest_revision_id()
        if base != newest:
            raise ValidationError(str(StaleSave(base, newest)))
        return cleaned

    def validate_unique(self) -> None:
        """A twin counts only while it is not merged; Django would skip the rule, as the form has no such field."""
        super().validate_unique()
        try:
            self.instance.validate_constraints()
        except ValidationError as fault:
            self.add_error(None, fault)
