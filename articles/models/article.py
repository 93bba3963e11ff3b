import uuid
from typing import Any, NoReturn

import reversion
from django.conf import settings
from django.db import models

from .person import Person
from .topic import Topic, new_uid


def new_part_uid() -> str:
    """A random id for a section, block or citation, unique within its article (12 hexadecimal digits)."""
    return uuid.uuid4().hex[:12]


class ContentQuerySet(models.QuerySet):
    """Refuses the bulk writes that would change content without a saved version."""

    def _refuse(self, act: str) -> NoReturn:
        raise TypeError(
            f"{act} on {self.model.__name__} would leave no saved version. Use articles.drafting.save, "
            "or claim() for workflow columns."
        )

    def update(self, **kwargs: Any) -> int:
        self._refuse("update()")

    def delete(self) -> tuple[int, dict[str, int]]:
        self._refuse("delete()")

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Any]:
        self._refuse("bulk_create()")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        self._refuse("bulk_update()")


class ArticleQuerySet(ContentQuerySet):
    def claim(self, **columns: Any) -> bool:
        """Change workflow columns of the one row that still is as the caller saw it.

        Returns whether this caller won: filter by the state seen, then claim. Content columns are refused.
        """
        foreign = set(columns) - Article.WORKFLOW_COLUMNS
        if foreign:
            self._refuse(f"claim({', '.join(sorted(foreign))})")
        return super(ContentQuerySet, self).update(**columns) == 1

    def due(self, now: Any) -> "ArticleQuerySet":
        """Articles whose scheduled moment has come at ``now``."""
        return self.filter(state=Article.State.SCHEDULED, go_live_at__lte=now)


@reversion.register(format="snapshot")
class Article(models.Model):
    """The working copy of an article. Readers never see it: they see editions."""

    class State(models.TextChoices):
        CLEAN = "clean", "Nothing newer than the live version"
        DRAFT = "draft", "Draft"
        CHANGES_REQUESTED = "changes_requested", "Changes asked for"
        EDITORIAL_REVIEW = "editorial_review", "With an editor"
        MEDICAL_REVIEW = "medical_review", "With a medical reviewer"
        APPROVED = "approved", "Approved"
        SCHEDULED = "scheduled", "Scheduled"

    class Kind(models.TextChoices):
        CONDITION = "condition", "Condition"
        THERAPY = "therapy", "Treatment"
        TEST = "test", "Test"
        EXPLAINER = "explainer", "Explainer"

    #: Columns beside the content: nothing here is in a snapshot.
    WORKFLOW_COLUMNS = frozenset(
        [
            "state",
            "live_edition",
            "newest_revision",
            "digest",
            "parked_revision",
            "parked_base",
            "go_live_at",
            "go_live_zone",
            "scheduled_by",
            "updated_on",
            "reviewed_on",
            "due_on",
            "covered",
            "statements",
        ]
    )

    uid = models.CharField(max_length=32, unique=True, default=new_uid, editable=False)
    slug = models.SlugField("address", max_length=100, unique=True)
    language = models.CharField(max_length=12, default="en")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CONDITION)
    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=300, blank=True)
    summary = models.TextField(blank=True)
    also_called = models.JSONField(default=list, blank=True)
    codes = models.JSONField(default=list, blank=True)
    funding = models.TextField(blank=True)
    review_interval_months = models.PositiveSmallIntegerField(default=12)
    topics = models.ManyToManyField(Topic, through="ArticleTopic", related_name="articles")
    people = models.ManyToManyField(Person, through="ArticlePerson", related_name="articles")

    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(editable=False)

    state = models.CharField(max_length=20, choices=State, default=State.DRAFT, db_index=True, editable=False)
    newest_revision = models.ForeignKey(
        "reversion.Revision", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    digest = models.CharField(max_length=64, blank=True, editable=False)
    live_edition = models.OneToOneField(
        "articles.Edition", null=True, on_delete=models.PROTECT, related_name="live_of", editable=False
    )
    parked_revision = models.ForeignKey(
        "reversion.Revision", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    parked_base = models.ForeignKey(
        "articles.Edition", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    go_live_at = models.DateTimeField(null=True, editable=False)
    go_live_zone = models.CharField(max_length=64, blank=True, editable=False)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    # Computed by publishing from editions and reviews, so that lists can sort by them.
    updated_on = models.DateField(null=True, db_index=True, editable=False)
    reviewed_on = models.DateField(null=True, db_index=True, editable=False)
    due_on = models.DateField(null=True, db_index=True, editable=False)
    covered = models.PositiveIntegerField(default=0, editable=False)
    statements = models.PositiveIntegerField(default=0, editable=False)

    #: What `snapshot.write` last made of the tables through this object.
    written: dict[str, Any] | None = None

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        indexes = [models.Index(fields=["title"])]

    def __str__(self) -> str:
        return self.title

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Articles are withdrawn, never deleted.")

    def claim(self, **columns: Any) -> None:
        """Change workflow columns of this row, which the caller has locked, and of this object alike.

        Raises ``RuntimeError`` where the row has another state or live edition than this object: what the caller
        decided was decided about another article than the one that stands.
        """
        if not Article.objects.filter(pk=self.pk, state=self.state, live_edition=self.live_edition_id).claim(**columns):
            raise RuntimeError("The article's row changed while it was locked.")
        for name, value in columns.items():
            setattr(self, name, value)

    def snapshot_dict(self) -> dict[str, Any]:
        """What a saved version keeps: the snapshot just written. Raises ``TypeError`` where none was."""
        if self.written is None:
            raise TypeError("A version of an article is stored only by articles.drafting.save.")
        return self.written


class ArticleTopic(models.Model):
    """An article's place in the topic tree; the first one makes the breadcrumb."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="topic_links")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="article_links")
    position = models.PositiveSmallIntegerField(default=0)

    objects = ContentQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["article", "topic"], name="article_topic_once")]


class ArticlePerson(models.Model):
    """A person's part in an article. Medical reviewers are not listed here: their reviews say it."""

    class Role(models.TextChoices):
        AUTHOR = "author", "Author"
        EDITOR = "editor", "Editor"
        TRANSLATOR = "translator", "Translator"
        FACT_CHECKER = "fact_checker", "Fact checker"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="person_links")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="article_links")
    role = models.CharField(max_length=12, choices=Role, default=Role.AUTHOR)
    position = models.PositiveSmallIntegerField(default=0)

    objects = ContentQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["article", "person", "role"], name="article_person_role_once")]


class Section(models.Model):
    class Kind(models.TextChoices):
        """The questions a good page answers (DISCERN, Charnock 1999), so that gaps show."""

        NONE = "", "–"
        WHAT_IT_IS = "what-it-is", "What it is"
        HOW_IT_WORKS = "how-it-works", "How it works"
        BENEFITS = "benefits", "Benefits"
        RISKS = "risks", "Risks"
        NO_TREATMENT = "no-treatment", "Without treatment"
        ALTERNATIVES = "alternatives", "Alternatives"
        UNCERTAINTY = "uncertainty", "What is not known"
        HISTORY = "history", "History"
        WHO_TO_ASK = "who-to-ask", "Who to ask"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="sections")
    uid = models.CharField(max_length=12, default=new_part_uid, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    heading = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.NONE, blank=True)

    objects = ContentQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["article", "uid"], name="section_uid_once")]

    def __str__(self) -> str:
        return self.heading or "Opening"


class Block(models.Model):
    """One statement. Its ``uid`` survives edits and moves, so history and signatures can follow it."""

    class Kind(models.TextChoices):
        PARAGRAPH = "paragraph", "Paragraph"
        BULLET = "bullet", "Bullet"
        NUMBERED = "numbered", "Numbered step"
        SUBHEADING = "subheading", "Subheading"
        CALLOUT = "callout", "Callout"
        TABLE = "table", "Table"
        FIGURE = "figure", "Figure"

    class Claim(models.TextChoices):
        FACT = "fact", "Fact"
        NUMBER = "number", "Number"
        ADVICE = "advice", "Advice"
        OPINION = "opinion", "Opinion"
        DEFINITION = "definition", "Definition"
        NONE = "none", "No claim"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="blocks")
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="blocks")
    uid = models.CharField(max_length=12, default=new_part_uid, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PARAGRAPH)
    level = models.PositiveSmallIntegerField(default=0)
    claim = models.CharField(max_length=12, choices=Claim, default=Claim.FACT)
    html = models.TextField(blank=True)
    no_source_reason = models.CharField(max_length=300, blank=True)
    data = models.JSONField(null=True, blank=True)

    objects = ContentQuerySet.as_manager()

    class Meta:
        ordering = ["section__position", "position"]
        constraints = [models.UniqueConstraint(fields=["article", "uid"], name="block_uid_once")]
        verbose_name = "statement"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.uid}"


class BulletItems(ContentQuerySet):
    pass


class BulletItemManager(models.Manager.from_queryset(BulletItems)):  # type: ignore[misc]
    def get_queryset(self) -> BulletItems:
        return super().get_queryset().filter(kind=Block.Kind.BULLET)


class BulletItem(Block):
    """The bullets among the blocks."""

    objects = BulletItemManager()  # type: ignore[misc]

    class Meta:
        proxy = True
