"""The article as schema.org data: facts keep their meaning, and nothing escapes the block."""

import json
import re
from datetime import date

import pytest

from articles import jsonld
from articles.rendering import Link, Notice, render_article
from articles.trust import ReviewRecord
from tests.snapshots import citation, full, paragraph, reference, section
from tests.test_rendering import ANA, NOW, make_input


def data_of(page):
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', render_article(page), re.DOTALL)
    return json.loads(block[1])


def test_it_is_a_medical_web_page_for_patients():
    data = data_of(make_input())
    assert data["@context"] == "https://schema.org"
    assert data["@type"] == "MedicalWebPage"
    assert data["url"] == "https://plain.example/articles/what-is-gene-therapy/"
    assert data["audience"]["audienceType"] == "Patient"
    assert data["about"]["@type"] == "MedicalTherapy"


def test_each_date_is_its_own():
    data = data_of(make_input())
    assert data["datePublished"] == "2026-11-22"
    assert data["dateModified"] == "2026-11-22"
    assert data["lastReviewed"] == "2026-11-22"
    assert data["expires"] == "2027-05-04"
    assert data["reviewedBy"] == [{"@type": "Person", "name": "Dr Ana Ruiz", "jobTitle": "haematologist"}]


def test_a_page_that_is_only_partly_checked_claims_no_review():
    some = (ReviewRecord(ANA, NOW, {full("p1"): "digest"}, date(2027, 5, 4)),)
    data = data_of(make_input(section("s1", paragraph("p1"), paragraph("p2")), reviews=some))
    assert "lastReviewed" not in data
    assert "reviewedBy" not in data
    assert data["expires"] == "2027-05-04"


def test_nothing_is_claimed_that_is_not_known():
    data = data_of(make_input(signed=False))
    for name in ("lastReviewed", "reviewedBy", "expires", "correction", "citation", "alternativeHeadline"):
        assert name not in data
    assert "ClaimReview" not in json.dumps(data)


@pytest.mark.parametrize(
    ("issued", "told"), [([[2014]], "2014"), ([[2014, 6]], "2014-06"), ([[2014, 6, 1]], "2014-06-01")]
)
def test_dates_of_sources_are_no_more_precise_than_known(issued, told):
    page = make_input(citations=[citation("c1")])
    page.context["references"]["raper2003"] = reference(issued={"date-parts": issued})
    assert data_of(page)["citation"][0]["datePublished"] == told


def test_a_source_is_named_without_markup_and_only_by_people_and_organisations_that_there_are():
    page = make_input(citations=[citation("c1")])
    authors = [{"family": "Raper", "given": "Steven E."}, {"literal": "et al"}]
    page.context["references"]["raper2003"] = reference(title="Is <i>BRCA1</i> it?", author=authors)
    (source,) = data_of(page)["citation"]
    assert (source["name"], source["author"]) == ("Is BRCA1 it?", [{"@type": "Person", "name": "Steven E. Raper"}])


def test_sources_corrections_and_the_way_are_given():
    page = make_input(
        citations=[citation("c1")],
        notices=(Notice("correction", "The year was wrong.", date(2026, 6, 1)),),
        breadcrumb=(Link("Genetics", "/topics/genetics/"),),
    )
    data = data_of(page)
    assert data["citation"][0]["identifier"] == "https://doi.org/10.1016/j.ymgme.2003.08.016"
    assert data["correction"][0]["datePublished"] == "2026-06-01"
    steps = data["breadcrumb"]["itemListElement"]
    assert [step["position"] for step in steps] == [1, 2]
    assert steps[0]["item"] == "https://plain.example/topics/genetics/"


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "&lt;/script&gt;", "\u2028\u2029", '"\\', "<script>"])
def test_no_text_ends_the_block(text):
    block = jsonld.as_data_block({"name": text})
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == {"name": text}
