"""The article screen's form: a snapshot as fields, and the posted fields as a snapshot.

Only what is declared here is read from a post. State, dates, approvals and the like have no field, so no post can set
them.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property

from ..models import Article, ArticlePerson, Figure, Person, Section, Topic
from ..snapshot import CODE_RELATIONS, CODE_SYSTEMS
from .bodyfield import Reading, new_uid, read_sections, to_editor
from .widgets import BodyWidget

Snapshot = dict[str, Any]

UID = re.compile(r"[a-z0-9]{1,12}")
MOST_SECTIONS = 100
MOST_CITATIONS = 1_000
WORKS_UNREAD = "The text could not be read whole. Nothing was saved; correct what is named and save again."


class LinesField(forms.CharField):
    """Several short texts, one on each line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = (line.strip() for line in super().clean(value).splitlines())
        return [line for line in lines if line]


class ArticleFields(forms.Form):
    """The facts of an article that stand beside its text."""

    title = forms.CharField(max_length=200)
    subtitle = forms.CharField(max_length=300, required=False)
    summary = forms.CharField(
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="Two or three sentences; search engines and lists show them.",
    )
    slug = forms.SlugField(
        label="Address",
        max_length=100,
        help_text="The last part of the page's address. A changed address leaves a redirect.",
    )
    kind = forms.ChoiceField(label="Kind of article", choices=Article.Kind.choices)
    language = forms.CharField(max_length=12, initial="en", help_text="“en”, “es”, …")
    main_topic = forms.ChoiceField(required=False, help_text="Readers see it as the way back above the title.")
    other_topics = forms.MultipleChoiceField(
        required=False, widget=forms.SelectMultiple({"size": 6}), label="Also listed under"
    )
    also_called = LinesField(
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="Other names, one on each line; the A–Z lists them.",
    )
    funding = forms.CharField(
        required=False, widget=forms.Textarea({"rows": 2}), help_text="Who paid for this article. Readers see it."
    )
    review_interval_months = forms.IntegerField(label="Months between checks", min_value=1, max_value=60, initial=12)

    def __init__(self, *args: Any, topics: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        main, other = self.fields["main_topic"], self.fields["other_topics"]
        assert isinstance(main, forms.ChoiceField)
        assert isinstance(other, forms.ChoiceField)
        main.choices = [("", "–"), *topics]
        other.choices = topics


class NewArticleForm(forms.Form):
    """What an article needs before anything can be written into it."""

    title = forms.CharField(max_length=200, widget=forms.TextInput({"autofocus": True}))
    slug = forms.SlugField(label="Address", max_length=100, required=False, help_text="Empty: made from the title.")
    kind = forms.ChoiceField(label="Kind of article", choices=Article.Kind.choices)
    language = forms.CharField(max_length=12, initial="en", help_text="“en”, “es”, …")


class PersonRow(forms.Form):
    person = forms.ChoiceField(required=False)
    role = forms.ChoiceField(choices=ArticlePerson.Role.choices)

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        assert isinstance(person, forms.ChoiceField)
        person.choices = [("", "–"), *people]


#: What the systems of medical codes call themselves.
SYSTEM_NAMES = {
    "mesh": "MeSH (Medical Subject Headings)",
    "omim": "OMIM (inherited conditions)",
    "orpha": "Orphanet (rare diseases)",
    "icd10cm": "ICD-10-CM (diagnoses)",
    "snomed": "SNOMED CT (clinical terms)",
    "umls": "UMLS (concepts)",
    "mondo": "Mondo (diseases)",
}
RELATION_NAMES = {
    "exact": "Exactly this subject",
    "broader": "A broader subject",
    "narrower": "A narrower subject",
}


class CodeRow(forms.Form):
    system = forms.ChoiceField(choices=[(name, SYSTEM_NAMES[name]) for name in sorted(CODE_SYSTEMS)])
    code = forms.CharField(max_length=40, required=False)
    relation = forms.ChoiceField(
        label="It stands for", choices=[(name, RELATION_NAMES[name]) for name in sorted(CODE_RELATIONS, key=len)]
    )


PersonRows = forms.formset_factory(PersonRow, extra=1, max_num=50)
CodeRows = forms.formset_factory(CodeRow, extra=1, max_num=50)


class SectionFields(forms.Form):
    heading = forms.CharField(max_length=200, required=False)
    kind = forms.ChoiceField(label="Answers", choices=Section.Kind.choices, required=False)
    body = forms.CharField(label="Text", required=False, widget=BodyWidget, strip=False)

    @property
    def uid(self) -> str:
        return str(self.prefix).removeprefix("section-")


class CitationFields(forms.Form):
    """One row of the citations. Its inputs are written out in the template: an article has scores of them, and
    rendering each as a widget took most of the time of the screen."""

    key = forms.CharField(max_length=80)
    whole = forms.BooleanField(required=False, widget=forms.HiddenInput)
    drop = forms.BooleanField(required=False)
    locator = forms.CharField(max_length=80, required=False)
    accessed = forms.DateField(required=False)
    quote = forms.CharField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = ""
        self.is_locked = False

    @property
    def uid(self) -> str:
        return str(self.prefix).removeprefix("citation-")

    @cached_property
    def values(self) -> dict[str, Any]:
        """What stands in the inputs: as posted, else as saved."""
        if not self.is_bound:
            return {"accessed": "", "key": "", "locator": "", "quote": "", **self.initial}
        return {name: self.data.get(f"{self.prefix}-{name}", "") for name in self.fields}

    @property
    def is_whole(self) -> bool:
        return self.values.get("whole") in (True, "on")

    @property
    def source_key(self) -> str:
        return str(self.values["key"])


class ArticleEdit:
    """One edit of one article: the forms of its screen over a saved version, unbound or bound to a post."""

    def __init__(self, saved: Snapshot, base: int, data: QueryDict | None = None, writable: bool = True) -> None:
        self.saved, self.base = saved, base
        self.problems: list[str] = []
        topics = topic_choices()
        self.fields = ArticleFields(data, initial=_initial(saved), topics=topics)
        people = {
            "people": [(p.uid, f"{p.name}, {p.profession}") for p in Person.objects.only("uid", "name", "profession")]
        }
        self.people = PersonRows(data, initial=saved["people"], prefix="people", form_kwargs=people)
        self.codes = CodeRows(data, initial=saved["codes"], prefix="codes")
        self.sections = _section_forms(saved, data)
        self.citations = _citation_forms(saved, data)
        if not writable:
            self._lock()

    def _lock(self) -> None:
        self.people.extra = self.codes.extra = 0
        forms_here = [self.fields, *self.people, *self.codes, *self.sections, *self.citations]
        for field in (field for form in forms_here for field in form.fields.values()):
            field.disabled = True
        for row in self.citations:
            row.is_locked = True

    def is_valid(self) -> bool:
        """Whether every field could be read; ``problems`` says what the fields themselves cannot."""
        parts: list[Any] = [self.fields, self.people, self.codes, *self.sections, *self.citations]
        if not all(part.is_valid() for part in parts):
            return False
        self._reading = read_sections(
            [form.cleaned_data["body"] for form in self.sections],
            [section["blocks"] for section in self.saved["sections"]],
        )
        self.problems = self._reading.problems
        return not self.problems

    def content(self) -> Snapshot:
        """The posted edit as a snapshot; call after ``is_valid``."""
        facts = self.fields.cleaned_data
        content = deepcopy(self.saved) | {
            name: facts[name]
            for name in (
                "title",
                "subtitle",
                "summary",
                "slug",
                "kind",
                "language",
                "also_called",
                "funding",
                "review_interval_months",
            )
        }
        content["summary"] = " ".join(facts["summary"].split())
        content["funding"] = " ".join(facts["funding"].split())
        content["topics"] = _topics(facts, self.saved["topics"])
        content["people"] = [_picked(row, "role", "person") for row in self.people.cleaned_data if row.get("person")]
        content["codes"] = [
            _picked(row, "system", "code", "relation") for row in self.codes.cleaned_data if row.get("code")
        ]
        content["sections"] = [
            {
                "uid": form.uid,
                "heading": form.cleaned_data["heading"],
                "kind": form.cleaned_data["kind"],
                "blocks": blocks,
            }
            for form, blocks in zip(self.sections, self._reading.sections, strict=True)
        ]
        _measure_figures(content)
        content["citations"] = _citations(self.citations, self._reading)
        return content


def topic_choices() -> list[tuple[str, str]]:
    """Every topic by uid, with the way to it as its label, in the order of the tree."""
    rows = {row.pk: row for row in Topic.objects.only("uid", "name", "parent_id", "position")}
    children: dict[int | None, list[Topic]] = {}
    for row in rows.values():
        children.setdefault(row.parent_id, []).append(row)
    return list(_branch(children, None, ""))


def _branch(children: dict[int | None, list[Topic]], parent: int | None, path: str) -> Iterable[tuple[str, str]]:
    for topic in children.pop(parent, []):
        label = f"{path} › {topic.name}" if path else topic.name
        yield topic.uid, label
        yield from _branch(children, topic.pk, label)


def _initial(saved: Snapshot) -> dict[str, Any]:
    main, *other = saved["topics"] or [""]
    return saved | {"main_topic": main, "other_topics": other}


def _topics(facts: Mapping[str, Any], before: list[str]) -> list[str]:
    """The main topic first; the others in the order they had, new ones behind."""
    main, chosen = facts["main_topic"], facts["other_topics"]
    known = [uid for uid in before if uid in chosen]
    ordered = [*known, *(uid for uid in chosen if uid not in known)]
    return list(dict.fromkeys(uid for uid in [main, *ordered] if uid))


def _picked(row: Mapping[str, Any], *names: str) -> dict[str, str]:
    return {name: row[name] for name in names}


def _uids(data: QueryDict, name: str, most: int) -> list[str]:
    found = [uid for uid in data.getlist(name) if UID.fullmatch(uid)]
    return list(dict.fromkeys(found))[:most]


def _section_forms(saved: Snapshot, data: QueryDict | None) -> list[SectionFields]:
    if data is not None:
        return [SectionFields(data, prefix=f"section-{uid}") for uid in _uids(data, "section", MOST_SECTIONS)]
    return [
        SectionFields(
            prefix=f"section-{section['uid']}",
            initial={
                "heading": section["heading"],
                "kind": section["kind"],
                "body": to_editor(section["blocks"]),
            },
        )
        for section in saved["sections"]
    ]


def empty_section(uid: str = "__uid__") -> SectionFields:
    """The fields of a section that does not exist yet."""
    return SectionFields(prefix=f"section-{uid}")


def _citation_forms(saved: Snapshot, data: QueryDict | None) -> list[CitationFields]:
    if data is not None:
        return [CitationFields(data, prefix=f"citation-{uid}") for uid in _uids(data, "citation", MOST_CITATIONS)]
    return [
        CitationFields(prefix=f"citation-{row['uid']}", initial=row | {"whole": row["block"] is None})
        for row in saved["citations"]
    ]


def _citations(rows: list[CitationFields], reading: Reading) -> list[dict[str, Any]]:
    """Rows of the table, and one for each citation that came in with pasted or typed text.

    A row of a citation in the text goes with its mark; only one for the whole article is dropped by its box.
    """
    found = {form.uid: _citation(form) for form in rows if not form.cleaned_data["drop"]}
    for uid, origin in reading.copies.items():
        if origin in found and uid not in found:
            found[uid] = found[origin] | {"uid": uid, "block": ""}
    for uid, key in reading.sources.items():
        if uid not in found:
            found[uid] = {"uid": uid, "block": "", "key": key, "locator": "", "accessed": "", "quote": ""}
    return list(found.values())


def _citation(form: CitationFields) -> dict[str, Any]:
    facts = form.cleaned_data
    return {
        "uid": form.uid,
        "block": None if facts["whole"] else "",
        "key": facts["key"],
        "locator": facts["locator"],
        "accessed": facts["accessed"].isoformat() if facts["accessed"] else "",
        "quote": " ".join(facts["quote"].split()),
    }


def _measure_figures(content: Snapshot) -> None:
    """A picture's size is a fact of the file, not of the form."""
    figures = [b["data"] for s in content["sections"] for b in s["blocks"] if b["kind"] == "figure"]
    sizes = dict(_sizes({data["file"] for data in figures})) if figures else {}
    for data in figures:
        data["width"], data["height"] = sizes.get(data["file"], (data["width"], data["height"]))


def _sizes(names: set[str]) -> Iterable[tuple[str, tuple[int, int]]]:
    rows = Figure.objects.filter(name__in=names).values_list("name", "width", "height")
    return ((name, (width, height)) for name, width, height in rows)


# --- moving sections about, for browsers without JavaScript -------------------------------------------------------


def rearranged(data: QueryDict, act: str) -> QueryDict:
    """The post with its sections in another order (``up:uid``, ``down:uid``, ``remove:uid``, ``add``) or with another
    row (``row:people``, ``row:codes``)."""
    name, _, uid = act.partition(":")
    if name == "row":
        return _with_row(data, f"{uid}-TOTAL_FORMS")
    order = _uids(data, "section", MOST_SECTIONS)
    if name == "add":
        order.append(new_uid())
    elif uid in order:
        order = _moved(order, name, order.index(uid))
    changed = data.copy()
    changed.setlist("section", order)
    return changed


def _with_row(data: QueryDict, count: str) -> QueryDict:
    rows = data.get(count, "")
    changed = data.copy()
    if rows.isascii() and rows.isdecimal() and len(rows) < 4:
        changed[count] = str(int(rows) + 1)
    return changed


def _moved(order: list[str], name: str, place: int) -> list[str]:
    uid = order[place]
    rest = [other for other in order if other != uid]
    if name == "remove":
        return rest
    goal = place - 1 if name == "up" else place + 1
    rest.insert(max(goal, 0), uid)
    return rest
