"""What was found when sources were looked at: written once, never changed."""

from django.db import models

from references import identifiers as ids

from .reference import Reference


class LinkCheck(models.Model):
    """One visit to a source's address, and what answered."""

    class Outcome(models.TextChoices):
        OK = "ok", "answers"
        MOVED = "moved", "moved for good"
        SOFT_404 = "soft-404", "says that the page is not there"
        GONE = "gone", "gone"
        REFUSED = "refused", "refuses us"
        BROKEN = "broken", "its server fails"
        CERTIFICATE = "certificate", "its certificate is not to be trusted"
        UNREACHABLE = "unreachable", "cannot be reached"
        ROBOTS = "robots", "asks robots to stay away"
        NOT_PUBLIC = "not-public", "not a public address"

    reference = models.ForeignKey(Reference, models.PROTECT, related_name="link_checks")
    url = models.CharField(max_length=ids.LONGEST_URL)
    checked_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    status = models.PositiveSmallIntegerField(null=True)
    final_url = models.CharField(max_length=ids.LONGEST_URL, blank=True)
    title = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the words of the page.")
    is_title_changed = models.BooleanField(default=False)
    is_content_changed = models.BooleanField(default=False)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "link check"
        indexes = [
            models.Index(fields=["reference", "-id"], name="linkcheck_newest"),
            models.Index(
                fields=["reference", "-id"],
                condition=models.Q(is_title_changed=True) | models.Q(is_content_changed=True),
                name="linkcheck_changed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.url}: {self.get_outcome_display()}, {self.checked_at:%Y-%m-%d}"


class ArchiveCheck(models.Model):
    """One search for an archived copy of a source near the day on which it was read."""

    reference = models.ForeignKey(Reference, models.PROTECT, related_name="archive_checks")
    url = models.CharField(max_length=ids.LONGEST_URL)
    wanted_on = models.DateField()
    checked_at = models.DateTimeField()
    copy_url = models.CharField(max_length=ids.LONGEST_URL, blank=True, help_text="Empty: none was found.")
    captured_on = models.DateField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "archive check"
        indexes = [models.Index(fields=["reference", "-id"], name="archivecheck_newest")]

    def __str__(self) -> str:
        return self.copy_url or f"no copy of {self.url}"


class PublicationNotice(models.Model):
    """What was published about a source after it: taken back, corrected, doubted, restored.

    The words are those of the Retraction Watch data; Crossref and PubMed say the same in their own.
    """

    class Nature(models.TextChoices):
        RETRACTION = "retraction", "retracted"
        CORRECTION = "correction", "corrected"
        CONCERN = "expression-of-concern", "expression of concern"
        REINSTATEMENT = "reinstatement", "reinstated"

    class Origin(models.TextChoices):
        RETRACTION_WATCH = "retraction-watch", "Retraction Watch"
        CROSSREF = "crossref", "Crossref"
        PUBMED = "pubmed", "PubMed"
        PERSON = "person", "an editor"

    reference = models.ForeignKey(Reference, models.PROTECT, related_name="notices")
    nature = models.CharField(max_length=24, choices=Nature)
    origin = models.CharField(max_length=16, choices=Origin)
    record_id = models.CharField(max_length=64, help_text="How the origin numbers it.")
    dated = models.DateField(null=True, help_text="When the notice was published.")
    notice_doi = models.CharField("DOI of the notice", max_length=255, blank=True)
    notice_pmid = models.CharField("PMID of the notice", max_length=8, blank=True)
    reasons = models.TextField(blank=True)
    noticed_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = "notice about a source"
        verbose_name_plural = "notices about sources"
        constraints = [
            models.UniqueConstraint(fields=["reference", "origin", "record_id", "nature"], name="notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.reference.key}: {self.get_nature_display()}"


class NoticeCheck(models.Model):
    """One question to Crossref or PubMed: was anything published about this source?"""

    class Outcome(models.TextChoices):
        ANSWERED = "answered", "answered"
        UNKNOWN = "unknown", "does not know the source"
        FAILED = "failed", "did not answer"

    reference = models.ForeignKey(Reference, models.PROTECT, related_name="notice_checks")
    origin = models.CharField(max_length=16, choices=PublicationNotice.Origin)
    checked_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "notice check"
        indexes = [models.Index(fields=["reference", "-id"], name="noticecheck_newest")]

    def __str__(self) -> str:
        return f"{self.reference.key}: {self.get_origin_display()} {self.get_outcome_display()}"


class Merge(models.Model):
    """Two sources that were found to be one; an undoing is a merge of its own that names the first.

    ``kept_before`` and ``kept_after`` are the saved versions (revisions) of the kept source around it: the same one
    when nothing of it changed.
    """

    kept = models.ForeignKey(Reference, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Reference, models.PROTECT, related_name="+")
    actor = models.CharField(max_length=32)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    kept_before = models.BigIntegerField()
    kept_after = models.BigIntegerField()
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.merged.key} into {self.kept.key}"


class Distinction(models.Model):
    """Two sources that look like one and are different works; taking it back is a row of its own that names it."""

    one = models.ForeignKey(Reference, models.PROTECT, related_name="+")
    other = models.ForeignKey(Reference, models.PROTECT, related_name="+")
    actor = models.CharField(max_length=32)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")

    class Meta:
        ordering = ["-id"]
        verbose_name = "pair kept apart"
        verbose_name_plural = "pairs kept apart"

    def __str__(self) -> str:
        return f"{self.one.key} and {self.other.key}"
