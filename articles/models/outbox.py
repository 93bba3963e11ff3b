from django.db import models

from .article import Article


class OutboxMessage(models.Model):
    """A mail that must leave after its act has committed. One that holds a reader's address is erased when it has
    left; the others stay, so that nobody is reminded twice of the same thing."""

    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=100, unique=True, help_text="Makes the message happen once.")
    payload = models.JSONField()
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(db_index=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]


class TokenBucket(models.Model):
    """A rate limit: a keyed hash, how much is left, since when."""

    key = models.CharField(max_length=64, unique=True)
    tokens = models.FloatField(default=1.0)
    updated_at = models.DateTimeField()


class ImportOriginal(models.Model):
    """The bytes an article was imported from, with what the importer made of them. Never changed."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="originals")
    name = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64, db_index=True)
    content = models.BinaryField()
    report = models.JSONField(default=dict)
    actor = models.CharField(max_length=32)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
