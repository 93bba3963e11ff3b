"""What the desk says about where an article stands: who spoke last, what is kept from readers, who comes next."""

import pytest

from tests.desk import at, page_of, signed_in
from tests.people import make_user, reword

pytestmark = pytest.mark.django_db
COMMENT = "Please say how often it is given."


def screen(user, article, name="change"):
    return page_of(signed_in(user).get(at(article, name)))


def desk(user):
    return page_of(signed_in(user).get("/admin/"))


def move(user, article, name, **details):
    article.refresh_from_db()
    post = {"base": article.newest_revision_id} | details
    return page_of(signed_in(user).post(at(article, "move", name), post, follow=True))


def returned(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First version")
    newsroom.do(article, "request_changes", newsroom.edward, reason=COMMENT)
    return article


# --- the words of whoever asked for changes -----------------------------------------------------------------------


def test_what_was_asked_for_stands_on_the_article_with_who_and_when(newsroom):
    article = returned(newsroom)
    for user in (newsroom.alice, newsroom.rita):
        shown = screen(user, article)
        assert COMMENT in shown
        assert "edward asked for changes on 4 May 2026" in shown


def test_what_was_asked_for_still_stands_while_the_author_works_on_it(newsroom):
    article = returned(newsroom)
    newsroom.edit(article, reword("b1", "It is given twice."))
    assert article.state == "draft"
    assert COMMENT in screen(newsroom.alice, article)
    newsroom.do(article, "submit", newsroom.alice, reason="Now it does")
    assert COMMENT not in screen(newsroom.alice, article)
    assert "Now it does" in screen(newsroom.edward, article)


def test_a_published_article_carries_no_old_words(newsroom):
    article = newsroom.live(returned(newsroom))
    newsroom.edit(article, reword("b1", "It is given twice."))
    assert "asked for changes" not in screen(newsroom.alice, article)
    assert "approved this" not in screen(newsroom.alice, article)


def test_what_came_back_waits_on_the_desk_of_its_author_and_of_nobody_else(newsroom):
    returned(newsroom)
    assert COMMENT in desk(newsroom.alice)
    for other in (newsroom.anna, newsroom.edward, newsroom.paul, newsroom.audrey):
        assert COMMENT not in desk(other)


def test_an_approved_article_shows_on_its_authors_desk(newsroom):
    newsroom.approved()
    assert "rita approved this" in desk(newsroom.alice)


def test_each_desk_shows_what_its_role_is_asked_for(newsroom):
    article = newsroom.draft()
    assert "Waiting for you" not in desk(newsroom.edward)
    newsroom.do(article, "submit", newsroom.alice, reason="First version")
    assert "alice submitted this" in desk(newsroom.edward)
    assert "Waiting for you" not in desk(newsroom.rita)
    newsroom.do(article, "pass_on", newsroom.edward)
    assert "edward passed this on" in desk(newsroom.rita)
    newsroom.do(article, "approve", newsroom.rita)
    assert "rita approved this" in desk(newsroom.paul)
    newsroom.do(article, "publish", newsroom.paul)
    for user in (newsroom.alice, newsroom.edward, newsroom.rita, newsroom.paul):
        assert "Waiting for you" not in desk(user)


def test_nobody_is_asked_to_check_what_they_handed_in(newsroom):
    both = make_user("both", "author", "editor")
    article = newsroom.draft(actor=both)
    newsroom.do(article, "submit", both, reason="First version")
    assert "Waiting for you" not in desk(both)


def test_the_desk_of_somebody_who_never_did_anything_is_quiet(newsroom):
    newsroom.draft()
    assert "Waiting for you" not in desk(make_user("new", "author"))


# --- what is kept from readers ------------------------------------------------------------------------------------


def test_a_withdrawn_article_is_called_withdrawn_on_its_screen_and_in_the_list(newsroom):
    article = newsroom.live()
    newsroom.do(article, "withdraw", newsroom.paul, reason="Wrong", words="It was wrong.")
    for shown in (screen(newsroom.alice, article), page_of(signed_in(newsroom.alice).get("/admin/articles/article/"))):
        assert ">Withdrawn<" in shown
        assert "state-clean" not in shown
    shown = screen(newsroom.alice, article)
    assert "It was wrong." in shown
    assert "Waits for a second publisher" in shown
    newsroom.do(article, "confirm_notice", newsroom.petra)
    assert "Confirmed by a second publisher" in screen(newsroom.alice, article)


def test_a_moved_article_says_where_readers_are_sent(newsroom):
    article = newsroom.live()
    target = newsroom.live(newsroom.draft(slug="better", title="The better page"))
    newsroom.do(article, "withdraw", newsroom.paul, reason="Merged", words="Read on there.", moved_to=target)
    shown = screen(newsroom.alice, article)
    assert "Moved to another article" in shown
    assert "Moved to another article" in page_of(signed_in(newsroom.alice).get("/admin/articles/article/"))
    assert "The better page" in shown


def test_a_withheld_statement_is_named_with_its_day_and_what_it_waits_for(newsroom):
    article = newsroom.live()
    newsroom.do(article, "withhold", newsroom.paul, block="0000000000b2", reason="Dose", words="Ask your doctor.")
    shown = screen(newsroom.rita, article)
    assert "Statement withheld" in shown
    assert "Take 5 mg each morning." in shown
    assert "since 4 May 2026" in shown
    assert "Waits for a second publisher" in shown
    assert "part withheld" in page_of(signed_in(newsroom.rita).get("/admin/articles/article/"))
    newsroom.do(article, "give_back", newsroom.petra, reason="It was right")
    assert "Statement withheld" not in screen(newsroom.rita, article)
    assert "part withheld" not in page_of(signed_in(newsroom.rita).get("/admin/articles/article/"))


def test_an_article_published_before_its_check_says_so(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "publish_now", newsroom.paul, reason="A danger")
    assert "Published before it was checked" in screen(newsroom.alice, article)
    assert "state-clean" not in page_of(signed_in(newsroom.rita).get("/admin/articles/article/second-look/"))
    newsroom.do(article, "approve_after", newsroom.rita)
    assert "Published before it was checked" not in screen(newsroom.alice, article)
