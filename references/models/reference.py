"""One source of the library."""

import re
import uuid
from collections.abc import Callable
from typing import Any, NoReturn, Self

import reversion
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Concat
from reversion.models import Version

from references import csl, dates, names, text
from references import identifiers as ids

KEY = re.compile(r"[a-z]{1,40}(?:[0-9]{4}|nd)[a-z]{0,3}")
BY_THE_ACT_ONLY = "Sources are saved one by one, through references.recording.save_reference."
NEVER_DELETED = "Sources are never deleted: published versions lean on them. Mark the source as superseded."
# By which a source is found again: each has an index.
IDENTIFIERS = ("doi", "pmid", "pmcid", "isbn", "url")
# PostgreSQL refuses to index longer words (2,046 bytes) and more words (a megabyte); nobody looks for those.
LONGEST_WORD, MOST_WORDS = 60, 5000
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def language(code: str) -> str:
    """A language code as web pages use it (BCP 47)."""
    if not LANGUAGE.fullmatch(code.strip()):
        raise ValueError("Write the language as a code, such as en, fr or zh-Hans.")
    return code.strip()


# Each turns what was typed into the form that is kept, or raises a ValueError with a sentence.
NORMALISERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        (
            *("title", "container_title", "container_title_short", "collection_title", "publisher"),
            *("publisher_place", "edition", "number", "volume", "issue", "page"),
        ),
        text.line,
    ),
    "note": text.lines,
    "authors": names.check,
    "editors": names.check,
    "issued": dates.check,
    "updated": dates.check,
    "doi": ids.normalise_doi,
    "pmid": ids.normalise_pmid,
    "pmcid": ids.normalise_pmcid,
    "isbn": ids.normalise_isbn,
    "issn": ids.normalise_issn,
    "url": ids.normalise_url,
    "archive_url": ids.normalise_url,
    "language": language,
}


def new_uid() -> str:
    return uuid.uuid4().hex


class NotAllowed(TypeError):
    """A way of writing that would leave no saved version."""


class ReferenceQuerySet(models.QuerySet["Reference"]):
    """Reads like any other; refuses the writes that would leave no saved version."""

    def update(self, **values: Any) -> NoReturn:
        raise NotAllowed(BY_THE_ACT_ONLY)

    def bulk_create(self, *args: Any, **options: Any) -> NoReturn:
        raise NotAllowed(BY_THE_ACT_ONLY)

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise NotAllowed(BY_THE_ACT_ONLY)

    def delete(self) -> NoReturn:
        raise NotAllowed(NEVER_DELETED)

    def with_address(self) -> Self:
        """Each with ``looked_at``: its ``address``, for queries."""
        by_doi = models.When(~models.Q(doi=""), then=Concat(models.Value(ids.DOI_RESOLVER), "doi"))
        own = models.When(~models.Q(url=""), then="url")
        address = models.Case(own, by_doi, default=models.Value(""), output_field=models.CharField())
        return self.annotate(looked_at=address)

    def titled(self, title: str) -> Self:
        """Those with this title, whatever its case, accents, marks and markup; by an index."""
        return self.filter(title_words=text.title_words(title))

    def with_identifiers(self, **found: list[str]) -> Self:
        """Those that have one of the identifiers, by field: ``with_identifiers(doi=[…], pmid=[…])``."""
        either = models.Q(pk__in=[])
        for field, values in found.items():
            either |= models.Q(**{f"{field}__in": values})
        return self.filter(either)


class Reference(models.Model):
    """One source: a paper, a page, a book, a law. Fields are named as in CSL."""

    class Type(models.TextChoices):
        ARTICLE_JOURNAL = "article-journal", "journal article"
        WEBPAGE = "webpage", "web page"
        BOOK = "book", "book"
        CHAPTER = "chapter", "chapter of a book"
        REPORT = "report", "report"
        GUIDELINE = "guideline", "guideline"
        TRIAL = "trial", "trial registration"
        DATASET = "dataset", "data set"
        LEGISLATION = "legislation", "law"
        PRESS_RELEASE = "press-release", "press release"
        ARTICLE_NEWSPAPER = "article-newspaper", "newspaper article"

    class PublisherKind(models.TextChoices):
        GOVERNMENT = "government", "government or public agency"
        SOCIETY = "society", "professional society"
        ACADEMIC = "academic", "university or hospital"
        JOURNAL = "journal", "journal or book publisher"
        CHARITY = "charity", "charity or patient organisation"
        MAKER = "maker", "maker of the product"
        NEWS = "news", "news"
        OTHER = "other", "other"

    class Evidence(models.TextChoices):
        GUIDELINE = "guideline", "guideline"
        SYSTEMATIC_REVIEW = "systematic-review", "systematic review"
        TRIAL = "trial", "clinical trial"
        OBSERVATIONAL = "observational", "observational study"
        EXPERT = "expert", "expert opinion or narrative review"
        NEWS = "news", "news"

    uid = models.CharField(max_length=32, unique=True, default=new_uid, editable=False)
    key = models.CharField(max_length=50, unique=True, editable=False)
    type = models.CharField(max_length=20, choices=Type)
    title = models.CharField(
        max_length=1000,
        help_text="As printed, without a full stop at the end. With &lt;i&gt;, &lt;sub&gt;, &lt;sup&gt; if needed.",
    )
    authors = models.JSONField(blank=True, default=list)
    editors = models.JSONField(blank=True, default=list)
    container_title = models.CharField(
        "journal, site or book", max_length=500, blank=True, help_text="Where it is part of something larger."
    )
    container_title_short = models.CharField(
        "journal, abbreviated", max_length=200, blank=True, help_text="As PubMed has it: “Mol Genet Metab”."
    )
    collection_title = models.CharField("series", max_length=500, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    publisher_place = models.CharField("place", max_length=200, blank=True, help_text="“Bethesda (MD)”.")
    edition = models.CharField(max_length=60, blank=True, help_text="“2” or “Rev. ed.”.")
    number = models.CharField(
        max_length=100, blank=True, help_text="Of a report, a law or a trial registration (“NCT00001641”)."
    )
    volume = models.CharField(max_length=60, blank=True)
    issue = models.CharField(max_length=60, blank=True)
    page = models.CharField("pages", max_length=60, blank=True, help_text="“148-158” or “eaan4672”.")
    issued = models.JSONField("published", blank=True, default=list)
    updated = models.JSONField(blank=True, default=list)
    doi = models.CharField("DOI", max_length=255, blank=True)
    pmid = models.CharField("PMID", max_length=8, blank=True)
    pmcid = models.CharField("PMCID", max_length=12, blank=True)
    isbn = models.CharField("ISBN", max_length=13, blank=True)
    issn = models.CharField("ISSN", max_length=9, blank=True)
    url = models.CharField("web address", max_length=ids.LONGEST_URL, blank=True)
    archive_url = models.CharField(
        "address of an archived copy",
        max_length=ids.LONGEST_URL,
        blank=True,
        help_text="At web.archive.org, for example.",
    )
    archived_on = models.DateField("archived on", null=True, blank=True)
    language = models.CharField(max_length=35, blank=True, help_text="Of the source, as a code: “en”, “fr”, “zh-Hans”.")
    publisher_kind = models.CharField(max_length=12, choices=PublisherKind, blank=True)
    is_primary = models.BooleanField(
        "primary source",
        null=True,
        blank=True,
        help_text="Reports its own findings, rather than those of others.",
    )
    evidence = models.CharField("kind of evidence", max_length=20, choices=Evidence, blank=True)
    is_paid_by_maker = models.BooleanField(
        "paid for by a maker",
        null=True,
        blank=True,
        help_text="Whether a company that gains from the result paid for the work or for its authors.",
    )
    note = models.TextField(blank=True, max_length=5000)  # public: part of the CSL item
    superseded_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="supersedes",
        help_text="A newer form of this source.",
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged", help_text="Its twin."
    )
    words = models.TextField(editable=False, blank=True, default="")
    title_words = models.CharField(max_length=text.LONGEST_TITLE_WORDS, editable=False, blank=True, default="")

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = "source"
        ordering = ["key"]
        indexes = [
            *(models.Index(fields=[name], name=f"reference_{name}") for name in (*IDENTIFIERS, "title_words")),
            # Few are merged: an index of all would look useless to a database that has counted what stands in it.
            models.Index(
                fields=["merged_into"], name="reference_merged", condition=models.Q(merged_into__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["doi"],
                condition=~models.Q(doi="") & models.Q(merged_into=None),
                name="reference_doi_once",
                violation_error_message="The library already has a source with this DOI.",
            ),
            models.UniqueConstraint(
                fields=["pmid"],
                condition=~models.Q(pmid="") & models.Q(merged_into=None),
                name="reference_pmid_once",
                violation_error_message="The library already has a source with this PMID.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.plain_title()[:120]}"

    def plain_title(self) -> str:
        """The title without its markup."""
        return text.without_markup(self.title)

    @property
    def address(self) -> str:
        """Where it is looked at: its web address, else its DOI, written as people write it. Empty where it has none."""
        return self.url or (self.doi and f"{ids.DOI_RESOLVER}{self.doi}")

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise NotAllowed(NEVER_DELETED)

    def clean_fields(self, exclude: Any = None) -> None:
        """Normalises every field, then checks it; all faults are reported together, each by its field."""
        faults: dict[str, list[str]] = {}
        skipped = set(exclude or ())
        for field, normalise in NORMALISERS.items():
            if field not in skipped and getattr(self, field):
                try:
                    setattr(self, field, normalise(getattr(self, field)))
                except ValueError as fault:
                    faults[field] = [str(fault)]
        try:
            super().clean_fields(exclude=skipped | faults.keys())
        except ValidationError as more:
            faults |= more.message_dict
        if faults:
            raise ValidationError(faults)

    def validate_constraints(self, exclude: Any = None) -> None:
        """Most sources have a DOI and a PMID that no other has: one quick question tells, in place of Django's long
        one for each."""
        given = {name: [value] for name in ("doi", "pmid") if (value := getattr(self, name))}
        others = Reference.objects.with_identifiers(**given).exclude(pk=self.pk)
        is_alone = not (given and others.exists())
        super().validate_constraints(exclude={*(exclude or ()), *(("doi", "pmid") if is_alone else ())})

    def clean(self) -> None:
        """What no field knows alone."""
        faults = {field: sentence for field, sentence in self._contradictions() if sentence}
        if faults:
            raise ValidationError(faults)

    def _contradictions(self) -> list[tuple[str, str]]:
        return [
            (
                "archived_on",
                "Give the address of the archived copy, too." if self.archived_on and not self.archive_url else "",
            ),
            ("superseded_by", "A source cannot supersede itself." if self._is_own_successor() else ""),
        ]

    def _is_own_successor(self) -> bool:
        """Whether following the newer forms leads back here."""
        seen, newer = {self.pk}, self.superseded_by_id
        while newer is not None and newer not in seen:
            seen.add(newer)
            newer = Reference.objects.filter(pk=newer).values_list("superseded_by_id", flat=True).first()
        return newer is not None

    def csl(self) -> dict[str, Any]:
        """The CSL-JSON item; what the source does not have is left out."""
        return csl.item({field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields})

    def exchange_item(self) -> dict[str, Any]:
        """The CSL-JSON item with all that the library keeps of the source, for exchange with other programs."""
        fields = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}
        return csl.exchange_item(fields | {"superseded_by": self.superseded_by.key if self.superseded_by else ""})

    def identity(self) -> dict[str, Any]:
        """Authors, title, year, DOI, PMID and target: what voids approvals when it changes."""
        return csl.identity(self.csl())

    def snapshot_dict(self) -> dict[str, Any]:
        """What a saved version keeps; read back by its ``schema``, never through this model."""
        return {
            "schema": 1,
            "uid": self.uid,
            "key": self.key,
            "csl": self.csl(),
            "publisher_kind": self.publisher_kind,
            "is_primary": self.is_primary,
            "evidence": self.evidence,
            "is_paid_by_maker": self.is_paid_by_maker,
            "superseded_by": self.superseded_by.key if self.superseded_by else None,
            "merged_into": self.merged_into.key if self.merged_into else None,
        }

    def newest_revision_id(self) -> int | None:
        """The newest saved version, to be given back as the base of a change."""
        return Version.objects.get_for_object(self).values_list("revision_id", flat=True).first()

    def findable_words(self) -> str:
        """What ``matching`` looks in: the words of all that the source says of itself, each after a space."""
        people = (part for name in self.authors + self.editors for part in name.values())
        told = [self.key, *people, *(getattr(self, name) for name in csl.TEXTS), *map(str, self.issued[:1])]
        found = dict.fromkeys(word[:LONGEST_WORD] for word in text.words(" ".join(told)))
        return "".join(f" {word}" for word in list(found)[:MOST_WORDS])


reversion.register(Reference, format="snapshot")
