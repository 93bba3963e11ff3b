from django.db import models

from .article import Article
from .edition import Edition


class Transition(models.Model):
    """One step of the workflow: from, to, who, when, why, and the fingerprints of what was looked at."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="transitions")
    name = models.CharField(max_length=24)
    from_state = models.CharField(max_length=20)
    to_state = models.CharField(max_length=20)
    actor = models.CharField(max_length=32, db_index=True)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    revision = models.ForeignKey("reversion.Revision", null=True, on_delete=models.PROTECT, related_name="+")
    edition = models.ForeignKey(Edition, null=True, on_delete=models.PROTECT, related_name="transitions")
    snapshot_digest = models.CharField(max_length=64, blank=True)
    context_digest = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "step"

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d}"


class Review(models.Model):
    """A signature over block digests: "I have read these statements as they stand, and they are right."

    ``carried_from`` marks a signature that a second-checked minor change took along; its ``signed_at`` is the
    original's, so no date moves.
    """

    class Kind(models.TextChoices):
        MEDICAL = "medical", "Medical"
        EDITORIAL = "editorial", "Editorial"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="reviews")
    edition = models.ForeignKey(Edition, null=True, on_delete=models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.CharField(max_length=32, db_index=True)
    person_uid = models.CharField(max_length=32, blank=True)
    person_name = models.CharField(max_length=160, blank=True)
    person_profession = models.CharField(max_length=160, blank=True)
    snapshot_digest = models.CharField(max_length=64)
    context_digest = models.CharField(max_length=64)
    statements = models.JSONField(help_text="Statement key to the digest that was signed.")
    statement = models.TextField(blank=True)
    conflicts = models.TextField(blank=True)
    signed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    due_on = models.DateField(null=True)
    carried_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="carried_to")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.person_name}, {self.get_kind_display().lower()}, {self.signed_at:%Y-%m-%d}"

    @property
    def sentence(self) -> str:
        """What is signed, in words: they follow from the columns that the record holds."""
        signer = ", ".join(filter(None, [self.person_name, self.person_profession]))
        count = len(self.statements)
        read = "this statement as it stands, and it is right"
        if count != 1:
            read = f"these {count} statements as they stand, and they are right"
        return f"{self.get_kind_display()} check by {signer}: “I have read {read}.”"


class Wording(models.Model):
    """Who made a statement's present wording, moved it or removed it, at which revision."""

    class Aspect(models.TextChoices):
        TEXT = "text", "Wording"
        PLACE = "place", "Place"
        REMOVAL = "removal", "Removal"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="wordings")
    statement = models.CharField(max_length=32, help_text="Block uid, section uid, or “article”.")
    aspect = models.CharField(max_length=8, choices=Aspect)
    digest = models.CharField(max_length=64, blank=True)
    revision = models.ForeignKey("reversion.Revision", on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=32)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["article", "statement", "aspect"])]
