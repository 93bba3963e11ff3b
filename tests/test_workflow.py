"""The road from draft to reader, and the refusals along it."""

import pytest

from articles import drafting, workflow
from articles.drafting import Refused
from articles.models import Edition, LedgerEntry, Page
from references.recording import save_reference
from tests.people import NOW, reword


def test_an_article_goes_from_draft_to_reader(newsroom):
    article = newsroom.live()
    assert article.state == "clean"
    assert article.live_edition.number == 1
    page = Page.objects.get(path="/articles/what-is-gene-therapy/")
    assert b"A vector carries the gene" in bytes(page.body)
    assert (article.covered, article.statements) == (3, 3)


def test_what_is_published_is_what_was_approved(newsroom):
    article = newsroom.approved()
    approved = drafting.newest(article)
    newsroom.do(article, "publish", newsroom.paul)
    edition = Edition.objects.get(article=article)
    assert edition.snapshot_digest == article.digest
    assert drafting.read(edition.revision_id, article) == approved


def test_an_edit_after_approval_voids_it(newsroom):
    article = newsroom.approved()
    newsroom.edit(article, reword("b2", "Take 50 mg each morning."))
    assert article.state == "draft"
    with pytest.raises(Refused, match="not possible while"):
        newsroom.do(article, "publish", newsroom.paul)


def test_a_typo_goes_through_two_people_without_a_doctor(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given once"))
    newsroom.do(article, "submit", newsroom.alice, reason="Full stop")
    newsroom.do(article, "approve_minor", newsroom.edward)
    newsroom.do(article, "publish", newsroom.paul)
    assert article.live_edition.number == 2
    assert article.live_edition.significance == "minor"
    assert (article.covered, article.statements) == (3, 3), "the medical signature was carried over"
    assert article.reviewed_on == NOW.date()


def test_a_changed_dose_needs_a_medical_reviewer(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Take 50 mg each morning."))
    newsroom.do(article, "submit", newsroom.alice, reason="Dose")
    with pytest.raises(Refused, match="medical reviewer"):
        newsroom.do(article, "approve_minor", newsroom.edward)
    newsroom.do(article, "pass_on", newsroom.edward)
    newsroom.do(article, "approve", newsroom.rita)
    newsroom.do(article, "publish", newsroom.paul)
    assert article.live_edition.significance == "substantive"


def test_every_entry_of_the_record_is_numbered_without_a_gap(newsroom):
    newsroom.live()
    numbers = list(LedgerEntry.objects.values_list("sequence", flat=True))
    assert numbers == list(range(len(numbers)))
    assert set(LedgerEntry.objects.values_list("kind", flat=True)) >= {
        "revision",
        "step",
        "review",
        "edition",
    }


def test_possible_moves_say_why_not(newsroom):
    article = newsroom.draft()
    offers = {offer.move.name: offer for offer in workflow.possible(article, newsroom.audrey, NOW)}
    assert offers["submit"].reasons == ("Only authors and editors may do this.",)


def test_the_words_of_the_live_version_brought_back_leave_nothing_to_do(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice."))
    newsroom.edit(article, reword("b1", "It is given once."))
    assert article.state == "clean"
    newsroom.edit(article, reword("b1", "It is given thrice."))
    newsroom.do(article, "submit", newsroom.alice, reason="News")
    newsroom.edit(article, reword("b1", "It is given once."), confirmed=True)
    assert article.state == "clean"
    newsroom.edit(article, reword("b1", "It is given four times."))
    newsroom.do(article, "fix_live", newsroom.anna)
    assert article.state == "draft", "the longer draft waits; it is not forgotten"


def test_words_brought_back_over_another_source_still_wait_for_somebody(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice."))
    turned, base = {"title": "Another paper altogether"}, newsroom.reference.newest_revision_id()
    save_reference(turned, actor=newsroom.edward, reason="Wrong", reference=newsroom.reference, base=base)
    newsroom.edit(article, reword("b1", "It is given once."))
    assert article.state == "draft"
    newsroom.do(article, "submit", newsroom.alice, reason="Its source is another")
