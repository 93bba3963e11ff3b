from django.db import models

from references.models import PublicationNotice

from .article import Article
from .edition import Edition


class SourceMark(models.Model):
    """A word about a live statement that leans on a source in trouble: raised by publishing or by the worker, answered
    by a person, settled by a revision of the statement, lifted when it no longer leans on it or the source stands well
    again. Rows are never changed; a later row speaks about the raised one through ``of``."""

    class Action(models.TextChoices):
        RAISED = "raised", "Marked"
        ANSWERED = "answered", "Answered"
        REVISED = "revised", "Settled by a revision"
        LIFTED = "lifted", "Taken off"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="source_marks")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="source_marks")
    action = models.CharField(max_length=10, choices=Action)
    of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    carried_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="carried_to")
    block_uid = models.CharField(max_length=12, blank=True, help_text="Empty: the article as a whole.")
    digest = models.CharField(max_length=64, help_text="Of the statement as it stood.")
    key = models.CharField(max_length=50, help_text="The source as the article names it.")
    nature = models.CharField(max_length=24)
    matter = models.CharField(max_length=80, help_text="What is the matter with the source; an answer is bound to it.")
    dated = models.DateField(null=True)
    notice = models.ForeignKey(PublicationNotice, null=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, help_text="By when somebody should have answered.")
    text = models.TextField(blank=True, help_text="The answer as readers see it; or why the mark was taken off.")
    actor = models.CharField(max_length=32)
    person_name = models.CharField(max_length=200, blank=True)
    person_profession = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = "mark of a source in trouble"
        indexes = [models.Index(fields=["action", "due_on"], name="sourcemark_due")]

    def __str__(self) -> str:
        return f"{self.key}, {self.nature}: {self.get_action_display().lower()}"


class LibraryReading(models.Model):
    """How far the worker has read what the library records: the activity record, and the visits to addresses."""

    stream = models.CharField(max_length=12, unique=True)
    upto = models.PositiveBigIntegerField(default=0, help_text="The first number that was not read yet.")
