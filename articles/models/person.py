import reversion
from django.conf import settings
from django.db import models

from .topic import new_uid


@reversion.register(format="snapshot")
class Person(models.Model):
    """Somebody named on a page: who they are, what their degrees mean, what interests they declare.

    ``degrees`` is a list of ``{"abbreviation", "meaning"}``; ``interests`` a list of ``{"text", "from", "until"}``
    with ISO 8601 dates or empty strings.
    """

    uid = models.CharField(max_length=32, unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=160)
    degrees = models.JSONField(default=list, blank=True)
    profession = models.CharField(
        max_length=160,
        help_text="In plain words, such as “haematologist”. Readers see it. Write “not a health professional” "
        "where that is so.",
    )
    is_health_professional = models.BooleanField(default=False)
    affiliation = models.CharField(max_length=200, blank=True)
    orcid = models.CharField("ORCID", max_length=19, blank=True)
    biography = models.TextField(blank=True)
    interests = models.JSONField(default=list, blank=True)
    qualified_until = models.DateField(
        null=True, blank=True, help_text="The day until which the licence to practise was last checked."
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="person"
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name

    def public_facts(self) -> dict[str, object]:
        """What readers are told about this person: the entry in an article's context."""
        return {
            "name": self.name,
            "degrees": self.degrees,
            "profession": self.profession,
            "is_health_professional": self.is_health_professional,
            "affiliation": self.affiliation,
            "interests": self.interests,
        }

    def snapshot_dict(self) -> dict[str, object]:
        """The saved version of this person, as stored by the recorder."""
        return self.public_facts() | {
            "schema": 1,
            "uid": self.uid,
            "orcid": self.orcid,
            "biography": self.biography,
            "qualified_until": self.qualified_until.isoformat() if self.qualified_until else None,
            "user": self.user_id,
        }
