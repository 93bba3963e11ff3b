import reversion
from django.db import models


class PolicyStatementQuerySet(models.QuerySet["PolicyStatement"]):
    def current(self) -> "PolicyStatementQuerySet":
        """The newest statement of each principle, in the order of the principles."""
        newest = self.order_by().values("principle").annotate(newest=models.Max("id")).values("newest")
        return self.filter(id__in=newest).order_by("principle")


@reversion.register(format="snapshot")
class PolicyStatement(models.Model):
    """What the publisher states about itself under one of the eight HONcode headings (1996-2022), signed by a
    person and expiring. Never changed: a new statement takes the place of the old one."""

    class Principle(models.IntegerChoices):
        AUTHORITY = 1, "Authority"
        COMPLEMENTARITY = 2, "Complementarity"
        PRIVACY = 3, "Privacy"
        ATTRIBUTION = 4, "Attribution"
        JUSTIFIABILITY = 5, "Justifiability"
        TRANSPARENCY = 6, "Transparency"
        FINANCIAL_DISCLOSURE = 7, "Financial disclosure"
        ADVERTISING = 8, "Advertising"

    principle = models.PositiveSmallIntegerField(choices=Principle)
    text = models.TextField()
    signer = models.CharField("signed by", max_length=160)
    signer_role = models.CharField("role", max_length=160, blank=True)
    signed_on = models.DateField()
    expires_on = models.DateField()
    actor = models.CharField(max_length=32, editable=False)
    recorded_at = models.DateTimeField(editable=False)

    objects = PolicyStatementQuerySet.as_manager()

    class Meta:
        ordering = ["principle", "-id"]

    def __str__(self) -> str:
        return self.get_principle_display()

    def snapshot_dict(self) -> dict[str, object]:
        """The saved version of this statement, as stored by the recorder."""
        return {
            "schema": 1,
            "principle": self.principle,
            "text": self.text,
            "signer": self.signer,
            "signer_role": self.signer_role,
            "signed_on": self.signed_on.isoformat(),
            "expires_on": self.expires_on.isoformat(),
        }


class SiteSettings(models.Model):
    """One row: what the publisher calls itself and says on the home page."""

    name = models.CharField("site name", max_length=120, default="GTSite")
    tagline = models.CharField(max_length=200, blank=True)
    logo = models.ForeignKey("articles.Figure", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    contact_email = models.EmailField(blank=True)
    contact_text = models.TextField(blank=True, help_text="How readers can reach you; shown on every page.")
    home_text = models.TextField(blank=True)
    copyright_line = models.CharField(max_length=200, blank=True)
    disclaimer = models.TextField(
        default="This page gives general information. It does not replace the advice of your own clinician."
    )

    class Meta:
        verbose_name_plural = "site settings"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "SiteSettings":
        """The one row, without the bytes of its logo, or the defaults before anybody has saved it."""
        return cls.objects.select_related("logo").defer("logo__content").first() or cls()
