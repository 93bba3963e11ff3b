from django.db import models

from references.models import Reference

from .article import Article, ContentQuerySet, new_part_uid


class Citation(models.Model):
    """The bond between a block (or, without one, the whole article) and a source."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="citations")
    uid = models.CharField(max_length=12, default=new_part_uid, editable=False)
    block_uid = models.CharField(max_length=12, blank=True, help_text="Empty: cites the whole article.")
    reference = models.ForeignKey(Reference, on_delete=models.PROTECT, related_name="citations")
    position = models.PositiveSmallIntegerField(default=0)
    locator = models.CharField(max_length=80, blank=True, help_text="Where in the source, such as “p. 150”.")
    accessed = models.DateField(null=True, blank=True, help_text="The day somebody last read the source for this.")
    quote = models.TextField(blank=True, help_text="The words of the source that carry the statement, kept short.")

    objects = ContentQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["article", "uid"], name="citation_uid_once")]

    def __str__(self) -> str:
        return self.uid
