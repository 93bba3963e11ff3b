"""The word-processor field and the desk in Chromium: by keyboard, by mouse, on a phone."""

import io
from itertools import product

import pytest
from django.test import Client
from PIL import Image
from playwright.sync_api import expect

from articles import drafting, snapshot
from articles.models import Article, Figure
from articles.uploads import store_picture
from tests import snapshots as s
from tests.people import NOW, Newsroom, reword
from tests.screens import assert_accessible, assert_fits, whole

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}
IN_SIGHT_ABOVE = """([line, bar]) => line.getBoundingClientRect().top >= 0 &&
    line.getBoundingClientRect().bottom <= bar.getBoundingClientRect().top"""


@pytest.fixture
def newsroom(transactional_db):
    return Newsroom()


@pytest.fixture
def desk(page, live_server):
    """`desk(user)`: the browser, signed in; `page.troubles` collects what its console complains about."""

    def enter(user):
        client = Client()
        client.force_login(user)
        page.context.clear_cookies()
        page.context.add_cookies(
            [{"name": name, "value": m.value, "url": live_server.url} for name, m in client.cookies.items()]
        )
        return page

    page.troubles = []
    page.on("console", lambda message: message.type == "error" and page.troubles.append(message.text))
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    return enter


def picture(color=(200, 220, 210)):
    target = io.BytesIO()
    Image.new("RGB", (320, 180), color).save(target, "PNG")
    return target.getvalue()


def rich(newsroom, **changes):
    """An article with every kind of statement."""
    figure = store_picture(picture(), actor=newsroom.alice, now=NOW)
    facts = {"file": figure.name, "alt": "A cell", "decorative": False, "width": 320, "height": 180, "credit": "Ours"}
    sections = [
        s.section(
            "s1",
            s.paragraph("p1", f"A <em><strong>vector</strong></em> carries the gene into the cell.{s.cite('c1')}"),
            s.bullet("b1", "It is given once."),
            s.bullet("b2", "In a hospital.", level=1),
            s.numbered("n1", "10<sup>5</sup> cells are taken."),
            s.callout("k1"),
            heading="What it is",
        ),
        s.section(
            "s2",
            s.table("t1", ["Drug", "Year"], [["Luxturna", f"2017{s.cite('c2')}"]]),
            s.block("f1", "How a vector works", "figure", claim="none", data=facts),
            s.subheading("h1", 'In <abbr title="gene therapy">GT</abbr> <span lang="fr">en bref</span>'),
            s.paragraph("p2", 'See <a href="https://example.org/">there</a>.'),
            heading="How it works",
        ),
    ]
    citations = [s.citation("c1", block="p1", locator="p. 150"), s.citation("c2", block="t1")]
    return newsroom.draft(sections=sections, citations=citations, **changes)


def open_article(page, article):
    page.goto(f"/admin/articles/article/{article.pk}/change/")
    whole(page)
    return page.locator(".ProseMirror")


def press_save(page):
    with page.expect_navigation():
        page.locator(".desk-save button", has_text="Save").first.click()
    expect(page.locator(".messagelist")).to_be_visible()


def blocks(article):
    article.refresh_from_db()
    return list(snapshot.blocks_of(drafting.newest(article)))


def test_typing_changes_one_statement_and_leaves_the_others_as_they_were(newsroom, desk, keys):
    article = rich(newsroom)
    before = blocks(article)
    page = desk(newsroom.alice)
    for field in open_article(page, article).all():
        field.locator("p").last.click()
        keys.press("End")
        keys.type(" More.")
    press_save(page)
    after = blocks(article)
    assert [b["uid"] for b in after] == [b["uid"] for b in before]
    changed = [b["uid"] for b, old in zip(after, before, strict=True) if b != old]
    assert changed == [s.full("k1"), s.full("p2")]
    assert page.troubles == []


def test_splitting_pasting_and_deleting_keep_uids_apart(newsroom, desk, keys):
    article = rich(newsroom)
    page = desk(newsroom.alice)
    field = open_article(page, article).first
    field.locator("li p").first.click()
    keys.press("End", "Enter")
    keys.type("It lasts for years.")
    field.locator("p").first.click()
    keys.press("Home", "Shift+End", "Control+c", "End", "Enter", "Control+v")
    press_save(page)
    found = blocks(article)
    uids = [b["uid"] for b in found]
    assert len(set(uids)) == len(uids)
    assert [b["uid"] for b in found if b["html"] == "It is given once."] == [s.full("b1")]
    assert any(b["html"] == "It lasts for years." and b["kind"] == "bullet" for b in found)


def test_letters_typed_beside_a_citation_do_not_replace_it(newsroom, desk, keys):
    article = rich(newsroom)
    page = desk(newsroom.alice)
    first = open_article(page, article).first.locator("p").first
    chip = first.locator(".citation-chip").bounding_box()
    first.click(position={"x": chip["x"] + chip["width"] - first.bounding_box()["x"] + 4, "y": chip["height"] / 2})
    keys.type("!")
    keys.press("ArrowLeft", "ArrowLeft")
    keys.type("?")
    press_save(page)
    words, citation = blocks(article)[0]["html"].split("<cite")
    assert words.endswith("?")
    assert citation.endswith("</cite>!")


def test_a_source_is_cited_by_keyboard(newsroom, desk, keys):
    article = rich(newsroom)
    page = desk(newsroom.alice)
    field = open_article(page, article).first
    field.locator("li p").first.click()
    keys.press("End", "Control+Alt+c")
    page.get_by_label("Find a source").wait_for()
    page.get_by_label("Where in the source (may stay empty)").fill("fig. 2")
    page.get_by_label("Find a source").fill("raper")
    page.get_by_text("1 source found.").wait_for()
    late = []
    page.route("**q=raper2003", lambda route: late.append(route))
    with page.expect_request("**q=raper2003"):
        page.get_by_label("Find a source").fill("raper2003")
        keys.press("Enter", "ArrowDown", "Enter")  # what was found before is no longer on offer
    expect(page.locator("dialog")).to_be_visible()
    late.pop().continue_()
    page.get_by_text("1 source found.").wait_for()
    keys.press("ArrowDown", "Enter")
    page.locator(".citation-chip", has_text="raper2003, fig. 2").wait_for()
    keys.type(" Really.")
    press_save(page)
    article.refresh_from_db()
    cited = [c for c in drafting.newest(article)["citations"] if c["block"] == s.full("b1")]
    assert [(c["key"], c["locator"]) for c in cited] == [("raper2003", "fig. 2")]
    assert page.troubles == []


def test_the_chip_follows_the_table_of_citations(newsroom, desk):
    article = rich(newsroom)
    page = desk(newsroom.alice)
    open_article(page, article)
    page.locator(f"[name='citation-{s.full('c1')}-locator']").fill("p. 151")
    page.locator(".citation-chip", has_text="raper2003, p. 151").wait_for()


def test_a_source_is_made_on_the_spot(newsroom, desk, keys):
    article = rich(newsroom)
    page = desk(newsroom.alice)
    field = open_article(page, article).first
    field.locator("li p").first.click()
    keys.press("End")
    page.locator(".desk-toolbar").first.get_by_role("button", name="Cite a source").click()
    with page.expect_popup() as waiting:
        page.get_by_text("Make a new source").click()
    popup = waiting.value
    whole(popup)
    popup.locator("[name=type]").select_option("article-journal")
    popup.locator("[name=title]").fill("A new trial of everything")
    popup.locator("[name=authors]").fill("Blaese, Robert")
    popup.locator("[name=issued]").fill("1995")
    with popup.expect_event("close"):
        popup.locator("[name=_save]").first.click(no_wait_after=True)
    page.locator(".citation-chip", has_text="blaese1995").wait_for()


def test_a_callout_a_table_and_a_link_are_made_by_keyboard(newsroom, desk, keys):
    article = newsroom.draft()
    page = desk(newsroom.alice)
    field = open_article(page, article).first
    field.locator("p").first.click()
    page.locator(".ProseMirror-focused").wait_for()
    keys.press("Home", "Shift+ArrowRight", "Control+k")
    page.get_by_label("Address", exact=True).last.fill("https://example.org/")
    keys.press("Enter")
    field.locator("a[href='https://example.org/']").wait_for()
    field.locator("li p").last.click()
    keys.press("End", "Enter", "Enter")
    keys.tool("Insert a callout")
    keys.type("When to call")
    keys.press("Enter")
    keys.type("At once.")
    page.get_by_label("How urgent").select_option("emergency")
    page.locator(".callout p").last.click()
    keys.press("Control+Enter")
    page.locator(".desk-toolbar").first.get_by_role("button", name="Insert a table").click()
    keys.type("Drug")
    keys.press("Tab")
    keys.type("Year")
    page.get_by_label("Caption").fill("Approvals")
    press_save(page)
    found = {b["kind"]: b for b in blocks(article)}
    assert found["paragraph"]["html"].startswith('<a href="https://example.org/">A</a>')
    assert found["callout"]["data"] == {"urgency": "emergency", "heading": "When to call"}
    assert found["callout"]["html"] == "At once."
    assert found["table"]["data"]["header"] == ["Drug", "Year"]
    assert found["table"]["data"]["caption"] == "Approvals"
    assert page.troubles == []


def test_a_picture_is_uploaded_and_described(newsroom, desk, keys):
    article = newsroom.draft()
    page = desk(newsroom.alice)
    field = open_article(page, article).first
    field.locator("li p").last.click()
    keys.press("End", "Enter", "Enter")
    page.locator(".desk-toolbar").first.get_by_role("button", name="Insert a figure").click()
    upload = {"name": "cell.png", "mimeType": "image/png", "buffer": picture((10, 90, 80))}
    page.get_by_label("Upload a picture").set_input_files(upload)
    page.locator("figure img").wait_for()
    page.get_by_label("What the picture shows").fill("A cell with a vector")
    page.get_by_label("Credit").fill("Our drawing")
    press_save(page)
    (figure,) = [b for b in blocks(article) if b["kind"] == "figure"]
    stored = Figure.objects.get()
    assert figure["data"] == {
        "file": stored.name,
        "alt": "A cell with a vector",
        "decorative": False,
        "width": 320,
        "height": 180,
        "credit": "Our drawing",
    }
    assert page.troubles == []


def test_what_is_no_picture_is_refused_in_the_dialog(newsroom, desk):
    page = desk(newsroom.alice)
    open_article(page, newsroom.draft()).first.locator("p").first.click()
    page.locator(".desk-toolbar").first.get_by_role("button", name="Insert a figure").click()
    upload = {"name": "cell.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"}
    page.get_by_label("Upload a picture").set_input_files(upload)
    page.get_by_text("not a PNG, JPEG or WebP picture").wait_for()


def test_the_kind_of_a_statement_and_the_reason_for_no_source(newsroom, desk, keys):
    article = newsroom.draft()
    page = desk(newsroom.alice)
    open_article(page, article).first.locator("li p").first.click()
    page.get_by_label("Kind of statement").first.select_option("opinion")
    page.locator("li p").last.click()
    page.locator(".desk-toolbar").first.get_by_role("button", name="Why this needs no source").click()
    page.get_by_label("Why this statement needs no source").fill("From the label")
    keys.press("Enter")
    page.locator("dialog").wait_for(state="detached")
    press_save(page)
    _, first, second = blocks(article)
    assert first["claim"] == "opinion"
    assert second["no_source_reason"] == "From the label"


def test_statements_without_source_are_marked_while_writing(newsroom, desk, keys):
    page = desk(newsroom.alice)
    field = open_article(page, newsroom.draft()).first
    assert field.locator(".is-uncited").count() == 0
    field.locator("li p").last.click()
    keys.press("End", "Enter")
    keys.type("Everybody is cured.")
    expect(field.locator("li.is-uncited")).to_have_count(1)


def test_sections_are_added_moved_and_brought_back_in_place(newsroom, desk, keys):
    article = rich(newsroom)
    page = desk(newsroom.alice)
    open_article(page, article)
    page.get_by_role("button", name="Move this section down").first.click()
    page.get_by_role("button", name="Remove this section").first.click()
    page.get_by_role("button", name="Bring the removed section back").click()
    page.get_by_role("button", name="Add a section").click()
    keys.type("Risks")
    page.locator(".ProseMirror").last.click()
    keys.type("There are some.")
    press_save(page)
    article.refresh_from_db()
    sections = drafting.newest(article)["sections"]
    assert [section["heading"] for section in sections] == ["How it works", "What it is", "Risks"]
    assert sections[2]["blocks"][0]["html"] == "There are some."
    assert page.troubles == []


def test_a_typo_goes_live_through_two_people_in_at_most_eight_clicks(newsroom, desk, keys):
    article = newsroom.live(newsroom.draft(**with_a_typo()))
    newsroom.edward.groups.add(*newsroom.paul.groups.all())
    clicks = 0

    def click(target):
        nonlocal clicks
        target.click()
        clicks += 1

    page = desk(newsroom.anna)
    page.set_viewport_size(PHONE)
    page.goto("/admin/")
    click(page.locator(".desk-nav a", has_text="Articles"))
    with page.expect_navigation():
        click(page.locator("#result_list a", has_text="What is gene therapy"))
    whole(page)
    click(page.locator(".ProseMirror p", has_text="teh cell"))
    keys.press("End")
    for _ in range(3):  # before the citation, the stop and the wrong word
        keys.press("Control+ArrowLeft")
    page.evaluate(
        """() => { const p = [...document.querySelectorAll('.ProseMirror p')].find(p => p.textContent.includes('teh'));
        const text = [...p.childNodes].find(n => n.nodeType === 3 && n.data.includes('teh'));
        const range = document.createRange(); const at = text.data.indexOf('teh');
        range.setStart(text, at); range.setEnd(text, at + 3);
        getSelection().removeAllRanges(); getSelection().addRange(range) }"""
    )
    keys.type("the")
    page.locator("#id_reason").fill("Typing mistake")
    click(page.get_by_role("button", name="Save and submit"))
    page.get_by_text("Submitted for checking.").wait_for()

    page = desk(newsroom.edward)
    page.set_viewport_size(PHONE)
    page.goto("/admin/")
    click(page.locator(".desk-nav a", has_text="Second look"))
    click(page.get_by_role("button", name="Approve and publish"))
    page.get_by_text("Approved and published").wait_for()
    article.refresh_from_db()
    assert article.live_edition.number == 2
    assert clicks <= 8
    page.goto(f"/articles/{article.slug}/")
    assert "into the cell" in page.locator("main").inner_text()


def with_a_typo():
    return {
        "sections": [s.section("s1", s.paragraph("p1", f"A vector carries the gene into teh cell.{s.cite('c1')}"))],
        "citations": [s.citation("c1", block="p1", accessed="2026-04-01")],
    }


def test_the_desk_is_usable_for_everybody(newsroom, desk):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice in most people."), reason="Two doses")
    newsroom.do(article, "submit", newsroom.alice, reason="Two doses are usual")
    other = rich(newsroom, slug="rich", title="With everything")
    page = desk(newsroom.root)
    one = f"/admin/articles/article/{article.pk}"
    addresses = [
        "/admin/",
        "/admin/articles/article/",
        "/admin/articles/article/second-look/",
        f"/admin/articles/article/{other.pk}/change/",
        f"{one}/change/",
        f"{one}/changes/",
        f"{one}/history/",
        f"{one}/saved/{article.newest_revision_id}/",
        f"/admin/articles/person/{newsroom.author.pk}/change/",
        f"/admin/auth/user/{newsroom.alice.pk}/change/",
        "/admin/articles/ledgerentry/",
    ]
    for address, scheme in product(addresses, ("light", "dark")):
        page.emulate_media(color_scheme=scheme)
        page.goto(address)
        whole(page)
        assert page.troubles == [], address
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            assert_fits(page)
            assert_accessible(page)
        page.troubles.clear()  # axe's own, which the policy of the page forbids


def test_the_field_without_javascript_keeps_every_uid(newsroom, browser, live_server):
    article = rich(newsroom)
    before = blocks(article)
    client = Client()
    client.force_login(newsroom.alice)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()])
    page = context.new_page()
    page.goto(f"/admin/articles/article/{article.pk}/change/")
    field = page.locator(f"[name='section-{s.full('s1')}-body']")
    field.fill(field.input_value().replace("given once", "given twice"))
    page.locator(".desk-save button", has_text="Save").first.click()
    page.locator(".messagelist").wait_for()
    context.close()
    after = blocks(article)
    assert [b["uid"] for b in after if b not in before] == [s.full("b1")]
    assert Article.objects.get(pk=article.pk).newest_revision_id


def test_a_source_can_be_cited_for_the_whole_article_and_taken_out_again(newsroom, desk, keys):
    article = newsroom.draft()
    page = desk(newsroom.alice)
    open_article(page, article)
    page.get_by_role("button", name="Cite a source for the whole article").click()
    page.get_by_label("Find a source").fill("raper")
    page.get_by_text("1 source found.").wait_for()
    keys.press("Enter")
    press_save(page)
    article.refresh_from_db()
    first, second = drafting.newest(article)["citations"]
    assert (first["block"] is None, second["block"] is None) == (False, True)
    page.get_by_label("Remove when saved").last.check()
    press_save(page)
    article.refresh_from_db()
    assert len(drafting.newest(article)["citations"]) == 1
    assert page.troubles == []


def test_a_second_author_is_named_without_a_save_between(newsroom, desk):
    article = newsroom.draft()
    page = desk(newsroom.edward)
    open_article(page, article)
    page.locator("[name=people-1-person]").select_option(newsroom.doctor.uid)
    page.get_by_role("button", name="Add a person").click()
    third = page.locator("[name=people-2-person]")
    expect(third).to_be_focused()
    third.select_option(newsroom.author.uid)
    page.locator("[name=people-2-role]").select_option("fact_checker")
    press_save(page)
    article.refresh_from_db()
    people = [(entry["role"], entry["person"]) for entry in drafting.newest(article)["people"]]
    assert people[1:] == [("author", newsroom.doctor.uid), ("fact_checker", newsroom.author.uid)]
    assert page.troubles == []


def test_the_bar_with_save_never_lies_over_what_is_typed(newsroom, desk, keys):
    page = desk(newsroom.alice)
    page.set_viewport_size({"width": 1280, "height": 600})
    field = open_article(page, newsroom.draft()).first
    field.locator("li p").last.click()
    keys.press("End")
    for number in range(12):
        keys.press("Enter")
        keys.type(f"Line {number}.")
    line, bar = field.locator("p", has_text="Line 11."), page.locator(".desk-save")
    page.wait_for_function(IN_SIGHT_ABOVE, arg=[line.element_handle(), bar.element_handle()])


def test_a_withdrawn_page_and_a_refused_move_are_usable_for_everybody(newsroom, desk):
    article = newsroom.live()
    page = desk(newsroom.paul)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"/admin/articles/article/{article.pk}/change/")
    page.locator("summary", has_text="Withdraw…").click()
    box = page.locator("details.move", has_text="Withdraw…")
    box.get_by_label("Why?").fill("Out of date")
    box.get_by_label("Moved to").fill("nowhere")
    box.get_by_role("button", name="Withdraw").click()
    page.locator(".move .errorlist").wait_for()
    expect(page.get_by_label("Why?").first).to_have_value("Out of date")
    assert_fits(page)
    assert_accessible(page)
    page.get_by_label("Moved to").fill("")
    page.get_by_label("What readers are told").first.fill("It is out of date.")
    page.locator(".move[open]").get_by_role("button", name="Withdraw").click()
    page.get_by_text("Another publisher confirms it next").wait_for()
    assert_accessible(page)
    page.goto("/admin/")
    assert_accessible(page)
    page.goto("/admin/articles/article/add/")
    assert_accessible(page)
