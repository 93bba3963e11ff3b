"""Articles on the editors' desk: the list, the article screen and the pages around it.

Every write is one small post that calls one act; what the act refuses is shown in its own sentences.
"""

import datetime
import json
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe
from reversion.models import Version

from gtsite.pages import wait_one_lease
from references.formatting import format_reference
from references.models import Reference

from .. import checks, drafting, publishing, shapes, snapshot, text, workflow
from ..cases import Case
from ..drafting import NeedsConfirmation, Refused, StaleSave
from ..four_eyes import State
from ..models import Article, ArticlePerson, Edition, Wording
from ..models.article import new_part_uid
from ..models.topic import new_uid
from . import forms, moves, second_look, showing, signing, standing, troubles
from .evidence import EvidencePages
from .history import events_of, saved_after
from .naming import names_in_use
from .settling import settle

HISTORY_PER_PAGE = 50
SECOND_LOOKS_PER_PAGE = 10
NOT_FOUND = "There is no such saved version of this article."


class DueFilter(admin.SimpleListFilter):
    title = "next check"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("soon", "In the next 90 days"), ("none", "No date")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        today = timezone.localdate()
        conditions: dict[str | None, Any] = {
            "overdue": {"due_on__lt": today},
            "soon": {"due_on__range": (today, today + datetime.timedelta(days=90))},
            "none": {"due_on": None, "live_edition__isnull": False},
        }
        return queryset.filter(**conditions.get(self.value(), {}))


class LiveFilter(admin.SimpleListFilter):
    title = "what readers see"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Can read it"), ("no", "Never published"), ("gone", "Withdrawn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        conditions: dict[str | None, Any] = {
            "yes": {"live_edition__isnull": False},
            "no": {"editions": None},
            "gone": {"live_edition": None, "editions__number": 1},
        }
        return queryset.filter(**conditions.get(self.value(), {}))


class CoverageFilter(admin.SimpleListFilter):
    title = "professional check"
    parameter_name = "coverage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("whole", "Every statement"), ("part", "Some statements"), ("none", "No statement")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        live = queryset.filter(live_edition__isnull=False)
        conditions: dict[str | None, Callable[[], QuerySet[Article]]] = {
            "whole": lambda: live.filter(covered=F("statements")),
            "part": lambda: live.filter(covered__gt=0, covered__lt=F("statements")),
            "none": lambda: live.filter(covered=0),
        }
        return conditions.get(self.value(), lambda: queryset)()


@admin.register(Article)
class ArticleAdmin(troubles.TroublePages, EvidencePages):
    """Articles are written, checked and published here; they are withdrawn, never deleted."""

    actions = None
    list_display = ["title", "state_shown", "live_shown", "updated_on", "reviewed_on", "due_shown", "coverage"]
    list_filter = ["state", LiveFilter, DueFilter, CoverageFilter, "kind"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["title", "slug"]
    search_help_text = "Words of the title or the address."
    sortable_by = ["title", "updated_on", "reviewed_on", "due_shown"]
    change_list_template = "admin/articles/article/change_list.html"

    # --- the list -------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        rows = super().get_queryset(request).select_related("live_edition")
        rows = standing.with_kept(rows)
        return rows.defer("live_edition__snapshot", "live_edition__context", "summary", "codes")

    @admin.display(description="state", ordering="state")
    def state_shown(self, article: Article) -> SafeString:
        facts = {"article": article, "is_moved": article.is_moved}  # type: ignore[attr-defined]
        return render_to_string("admin/articles/article/_state.html", facts)

    @admin.display(description="live", ordering="live_edition__number")
    def live_shown(self, article: Article) -> str:
        edition = article.live_edition
        if edition is None:
            return "–"
        withheld = " (part withheld)" if article.is_part_withheld else ""  # type: ignore[attr-defined]
        return f"Version {edition.number}{withheld}"

    @admin.display(description="next check due", ordering="due_on")
    def due_shown(self, article: Article) -> SafeString:
        overdue = bool(article.due_on and article.due_on < timezone.localdate())
        return render_to_string("admin/articles/article/_due.html", {"due_on": article.due_on, "is_overdue": overdue})

    @admin.display(description="checked")
    def coverage(self, article: Article) -> str:
        return f"{article.covered} of {article.statements}" if article.live_edition_id else "–"

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        return False

    # --- addresses ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        def route(rest: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(rest, self.admin_site.admin_view(view), name=f"articles_article_{name}")

        return [
            route("second-look/", require_safe(self.second_look_view), "second_look"),
            route("<path:object_id>/preview/", require_safe(self.preview_view), "preview"),
            route("<path:object_id>/changes/", require_safe(self.changes_view), "changes"),
            route("<path:object_id>/merge/", require_POST(self.merge_view), "merge"),
            route("<path:object_id>/move/<slug:name>/", require_POST(self.move_view), "move"),
            route("<path:object_id>/approve-and-publish/", require_POST(self.both_view), "both"),
            route("<path:object_id>/saved/<int:revision>/", require_safe(self.saved_view), "saved"),
            route("<path:object_id>/saved/<int:revision>/restore/", require_POST(self.restore_view), "restore"),
            route(
                "<path:object_id>/published/<int:number>/restore/", require_POST(self.restore_edition_view), "take_up"
            ),
            *super().get_urls(),
        ]

    def _article(self, request: HttpRequest, object_id: str) -> Article:
        """The article asked for, if this person may see it; else 404 or 403."""
        found = get_object_or_404(Article.objects.select_related("live_edition"), pk=_key(object_id))
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def _page(self, request: HttpRequest, template: str, article: Article | None, **more: Any) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "article": article,
            **more,
        }
        return TemplateResponse(request, f"admin/articles/article/{template}", context)

    # --- a new article --------------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Title and kind first; everything else on the article's own screen."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = forms.NewArticleForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                saved = drafting.save(
                    None, _first(form.cleaned_data, request.user), actor=request.user, now=timezone.now()
                )
                return _to(saved.article)
            except Refused as refusal:
                _tell(request, refusal.reasons)
        return self._page(request, "new.html", None, title="New article", form=form)

    # --- the article screen ---------------------------------------------------------------------------------------

    @method_decorator(gzip_page)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Everything about one article; a post saves, or rearranges the sections of an unsaved form."""
        article = self._article(request, object_id)
        if request.method != "POST":
            return self._screen(request, article)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        return self._post(request, article)

    def _post(self, request: HttpRequest, article: Article) -> HttpResponse:
        base = _number(request.POST.get("base", ""))
        try:
            saved = drafting.read(base, article)
        except Version.DoesNotExist:
            raise Http404(NOT_FOUND) from None
        act = request.POST.get("section_act", "")
        if act:
            rearranged = forms.rearranged(request.POST, act)
            return self._screen(request, article, forms.ArticleEdit(saved, base, rearranged))
        edit = forms.ArticleEdit(saved, base, request.POST)
        if not edit.is_valid():
            _tell(request, [*edit.problems, forms.WORKS_UNREAD])
            return self._screen(request, article, edit)
        return self._save(request, article, edit)

    def _save(self, request: HttpRequest, article: Article, edit: forms.ArticleEdit) -> HttpResponse:
        now, reason = timezone.now(), request.POST.get("reason", "").strip()[:2_000]
        try:
            saved = drafting.save(
                article,
                edit.content(),
                actor=request.user,
                now=now,
                base=edit.base,
                reason=reason,
                confirmed=request.POST.get("confirmed") == "yes",
            )
        except StaleSave as stale:
            return self._clash(request, article, edit.base, stale, reason)
        except NeedsConfirmation as question:
            return self._screen(request, article, edit, question.reasons)
        except Refused as refusal:
            _tell(request, refusal.reasons)
            return self._screen(request, article, edit)
        _tell_saved(request, saved, edit.base)
        if "_submit" in request.POST:
            self._submit(request, saved.article, reason, now)
        return _to(saved.article)

    def _submit(self, request: HttpRequest, article: Article, reason: str, now: datetime.datetime) -> None:
        """The second half of “Save and submit”: what was saved stays saved if the article cannot be submitted."""
        try:
            messages.success(request, moves.done(workflow.perform(article, "submit", request.user, now, reason=reason)))
        except Refused as refusal:
            _tell(request, ["Saved, but not submitted:", *refusal.reasons])

    def _screen(
        self,
        request: HttpRequest,
        article: Article,
        edit: forms.ArticleEdit | None = None,
        question: Iterable[str] = (),
        attempt: moves.Attempt | None = None,
    ) -> HttpResponse:
        now = timezone.now()
        case = Case(article, request.user, now)
        may_write = self.has_change_permission(request, article) and article.state in drafting.EDITABLE
        if edit is None:
            edit = forms.ArticleEdit(case.working.snapshot, article.newest_revision_id or 0, writable=may_write)
        saved = edit.saved
        _name_sources(edit.citations, case.working.context["references"])
        offers = workflow.offers(case)
        offered = {offer.move.name for offer in offers if offer.is_open}
        facts = checks.Standing(article.live_edition is not None, article.reviewed_on, article.due_on)
        findings = checks.check(saved, case.working.context, wording_ages(article, saved), now, facts)
        troubled, is_troubled = troubles.beside(case)
        return self._page(
            request,
            "screen.html",
            article,
            title=article.title,
            edit=edit,
            may_write=may_write,
            question=list(question),
            reason="" if attempt else request.POST.get("reason", ""),
            buttons=moves.buttons(article, offers, attempt),
            refusals=[offer for offer in offers if not offer.is_open],
            offered=offered,
            signature=signing.signature(case, offered),
            findings=_by_place([*troubled, *findings], saved),
            is_troubled=is_troubled,
            need=case.computed if case.dues else None,
            empty_section=forms.empty_section() if may_write else None,
            empty_citation=forms.CitationFields(prefix="citation-__uid__"),
            is_overdue=bool(article.due_on and article.due_on < timezone.localdate(now)),
            word=standing.last_word(article),
            kept=standing.kept_from_readers(case),
            owed=case.emergency,
            media=forms.empty_section().media,
        )

    # --- two people, one article ----------------------------------------------------------------------------------

    def _clash(self, request: HttpRequest, article: Article, base: int, stale: StaleSave, reason: str) -> HttpResponse:
        return self._page(
            request,
            "merge.html",
            article,
            title=f"Two edits of “{article.title}”",
            clashes=showing.clashes(stale.result.conflicts, names_in_use()),
            sentence=stale.reasons[0],
            meanwhile=saved_after(article, base),
            base=base,
            newest=stale.newest,
            mine=json.dumps(stale.mine),
            reason=reason,
        )

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Save an edit that clashed, each clash settled by choice."""
        article = self._article(request, object_id)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        base, newest = _number(request.POST.get("base", "")), _number(request.POST.get("newest", ""))
        mine = _posted_content(request.POST.get("mine", ""), article)
        keep = [name.removeprefix("choice-") for name, value in request.POST.items() if value == "mine"]
        reason, confirmed = request.POST.get("reason", "")[:2_000], request.POST.get("confirmed") == "yes"
        try:
            theirs = drafting.read(newest, article)
            settled = settle(drafting.read(base, article), theirs, mine, keep).merged
            saved = drafting.save(
                article,
                settled,
                actor=request.user,
                now=timezone.now(),
                base=newest,
                reason=reason,
                confirmed=confirmed,
            )
        except Version.DoesNotExist:
            raise Http404(NOT_FOUND) from None
        except StaleSave as stale:
            return self._clash(request, article, newest, stale, reason)
        except Refused as refusal:
            _tell(request, refusal.reasons)
            return self._page(
                request,
                "merge.html",
                article,
                title=f"Two edits of “{article.title}”",
                clashes=[],
                kept=keep,
                base=base,
                newest=newest,
                mine=json.dumps(mine),
                reason=reason,
                question=isinstance(refusal, NeedsConfirmation),
            )
        _tell_saved(request, saved, newest)
        return _to(article)

    # --- moves ----------------------------------------------------------------------------------------------------

    def move_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """One step of the workflow."""
        if name not in workflow.MOVES:
            raise Http404
        return self._act(
            request,
            object_id,
            lambda article, now: moves.make(article, name, request.user, now, request.POST),
            reaches_readers=name in moves.REACH_READERS,
            name=name,
        )

    def both_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve and publish in one go, for who may do both."""
        return self._act(
            request,
            object_id,
            lambda article, now: moves.approve_and_publish(article, request.user, now, request.POST),
            reaches_readers=True,
        )

    def _act(
        self,
        request: HttpRequest,
        object_id: str,
        act: Callable[[Article, datetime.datetime], str],
        reaches_readers: bool,
        name: str = "",
    ) -> HttpResponse:
        """Call an act; what readers notice is answered when no server shows the old page any more.

        A refusal shows the article's screen again, with everything that was typed for the move called ``name``.
        """
        article, back = self._article(request, object_id), request.POST.get("then") == "second-look"
        try:
            messages.success(request, act(article, timezone.now()))
            if reaches_readers:
                wait_one_lease()
        except Refused as refusal:
            _tell(request, refusal.reasons)
            if not back:
                attempt = moves.Attempt(name, request.POST, tuple(refusal.reasons))
                return self._screen(request, self._article(request, object_id), attempt=attempt)
        if back:
            return HttpResponseRedirect(reverse("admin:articles_article_second_look"))
        return _to(article)

    # --- looking --------------------------------------------------------------------------------------------------

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page as readers would see it; stored nowhere."""
        article = self._article(request, object_id)
        content = drafting.newest(article)
        state = State(content, snapshot.context_of(content))
        answer = HttpResponse(publishing.render_preview(article, state, timezone.now()))
        answer.headers["Cache-Control"] = "no-store, private"
        return answer

    def changes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everything that differs from what readers see."""
        article = self._article(request, object_id)
        live = publishing.state_of(article.live_edition).snapshot if article.live_edition else None
        return self._page(
            request,
            "changes.html",
            article,
            title=f"Changes in “{article.title}”",
            lines=changed_lines(live, drafting.newest(article)),
            looked_at=standing.last_look(article),
            against=f"published version {article.live_edition.number}" if article.live_edition else "",
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who did what, when and why; newest first."""
        article = self._article(request, object_id)
        page = Paginator(events_of(article), HISTORY_PER_PAGE).get_page(request.GET.get("page"))
        return self._page(
            request,
            "history.html",
            article,
            title=f"History of “{article.title}”",
            page=page,
            may_write=self.has_change_permission(request, article),
        )

    def saved_view(self, request: HttpRequest, object_id: str, revision: int) -> HttpResponse:
        """One saved version: what it changed, and what has changed since."""
        article = self._article(request, object_id)
        content = self._read(article, revision)
        before = (
            Version.objects.get_for_object(article).filter(revision_id__lt=revision).order_by("-revision_id").first()
        )
        return self._page(
            request,
            "saved.html",
            article,
            title=f"A saved version of “{article.title}”",
            revision=get_object_or_404(drafting.revisions_of(article), pk=revision),
            is_newest=revision == article.newest_revision_id,
            then=changed_lines(drafting.read(before.revision_id, article) if before else None, content),
            since=changed_lines(content, drafting.newest(article)),
            may_write=self.has_change_permission(request, article),
        )

    def restore_view(self, request: HttpRequest, object_id: str, revision: int) -> HttpResponse:
        """Make a saved version the newest draft."""
        article = self._article(request, object_id)
        return self._restore(request, article, self._read(article, revision))

    def restore_edition_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """Make a published version the newest draft."""
        article = self._article(request, object_id)
        edition = get_object_or_404(Edition, article=article, number=number)
        return self._restore(request, article, publishing.state_of(edition).snapshot)

    def _restore(self, request: HttpRequest, article: Article, content: dict[str, Any]) -> HttpResponse:
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        reason = request.POST.get("reason", "").strip()[:2_000]
        try:
            if not reason:
                raise Refused("Say why the earlier text comes back.")
            drafting.restore(
                article,
                content,
                actor=request.user,
                now=timezone.now(),
                base=_number(request.POST.get("base", "")),
                reason=reason,
                confirmed=request.POST.get("confirmed") == "yes",
            )
            messages.success(request, "The earlier text is the draft again. Nothing has changed for readers.")
        except StaleSave:
            _tell(request, ["Somebody has saved this article meanwhile. Look at the history again first."])
        except Refused as refusal:
            _tell(request, refusal.reasons)
        return _to(article)

    def _read(self, article: Article, revision: int) -> dict[str, Any]:
        try:
            return drafting.read(revision, article)
        except Version.DoesNotExist:
            raise Http404(NOT_FOUND) from None

    # --- the second look ------------------------------------------------------------------------------------------

    def second_look_view(self, request: HttpRequest) -> HttpResponse:
        """Everything that waits for another pair of eyes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = Paginator(second_look.waiting(), SECOND_LOOKS_PER_PAGE).get_page(request.GET.get("page"))
        items = second_look.items(page.object_list, request.user)
        return self._page(request, "second_look.html", None, title="Second look", page=page, items=items)


def _key(object_id: str) -> int:
    """A primary key from an address; what is no number finds nothing."""
    return _number(unquote(object_id))


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 18 else 0


def _to(article: Article) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))


def _tell(request: HttpRequest, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        messages.error(request, sentence)


def _tell_saved(request: HttpRequest, saved: drafting.Saved, base: int) -> None:
    if not saved.changed:
        messages.info(request, "Nothing had changed, so nothing was saved.")
    elif saved.merged:
        others = {save.who for save in saved_after(saved.article, base) if save.revision != saved.revision_id}
        who = get_text_list(sorted(others), "and")
        messages.success(request, f"Saved. {who} had saved meanwhile; your edit and theirs are in the draft now.")
    else:
        messages.success(request, "Saved.")


def _first(facts: dict[str, Any], writer: Any) -> dict[str, Any]:
    """A new article: its writer is its author, and one section waits for text."""
    person = getattr(writer, "person", None)
    return snapshot.empty(
        new_uid(),
        title=facts["title"],
        slug=facts["slug"] or text.slugify_ascii(facts["title"]),
        kind=facts["kind"],
        language=facts["language"],
        people=[{"role": ArticlePerson.Role.AUTHOR.value, "person": person.uid}] if person else [],
        sections=[{"uid": new_part_uid(), "heading": "", "kind": "", "blocks": []}],
    )


def _posted_content(written: str, article: Article) -> dict[str, Any]:
    """My side of a clash as the merge page carried it; it passes every check of a save again."""
    try:
        content = json.loads(written)
        shapes.refuse_other_snapshot(content)
    except (ValueError, RecursionError):
        raise Http404(NOT_FOUND) from None
    return content | {"uid": article.uid, "schema": snapshot.SCHEMA}


def changed_lines(old: dict[str, Any] | None, new: dict[str, Any]) -> list[showing.Line]:
    """What differs between two snapshots, for screens."""
    return showing.lines(old, new, names_in_use())


def wording_ages(article: Article, content: dict[str, Any]) -> dict[str, datetime.datetime]:
    """When the present wording of each statement with time-bound words was made."""
    uids = checks.ageing_statements(content)
    rows = Wording.objects.filter(article=article, aspect=Wording.Aspect.TEXT, statement__in=uids)
    return dict(rows.order_by("id").values_list("statement", "revision__date_created"))


def _name_sources(rows: list[forms.CitationFields], known: dict[str, Any]) -> None:
    """Put each row's source as readers see it; ``known`` holds those that the saved version cites."""
    sources = dict(known)
    new = {row.source_key for row in rows} - set(sources)
    if new:
        sources |= {row.key: row.csl() for row in Reference.objects.filter(key__in=new)}
    written = {key: format_reference(csl).text for key, csl in sources.items()}
    for row in rows:
        row.source = written.get(row.source_key, "This source is not in the library.")


def _by_place(findings: list[checks.Finding], content: dict[str, Any]) -> list[tuple[str, list[checks.Finding]]]:
    """Findings under the heading of the section they belong to, those of the whole article first."""
    homes = {block["uid"]: section for section in content["sections"] for block in section["blocks"]}
    groups: dict[str, list[checks.Finding]] = {}
    for finding in findings:
        section = homes.get(finding.block or "")
        place = (section["heading"] or "Opening") if section else "The article"
        groups.setdefault(place, []).append(finding)
    return sorted(groups.items(), key=lambda group: group[0] != "The article")
