"""An import as somebody began it: what was asked for, what was shown, how far it is, how each record ended."""

from django.conf import settings
from django.db import models


class LibraryImport(models.Model):
    """``plan`` is what the preview showed, ``ended`` the first ``done`` of its rows as they ended, both as JSON.

    While it ``is_asking``, ``data`` is the list itself, and ``answers`` (JSON) are the first ``answered`` of the
    ``wanted`` answers of others; then the plan is made again with them, and neither is kept.

    Nothing here is proof: what came into the library has its saved versions.
    """

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    name = models.CharField(max_length=200)
    plan = models.TextField()
    total = models.PositiveIntegerField()
    ended = models.TextField(blank=True)
    done = models.PositiveIntegerField(default=0)
    busy_until = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    is_asking = models.BooleanField(default=False)
    data = models.BinaryField(default=bytes)
    wanted = models.PositiveIntegerField(default=0)
    answers = models.TextField(blank=True)
    answered = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        verbose_name = "import of sources"
        verbose_name_plural = "imports of sources"

    def __str__(self) -> str:
        return f"{self.name}, {self.made_at:%Y-%m-%d %H:%M}"
