"""One article as a whole public page: snapshot, context, facts and notices in, HTML out.

Pure but for the templates it reads: no request, no user, no database, no clock. The same function makes the
stored page of a live article, an old published version and an editor's preview.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from articles import citing, jsonld, marking
from articles.text import TextError, clean_inline, plain
from articles.troubles import Nature
from articles.trust import DisplayFacts, check_line, day
from references.formatting import format_reference
from references.names import in_brief
from references.text import without_markup

LIVE = "live"
ARCHIVE = "archive"
PREVIEW = "preview"

WITHHELD = "withheld"
LIST_KINDS = {"bullet": False, "numbered": True}
MARKER = re.compile(r'<cite data-uid="([^"]*)"></cite>')
# What a marker shows on hover and focus: browsers that know `interestfor` do it themselves, Escape included; for
# others the style sheet does. The note is read out as the link's description, and not once more. Where fingers point,
# the style sheet puts the button in the place of the link: a tap opens the panel, and in it is the way to the list.
CITE = (
    '<sup class="cite"{anchor}><a href="#source-{number}"{note} aria-label="source {number}">[{number}]</a>'
    '<button hidden popovertarget="brief-{uid}" interestfor="brief-{uid}" aria-label="source {number}">[{number}]'
    "</button></sup>{brief}"
)
NOTE = ' aria-describedby="note-{uid}" interestfor="brief-{uid}"'
BRIEF = (
    '<span class="brief" popover id="brief-{uid}"><span id="note-{uid}">{words}</span>'
    ' <a href="#source-{number}">Source {number} in full</a></span>'
)
LONGEST_BRIEF_TITLE = 110
URGENCIES = {
    "non-urgent": "Non-urgent advice",
    "urgent": "Urgent advice",
    "emergency": "Immediate action required",
}
DISCLAIMER = "This page gives general information. It does not replace the advice of your own clinician."
UNCHECKED_MARK = "Not yet checked by a health professional."
AWAITING_MARK = "Published before a second person approved it. Approval is still to come."
REFERENCES_KEPT = 2_000
SOURCES = Path(__file__).resolve().parent
TEMPLATES = SOURCES.parent / "templates"


@dataclass(frozen=True)
class Link:
    """A name and where it leads."""

    name: str
    url: str


@dataclass(frozen=True)
class Site:
    """The publisher, as its settings name it; `url` is the public address without a final slash."""

    name: str
    url: str
    contact: str = ""
    copyright_line: str = ""
    logo: str = ""
    tagline: str = ""
    disclaimer: str = DISCLAIMER

    @property
    def contact_is_mail(self) -> bool:
        return "@" in self.contact and not self.contact.strip().count(" ")


@dataclass(frozen=True)
class Notice:
    """Words laid over a published version: for the whole page, or for one statement.

    Kinds: sample, safety, retracted, correction, withheld, withdrawn, note.
    """

    kind: str
    text: str
    since: date
    block: str | None = None
    until: date | None = None


@dataclass(frozen=True)
class Change:
    """One published version as the history tells it."""

    number: int
    on: date
    note: str
    significance: str = "substantive"
    is_live: bool = False

    @property
    def is_minor(self) -> bool:
        return self.significance == "minor"


@dataclass(frozen=True)
class EditionInfo:
    """Which published version this is; `superseded_on` and `superseded_by` name what replaced it."""

    number: int
    published_at: datetime
    recorded_at: datetime
    change_note: str = ""
    significance: str = "substantive"
    superseded_by: int | None = None
    superseded_on: date | None = None
    snapshot_digest: str = ""


@dataclass(frozen=True)
class RenderInput:
    """Everything a page shows. `edition` is None only in a preview of what was never published."""

    snapshot: Mapping[str, Any]
    context: Mapping[str, Any]
    facts: DisplayFacts
    site: Site
    edition: EditionInfo | None = None
    notices: tuple[Notice, ...] = ()
    breadcrumb: tuple[Link, ...] = ()
    related: tuple[Link, ...] = ()
    changes: tuple[Change, ...] = ()
    mode: str = LIVE

    @property
    def slug(self) -> str:
        return self.snapshot["slug"]


@dataclass
class Use:
    """One place where a source is cited: the marker to go back to, if the text has one."""

    label: str
    anchor: str
    locator: str
    name: str


@dataclass
class Source:
    """A numbered entry of the list of sources."""

    number: int
    html: SafeString
    troubles: tuple[Nature, ...]
    key: str = ""
    brief: str = ""
    uses: list[Use] = field(default_factory=list)
    for_whole_page: bool = False


@dataclass
class Item:
    """One statement ready for its template; a list holds its items, an item the lists inside it."""

    kind: str
    uid: str = ""
    html: str = ""
    marks: tuple[str, ...] = ()
    is_withheld: bool = False
    ordered: bool = False
    items: list[Item] = field(default_factory=list)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SectionView:
    """A section with its statements grouped into lists."""

    uid: str
    heading: str
    items: list[Item]
    level: int


def render_article(page: RenderInput) -> str:
    """The whole HTML document of one article."""
    sections, sources = _text(page)
    marks = {"page_marks": list(_page_marks(page, sources))}
    return render_to_string("articles/article.html", _context(page, sections, sources.entries) | marks)


def listed_items(page: RenderInput) -> list[dict[str, Any]]:
    """The CSL-JSON items of the sources that the page lists, in its order: none that only withheld words cite."""
    known = page.context["references"]
    return [dict(known[source.key]) for source in _text(page)[1].entries if source.key]


def _text(page: RenderInput) -> tuple[list[SectionView], SourceList]:
    """The sections, and the sources numbered as they cite them."""
    sources = SourceList(page)
    sections = [_section(section, page, sources) for section in page.snapshot["sections"]]
    sources.add_whole_page()
    return sections, sources


def render_gone(title: str, notice: Notice, site: Site, *, is_sample: bool = False) -> str:
    """What stands at the address of a withdrawn article: its name, why it went and since when."""
    shown = {"title": title, "notice": notice, "site": site, "is_sample": is_sample}
    return render_to_string("articles/gone.html", shown)


@cache
def renderer_version() -> str:
    """A short digest of all that shapes a page: when it changes, stored pages are made anew."""
    shaping = ("rendering", "citing", "jsonld", "marking", "troubles", "trust", "text", "templatetags/gtsite")
    parts = [
        *(SOURCES / f"{name}.py" for name in shaping),
        *(SOURCES.parent / "references" / "formatting").glob("*.py"),
        SOURCES.parent / "references" / "names.py",
        *(SOURCES / "static" / "gtsite").glob("*.*"),
        TEMPLATES / "base.html",
        *(TEMPLATES / "articles").glob("*.html"),
    ]
    digest = hashlib.sha256()
    for part in sorted(parts):
        digest.update(part.read_bytes())
    return digest.hexdigest()[:16]


def _context(page: RenderInput, sections: list[SectionView], sources: list[Source]) -> dict[str, Any]:
    named = [section for section in sections if section.heading]
    return {
        "page": page,
        "site": page.site,
        "article": page.snapshot,
        "facts": page.facts,
        "edition": page.edition,
        "check_line": check_line(page.facts),
        "sections": sections,
        "contents": named if len(named) > 2 else [],
        "sources": sources,
        "authors": _people(page, "author"),
        "others": [(label, _people(page, role)) for role, label in OTHER_ROLES if _people(page, role)],
        "notices": [notice for notice in page.notices if notice.block is None and notice.kind != "correction"],
        "corrections": [notice for notice in page.notices if notice.kind == "correction"],
        "is_archive": page.mode == ARCHIVE,
        "is_preview": page.mode == PREVIEW,
        "citations": list(citing.written(citing.page_item(page))) if page.edition else [],
        "downloads": citing.DOWNLOADS,
        "list_downloads": citing.LIST_DOWNLOADS,
        "structured": jsonld.medical_web_page(page),
    }


OTHER_ROLES = (
    ("editor", "Edited by"),
    ("translator", "Translated by"),
    ("fact_checker", "Facts checked by"),
)


def _people(page: RenderInput, role: str) -> list[Mapping[str, Any]]:
    known = page.context["people"]
    return [
        {"uid": entry["person"], **known[entry["person"]]}
        for entry in page.snapshot["people"]
        if entry["role"] == role and entry["person"] in known
    ]


class SourceList:
    """Numbers sources in the order in which the shown text first cites them, and links both ways."""

    def __init__(self, page: RenderInput) -> None:
        self._references = page.context["references"]
        self._marks = page.facts.marks
        self._citations = page.snapshot["citations"]
        self._by_uid = {citation["uid"]: citation for citation in self._citations}
        self._marked: set[str] = set()
        self._by_key: dict[str, Source] = {}

    @property
    def entries(self) -> list[Source]:
        return list(self._by_key.values())

    def inline(self, html: str) -> SafeString:
        """Clean inline HTML with each citation turned into a link named after its source."""
        return mark_safe(MARKER.sub(self._marker, _cleaned(html)))

    def unmarked(self, block_uid: str) -> SafeString:
        """Markers for citations of a statement whose text does not place them."""
        owed = (c for c in self._citations if c["block"] == block_uid and c["uid"] not in self._marked)
        return mark_safe("".join(self._link(citation) for citation in owed))

    def number_of(self, key: str) -> int:
        return self._entry(key).number

    def add_whole_page(self) -> None:
        """Sources of the page as a whole come after those the text names."""
        for citation in self._citations:
            if citation["block"] is None and citation["uid"] not in self._marked:
                self._entry(citation["key"]).for_whole_page = True

    def _marker(self, match: re.Match[str]) -> str:
        citation = self._by_uid.get(match[1])
        return self._link(citation) if citation else ""

    def _link(self, citation: Mapping[str, Any]) -> str:
        uid, source = citation["uid"], self._entry(citation["key"])
        number, anchor = source.number, f"cite-{uid}"
        if uid in self._marked:
            return format_html(CITE, uid=uid, number=number, anchor="", note="", brief="")
        self._marked.add(uid)
        label = _letters(len(source.uses))
        name = f"Back to where source {number} is cited, {label}"
        source.uses.append(Use(label, anchor, citation["locator"], name))
        return format_html(
            CITE,
            uid=uid,
            number=number,
            anchor=format_html(' id="{}"', anchor),
            note=format_html(NOTE, uid=uid),
            brief=format_html(BRIEF, uid=uid, number=number, words=source.brief),
        )

    def _entry(self, key: str) -> Source:
        if key not in self._by_key:
            self._by_key[key] = self._source(key, len(self._by_key) + 1)
        return self._by_key[key]

    def _source(self, key: str, number: int) -> Source:
        item = self._references.get(key, {"id": key, "type": "document", "title": key})
        accessed = max((c["accessed"] for c in self._citations if c["key"] == key), default="")
        troubles = tuple(dict.fromkeys(mark.trouble.nature for mark in self._marks if mark.trouble.key == key))
        return Source(
            number=number,
            html=_formatted(json.dumps(item, sort_keys=True), accessed),
            troubles=troubles,
            key=key if key in self._references else "",
            brief=" ".join([brief(item), *(f"{nature.label}." for nature in troubles)]),
        )


@lru_cache(maxsize=REFERENCES_KEPT)
def _formatted(item: str, accessed: str) -> SafeString:
    """A source in NLM style. Formatting takes most of a page's time, and the same sources come again and again."""
    return format_reference(json.loads(item), style="nlm", accessed=accessed).html


def brief(item: Mapping[str, Any]) -> str:
    """A source in one line, enough to know it again: who, when, what, where."""
    title = without_markup(item.get("title", ""))
    if len(title) > LONGEST_BRIEF_TITLE:
        title = f"{title[:LONGEST_BRIEF_TITLE].rsplit(' ', 1)[0]} …"
    where = item.get("container-title-short") or item.get("container-title") or item.get("publisher", "")
    told = (" ".join(filter(None, [in_brief(item.get("author", ())), _brief_year(item)])), title, where)
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in told if part)


def _brief_year(item: Mapping[str, Any]) -> str:
    parts = ((item.get("issued") or item.get("updated") or {}).get("date-parts") or [[]])[0]
    return str(parts[0]) if parts else ""


def _cleaned(html: str) -> str:
    """Cleaned once more; old text that today's rules for typing would refuse is shown as plain words."""
    try:
        return clean_inline(html)
    except TextError:
        return escape(plain(html))


def _letters(index: int) -> str:
    """a, b … z, aa, ab …: the labels of back links."""
    label = ""
    while index >= 0:
        index, rest = divmod(index, 26)
        label = ascii_lowercase[rest] + label
        index -= 1
    return label


def _section(section: Mapping[str, Any], page: RenderInput, sources: SourceList) -> SectionView:
    items = (_item(block, page, sources) for block in section["blocks"])
    pairs = zip(section["blocks"], items, strict=True)
    return SectionView(
        uid=section["uid"],
        heading=section["heading"],
        items=list(_grouped(pairs)),
        level=3 if section["heading"] else 2,
    )


def _item(block: Mapping[str, Any], page: RenderInput, sources: SourceList) -> Item:
    notices = [notice for notice in page.notices if notice.block == block["uid"]]
    if withheld := next((notice for notice in notices if notice.kind == WITHHELD), None):
        return Item(block["kind"], block["uid"], _escaped(withheld.text), is_withheld=True)
    data = _block_data(block, sources)
    html = sources.inline(block["html"])
    return Item(
        kind=block["kind"],
        uid=block["uid"],
        html=html + sources.unmarked(block["uid"]),
        marks=(*_marks(block, page, sources), *(notice.text for notice in notices)),
        ordered=LIST_KINDS.get(block["kind"], False),
        data=data,
    )


def _escaped(text: str) -> SafeString:
    return format_html("{}", text)


def _marks(block: Mapping[str, Any], page: RenderInput, sources: SourceList) -> Iterator[str]:
    uid = block["uid"]
    if uid in page.facts.awaiting_blocks:
        yield AWAITING_MARK
    if page.facts.is_unchecked(uid):
        yield UNCHECKED_MARK
    yield from _source_marks(uid, page, sources)


def _source_marks(place: str | None, page: RenderInput, sources: SourceList) -> Iterator[SafeString]:
    today = None if page.mode == ARCHIVE else page.facts.today
    return marking.sentences(page.facts.marks, place, sources.number_of, today)


def _page_marks(page: RenderInput, sources: SourceList) -> Iterator[tuple[bool, SafeString]]:
    """What went bad of what the page as a whole rests on, and whether it is grave."""
    graves = (mark.trouble.nature.is_grave for mark in page.facts.marks if mark.place is None)
    return zip(graves, _source_marks(None, page, sources), strict=True)


def _block_data(block: Mapping[str, Any], sources: SourceList) -> dict[str, Any]:
    data = block["data"] or {}
    if block["kind"] == "callout":
        return {**data, "label": URGENCIES.get(data["urgency"], URGENCIES["non-urgent"])}
    if block["kind"] == "table":
        return {
            "caption": data["caption"],
            "header": [sources.inline(cell) for cell in data["header"]],
            "rows": [[sources.inline(cell) for cell in row] for row in data["rows"]],
        }
    return dict(data)


def _grouped(pairs: Iterable[tuple[Mapping[str, Any], Item]]) -> Iterator[Item]:
    """Gather neighbouring list items into lists, nested by level; everything else passes through."""
    open_lists: list[Item] = []
    for block, item in pairs:
        if item.kind not in LIST_KINDS:
            open_lists = []
            yield item
            continue
        depth = min(block["level"], len(open_lists))
        del open_lists[depth + 1 :]
        if len(open_lists) > depth and open_lists[depth].ordered != LIST_KINDS[item.kind]:
            del open_lists[depth:]
        if len(open_lists) == depth:
            opened = Item("list", ordered=LIST_KINDS[item.kind])
            if depth:
                open_lists[depth - 1].items[-1].items.append(opened)
            else:
                yield opened
            open_lists.append(opened)
        open_lists[depth].items.append(item)


def summary_line(snapshot: Mapping[str, Any]) -> str:
    """What search engines and feeds show of an article: the summary, else the subtitle, as plain text."""
    return plain(snapshot["summary"]) or snapshot["subtitle"]


def changes_from(editions: Iterable[Any], live_number: int | None) -> tuple[Change, ...]:
    """Published versions as readers' history lines, newest first."""
    newest_first = sorted(editions, key=lambda edition: -edition.number)
    return tuple(
        Change(e.number, day(e.published_at), e.change_note, e.significance, e.number == live_number)
        for e in newest_first
    )
