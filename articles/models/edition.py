from typing import Any

from django.db import models

from references.models import Reference

from .article import Article
from .topic import Topic


class EditionQuerySet(models.QuerySet["Edition"]):
    def live(self) -> "EditionQuerySet":
        """The only definition of what the public sees now."""
        return self.filter(live_of__isnull=False)

    def live_at(self, moment: Any) -> "EditionQuerySet":
        """Editions published at or before ``moment``, newest first: the first of an article was then live,
        unless a withdrawal lay over it."""
        return self.filter(published_at__lte=moment).order_by("-published_at", "-number")

    def settled(self) -> "EditionQuerySet":
        """Those that owe no approval: published after it, or approved since."""
        return self.filter(models.Q(is_emergency=False) | models.Q(transitions__name="approve_after"))

    def without_texts(self) -> "EditionQuerySet":
        """For lists: everything but the two large columns."""
        return self.defer("snapshot", "context")


class Edition(models.Model):
    """One published state, frozen. Never changed, never deleted."""

    class Significance(models.TextChoices):
        MINOR = "minor", "Minor"
        SUBSTANTIVE = "substantive", "Substantive"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    slug = models.SlugField(max_length=100)
    title = models.CharField(max_length=200)
    language = models.CharField(max_length=12)
    snapshot = models.TextField(help_text="Canonical JSON, byte for byte as approved.")
    context = models.TextField(help_text="Canonical JSON: what the snapshot's keys meant.")
    snapshot_digest = models.CharField(max_length=64)
    context_digest = models.CharField(max_length=64)
    revision = models.ForeignKey("reversion.Revision", on_delete=models.PROTECT, related_name="+")
    significance = models.CharField(max_length=12, choices=Significance)
    change_note = models.TextField(blank=True)
    is_correction = models.BooleanField(default=False)
    is_emergency = models.BooleanField(default=False, help_text="Published first; the check was owed afterwards.")
    is_sample = models.BooleanField(default=False)
    approvals = models.JSONField(default=list, help_text="Keys of the transitions that approved it.")
    actor = models.CharField(max_length=32)
    published_at = models.DateTimeField(db_index=True)
    recorded_at = models.DateTimeField()

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["article", "-number"]
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="edition_number_once")]
        indexes = [
            models.Index(fields=["slug"]),
            models.Index(fields=["published_at"], condition=models.Q(is_emergency=True), name="edition_emergencies"),
        ]
        verbose_name = "published version"

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"


class EditionSourceQuerySet(models.QuerySet["EditionSource"]):
    def live(self) -> "EditionSourceQuerySet":
        """What the pages that readers see now lean on."""
        return self.filter(edition__live_of__isnull=False)

    def readable(self) -> "EditionSourceQuerySet":
        """What readers can look up: live and old published versions, without those that a withdrawal took away."""
        taken = Notice.objects.filter(
            article=models.OuterRef("edition__article"),
            kind__in=[Notice.Kind.WITHDRAWN, Notice.Kind.MOVED],
            action=Notice.Action.RAISED,
            edition__number__gte=models.OuterRef("edition__number"),
        )
        return self.filter(~models.Exists(taken))


class EditionSource(models.Model):
    """A source that an edition cites, and for which statements. Written with the edition, never changed.

    ``statements`` is a list of ``{"block": uid or None, "words": how the statement begins}``; None stands for the
    article as a whole. All of it follows from the edition's snapshot: this is its index.
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="sources")
    reference = models.ForeignKey(Reference, on_delete=models.PROTECT, related_name="edition_sources")
    statements = models.JSONField()

    objects = EditionSourceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["reference", "edition"], name="edition_source_once"),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id}: {self.reference_id}"


class Notice(models.Model):
    """A word laid over a live or past article: raised, confirmed by a second publisher, lifted. Rows are never
    changed; a later row speaks about an earlier one through ``of``."""

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn", "Withdrawn"
        MOVED = "moved", "Moved"
        WITHHELD = "withheld", "Statement withheld"

    class Action(models.TextChoices):
        RAISED = "raised", "Raised"
        CONFIRMED = "confirmed", "Confirmed by a second person"
        LIFTED = "lifted", "Lifted"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=12, choices=Kind)
    action = models.CharField(max_length=12, choices=Action, default=Action.RAISED)
    of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="followed_by")
    edition = models.ForeignKey(Edition, null=True, blank=True, on_delete=models.PROTECT, related_name="notices")
    block_uid = models.CharField(max_length=12, blank=True)
    text = models.TextField(blank=True, help_text="What readers are told.")
    moved_to = models.ForeignKey(Article, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True, help_text="For colleagues and auditors.")
    actor = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_action_display().lower()}"


class Figure(models.Model):
    """An uploaded picture, re-encoded, named by the digest of its bytes. Public only through an edition."""

    name = models.CharField(max_length=70, unique=True)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    content = models.BinaryField()
    actor = models.CharField(max_length=32)
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    def public_facts(self) -> dict[str, object]:
        """The figure's entry in an article's context."""
        return {"sha256": self.sha256, "bytes": len(self.content), "width": self.width, "height": self.height}


class Page(models.Model):
    """Ready bytes of a public address; replaced, never edited by hand, never deleted. The page server reads it.

    The three bodies stand last: SQLite walks a long row's overflow pages to reach a column behind them.
    """

    path = models.CharField(max_length=300, unique=True)
    version = models.BigIntegerField(help_text="The pages' version of the transaction that wrote this row.")
    status = models.PositiveSmallIntegerField(default=200)
    location = models.CharField(max_length=300, blank=True)
    content_type = models.CharField(max_length=80, default="text/html; charset=utf-8")
    etag = models.CharField(max_length=80)
    last_modified = models.BigIntegerField(help_text="Seconds since 1970, UTC; grows with every replacement.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the body.")
    renderer = models.CharField(max_length=40, db_index=True)
    article = models.ForeignKey(Article, null=True, on_delete=models.PROTECT, related_name="pages")
    edition = models.ForeignKey(Edition, null=True, on_delete=models.PROTECT, related_name="pages")
    next_change_at = models.DateTimeField(null=True, db_index=True)
    body = models.BinaryField()
    brotli = models.BinaryField(null=True)
    gzip = models.BinaryField(null=True)

    class Meta:
        indexes = [models.Index(fields=["version", "path"])]

    def __str__(self) -> str:
        return self.path


class PagesVersion(models.Model):
    """One row: grows by one whenever anything public changes."""

    number = models.PositiveBigIntegerField(default=0)


class Rendering(models.Model):
    """What readers saw from a moment on: the digest of a page's bytes and the renderer that made them."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="renderings")
    edition = models.ForeignKey(Edition, null=True, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    renderer = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]


class TitleEntry(models.Model):
    """A line of the A–Z: a live article's title or one of its other names. Written by publishing."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="title_entries")
    label = models.CharField(max_length=200)
    letter = models.CharField(max_length=3, db_index=True, help_text="a to z, or 0-9.")
    sort_key = models.CharField(max_length=220)
    is_title = models.BooleanField(default=True)

    class Meta:
        ordering = ["sort_key", "id"]
        indexes = [models.Index(fields=["letter", "sort_key"])]


class LiveTopic(models.Model):
    """A topic under which a live article is listed. Written by publishing from the live edition."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="live_topics")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="live_articles")
    position = models.PositiveSmallIntegerField(default=0)
    sort_key = models.CharField(
        max_length=220, default="", help_text="As in the A–Z: a topic's articles are found in order, however many."
    )

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["topic", "sort_key"])]
        constraints = [models.UniqueConstraint(fields=["article", "topic"], name="live_topic_once")]
