"""Sources in trouble on the desk: the list of work with its due dates, and the page on which a person answers."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from gtsite.pages import wait_one_lease
from references.formatting import format_reference

from .. import marks, publishing, ripple, statements, text, troubles, trust
from ..cases import Case
from ..checks import ADVICE, Finding
from ..drafting import Refused
from ..four_eyes import Making, State
from ..ledger import known_actor_id
from ..models import Article, EditionSource, SourceMark, Wording
from ..ripple import Asked, Further
from ..snapshot import blocks_of
from ..troubles import Mark

MARKS_ON_A_SHEET = 25
#: Of all statements like those of one page; the list of work has the others.
MOST_SHOWN = 200
ANSWERED = "Answered. Readers see your answer under your name."
ANSWERED_SEVERAL = "Answered for {} statements. Readers see your answer under your name beside each."


@dataclass(frozen=True)
class Work:
    """One line of the list: which statement leans on which source, what is the matter with it, by when to answer."""

    row: SourceMark
    statement: str
    source: str
    what: str
    is_late: bool


def work(rows: Iterable[SourceMark], today: datetime.date) -> list[Work]:
    """The lines of one sheet (one query, however many)."""
    rows = list(rows)
    cited = _cited(rows)
    return [_work(row, cited, today) for row in rows]


Cited = dict[tuple[int, str], EditionSource]


def _cited(rows: Iterable[SourceMark]) -> Cited:
    """What the live pages of these marks say of their sources, by article and key."""
    rows = list(rows)
    found = EditionSource.objects.live().filter(edition__article__in={row.article_id for row in rows})
    found = found.filter(reference__key__in={row.key for row in rows}).select_related("reference", "edition")
    return {(one.edition.article_id, one.reference.key): one for one in found.defer("edition__snapshot")}


def _words(row: SourceMark, cited: Cited) -> str:
    entry = cited.get((row.article_id, row.key))
    words = {told["block"]: told["words"] for told in entry.statements} if entry else {}
    return words.get(row.block_uid or None) or ripple.PAGE_ITSELF


@dataclass(frozen=True)
class Tally:
    """How many marks wait for an answer, and how many of them longer than they should."""

    open: int
    late: int


def tally(today: datetime.date) -> Tally:
    """The list in two numbers (one query, however many)."""
    late = Count("pk", filter=Q(due_on__lt=today))
    return Tally(**ripple.open_marks().order_by().aggregate(open=Count("pk"), late=late))


def _work(row: SourceMark, cited: Cited, today: datetime.date) -> Work:
    entry = cited.get((row.article_id, row.key))
    source = format_reference(entry.reference.csl()).text if entry else row.key
    nature = troubles.NATURES[row.nature]
    what = trust.what_happened(troubles.Trouble(row.key, nature, row.matter, row.dated))
    is_late = bool(row.due_on and row.due_on < today)
    return Work(row, _words(row, cited), source, what, is_late)


@dataclass(frozen=True)
class Answerable:
    """One statement of the live page with its mark: as readers see it, and whether this person may answer."""

    mark: Mark
    statement: str
    source: str
    what: str
    answer: str
    why_not: tuple[str, ...]
    alike: tuple["Alike", ...] = ()
    typed: str = ""
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"mark-{self.mark.place or 'page'}-{self.mark.trouble.matter.replace(':', '-')}"


@dataclass(frozen=True)
class Alike:
    """Another statement that waits for an answer because of the same source and the same notice."""

    row: SourceMark
    statement: str
    edition: int
    is_own: bool
    is_ticked: bool = False

    @property
    def value(self) -> str:
        """What its tick posts: the mark, and the published version that was seen."""
        return f"{self.row.pk}-{self.edition}"


def _alike(found: Iterable[Mark], actor: Any) -> Callable[[Mark], tuple[Alike, ...]]:
    """Asked of a mark: the others like it on every live page (three queries, however many).

    Made for a glance: what this person wrote last has no tick. Whether they may answer for a statement the act asks.
    """
    same = Q(pk=None)
    for key, matter in {(mark.trouble.key, mark.trouble.matter) for mark in found}:
        same |= ripple.same_trouble(key, matter)
    rows = list(ripple.open_marks().filter(same).select_related("article")[:MOST_SHOWN])
    cited, own = _cited(rows), _made_last_by(actor, rows)
    others = [
        Alike(row, _words(row, cited), row.article.live_edition_id or 0, (row.article_id, row.block_uid) in own)
        for row in rows
    ]

    def alike(mark: Mark) -> tuple[Alike, ...]:
        like = [one for one in others if one.row.matter == mark.trouble.matter and one.row.pk != mark.raised]
        same_source = [one for one in like if one.row.notice_id or one.row.key == mark.trouble.key]
        return tuple(same_source[: ripple.MOST_FURTHER])

    return alike


def _made_last_by(actor: Any, rows: list[SourceMark]) -> set[tuple[int, str]]:
    """Statements whose newest wording this person made."""
    keys = {row.block_uid or ripple.WHOLE_PAGE for row in rows}
    made = Wording.objects.filter(article__in={row.article_id for row in rows}, statement__in=keys)
    made = made.filter(aspect=Wording.Aspect.TEXT).order_by("id")
    last = {(a, statement): who for a, statement, who in made.values_list("article", "statement", "actor")}
    own = known_actor_id(actor)
    return {(a, "" if key == ripple.WHOLE_PAGE else key) for (a, key), who in last.items() if who == own}


def answerable(article: Article, actor: Any, today: datetime.date) -> list[Answerable]:
    """Everything that is marked on the live page, what waits for an answer first."""
    if article.live_edition is None:
        return []
    state = publishing.state_of(article.live_edition)
    objections = ripple.objections(Making(article), state, actor)
    found = ripple.marks_of(article, article.live_edition)
    shown = {b["uid"]: text.plain(b["html"]) or (b["data"] or {}).get("caption", "") for b in blocks_of(state.snapshot)}
    sources = _written(state, {mark.trouble.key for mark in found})
    alike = _alike(found, actor)
    return [
        Answerable(
            mark=mark,
            statement=shown.get(mark.place, "") if mark.place else ripple.PAGE_ITSELF,
            source=sources[mark.trouble.key],
            what=trust.what_happened(mark.trouble),
            answer=trust.what_was_answered(mark, today),
            why_not=tuple(objections(mark)),
            alike=alike(mark),
        )
        for mark in sorted(found, key=lambda mark: not mark.is_open)
    ]


def _written(state: State, keys: set[str]) -> dict[str, str]:
    known = state.context["references"]
    return {key: format_reference(known[key]).text if key in known else key for key in keys}


def beside(case: Case) -> tuple[list[Finding], bool]:
    """For the article screen: remarks about statements of the draft whose source is in trouble, and whether a
    statement that readers see waits for an answer."""
    states = [state for state in (case.working, case.shown) if state]
    over, today = marks.laid_if_any(case.article, *states), trust.day(case.now)
    if not over.standings:
        return [], False
    draft, *live = ([mark for mark in _marks(over, state) if mark.is_open] for state in states)
    return [_finding(mark, today) for mark in draft], any(live)


def _marks(over: marks.Laid, state: State) -> tuple[Mark, ...]:
    return over.over(state, statements.block_digests(state.snapshot, state.context))


def _finding(mark: Mark, today: datetime.date) -> Finding:
    """The remark about one statement, under the word that readers see beside the source."""
    nature, answered = mark.trouble.nature, trust.what_was_answered(mark, today)
    told = f"The source {mark.trouble.key} {trust.what_happened(mark.trouble)}. {answered}"
    return Finding(ADVICE, mark.place, told, f"Source: {nature.label[:1].lower()}{nature.label[1:]}", nature.is_grave)


class TroublePages(admin.ModelAdmin):
    """The pages of sources in trouble; everybody on the desk may read them, who may answer the act says."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("sources-in-trouble/", view(require_safe(self.troubles_view)), name="articles_article_troubles"),
            path(
                "<int:object_id>/sources-in-trouble/",
                view(require_safe(self.troubled_view)),
                name="articles_article_troubled",
            ),
            path("<int:object_id>/answer/", view(require_POST(self.answer_view)), name="articles_article_answer"),
            *super().get_urls(),
        ]

    def troubles_view(self, request: HttpRequest) -> HttpResponse:
        """Every statement of a live page that leans on a source in trouble and that nobody has answered for."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = Paginator(ripple.open_marks().select_related("article"), MARKS_ON_A_SHEET).get_page(
            request.GET.get("page")
        )
        lines = work(page.object_list, timezone.localdate())
        return self._show(request, "troubles.html", None, title="Sources in trouble", page=page, lines=lines)

    def troubled_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """One article's statements that lean on a source in trouble, with what was answered."""
        article = self._seen(request, object_id)
        return self._troubled(request, article, answerable(article, request.user, timezone.localdate()))

    def answer_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer for one statement, and for those ticked beside it; a refusal shows the page again with everything
        that was typed and ticked."""
        article = self._seen(request, object_id)
        asked = Asked(*(request.POST.get(name, "")[:100] for name in ("place", "key", "matter", "digest")))
        words, ticks = request.POST.get("words", ""), request.POST.getlist("further")
        further = [_further(tick) for tick in ticks[: ripple.MOST_FURTHER + 1]]
        try:
            rows = ripple.answer(article, asked, words, request.user, timezone.now(), further)
        except Refused as refusal:
            return self._refused(request, article, asked, _Typed(words, set(ticks), tuple(refusal.reasons)))
        messages.success(request, ANSWERED if len(rows) == 1 else ANSWERED_SEVERAL.format(len(rows)))
        wait_one_lease()
        return HttpResponseRedirect(reverse("admin:articles_article_troubled", args=[article.pk]))

    def _refused(self, request: HttpRequest, article: Article, asked: Asked, typed: "_Typed") -> HttpResponse:
        for sentence in typed.problems:
            messages.error(request, sentence)
        items = answerable(article, request.user, timezone.localdate())
        kept = [typed.into(item) if asked.is_about(item.mark) else item for item in items]
        return self._troubled(request, article, kept)

    def _troubled(self, request: HttpRequest, article: Article, items: list[Answerable]) -> HttpResponse:
        title = f"Sources in trouble in “{article.title}”"
        return self._show(request, "troubled.html", article, title=title, items=items, longest=ripple.LONGEST_ANSWER)

    def _seen(self, request: HttpRequest, object_id: int) -> Article:
        if object_id >= 2**63:
            raise Http404("There is no such article.")
        found = get_object_or_404(Article.objects.select_related("live_edition"), pk=object_id)
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def _show(self, request: HttpRequest, template: str, article: Article | None, **more: Any) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "article": article, **more}
        return TemplateResponse(request, f"admin/articles/article/{template}", context)


@dataclass(frozen=True)
class _Typed:
    """What came with a refused answer."""

    words: str
    ticks: set[str]
    problems: tuple[str, ...]

    def into(self, item: Answerable) -> Answerable:
        alike = tuple(replace(one, is_ticked=one.value in self.ticks) for one in item.alike)
        return replace(item, typed=self.words, problems=self.problems, alike=alike)


def _further(tick: str) -> Further:
    """A tick as it was posted; one that nobody was shown names no mark."""
    numbers = [int(part) for part in tick[:40].split("-") if part.isascii() and part.isdecimal()]
    return Further(*numbers) if len(numbers) == 2 and max(numbers) < 2**63 else Further(0, 0)
