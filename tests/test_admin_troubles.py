"""Sources in trouble on the desk: the list of work, the page on which somebody answers, the marks beside the text."""

import re

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.admin.troubles import tally
from articles.models import SourceMark
from tests.desk import at, fields_in, page_of, signed_in
from tests.people import make_user
from tests.test_ripple import ANSWER, notice, without_source, work

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/article/sources-in-trouble/"
WORDS = "A vector carries the gene into the cell."


@pytest.fixture
def marked(newsroom):
    article = newsroom.live()
    notice(newsroom.reference)
    return article


def answer_form(html):
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return next(f for f in tree.iter("form") if f.get("action", "").endswith("/answer/"))


def post_answer(user, article, words=ANSWER, **changes):
    client = signed_in(user)
    shown = page_of(client.get(at(article, "troubled")))
    form = answer_form(shown)
    fields = {name: values[0] for name, values in fields_in(form).items() if values}
    return client.post(form.get("action"), fields | {"words": words} | changes, follow=True)


def test_the_list_names_statement_source_and_day_and_leads_to_the_answer(newsroom, marked):
    shown = page_of(signed_in(newsroom.edward).get(LIST))
    for words in (WORDS, "raper2003", "was retracted on 26 July 2019", "Raper SE", at(marked, "troubled")):
        assert words in shown
    assert "Overdue since 11 May 2026" in shown
    assert "1 statement waits for an answer" in front_page(newsroom)


def front_page(newsroom):
    return " ".join(page_of(signed_in(newsroom.edward).get("/admin/")).split())


def test_the_front_page_counts_what_waits_and_what_is_late_in_one_question(newsroom, marked, settings):
    shown = front_page(newsroom)
    assert LIST in shown
    assert '<span class="overdue">1 late</span>' in shown
    mark = SourceMark.objects.get()
    with CaptureQueriesContext(connection) as asked:
        assert vars(tally(mark.due_on)) == {"open": 1, "late": 0}
    assert len(asked) == 1
    post_answer(newsroom.rita, marked)
    assert "nothing waits for an answer" in front_page(newsroom)


def test_somebody_answers_without_a_script_and_the_list_is_empty(newsroom, marked):
    answered = page_of(post_answer(newsroom.rita, marked))
    assert "Readers see your answer under your name" in answered
    assert ANSWER in answered
    assert "No statement that readers see waits" in page_of(signed_in(newsroom.edward).get(LIST))
    told = page_of(signed_in(newsroom.alice).get(at(marked, "history")))
    assert re.search(r"Source raper2003, retracted: answered.*?" + re.escape(ANSWER), told, re.DOTALL)


def test_one_answer_is_given_for_those_that_are_ticked_and_a_refusal_keeps_the_ticks(newsroom, marked):
    others = [newsroom.live(newsroom.draft(slug=f"more-{n}", title=f"More {n}")) for n in range(2)]
    erin = make_user("erin", "editor")
    own = newsroom.live(newsroom.draft(erin, slug="own", title="Own"))
    work()
    shown = page_of(signed_in(erin).get(at(marked, "troubled")))
    assert "3 other statements wait because of this" in shown
    assert "You wrote this; somebody else must answer for it." in shown
    ticks = re.findall(r'name="further" value="(\d+-\d+)"', shown)
    assert [int(tick.split("-")[1]) for tick in ticks] == [one.live_edition_id for one in others]
    own_tick = f"{SourceMark.objects.get(article=own).pk}-{own.live_edition_id}"
    refused = page_of(post_answer(erin, marked, further=[ticks[1], own_tick, "<script>"]))
    assert "in “Own”: You wrote this statement; somebody else must answer for it." in refused
    assert re.findall(r'value="([^"]+)" checked', refused) == [ticks[1]]
    assert SourceMark.objects.filter(action="answered").count() == 0
    assert "Answered for 2 statements." in page_of(post_answer(erin, marked, further=[ticks[1]]))
    assert set(SourceMark.objects.filter(action="answered").values_list("article", flat=True)) == {
        marked.pk, others[1].pk
    }  # fmt: skip


def test_a_refused_answer_keeps_what_was_typed(newsroom, marked):
    shown = page_of(post_answer(newsroom.edward, marked, "Half a thought", digest="0" * 64))
    assert "Another wording of this statement was published" in shown
    assert "Half a thought</textarea>" in shown
    assert SourceMark.objects.filter(action="answered").count() == 0


def test_who_may_not_answer_reads_why_and_gets_no_form(newsroom, marked):
    for user in (newsroom.alice, newsroom.paul, newsroom.audrey):
        shown = page_of(signed_in(user).get(at(marked, "troubled")))
        assert WORDS in shown
        assert "Only editors and medical reviewers may do this." in shown
        assert "<textarea" not in shown
        answered = signed_in(user).post(at(marked, "answer"), {"words": ANSWER})
        assert SourceMark.objects.filter(action="answered").count() == 0, answered


def test_an_answer_needs_a_post_a_place_on_the_desk_and_an_article(newsroom, marked, client):
    editor = signed_in(newsroom.edward)
    assert editor.get(at(marked, "answer")).status_code == 405
    assert editor.post(LIST).status_code == 405
    for name in ("troubled", "answer"):
        address = reverse(f"admin:articles_article_{name}", args=[10**30])
        assert (editor.post if name == "answer" else editor.get)(address).status_code == 404
    assert client.post(at(marked, "answer"), {"words": ANSWER}).status_code == 302
    odd = {"place": "\x00" * 3_000, "key": "'; --", "matter": "{{ x }}", "digest": "<b>", "words": "x"}
    assert "nothing to answer here" in page_of(editor.post(at(marked, "answer"), odd))
    assert SourceMark.objects.count() == 1


def test_the_article_screen_marks_the_statement_until_it_is_answered(newsroom, marked):
    def screen():
        return page_of(signed_in(newsroom.edward).get(at(marked)))

    finding = f'data-block="{"p1".rjust(12, "0")}"'
    shown = screen()
    assert "The source raper2003 was retracted on 26 July 2019." in shown
    assert finding in shown
    assert shown.partition(finding)[2].partition("</li>")[0].count("Source: retracted</span>") == 1
    assert at(marked, "troubled") in shown
    newsroom.edit(marked, without_source)
    shown = screen()
    assert "The source raper2003 was retracted" not in shown
    assert at(marked, "troubled") in shown.split('id="checks"')[1]
    post_answer(newsroom.edward, marked)
    assert at(marked, "troubled") not in screen().split('id="checks"')[1]


def test_a_draft_that_cites_a_retracted_source_says_so_before_it_is_published(newsroom):
    notice(newsroom.reference)
    draft = newsroom.draft()
    shown = page_of(signed_in(newsroom.alice).get(at(draft)))
    assert "The source raper2003 was retracted on 26 July 2019. Our editors have not answered yet." in shown
    assert at(draft, "troubled") not in shown.split('id="checks"')[1]


def test_the_list_and_the_page_ask_as_much_for_many_marks_as_for_one(newsroom, marked):
    editor = signed_in(newsroom.edward)

    def questions():
        counts = []
        for address in (LIST, at(marked, "troubled")):
            editor.get(address)
            with CaptureQueriesContext(connection) as asked:
                editor.get(address)
            counts.append(len(asked))
        return counts

    def more(number):
        newsroom.live(newsroom.draft(slug=f"more-{number}", title=f"More {number}"))

    more(0)
    work()
    before = questions()
    for number in range(1, 4):
        more(number)
    work()
    assert questions() == before
