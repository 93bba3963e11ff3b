import uuid

import reversion
from django.db import models


def new_uid() -> str:
    """A random public id (UUID 4 in hexadecimal, 32 characters)."""
    return uuid.uuid4().hex


@reversion.register(format="snapshot")
class Topic(models.Model):
    """A place in the topic tree: where readers browse, and the breadcrumb above an article."""

    uid = models.CharField(max_length=32, unique=True, default=new_uid, editable=False)
    slug = models.SlugField(max_length=80, unique=True, help_text="The last part of the topic's address.")
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name="part of",
    )
    position = models.PositiveIntegerField(default=0, help_text="Smaller numbers come first.")
    description = models.TextField(blank=True, help_text="One or two sentences for the topic's page.")

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def snapshot_dict(self) -> dict[str, object]:
        """The saved version of this topic, as stored by the recorder."""
        return {
            "schema": 1,
            "uid": self.uid,
            "slug": self.slug,
            "name": self.name,
            "parent": self.parent.uid if self.parent else None,
            "position": self.position,
            "description": self.description,
        }
