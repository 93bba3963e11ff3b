"""What changed, as editors read it: words without machine marks, and sentences for what words do not show."""

import pytest

from articles import drafting
from articles.admin import reading_aloud, showing
from tests import snapshots as s
from tests.desk import at, page_of, signed_in
from tests.people import reword

pytestmark = pytest.mark.django_db
MARKS = ("[strong", "[/strong", "[citation", "[link", "[em]", "[source]")


def changed(html):
    return s.paragraph("p1", html)


def test_no_page_of_changes_shows_machine_marks(newsroom):
    article = newsroom.live()
    newsroom.edit(
        article, reword("p1", 'A <strong>vector</strong> <a href="/x/">carries</a> it.<cite data-uid="c1"></cite>')
    )
    newsroom.do(article, "submit", newsroom.alice, reason="Shorter")
    client = signed_in(newsroom.edward)
    pages = [at(article, "changes"), at(article, "saved", article.newest_revision_id)]
    for address in [*pages, "/admin/articles/article/second-look/"]:
        shown = page_of(client.get(address))
        assert not [mark for mark in MARKS if mark in shown], address
        assert "[raper2003]" in shown
        assert "New: Bold: “vector”" in shown
        assert "New: Link to /x/: “carries”" in shown


def test_the_title_on_second_look_opens_what_changed(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    shown = page_of(signed_in(newsroom.edward).get("/admin/articles/article/second-look/"))
    assert f'<h2><a href="{at(article, "changes")}">' in shown


def test_empty_fields_of_a_new_article_are_not_removed(newsroom):
    article = newsroom.draft()
    for found in showing.lines(None, drafting.newest(article), {}):
        assert found.word == "Added"


def test_the_text_comes_before_what_files_it(newsroom):
    article = newsroom.draft(also_called=["GT"])
    what = [found.what for found in showing.lines(None, drafting.newest(article), {})]
    assert what.index("Paragraph") < what.index("Also called")


def test_what_changed_since_somebody_looked_is_one_press_away(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    looked_at = article.newest_revision_id
    newsroom.do(article, "request_changes", newsroom.edward, reason="Say how often")
    client = signed_in(newsroom.edward)
    assert "looked at it on" not in page_of(client.get(at(article, "changes")))
    newsroom.edit(article, reword("b1", "It is given twice."))
    shown = page_of(client.get(at(article, "changes")))
    assert "since edward looked at it on 4 May 2026" in shown
    assert at(article, "saved", looked_at) in shown


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<strong>SMA</strong> is rare.", "SMA is rare."),
        ("10<sup>5</sup> cells", "10⁵ cells"),
        ("One<br>two", "One\ntwo"),
        ('It works.<cite data-uid="c1"></cite>', "It works. [raper2003]"),
        ("5\u202e mg", "5[right-to-left override (U+202E)] mg"),
        ("a &lt; b", "a < b"),
    ],
)
def test_words_read_as_they_are_printed(html, words):
    assert reading_aloud.words(changed(html), {"c1": "raper2003"}) == words


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (changed("SMA"), changed("<strong>SMA</strong>"), "New: Bold: “SMA”"),
        (changed("<em>SMA</em>"), changed("SMA"), "No longer: Italic: “SMA”"),
        (changed('<a href="/a/">x</a>'), changed('<a href="/b/">x</a>'), "New: Link to /b/: “x”"),
        (None, changed('<a href="https://evil.example/">x</a>'), "Link to https://evil.example/: “x”"),
        (changed("x"), changed("x") | {"claim": "advice"}, "Kind of statement: Fact → Advice"),
        (changed("x"), changed("x") | {"no_source_reason": "So"}, "Needs no source: – → So"),
        (changed("x"), changed("x") | {"kind": "callout"}, "Form: Paragraph → Callout"),
    ],
)
def test_what_words_do_not_show_is_told(old, new, note):
    assert note in list(reading_aloud.notes(old, new))


def test_another_picture_or_description_is_told():
    one, other = s.figure("f1"), s.figure("f1")
    other["data"] = other["data"] | {"file": "f" * 64 + ".webp", "alt": "A dog"}
    told = list(reading_aloud.notes(one, other))
    assert "Another picture" in told
    assert any("A dog" in note for note in told)
