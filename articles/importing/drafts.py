"""The act: a page that was read becomes a draft, with its sources, its topic and its original bytes.

What is imported is a draft like any other: nobody is told that it was checked, and whoever imports is its maker.
One file is one transaction: either the whole of it is there afterwards, or nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from articles import drafting, ledger
from articles.canonical import digest, digest_bytes
from articles.models import Article, ImportOriginal, Person, Topic
from articles.recording import save_record
from articles.snapshot import blocks_of
from articles.text import slugify_ascii
from references import csl
from references.recording import SaveRefused, find_or_create

from . import confined
from .page import ImportedPage, ImportRefused, ProposedReference, Report
from .pictures import adopt

CREATED, UNCHANGED, REFUSED = "created", "unchanged", "refused"
LONGEST_NAME = 300
LONGEST_SLUG = 100
#: Our field of a source to its key in CSL-JSON, for taking a bad value out.
_CSL_KEYS = csl.TEXTS | csl.NAMES | csl.DATES


@dataclass(frozen=True)
class ImportOutcome:
    """What became of one file. ``sentence`` says it; ``article`` is None for a refusal and for a dry run."""

    name: str
    status: str
    sentence: str
    article: Article | None = None
    report: Report = field(default_factory=Report)


def import_page(
    name: str,
    data: bytes,
    *,
    actor: Any,
    now: datetime.datetime,
    topic: str = "",
    dry_run: bool = False,
    read: Callable[[str, bytes], ImportedPage] = confined.parse,
) -> ImportOutcome:
    """Make a draft of the page in a file, once: the same bytes again change nothing.

    ``name`` is the file's name, with its folder where that matters; ``topic`` a path such as "Health/Rare diseases",
    made where it is missing; ``actor`` a user, or None for an unattended import. Never raises for what is in the file:
    the outcome says why it was refused.
    """
    try:
        return _known(name, data) or _imported(name, data, read(name, data), actor, now, topic, dry_run)
    except (ImportRefused, drafting.Refused, SaveRefused) as refusal:
        return ImportOutcome(name, REFUSED, str(refusal))
    except IntegrityError:  # two imports of one page, each of which saw nothing of the other
        return ImportOutcome(name, REFUSED, "Somebody else imported this page at the same moment. Try again.")


def _known(name: str, data: bytes) -> ImportOutcome | None:
    """The outcome for a file that was imported before: nothing to do, or a refusal for other bytes."""
    if len(name) > LONGEST_NAME:
        raise ImportRefused(f"The file's name is longer than {LONGEST_NAME} characters.")
    same = ImportOriginal.objects.filter(sha256=digest_bytes(data)).select_related("article").last()
    if same:
        sentence = f"Imported on {_day(same)} as “{same.article.title}”; nothing has changed since."
        return ImportOutcome(name, UNCHANGED, sentence, same.article, Report.from_dict(same.report))
    earlier = ImportOriginal.objects.filter(name=name).select_related("article").first()
    if earlier:
        raise ImportRefused(
            f"A file of this name was imported on {_day(earlier)} as “{earlier.article.title}”, and its content has "
            "changed since. Put the change into that article by hand, or rename the file to import it as another draft."
        )
    return None


def _day(original: ImportOriginal) -> str:
    return f"{original.imported_at:%-d %B %Y}"


def _imported(
    name: str, data: bytes, page: ImportedPage, actor: Any, now: datetime.datetime, topic: str, dry_run: bool
) -> ImportOutcome:
    with transaction.atomic():
        known = _known(name, data) or _known_export(page)
        if known:
            return known
        article = _Draft(page, actor, now).saved(topic)
        _keep_original(article, page, data, actor, now)
        if dry_run:
            transaction.set_rollback(True)
            return ImportOutcome(name, CREATED, f"Would become the draft “{article.title}”.", None, page.report)
    return ImportOutcome(name, CREATED, f"Imported as the draft “{article.title}”.", article, page.report)


def _known_export(page: ImportedPage) -> ImportOutcome | None:
    """An exported article that is here already: the same, or something for an editor to decide."""
    article = Article.objects.filter(uid=page.snapshot["uid"]).first()
    if article is None:
        return None
    if article.digest == digest(page.snapshot):
        return ImportOutcome(
            page.name, UNCHANGED, f"“{article.title}” is here already, exactly so.", article, page.report
        )
    raise ImportRefused(f"“{article.title}” is here already, and differs from this file. Edit or restore it instead.")


def _keep_original(article: Article, page: ImportedPage, data: bytes, actor: Any, now: datetime.datetime) -> None:
    maker = ledger.actor_id(actor, now)
    original = ImportOriginal.objects.create(
        article=article,
        name=page.name,
        sha256=digest_bytes(data),
        content=data,
        report=page.report.as_dict(),
        actor=maker,
        imported_at=now,
    )
    ledger.append("import", [original], actor=maker, now=now, article=article)


class _Draft:
    """Brings in what the page names, ties the page to it, and saves."""

    def __init__(self, page: ImportedPage, actor: Any, now: datetime.datetime) -> None:
        self.page = page
        self.snapshot = page.snapshot
        self.report = page.report
        self.actor = actor
        self.now = now

    def saved(self, topic_path: str) -> Article:
        expected = digest(self.snapshot)
        self._bring_people()
        self._bring_topics()
        self._bring_pictures()
        self._bring_references()
        self._place(topic_path)
        self._settle_slug()
        reason = f"Imported from “{self.page.name}”"
        article = drafting.save(None, self.snapshot, actor=self.actor, now=self.now, reason=reason).article
        if self.page.is_sample:
            article.is_sample = True
            article.save(update_fields=["is_sample"])
        if self.page.is_exchange and article.digest != expected:
            self.report.add("uncertain", 0, "The draft is not in every letter what was exported: see above.")
        return article

    # What an export brings along

    def _bring_people(self) -> None:
        there = set(Person.objects.filter(uid__in=self.page.people).values_list("uid", flat=True))
        for uid, facts in self.page.people.items():
            if uid not in there:
                self._record(Person(uid=uid, **facts), f"Person: {facts['name']}.")

    def _bring_topics(self) -> None:
        """Parents first; a topic that is here already stays as it is."""
        waiting = {uid: facts for uid, facts in self.page.topics.items() if not _topic(uid)}
        while waiting:
            ready = [uid for uid, facts in waiting.items() if facts["parent"] not in waiting]
            if not ready:
                raise ImportRefused("In the export, topics are parts of each other in a circle.")
            for uid in ready:
                self._bring_topic(uid, waiting.pop(uid))

    def _bring_topic(self, uid: str, facts: dict[str, Any]) -> None:
        parent = _topic(facts["parent"]) if facts["parent"] else None
        slug = _free(facts["slug"], 80, lambda slug: Topic.objects.filter(slug=slug).exists())
        self._record(Topic(uid=uid, **facts | {"parent": parent, "slug": slug}), f"Topic: {facts['name']}.")

    def _bring_pictures(self) -> None:
        for name, encoded in self.page.pictures.items():
            adopt(name, encoded, actor=self.actor, now=self.now)

    def _record(self, row: Any, sentence: str) -> None:
        try:
            row.full_clean(exclude={"parent"})
        except ValidationError as error:
            raise ImportRefused(f"{sentence} {' '.join(error.messages)}") from None
        save_record(row, actor=self.actor, now=self.now, reason=f"Imported from “{self.page.name}”")
        self.report.add("recognised", 0, f"{sentence} New here.")

    # Sources

    def _bring_references(self) -> None:
        keys = {str(each.csl["id"]): self._reference_key(each) for each in self.page.references}
        for citation in self.snapshot["citations"]:
            citation["key"] = keys[citation["key"]]
        self._drop_citations({citation["uid"] for citation in self.snapshot["citations"] if not citation["key"]})

    def _drop_citations(self, uids: set[str]) -> None:
        """Citations of sources that the library could not take, with their marks in the text."""
        self.snapshot["citations"] = [each for each in self.snapshot["citations"] if each["uid"] not in uids]
        for uid in uids:
            for block in blocks_of(self.snapshot):
                block["html"] = block["html"].replace(f'<cite data-uid="{uid}"></cite>', "")

    def _reference_key(self, proposed: ProposedReference) -> str:
        """The key under which the library keeps the source; empty if it cannot keep it."""
        item = dict(proposed.csl)
        try:
            try:
                found, is_new = find_or_create(item, self.actor, now=self.now)
            except ValidationError as error:
                if self.page.is_exchange:
                    raise
                found, is_new = find_or_create(
                    self._without_bad_values(item, error, proposed), self.actor, now=self.now
                )
        except (ValidationError, csl.CslError) as error:
            return self._not_kept(proposed, error)
        if found.key != proposed.csl["id"] and self.page.is_exchange:
            self.report.add("uncertain", 0, f"The source {proposed.csl['id']} is called {found.key} here.")
        if not is_new:
            self.report.add("recognised", proposed.line, f"The library already has the source {found.key}.")
        return found.key

    def _without_bad_values(self, item: dict, error: ValidationError, proposed: ProposedReference) -> dict:
        fields = getattr(error, "error_dict", {})
        for name in fields:
            value = item.pop(_CSL_KEYS.get(name, name), None)
            if value is not None:
                self.report.add("uncertain", proposed.line, f"Left out of the source {item['id']}: {value}.")
        return item

    def _not_kept(self, proposed: ProposedReference, error: Exception) -> str:
        reason = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        if self.page.is_exchange:
            raise ImportRefused(f"The source {proposed.csl['id']} cannot be kept. {reason}") from None
        title = str(proposed.csl.get("title", ""))
        self.report.add("kept", proposed.line, f"This source cannot go into the library. {reason}", title)
        return ""

    # Place

    def _place(self, topic_path: str) -> None:
        topic = self._topic_of_path(topic_path) if topic_path.strip(" /") else self._topic_of_breadcrumb()
        if topic and topic.uid not in self.snapshot["topics"]:
            self.snapshot["topics"] = [topic.uid, *self.snapshot["topics"]]
            self.report.add("recognised", 0, f"The draft is in the topic “{topic.name}”.")

    def _topic_of_path(self, path: str) -> Topic:
        topic = None
        for name in filter(None, (part.strip() for part in path.split("/"))):
            topic = Topic.objects.filter(parent=topic, name__iexact=name).first() or self._new_topic(name, topic)
        assert topic is not None  # the caller has seen that the path names something
        return topic

    def _new_topic(self, name: str, parent: Topic | None) -> Topic:
        wished = slugify_ascii(name, longest=70) or "topic"
        slug = _free(wished, 80, lambda slug: Topic.objects.filter(slug=slug).exists())
        row = Topic(name=name, slug=slug, parent=parent, position=Topic.objects.filter(parent=parent).count())
        self._record(row, f"Topic: {name}.")
        return row

    def _topic_of_breadcrumb(self) -> Topic | None:
        """The deepest step of the old page's breadcrumb that is the name of exactly one topic here."""
        if self.snapshot["topics"]:
            return None
        for name in reversed(self.page.topic_path):
            found = Topic.objects.filter(name__iexact=name)[:2]
            if len(found) == 1:
                return found[0]
        return None

    def _settle_slug(self) -> None:
        wished = self.snapshot["slug"]
        slug = _free(wished, LONGEST_SLUG, lambda slug: Article.objects.filter(slug=slug).exists())
        if slug != wished:
            other = Article.objects.get(slug=wished)
            self.report.add(
                "uncertain", 0, f"The address “{wished}” belongs to “{other.title}”; this draft got “{slug}”."
            )
            self.snapshot["slug"] = slug


def _topic(uid: str) -> Topic | None:
    return Topic.objects.filter(uid=uid).first()


def _free(wished: str, longest: int, is_taken: Callable[[str], bool]) -> str:
    """``wished``, or with the first number behind it that nobody has: sleep, sleep-2, sleep-3."""
    slug, number = wished, 1
    while is_taken(slug):
        number += 1
        ending = f"-{number}"
        slug = wished[: longest - len(ending)].rstrip("-") + ending
    return slug
