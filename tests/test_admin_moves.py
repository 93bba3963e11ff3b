"""Moves from their boxes: a refusal loses nothing that was typed, and a success says who has the article now."""

import html5lib
import pytest

from articles.models import Article
from tests.desk import at, fields_in, fields_of, page_of, signed_in
from tests.people import reword

pytestmark = pytest.mark.django_db


def press(user, article, name, **details):
    article.refresh_from_db()
    post = {"base": article.newest_revision_id} | details
    return page_of(signed_in(user).post(at(article, "move", name), post, follow=True))


def box(shown, article, name):
    """The box of a move: whether it stands open, and what a browser would post from it."""
    tree = html5lib.parse(shown, namespaceHTMLElements=False)
    for details in tree.iter("details"):
        for form in details.iter("form"):
            if form.get("action") == at(article, "move", name):
                return details.get("open") is not None, fields_in(form)
    raise AssertionError(f"no box for {name}")


TYPED = {"reason": "It is out of date", "words": "Read the newer page."}


def test_a_refused_withdrawal_keeps_its_box_open_with_everything_typed(newsroom):
    article = newsroom.live()
    shown = press(newsroom.paul, article, "withdraw", **TYPED, moved_to="No such page!")
    is_open, fields = box(shown, article, "withdraw")
    assert is_open
    assert fields["reason"] == [TYPED["reason"]]
    assert fields["words"] == [TYPED["words"]]
    assert fields["moved_to"] == ["No such page!"]
    assert "There is no article at “No such page!” that readers can see." in shown
    assert "slug" not in shown.split('id="article-form"')[0]


def test_a_refused_withholding_keeps_its_words_too(newsroom):
    article = newsroom.live()
    shown = press(newsroom.paul, article, "withhold", **TYPED)
    is_open, fields = box(shown, article, "withhold")
    assert is_open
    assert fields["words"] == [TYPED["words"]]
    assert "Say which statement." in shown
    assert "valid choice" not in press(newsroom.paul, article, "withhold", **TYPED, block="nonsense")


def test_other_boxes_stay_closed_and_empty(newsroom):
    article = newsroom.live()
    shown = press(newsroom.paul, article, "withhold", **TYPED)
    is_open, fields = box(shown, article, "withdraw")
    assert not is_open
    assert fields["reason"] == [""]


def test_the_text_beside_a_refused_move_can_still_be_saved(newsroom):
    article = newsroom.draft()
    newsroom.alice.groups.add(*newsroom.paul.groups.all())
    shown = press(newsroom.alice, article, "publish_now")
    tree = html5lib.parse(shown, namespaceHTMLElements=False)
    form = next(form for form in tree.iter("form") if form.get("id") == "article-form")
    assert form.get("action") == at(article)
    client = signed_in(newsroom.alice)
    client.post(form.get("action"), fields_of(shown) | {"title": "Saved after all"})
    assert Article.objects.get(pk=article.pk).title == "Saved after all"


def test_what_was_typed_about_an_older_version_can_be_sent_after_another_look(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    old = article.newest_revision_id
    newsroom.edit(article, reword("b2", "Take 6 mg."), actor=newsroom.anna, confirmed=True)
    newsroom.do(article, "submit", newsroom.anna, reason="Dose") if article.state == "draft" else None
    client = signed_in(newsroom.edward)
    post = {"base": old, "reason": "Why 6 mg?"}
    shown = page_of(client.post(at(article, "move", "request_changes"), post))
    assert "Look at it again first" in shown
    is_open, fields = box(shown, article, "request_changes")
    assert (is_open, fields["reason"]) == (True, ["Why 6 mg?"])
    client.post(at(article, "move", "request_changes"), fields)
    article.refresh_from_db()
    assert article.state == "changes_requested"


@pytest.mark.parametrize(
    "written",
    ["better", "The Better Page", "/articles/better/", "https://health.example/articles/better/?from=mail"],
)
def test_where_an_article_moved_is_told_as_people_copy_it(newsroom, written):
    article = newsroom.live()
    target = newsroom.live(newsroom.draft(slug="better", title="The better page"))
    press(newsroom.paul, article, "withdraw", **TYPED, moved_to=written)
    assert article.notices.get().moved_to == target


@pytest.mark.parametrize("written", ["unpublished", "what-is-gene-therapy", "https://evil.example/", "'; --"])
def test_an_article_moves_nowhere_else(newsroom, written):
    article = newsroom.live()
    newsroom.draft(slug="unpublished", title="Not yet")
    press(newsroom.paul, article, "withdraw", **TYPED, moved_to=written)
    article.refresh_from_db()
    assert article.live_edition is not None


def test_messages_say_who_has_the_article_now(newsroom):
    article = newsroom.draft()
    steps = [
        (newsroom.alice, "submit", {"reason": "First"}, "An editor who did not write it looks at it next"),
        (newsroom.edward, "request_changes", {"reason": "Why?"}, "It is with its author again"),
        (newsroom.alice, "submit", {"reason": "So"}, "An editor who did not write it looks at it next"),
        (newsroom.edward, "pass_on", {}, "A medical reviewer checks it next"),
        (newsroom.rita, "approve", {}, "A publisher can publish or schedule it now"),
        (newsroom.paul, "publish", {}, "Readers see it now"),
        (newsroom.paul, "withdraw", TYPED, "Another publisher confirms it next"),
        (newsroom.petra, "confirm_notice", {}, "Nothing more is owed"),
        (newsroom.paul, "reopen", {}, "until it is published again"),
    ]
    for user, name, details, sentence in steps:
        shown = press(user, article, name, **details)
        assert sentence in shown, name
        assert "Done:" not in shown
