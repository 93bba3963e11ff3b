"""The article as schema.org data: a `MedicalWebPage` in JSON-LD.

Dates keep their meaning: `dateModified` is Updated, `lastReviewed` is Reviewed, `expires` is Next check due;
one that is not known is left out, never taken from another. No ClaimReview and no rating is claimed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from references.names import is_et_al
from references.text import without_markup

if TYPE_CHECKING:
    from articles.rendering import RenderInput

SUBJECTS = {"condition": "MedicalCondition", "therapy": "MedicalTherapy", "test": "MedicalTest"}
CODING_SYSTEMS = {
    "mesh": "MeSH",
    "omim": "OMIM",
    "orpha": "ORPHAcode",
    "icd10cm": "ICD-10-CM",
    "snomed": "SNOMED CT",
    "umls": "UMLS",
    "mondo": "MONDO",
}
SCHOLARLY = ("article-journal", "article", "paper-conference", "review")
# Characters that could end a script element or open a comment inside it.
UNSAFE = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def as_data_block(data: Mapping[str, Any]) -> SafeString:
    """JSON that can stand inside a script element: no character of it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(UNSAFE))


def medical_web_page(page: RenderInput) -> SafeString:
    """The data block of an article page."""
    return as_data_block({"@context": "https://schema.org", **_without_blanks(_page(page))})


def _page(page: RenderInput) -> dict[str, Any]:
    snapshot, facts, site = page.snapshot, page.facts, page.site
    address = site.url + reverse("article", args=[page.slug])
    return {
        "@type": "MedicalWebPage",
        "@id": address,
        "url": address,
        "name": snapshot["title"],
        "alternativeHeadline": snapshot["subtitle"],
        "description": snapshot["summary"],
        "inLanguage": snapshot["language"],
        "audience": {"@type": "MedicalAudience", "audienceType": "Patient"},
        "about": _subject(snapshot),
        "author": [_person(known) for known in _people(page, "author")],
        "editor": [_person(known) for known in _people(page, "editor")],
        "datePublished": _iso(facts.published),
        "dateModified": _iso(facts.updated),
        "lastReviewed": _iso(facts.reviewed),
        "expires": _iso(facts.next_check),
        "reviewedBy": _reviewers(page),
        "version": page.edition.number if page.edition else None,
        "citation": list(_citations(page)),
        "correction": [_correction(notice) for notice in page.notices if notice.kind == "correction"],
        "breadcrumb": _breadcrumb(page, address),
        "publisher": {
            "@type": "Organization",
            "name": site.name,
            "url": site.url + "/",
            "publishingPrinciples": site.url + reverse("policies"),
        },
    }


def _subject(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    return _without_blanks(
        {
            "@type": SUBJECTS.get(snapshot["kind"], "MedicalEntity"),
            "name": snapshot["title"],
            "alternateName": snapshot["also_called"],
            "code": [_code(code) for code in snapshot["codes"] if code["relation"] == "exact"],
        }
    )


def _code(code: Mapping[str, str]) -> dict[str, str]:
    system = CODING_SYSTEMS.get(code["system"], code["system"])
    return {"@type": "MedicalCode", "codeValue": code["code"], "codingSystem": system}


def _people(page: RenderInput, role: str) -> Iterator[Mapping[str, Any]]:
    for entry in page.snapshot["people"]:
        if entry["role"] == role and entry["person"] in page.context["people"]:
            yield page.context["people"][entry["person"]]


def _person(known: Mapping[str, Any]) -> dict[str, Any]:
    degrees = ", ".join(degree["abbreviation"] for degree in known["degrees"])
    return _without_blanks(
        {
            "@type": "Person",
            "name": known["name"],
            "honorificSuffix": degrees,
            "jobTitle": known["profession"] if known["is_health_professional"] else "",
            "affiliation": {"@type": "Organization", "name": known["affiliation"]} if known["affiliation"] else None,
        }
    )


def _reviewers(page: RenderInput) -> list[dict[str, Any]]:
    """Named only when the whole page carries their signatures: schema.org knows no "partly"."""
    if not page.facts.is_fully_checked:
        return []
    return [
        _without_blanks({"@type": "Person", "name": signer.name, "jobTitle": signer.profession})
        for signer in page.facts.checkers
    ]


def _citations(page: RenderInput) -> Iterator[dict[str, Any]]:
    for key in dict.fromkeys(citation["key"] for citation in page.snapshot["citations"]):
        if reference := page.context["references"].get(key):
            yield _citation(reference)


def _citation(reference: Mapping[str, Any]) -> dict[str, Any]:
    return _without_blanks(
        {
            "@type": "ScholarlyArticle" if reference.get("type") in SCHOLARLY else "WebPage",
            "name": without_markup(reference.get("title") or ""),
            "author": [_author(author) for author in reference.get("author", ()) if not is_et_al(author)],
            "datePublished": _partial(reference.get("issued")),
            "identifier": _identifier(reference),
            "url": reference.get("URL"),
            "archivedAt": reference.get("archive"),
        }
    )


def _author(author: Mapping[str, str]) -> dict[str, str]:
    if literal := author.get("literal"):
        return {"@type": "Organization", "name": literal}
    return {"@type": "Person", "name": f"{author.get('given', '')} {author.get('family', '')}".strip()}


def _identifier(reference: Mapping[str, Any]) -> str | None:
    if doi := reference.get("DOI"):
        return f"https://doi.org/{doi}"
    return f"pmid:{reference['PMID']}" if reference.get("PMID") else None


def _partial(issued: Mapping[str, Any] | None) -> str:
    """A date no more precise than the source gives it: 2014, 2014-06 or 2014-06-21."""
    parts = (issued or {}).get("date-parts") or [[]]
    return "-".join(str(part).zfill(2) for part in parts[0])


def _correction(notice: Any) -> dict[str, str]:
    return {"@type": "CorrectionComment", "text": notice.text, "datePublished": notice.since.isoformat()}


def _breadcrumb(page: RenderInput, address: str) -> dict[str, Any] | None:
    if not page.breadcrumb:
        return None
    steps = [(link.name, page.site.url + link.url) for link in page.breadcrumb]
    steps.append((page.snapshot["title"], address))
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate(steps, start=1)
        ],
    }


def _iso(when: date | None) -> str | None:
    return when.isoformat() if when else None


def _without_blanks(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in (None, "", [], {})}
