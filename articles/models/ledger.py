from django.conf import settings
from django.db import models


class ActorName(models.Model):
    """What an actor was called from a moment on. The one place that ties a pseudonymous id to a person:
    erase the rows, and the activity record still verifies (EU GDPR, article 17)."""

    actor = models.CharField(max_length=32, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="actor_names")
    name = models.CharField(max_length=200)
    since = models.DateTimeField()

    class Meta:
        ordering = ["since"]

    def __str__(self) -> str:
        return self.name


class LedgerEntry(models.Model):
    """One line of the activity record, a leaf of the Merkle tree (RFC 6962). Never changed.

    ``body`` is canonical JSON (RFC 8785): sequence, kind, moment, actor, article, and for each row it records
    the table, the row's key and the digest of its columns.
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)
    kind = models.CharField(max_length=24, db_index=True)
    article = models.ForeignKey("articles.Article", null=True, on_delete=models.PROTECT, related_name="ledger_entries")
    actor = models.CharField(max_length=32, db_index=True)
    at = models.DateTimeField(db_index=True)
    body = models.TextField()
    leaf_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        verbose_name = "activity"
        verbose_name_plural = "activity record"

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"


class LedgerHead(models.Model):
    """The one row that hands out sequence numbers: how many entries there are, and the hashes of the complete
    subtrees on the tree's right edge, largest first. Locked last in every act."""

    size = models.PositiveBigIntegerField(default=0)
    edge = models.JSONField(default=list)


class Checkpoint(models.Model):
    """A signed statement of the tree's size and root: the daily stamp."""

    size = models.PositiveBigIntegerField(unique=True)
    root = models.CharField(max_length=64)
    at = models.DateTimeField()
    key = models.CharField(max_length=64, help_text="The public key (Ed25519, hexadecimal).")
    signature = models.CharField(max_length=128)

    class Meta:
        ordering = ["size"]
        verbose_name = "daily stamp"

    def __str__(self) -> str:
        return f"Stamp over {self.size} entries"


class RoleChange(models.Model):
    """Somebody was given a role, lost one, was deactivated or came back."""

    class Action(models.TextChoices):
        GRANTED = "granted", "Role given"
        REVOKED = "revoked", "Role taken"
        DEACTIVATED = "deactivated", "Deactivated"
        REACTIVATED = "reactivated", "Reactivated"

    person = models.CharField(max_length=32, help_text="The actor id of the account that was changed.")
    action = models.CharField(max_length=12, choices=Action)
    role = models.CharField(max_length=32, blank=True)
    actor = models.CharField(max_length=32)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.role}".strip()
