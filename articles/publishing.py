"""Publishing: editions, the pages readers get, and what is laid over them.

``publish`` makes the approved snapshot, byte for byte, the article's newest edition, and its page in the same
transaction. ``refresh`` lays today's facts and notices over a live edition again. Nothing here decides who may: that
is ``workflow``.
"""

import datetime
import gzip
import json
from collections.abc import Iterable
from typing import Any

import brotli
from django.conf import settings
from django.db import models, transaction
from django.template.defaultfilters import truncatechars

from references.models import Reference

from . import ledger, marks, rendering, text, troubles, trust, upcasting
from .canonical import canonical, digest_bytes
from .evidence import leanings
from .four_eyes import State
from .models import (
    Article,
    Edition,
    EditionSource,
    Figure,
    LiveTopic,
    Notice,
    Page,
    PagesVersion,
    PolicyStatement,
    Rendering,
    Review,
    SiteSettings,
    SourceMark,
    TitleEntry,
    Topic,
    Transition,
)

RELATED = 5
SAMPLE_NOTICE = "Sample article, sample history, not for patients."
#: Brotli 11 costs 40 to 70 ms a page, 5 costs 2 and is a few per cent larger.
BROTLI_QUALITY = 5
#: Columns of an article that no moment is set for.
UNSCHEDULED: dict[str, Any] = {"go_live_at": None, "go_live_zone": "", "scheduled_by": None}


# --- what an edition says -----------------------------------------------------------------------------------------


def state_of(edition: Edition) -> State:
    """An edition's snapshot, in today's schema, with its context."""
    return State(upcasting.read(edition.snapshot), json.loads(edition.context), edition.revision_id)


def is_awaiting(edition: Edition) -> bool:
    """Whether an edition was published through the emergency door and nobody has approved it since."""
    return edition.is_emergency and not edition.transitions.filter(name="approve_after").exists()


def withdrawal(article: Article) -> Notice | None:
    """The notice under which an article is withdrawn or moved now."""
    return newest_withdrawal(standing_notices(article)) if article.live_edition_id is None else None


def newest_withdrawal(notices: Iterable[Notice]) -> Notice | None:
    """The notice among those standing that took the article from readers."""
    gone = [notice for notice in notices if notice.kind != Notice.Kind.WITHHELD]
    return max(gone, key=lambda notice: notice.pk, default=None)


def gone_notice(edition: Edition) -> Notice | None:
    """The withdrawal that took an old edition away for good; editions published later are not touched by it."""
    return (
        Notice.objects.filter(
            article=edition.article_id,
            kind__in=[Notice.Kind.WITHDRAWN, Notice.Kind.MOVED],
            action=Notice.Action.RAISED,
            edition__number__gte=edition.number,
        )
        .order_by("-id")
        .first()
    )


def withheld(article: Article) -> list[Notice]:
    """Statements of an article that are withheld from readers now."""
    return [notice for notice in standing_notices(article) if notice.kind == Notice.Kind.WITHHELD]


def standing_notices(article: Article) -> list[Any]:
    """What was raised over an article and not lifted, each with ``is_confirmed`` by a second person (one query)."""
    raised = article.notices.filter(action=Notice.Action.RAISED).exclude(followed_by__action=Notice.Action.LIFTED)
    confirmed = Notice.objects.filter(of=models.OuterRef("pk"), action=Notice.Action.CONFIRMED)
    return list(raised.annotate(is_confirmed=models.Exists(confirmed)))


def unconfirmed() -> models.QuerySet[Notice]:
    """Withdrawals and withheld statements that wait for a second person."""
    return Notice.objects.filter(action=Notice.Action.RAISED).exclude(
        followed_by__action__in=[Notice.Action.CONFIRMED, Notice.Action.LIFTED]
    )


def _awaiting(article: Article, editions: Iterable[Edition]) -> set[int]:
    """Keys of those of an article's editions that owe an approval."""
    rushed = {edition.pk for edition in editions if edition.is_emergency}
    settled = article.transitions.filter(name="approve_after", edition__in=rushed)
    return rushed.difference(settled.values_list("edition_id", flat=True))


def _records(article: Article, editions: list[Edition], state: State, over: marks.Laid) -> trust.Records:
    """Everything the displayed facts are computed from, as of the last of these editions, whose state is given."""
    owed = _awaiting(article, editions)
    approved = [e for e in editions[:-1] if e.pk not in owed]
    is_owed = editions[-1].pk in owed
    before = state_of(article.editions.get(pk=approved[-1].pk)) if is_owed and approved else None
    digests = state.blocks
    return trust.Records(
        editions=tuple(
            trust.EditionRecord(e.number, e.published_at, e.recorded_at, e.significance, e.change_note, e.pk in owed)
            for e in editions
        ),
        block_digests=digests,
        approved_digests=before.blocks if before else {},
        reviews=tuple(_review_record(row) for row in article.reviews.filter(kind=Review.Kind.MEDICAL)),
        sources=tuple(_source_records(state.snapshot, over)),
        policies=tuple(policy_records()),
        marks=over.over(state, digests),
    )


def _review_record(row: Review) -> trust.ReviewRecord:
    signer = trust.Signer(row.person_uid, row.person_name, row.person_profession)
    return trust.ReviewRecord(signer, row.signed_at, row.statements, row.due_on or trust.day(row.signed_at))


def _source_records(snapshot: dict[str, Any], over: marks.Laid) -> Iterable[trust.SourceRecord]:
    """One record per cited source; the oldest access date of its citations counts."""
    days: dict[str, list[str]] = {}
    for citation in snapshot["citations"]:
        days.setdefault(citation["key"], []).append(citation["accessed"])
    for key, found in days.items():
        yield marks.source_record(key, min(found), over.standings.get(key))


def policy_records() -> list[trust.PolicyRecord]:
    """The publisher's newest statement under each heading."""
    return [
        trust.PolicyRecord(
            p.principle, p.text, ", ".join(filter(None, [p.signer, p.signer_role])), p.signed_on, p.expires_on
        )
        for p in PolicyStatement.objects.current()
    ]


# --- rendering ----------------------------------------------------------------------------------------------------


def site() -> rendering.Site:
    """The publisher, as every page names it."""
    row = SiteSettings.current()
    return rendering.Site(
        name=row.name,
        url=settings.SITE_URL.rstrip("/"),
        contact=row.contact_email or row.contact_text,
        copyright_line=row.copyright_line,
        logo=f"/media/{row.logo.name}" if row.logo else "",
        tagline=row.tagline,
        disclaimer=row.disclaimer,
    )


def render_input(
    article: Article,
    edition: Edition,
    now: datetime.datetime,
    mode: str = rendering.LIVE,
    state: State | None = None,
    over: marks.Laid | None = None,
) -> rendering.RenderInput:
    """Gather what the page of an edition shows, live or as an old published version. ``state`` and ``over`` spare
    reading the edition and asking how its sources stand, where that is known."""
    state = state or state_of(edition)
    editions = list(article.editions.without_texts().order_by("number"))
    until = [e for e in editions if e.number <= edition.number]
    later = next((e for e in editions if e.number > edition.number), None)
    records = _records(article, until, state, over or marks.laid(article, state))
    own = _first_topic(article)
    return rendering.RenderInput(
        snapshot=state.snapshot,
        context=state.context,
        facts=trust.display_facts(records, now),
        site=site(),
        edition=rendering.EditionInfo(
            edition.number,
            edition.published_at,
            edition.recorded_at,
            edition.change_note,
            edition.significance,
            superseded_by=later.number if later else None,
            superseded_on=trust.day(later.published_at) if later else None,
            snapshot_digest=edition.snapshot_digest,
        ),
        notices=tuple(_notices(article, until)),
        breadcrumb=_breadcrumb(article, own),
        related=tuple(rendering.Link(e.title, f"/articles/{e.slug}/") for e in _neighbours(own, 1)),
        changes=rendering.changes_from(
            editions, next((e.number for e in editions if e.pk == article.live_edition_id), None)
        ),
        mode=mode,
    )


def render_preview(article: Article, state: State, now: datetime.datetime) -> str:
    """The page as it would look if the working copy were published now."""
    return rendering.render_article(preview_input(article, state, now))


def preview_input(article: Article, state: State, now: datetime.datetime) -> rendering.RenderInput:
    """Gather what that page would show."""
    digests, over = state.blocks, marks.laid(article, state)
    records = trust.Records(
        editions=(trust.EditionRecord(article.editions.count() + 1, now, now, "substantive"),),
        block_digests=digests,
        reviews=tuple(_review_record(row) for row in article.reviews.filter(kind=Review.Kind.MEDICAL)),
        sources=tuple(_source_records(state.snapshot, over)),
        policies=tuple(policy_records()),
        marks=over.over(state, digests),
    )
    return rendering.RenderInput(
        snapshot=state.snapshot,
        context=state.context,
        facts=trust.display_facts(records, now),
        site=site(),
        notices=_sample(article.is_sample, trust.day(now)),
        breadcrumb=_breadcrumb(article, _first_topic(article)),
        mode=rendering.PREVIEW,
    )


def _sample(is_sample: bool, since: datetime.date) -> tuple[rendering.Notice, ...]:
    return (rendering.Notice("sample", SAMPLE_NOTICE, since),) if is_sample else ()


def _notices(article: Article, editions: list[Edition]) -> Iterable[rendering.Notice]:
    """What stands over the last of these editions."""
    yield from _sample(editions[-1].is_sample, trust.day(editions[-1].published_at))
    for edition in reversed(editions):
        if edition.is_correction:
            yield rendering.Notice("correction", edition.change_note, trust.day(edition.published_at))
    for row in withheld(article):
        yield rendering.Notice("withheld", row.text, trust.day(row.at), row.block_uid)


def _first_topic(article: Article) -> LiveTopic | None:
    return article.live_topics.select_related("topic").first()


def _breadcrumb(article: Article, own: LiveTopic | None) -> tuple[rendering.Link, ...]:
    """The way from the top of the topic tree to the article's first topic; live, not frozen."""
    link = own or article.topic_links.select_related("topic").first()
    return topic_path(link.topic) if link else ()


def topic_path(topic: Topic) -> tuple[rendering.Link, ...]:
    """A topic's ancestors and itself, from the top."""
    path: list[rendering.Link] = []
    step: Topic | None = topic
    while step and len(path) < 20:
        path.append(rendering.Link(step.name, f"/topics/{step.slug}/"))
        step = step.parent
    return tuple(reversed(path))


def _neighbours(own: LiveTopic | None, direction: int) -> list[Edition]:
    """Live editions that stand behind (1) or before (-1) an article among the titles of its first topic, round to
    the beginning: a page's related articles, and the pages to which it is related.

    At most ``RELATED``: so a changed title touches a handful of pages, however many articles there are.
    """
    if own is None:
        return []
    entries = LiveTopic.objects.filter(topic=own.topic_id).exclude(pk=own.pk)
    order = ("sort_key", "id") if direction > 0 else ("-sort_key", "-id")
    # The first comparison of each says no more than the rest; it lets the index begin at the right place.
    behind = entries.filter(
        models.Q(sort_key__gt=own.sort_key) | models.Q(id__gt=own.pk), sort_key__gte=own.sort_key
    ).order_by(*order)
    before = entries.filter(
        models.Q(sort_key__lt=own.sort_key) | models.Q(id__lt=own.pk), sort_key__lte=own.sort_key
    ).order_by(*order)
    first, second = (behind, before) if direction > 0 else (before, behind)
    found = list(first[:RELATED])
    found += second[: RELATED - len(found)]
    live = {
        e.article_id: e
        for e in Edition.objects.live().without_texts().filter(article__in=[f.article_id for f in found])
    }
    return [live[entry.article_id] for entry in found if entry.article_id in live]


# --- pages --------------------------------------------------------------------------------------------------------


def bump() -> int:
    """Tell every page server that something public has changed: the pages' new version."""
    if not PagesVersion.objects.filter(pk=1).update(number=models.F("number") + 1):
        PagesVersion.objects.get_or_create(pk=1)
        PagesVersion.objects.filter(pk=1).update(number=models.F("number") + 1)
    return PagesVersion.objects.values_list("number", flat=True).get(pk=1)


def _store(path: str, version: int, now: datetime.datetime, body: bytes, **columns: Any) -> None:
    """Replace a public address's bytes."""
    old = Page.objects.filter(path=path).values_list("last_modified", flat=True).first()
    fingerprint = digest_bytes(body)
    compressible = not columns.get("content_type", "").startswith("image/")
    values = {
        "version": version,
        "status": 200,
        "location": "",
        "content_type": "text/html; charset=utf-8",
        "etag": f'"{fingerprint[:32]}"',
        "last_modified": max(int(now.timestamp()), old + 1 if old is not None else 0),
        "digest": fingerprint,
        "renderer": rendering.renderer_version(),
        "next_change_at": None,
        "body": body,
        "brotli": brotli.compress(body, quality=BROTLI_QUALITY) if compressible and body else None,
        "gzip": gzip.compress(body, mtime=0) if compressible and body else None,
    } | columns
    Page.objects.bulk_create(
        [Page(path=path, **values)], update_conflicts=True, unique_fields=["path"], update_fields=[*values]
    )


def _live_edition(article: Article) -> Edition:
    """The live edition as it stands in the table; the caller knows that there is one."""
    assert article.live_edition_id is not None
    return Edition.objects.get(pk=article.live_edition_id)


def _store_article(
    article: Article, edition: Edition, state: State, now: datetime.datetime, version: int
) -> list[models.Model]:
    """Render the live edition into its page, its facts noted beside the article; rows to be recorded: which marks of
    bad sources came and went, and what readers see from now on, if it differs."""
    over = marks.laid(article, state)
    noted = marks.keep_up(article, edition, state, over, now, is_approved=not is_awaiting(edition))
    page = render_input(article, edition, now, state=state, over=over.plus(noted))
    _note_facts(article, page.facts)
    seen = _store_page(article, edition, page, now, version)
    return [*noted, *([seen] if seen else [])]


def _store_again(article: Article, now: datetime.datetime) -> list[models.Model]:
    """The same for an edition that was published before."""
    edition = _live_edition(article)
    return _store_article(article, edition, state_of(edition), now, bump())


def _store_page(
    article: Article, edition: Edition, page: rendering.RenderInput, now: datetime.datetime, version: int
) -> Rendering | None:
    body = rendering.render_article(page).encode()
    fingerprint = digest_bytes(body)
    until = [n.until for n in page.notices if n.until]
    path = f"/articles/{edition.slug}/"
    changes_at = trust.next_change_at(page.facts, now, until)
    known = Page.objects.filter(path=path, status=200, digest=fingerprint, edition=edition)
    if known.update(next_change_at=changes_at, renderer=rendering.renderer_version()):
        return None
    _store(path, version, now, body, article=article, edition=edition, next_change_at=changes_at)
    return _rendering(article, edition, path, 200, fingerprint, now)


def _rendering(
    article: Article,
    edition: Edition | None,
    path: str,
    status: int,
    fingerprint: str,
    now: datetime.datetime,
) -> Rendering:
    return Rendering.objects.create(
        article=article,
        edition=edition,
        path=path,
        status=status,
        digest=fingerprint,
        renderer=rendering.renderer_version(),
        at=now,
    )


def _store_figures(article: Article, state: State, now: datetime.datetime, version: int) -> None:
    names = set(state.context["files"])
    there = set(Page.objects.filter(path__in=[f"/media/{n}" for n in names], status=200).values_list("path", flat=True))
    for figure in Figure.objects.filter(name__in=names):
        if f"/media/{figure.name}" not in there:
            _store(
                f"/media/{figure.name}",
                version,
                now,
                bytes(figure.content),
                content_type="image/webp",
                article=article,
            )


def publish_picture(figure: Figure, now: datetime.datetime) -> None:
    """Make a picture that belongs to the site itself (its logo) public."""
    if not Page.objects.filter(path=f"/media/{figure.name}", status=200).exists():
        _store(f"/media/{figure.name}", bump(), now, bytes(figure.content), content_type="image/webp")


def refresh(article: Article, now: datetime.datetime) -> bool:
    """Lay today's facts and notices over an article's live edition again; whether readers see a difference."""
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=article.pk)
        if article.live_edition_id is None:
            return False
        rows = _store_again(article, now)
        if rows:
            ledger.append("page", rows, actor=ledger.SYSTEM, now=now, article=article)
        return any(isinstance(row, Rendering) for row in rows)


def _note_facts(article: Article, facts: trust.DisplayFacts | None) -> None:
    """Write the computed dates and the coverage beside the article, so that lists can sort and filter by them."""
    article.claim(
        updated_on=facts.updated if facts else None,
        reviewed_on=facts.reviewed if facts else None,
        due_on=facts.next_check if facts else None,
        covered=facts.checked if facts else 0,
        statements=facts.statements if facts else 0,
    )


def mark_for_refresh(articles: Iterable[Any], now: datetime.datetime) -> None:
    """Have the worker lay today's facts over these articles' pages again."""
    Page.objects.filter(article__in=list(articles), status=200, edition__isnull=False).update(next_change_at=now)


def have_made_anew(articles: Iterable[int], at: datetime.datetime) -> int:
    """Have the worker lay today's facts over these articles' pages at a moment, unless it does so sooner anyway; how
    many pages. Each under its article's lock: who makes the page just now, from what was known before, must not take
    the wish for granted with it.
    """
    soon = models.Q(next_change_at=None) | models.Q(next_change_at__gt=at)
    count = 0
    for pk in articles:
        with transaction.atomic():
            Article.objects.select_for_update().only("pk").get(pk=pk)
            pages = Page.objects.filter(soon, article=pk, status=200, edition__isnull=False)
            count += pages.update(next_change_at=at)
    return count


def set_aside(page: Page, until: datetime.datetime) -> None:
    """Leave a page that cannot be made anew as readers have it, until a later moment."""
    Page.objects.filter(pk=page.pk).update(next_change_at=until, renderer=rendering.renderer_version())


def mark_all_for_refresh(now: datetime.datetime) -> None:
    """Every page shows something that has changed: the site's settings, a topic, a policy."""
    Page.objects.filter(status=200, edition__isnull=False).update(next_change_at=now)
    bump()


# --- the acts -----------------------------------------------------------------------------------------------------


def publish(
    article: Article,
    state: State,
    *,
    actor: str,
    now: datetime.datetime,
    significance: str,
    change_note: str = "",
    approvals: Iterable[int] = (),
    is_emergency: bool = False,
    is_correction: bool = False,
    published_at: datetime.datetime | None = None,
) -> Edition:
    """Make a state of an article its next edition, with page, listings and record. The caller holds the article's
    row and has settled who may. ``published_at`` differs from ``now`` only for sample history.
    """
    assert article.newest_revision_id is not None
    last = article.editions.without_texts().order_by("-number").first()
    words, meaning = canonical(state.snapshot), canonical(state.context)
    edition = Edition.objects.create(
        article=article,
        number=last.number + 1 if last else 1,
        slug=state.snapshot["slug"],
        title=state.snapshot["title"],
        language=state.snapshot["language"],
        snapshot=words.decode(),
        context=meaning.decode(),
        snapshot_digest=digest_bytes(words),
        context_digest=digest_bytes(meaning),
        revision_id=article.newest_revision_id,
        significance=significance,
        change_note=change_note,
        is_correction=is_correction,
        is_emergency=is_emergency,
        is_sample=article.is_sample,
        approvals=list(approvals),
        actor=actor,
        published_at=published_at or now,
        recorded_at=now,
    )
    _note_sources(edition, state)
    carried = (
        _carry_signatures(article, last, edition, state, now) if significance == "minor" and not is_emergency else []
    )
    lifted = _lift_withdrawal(article, actor, now)
    article.claim(live_edition=edition, **UNSCHEDULED)
    version = bump()
    first_topic = _list(article, state)
    shown = _store_article(article, edition, state, now, version)
    _store_figures(article, state, now, version)
    if last and last.slug != edition.slug:
        _redirect(article, last.slug, edition.slug, version, now)
    mark_for_refresh([e.article_id for e in _neighbours(first_topic, -1)], now)
    rows = [edition, *carried, *lifted, *shown]
    ledger.append("edition", rows, actor=actor, now=now, article=article)
    return edition


def _note_sources(edition: Edition, state: State) -> None:
    """Enter the edition into the index of what leans on which source."""
    found = leanings(state.snapshot)
    keys = dict(Reference.objects.filter(key__in=found).values_list("key", "pk"))
    EditionSource.objects.bulk_create(
        EditionSource(edition=edition, reference_id=keys[key], statements=told)
        for key, told in found.items()
        if key in keys
    )


def _carry_signatures(
    article: Article, last: Edition | None, edition: Edition, state: State, now: datetime.datetime
) -> list[Review]:
    """Take medical signatures along over a second-checked minor change: new digests, old dates."""
    if last is None:
        return []
    old_state = state_of(Edition.objects.get(pk=last.pk))
    old = old_state.blocks
    new = state.blocks
    moved = {uid: value for uid, value in new.items() if uid in old and old[uid] != value}
    carried = []
    for review in article.reviews.filter(kind=Review.Kind.MEDICAL).order_by("id") if moved else ():
        signed = {uid: value for uid, value in moved.items() if review.statements.get(uid) == old[uid]}
        if signed:
            carried.append(_carried(review, edition, signed, now))
    return carried


def _carried(review: Review, edition: Edition, signed: dict[str, str], now: datetime.datetime) -> Review:
    return Review.objects.create(
        article_id=review.article_id,
        edition=edition,
        kind=review.kind,
        actor=review.actor,
        person_uid=review.person_uid,
        person_name=review.person_name,
        person_profession=review.person_profession,
        snapshot_digest=edition.snapshot_digest,
        context_digest=edition.context_digest,
        statements=signed,
        signed_at=review.signed_at,
        recorded_at=now,
        due_on=review.due_on,
        carried_from=review,
    )


def _lift_withdrawal(article: Article, actor: str, now: datetime.datetime) -> list[Notice]:
    over = withdrawal(article)
    if over is None:
        return []
    return [
        Notice.objects.create(
            article=article, kind=over.kind, action=Notice.Action.LIFTED, of=over, actor=actor, at=now
        )
    ]


def _list(article: Article, state: State) -> LiveTopic | None:
    """Put a live article into the A–Z and under its topics; its place under the first of them."""
    snapshot = state.snapshot
    TitleEntry.objects.filter(article=article).delete()
    LiveTopic.objects.filter(article=article).delete()
    labels = [(snapshot["title"], True), *((name, False) for name in snapshot["also_called"])]
    entries = [_entry(article, label, is_title) for label, is_title in labels]
    TitleEntry.objects.bulk_create(entries)
    topics = {topic.uid: topic for topic in Topic.objects.filter(uid__in=snapshot["topics"])}
    listed = LiveTopic.objects.bulk_create(
        LiveTopic(article=article, topic=topics[uid], position=n, sort_key=entries[0].sort_key)
        for n, uid in enumerate(snapshot["topics"])
        if uid in topics
    )
    return listed[0] if listed else None


def _entry(article: Article, label: str, is_title: bool) -> TitleEntry:
    """An A–Z line: sorted without accents, case and punctuation; digits and everything else under 0-9."""
    key = text.slugify_ascii(label).replace("-", " ") or label.casefold()
    letter = key[0] if key[0] in "abcdefghijklmnopqrstuvwxyz" else "0-9"
    return TitleEntry(
        article=article, label=truncatechars(label, 200), letter=letter, sort_key=key[:220], is_title=is_title
    )


def _redirect(article: Article, old: str, new: str, version: int, now: datetime.datetime) -> None:
    """A changed address leaves a permanent redirect; earlier ones lead to the newest directly."""
    target = f"/articles/{new}/"
    paths = set(Page.objects.filter(article=article, status=301).values_list("path", flat=True)) | {f"/articles/{old}/"}
    for path in paths - {target}:
        _store(path, version, now, b"", status=301, location=target, article=article, edition=None)


def withdraw(
    article: Article,
    *,
    actor: str,
    now: datetime.datetime,
    words: str,
    reason: str,
    moved_to: Article | None = None,
) -> Notice:
    """Take an article from its readers: a notice at its addresses (410), or a redirect to where it moved."""
    edition = _live_edition(article)
    notice = Notice.objects.create(
        article=article,
        kind=Notice.Kind.MOVED if moved_to else Notice.Kind.WITHDRAWN,
        edition=edition,
        text=words,
        moved_to=moved_to,
        reason=reason,
        actor=actor,
        at=now,
    )
    before = [e.article_id for e in _neighbours(_first_topic(article), -1)]
    article.claim(live_edition=None)
    TitleEntry.objects.filter(article=article).delete()
    LiveTopic.objects.filter(article=article).delete()
    version = bump()
    seen = _store_withdrawn(article, edition, notice, version, now)
    _take_figures(article, version, now)
    _note_facts(article, None)
    mark_for_refresh(before, now)
    ledger.append("notice", [notice, seen], actor=actor, now=now, article=article)
    return notice


def _store_withdrawn(
    article: Article, edition: Edition, notice: Notice, version: int, now: datetime.datetime
) -> Rendering:
    target = f"/articles/{_live_edition(notice.moved_to).slug}/" if notice.moved_to else ""
    body = b"" if target else gone_page(edition, notice).encode()
    status = 301 if target else 410
    slugs = set(article.editions.values_list("slug", flat=True))
    for slug in sorted(slugs):
        path = f"/articles/{slug}/"
        if not Page.objects.filter(path=path).exclude(article=article).exists():
            _store(path, version, now, body, status=status, location=target, article=article, edition=None)
    return _rendering(article, edition, f"/articles/{edition.slug}/", status, digest_bytes(body), now)


def gone_page(edition: Edition, notice: Notice) -> str:
    """What stands at a withdrawn article's addresses."""
    shown = rendering.Notice("withdrawn", notice.text, trust.day(notice.at))
    return rendering.render_gone(edition.title, shown, site(), is_sample=edition.is_sample)


def _take_figures(article: Article, version: int, now: datetime.datetime) -> None:
    """Pictures that no other live article shows go with a withdrawn one."""
    for page in Page.objects.filter(article=article, path__startswith="/media/", status=200):
        name = page.path.removeprefix("/media/")
        others = Edition.objects.live().filter(context__contains=f'"{name}"').exclude(article=article)
        heir = others.first()
        if heir:
            Page.objects.filter(pk=page.pk).update(article=heir.article_id)
        else:
            _store(
                page.path,
                version,
                now,
                b"",
                status=410,
                content_type="text/plain; charset=utf-8",
                article=article,
            )


def withhold(
    article: Article, *, block_uid: str, actor: str, now: datetime.datetime, words: str, reason: str
) -> Notice:
    """Take one statement from the readers of a live article, with a notice in its place."""
    notice = Notice.objects.create(
        article=article,
        kind=Notice.Kind.WITHHELD,
        edition_id=article.live_edition_id,
        block_uid=block_uid,
        text=words,
        reason=reason,
        actor=actor,
        at=now,
    )
    return _note(article, notice, now)


def answer_notice(notice: Notice, action: str, *, actor: str, now: datetime.datetime, reason: str = "") -> Notice:
    """Confirm a notice as the second person, or lift it."""
    row = Notice.objects.create(
        article=notice.article, kind=notice.kind, action=action, of=notice, reason=reason, actor=actor, at=now
    )
    return _note(notice.article, row, now)


def _note(article: Article, notice: Notice, now: datetime.datetime) -> Notice:
    shown = _store_again(article, now) if article.live_edition_id else []
    ledger.append("notice", [notice, *shown], actor=notice.actor, now=now, article=article)
    return notice


def answer_mark(
    article: Article, mark: troubles.Mark, *, actor: str, now: datetime.datetime, **told: str
) -> SourceMark:
    """Lay a person's answer about a source in trouble over the live page. The caller holds the article's row and has
    settled who may; ``told`` are the words for readers and who answers for them."""
    edition = _live_edition(article)
    row = marks.write(article, edition, mark, SourceMark.Action.ANSWERED, now, of_id=mark.raised, actor=actor, **told)
    ledger.append("answer", [row, *_store_again(article, now)], actor=actor, now=now, article=article)
    return row


def approvals_owed() -> models.QuerySet[Edition]:
    """Emergency editions nobody else has approved yet, oldest first."""
    settled = Transition.objects.filter(name="approve_after", edition=models.OuterRef("pk"))
    rows = Edition.objects.filter(~models.Exists(settled), is_emergency=True, live_of__isnull=False)
    return rows.select_related("article").without_texts().order_by("published_at")
