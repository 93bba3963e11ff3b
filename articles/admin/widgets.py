"""The word-processor field as a form widget: which parts it is made of, and where they find the library."""

from typing import Any

from django.forms import Media
from django.templatetags.static import static
from django.urls import reverse
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import Script

#: Named in the page, so that the browser fetches it early; the loader imports it by its address.
OUR_PARTS = Script("gtsite/admin/editor.js", type="module")


class BodyWidget(AdminProseEditorWidget):
    """A section's statements in one field; without JavaScript a text area with the same HTML."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 16, "class": "body-field", **(attrs or {})}, preset="configurable")

    @property
    def media(self) -> Media:
        return super().media + Media(js=[OUR_PARTS])

    def get_config(self) -> dict[str, Any]:
        """What the editor's loader reads from the text area."""
        return {"extensions": _extensions(), "js_modules": [static("gtsite/admin/editor.js")]}


def _extensions() -> dict[str, Any]:
    plain = "Document Dropcursor Gapcursor Paragraph Text History Bold Italic Subscript Superscript HardBreak"
    lists = "BulletList OrderedList ListItem Heading Callout CalloutTitle Table TableRow TableHeader TableCell"
    ours = "Statement Link Abbreviation Foreign Toolbar"
    return dict.fromkeys(f"{plain} {lists} {ours}".split(), True) | {
        "Citation": {
            "find": reverse("admin:references_reference_find"),
            "add": reverse("admin:references_reference_add"),
        },
        "Figure": {
            "upload": reverse("admin:articles_figure_upload"),
            "list": reverse("admin:articles_figure_find"),
            "pictures": reverse("admin:articles_figure_files"),
        },
    }
