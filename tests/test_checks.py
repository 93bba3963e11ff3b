"""Checks beside the text: what stops a submission, and what is worth a look."""

import datetime

import pytest

from articles.checks import ADVICE, BLOCKING, Standing, ageing_statements, check
from tests import snapshots as s

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)


def sentences(snapshot, level, ages=(), standing=None, context=None):
    found = check(snapshot, context or s.make_context(), dict(ages), NOW, standing)
    return [finding.sentence for finding in found if finding.level == level]


def article(*blocks, **changes):
    return s.make_snapshot(s.section("s1", *blocks), **({"kind": "condition", "funding": "None"} | changes))


CITED = s.paragraph("p1", f"It is rare.{s.cite('c1')}")
CITATIONS = [s.citation("c1", block="p1")]


def test_a_finished_article_has_no_findings():
    assert check(article(CITED, citations=CITATIONS), s.make_context("raper2003"), {}, NOW) == []


def test_an_article_without_author_or_text_cannot_be_submitted():
    empty = s.make_snapshot(s.section("s1"), people=[])
    assert sentences(empty, BLOCKING) == ["Name an author.", "The article has no text yet."]


@pytest.mark.parametrize("claim", ["fact", "number", "advice"])
def test_a_claim_needs_a_source(claim):
    found = check(article(s.paragraph("p1", "It is rare.", claim=claim)), {}, {}, NOW)
    assert [(f.level, f.block, f.sentence) for f in found] == [
        (BLOCKING, s.full("p1"), "“It is rare.” has no source. Cite one, or say why none is needed.")
    ]


@pytest.mark.parametrize("claim", ["opinion", "definition", "none"])
def test_what_claims_nothing_needs_no_source(claim):
    assert sentences(article(s.paragraph("p1", "It is rare.", claim=claim)), BLOCKING) == []


def test_a_reason_stands_in_for_a_source():
    assert sentences(article(s.paragraph("p1", "Rare.", no_source_reason="Common knowledge")), BLOCKING) == []


def test_a_citation_in_a_cell_counts_for_the_table():
    uncited = s.table("t1", ["Drug"], [["Luxturna"]])
    assert sentences(article(uncited), BLOCKING) == ["“Doses” has no source. Cite one, or say why none is needed."]
    cited = s.table("t1", ["Drug"], [[f"Luxturna{s.cite('c1')}"]])
    assert sentences(article(cited, citations=[s.citation("c1", block="t1")]), BLOCKING) == []


def test_a_picture_needs_words_or_is_decorative():
    sentence = "A picture needs a text that says what it shows, or “decorative”."
    assert sentences(article(s.figure("f1", alt="")), BLOCKING) == [sentence]
    assert sentences(article(s.figure("f1", alt="", decorative=True)), BLOCKING) == []


@pytest.mark.parametrize(
    "words",
    [
        "Gene therapy is currently only available in trials.",
        "No gene therapy has been approved.",
        "It has not been approved in the US.",
        "A cure is not yet known.",
        "Recent studies show promise.",
        "In the next few years this will change.",
        "It is still experimental.",
    ],
)
def test_time_bound_words_are_found(words):
    assert ageing_statements(article(s.paragraph("p1", words)))


@pytest.mark.parametrize(
    "words", ["It was approved in 2017.", "The presently named gene", "A soonish word", "Newborns are screened."]
)
def test_dated_and_timeless_words_are_not(words):
    assert ageing_statements(article(s.paragraph("p1", words))) == {}


def test_old_time_bound_words_say_their_age():
    old = article(s.paragraph("p1", "It is currently not yet approved.", claim="none"))
    ages = {s.full("p1"): NOW - datetime.timedelta(days=12 * 365 + 10)}
    assert sentences(old, ADVICE, ages) == ["“currently” and “not yet” was written 12 years ago. Is it still so?"]
    ages = {s.full("p1"): NOW - datetime.timedelta(days=200)}
    assert sentences(old, ADVICE, ages) == ["“currently” and “not yet” was written 6 months ago. Is it still so?"]


def test_fresh_time_bound_words_get_a_hint():
    fresh = article(s.paragraph("p1", "Recently found.", claim="none"))
    assert sentences(fresh, ADVICE) == ["“recently” will age. Say when instead, such as “in 2026”."]


def test_markup_inside_a_phrase_hides_nothing():
    assert ageing_statements(article(s.paragraph("p1", "It is <em>not</em> yet known.")))


def test_word_lists_are_english():
    assert ageing_statements(article(s.paragraph("p1", "currently"), language="de")) == {}


def test_a_live_page_without_check_or_overdue_is_named():
    standing = Standing(is_live=True, reviewed_on=None, due_on=datetime.date(2026, 5, 1))
    assert sentences(article(CITED, citations=CITATIONS), ADVICE, standing=standing) == [
        "No health professional has checked every statement of the live page.",
        "The live page should have been checked by 1 May 2026.",
    ]
    assert sentences(article(CITED, citations=CITATIONS), ADVICE, standing=Standing(due_on=NOW.date())) == []


def test_a_web_page_needs_the_day_it_was_read():
    context = s.make_context(raper2003={"type": "webpage"})
    undated = article(CITED, citations=CITATIONS)
    assert sentences(undated, ADVICE, context=context) == ["Say when raper2003 was read: web pages change."]


def test_a_treatment_page_should_answer_what_patients_ask():
    page = article(CITED, citations=CITATIONS, kind="therapy")
    (sentence,) = sentences(page, ADVICE)
    assert "its risks" in sentence
    assert "without treatment" in sentence


def test_what_blocks_comes_first():
    levels = [f.level for f in check(s.make_snapshot(s.section("s1", s.paragraph("p1", "Soon."))), {}, {}, NOW)]
    assert levels == sorted(levels, reverse=True)
