"""The whole way of one article in Chromium, by keyboard alone: written, cited, checked, signed, scheduled, published by
itself, read, corrected, audited."""

import datetime
import io

import pytest
from django.core.management import call_command
from django.utils import timezone

from articles import drafting
from articles.models import Article
from references.models import Reference
from tests.keyboard import Keyboard
from tests.people import PASSWORD, Newsroom, make_topic
from tests.screens import assert_accessible, assert_fits, whole

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOLD = ("Checked by", "Next check due", "Updated")
TITLE = "What is a vector?"
REPORT_BROKEN_POLICY = """document.addEventListener("securitypolicyviolation",
    (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""


class Clock:
    """The real time, until it is set forward."""

    def __init__(self, monkeypatch):
        now = timezone.now
        self.ahead = datetime.timedelta()
        monkeypatch.setattr(timezone, "now", lambda: now() + self.ahead)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def newsroom(transactional_db):
    make_topic("Treatments", "treatments")
    return Newsroom()


@pytest.fixture
def troubles(page):
    """What the browser complained about, on this page and in its popups."""
    found = []
    page.context.add_init_script(REPORT_BROKEN_POLICY)
    page.context.on("console", lambda message: message.type == "error" and found.append(message.text))
    page.context.on("weberror", lambda error: found.append(str(error.error)))
    return found


@pytest.fixture
def look(page, troubles):
    """A look at the screen as it stands: nothing for axe or the console to say, and room enough on a phone."""

    def at_the_screen():
        assert_accessible(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert_fits(page)
        page.set_viewport_size({"width": 1280, "height": 720})
        assert troubles == [], page.url

    return at_the_screen


@pytest.fixture
def sign_in(page, keys):
    def as_user(user):
        page.context.clear_cookies()
        page.goto("/admin/")
        page.locator("#id_username:focus").wait_for()
        keys.type(user.username)
        keys.press("Tab")
        keys.type(PASSWORD)
        with page.expect_navigation():
            keys.press("Enter")

    return as_user


def test_an_article_goes_its_whole_way_by_keyboard(newsroom, page, keys, sign_in, look, clock):
    sign_in(newsroom.alice)
    add_article(keys, look)
    write(page, keys)
    save_and_submit(page, keys, look)

    sign_in(newsroom.edward)
    pass_on(page, keys, look)
    sign_in(newsroom.rita)
    approve_and_sign(page, keys)
    sign_in(newsroom.paul)
    moment = schedule(page, keys, look)
    page.goto("/")
    assert page.get_by_text(TITLE).count() == 0
    publish_by_itself(moment, clock)

    page.context.clear_cookies()
    read(page, keys, look)
    assert page.context.cookies() == []
    dates = dates_of(page)

    clock.ahead += datetime.timedelta(days=40)
    sign_in(newsroom.alice)
    correct(page, keys)
    sign_in(newsroom.edward)
    keys.open("Second look", within="nav")
    assert page.locator(".look del").all_inner_texts() == ["teh"]
    keys.button("Approve")
    sign_in(newsroom.paul)
    keys.open("Second look", within="nav")
    keys.button("Publish")
    assert dates_of(page) == dates
    assert "It carries the gene into the cell." in page.locator("main").inner_text()

    sign_in(newsroom.audrey)
    audit(page, keys, look)


def add_article(keys, look):
    keys.open("Articles", within="nav")
    keys.open("Add article")
    keys.fill("Title", TITLE)
    look()
    keys.button("Start writing")


def write(page, keys):
    keys.fill("Summary", "What carries a gene into a cell.")
    keys.fill("Main topic", "Treatments")
    keys.fill("Funding", "No outside funding.")
    keys.fill("Heading", "In short")
    keys.reach(page.locator(".ProseMirror"))
    keys.type("A vector carries a gene")
    cite_from_the_library(page, keys)
    keys.type(".")
    keys.press("Enter")
    keys.tool("Bullets")
    keys.back_in_text()
    keys.type("It carries teh gene into the cell.")
    cite_a_new_source(page, keys)
    keys.press("Enter")
    keys.type("It is often a changed virus.")
    keys.tool("Why this needs no source")
    page.locator("dialog input:focus").wait_for()
    keys.type("Explained in the drawing")
    keys.press("Enter")
    keys.back_in_text()


def cite_from_the_library(page, keys):
    keys.press("Control+Alt+c")
    page.locator("dialog input:focus").wait_for()
    keys.type("raper")
    page.get_by_text("1 source found.").wait_for()
    keys.press("ArrowDown", "Enter")
    page.locator(".citation-chip", has_text="raper2003").wait_for()
    keys.back_in_text()


def cite_a_new_source(page, keys):
    keys.press("Control+Alt+c")
    keys.reach(page.get_by_role("link", name="Make a new source"))
    with page.expect_popup() as waiting:
        keys.press("Enter")
    popup = waiting.value
    whole(popup)
    hands = Keyboard(popup)
    hands.fill("Type", "Journal")
    hands.fill("Title", "T lymphocyte-directed gene therapy for ADA-SCID")
    hands.fill("Authors", "Blaese, Robert")
    hands.fill("Published", "1995")
    hands.reach(popup.get_by_role("button", name="Save", exact=True))
    with popup.expect_event("close"):
        hands.press("Enter")
    page.locator(".citation-chip", has_text="blaese1995").wait_for()
    keys.back_in_text()


def save_and_submit(page, keys, look):
    keys.press("Escape")
    keys.fill("What you changed", "First version")
    keys.button("Save")
    page.get_by_text("Nothing to put right.").wait_for()
    look()
    article = Article.objects.get()
    content = drafting.newest(article)
    shapes = [(b["kind"], b["level"]) for b in content["sections"][0]["blocks"]]
    assert shapes == [("paragraph", 0), ("bullet", 0), ("bullet", 0)]
    assert [c["key"] for c in content["citations"]] == ["raper2003", "blaese1995"]
    assert Reference.objects.filter(key="blaese1995").exists()
    keys.unfold("Submit for checking")
    keys.fill("Why? Colleagues and auditors see this.", "Readers ask what a vector is")
    keys.button("Submit for checking")
    page.get_by_text("Submitted for checking.").wait_for()


def pass_on(page, keys, look):
    keys.open("Second look", within="nav")
    waiting = page.locator(".look").inner_text()
    assert "alice: Readers ask what a vector is" in waiting
    assert "A vector carries a gene" in waiting
    assert "subtitle" not in waiting
    look()
    keys.open(TITLE)
    keys.open("What changed")
    assert "It is often a changed virus." in page.locator(".changes").inner_text()
    look()
    keys.open("Second look", within="nav")
    keys.button("Pass on to a medical reviewer")
    page.get_by_text("Passed on.").wait_for()


def approve_and_sign(page, keys):
    keys.open("Second look", within="nav")
    keys.open("Preview")
    assert "A vector carries a gene" in page.locator("main").inner_text()
    page.go_back()
    keys.button("Approve and sign")
    page.get_by_text("Approved and signed.").wait_for()


def schedule(page, keys, look):
    """Schedule for tomorrow at this time; the moment that was set."""
    moment = timezone.localtime() + datetime.timedelta(days=1)
    keys.open("Second look", within="nav")
    keys.open("Open the article")
    keys.unfold("Schedule")
    keys.reach(page.get_by_label("When:"))
    keys.type(f"{moment:%m%d%Y}")
    keys.press("Tab")
    keys.type(f"{moment:%I%M%p}")
    look()
    keys.button("Schedule")
    page.get_by_text("Scheduled.").wait_for()
    assert page.get_by_text("Goes live", exact=True).is_visible()
    article = Article.objects.get()
    assert article.state == Article.State.SCHEDULED
    assert article.go_live_at == moment.replace(second=0, microsecond=0)
    return article.go_live_at


def publish_by_itself(moment, clock):
    """One round of the worker a minute before, one a minute after."""
    for minutes in (-1, 1):
        clock.ahead = datetime.timedelta()
        clock.ahead = moment + datetime.timedelta(minutes=minutes) - timezone.now()
        told = io.StringIO()
        call_command("work", "--once", stdout=told)
        assert (f"“{TITLE}” is published." in told.getvalue()) == (minutes > 0)
        assert (Article.objects.get().live_edition is not None) == (minutes > 0)


def read(page, keys, look):
    page.goto("/")
    look()
    keys.open("W")
    keys.open(TITLE)
    look()
    assert "Dr Rita Voss" in page.locator("main").inner_text()
    keys.reach(page.get_by_role("link", name="source 2", exact=True))
    keys.press("Enter")
    page.wait_for_url("**#source-2")
    keys.reach(page.get_by_role("link", name="Back to where source 2 is cited"))
    keys.press("Enter")
    page.wait_for_url("**#cite-*")
    keys.open("Check this page yourself")
    look()


def dates_of(page):
    """When readers are told that the page was updated and checked."""
    page.goto("/articles/what-is-a-vector/")
    rows = page.locator("#about div")
    return [rows.filter(has=page.get_by_text(name, exact=True)).inner_text() for name in TOLD]


def correct(page, keys):
    keys.open("Articles", within="nav")
    keys.open(TITLE)
    keys.reach(page.locator(".ProseMirror"))
    keys.press("Control+Home", "ArrowDown", "Home", *["ArrowRight"] * len("It carries "), *["Shift+ArrowRight"] * 3)
    keys.type("the")
    keys.press("Escape")
    keys.fill("What you changed", "Typing mistake")
    keys.button("Save and submit")
    page.get_by_text("Submitted for checking.").wait_for()


def audit(page, keys, look):
    keys.open("Articles", within="nav")
    nothing_can_be_written(page)
    keys.open(TITLE)
    nothing_can_be_written(page)
    keys.open("History")
    told = page.locator(".history").inner_text()
    for words in ("Readers ask what a vector is", "Approve and sign rita", "Typing mistake"):
        assert words in told
    nothing_can_be_written(page)
    look()
    keys.open("Activity", within="nav")
    nothing_can_be_written(page)
    look()


def nothing_can_be_written(page):
    """No button that posts but the one for signing out, and no field that is open."""
    posting = page.locator("form[method=post]:not(#logout-form)")
    assert posting.locator("button, input[type=submit]").count() == 0
    assert posting.locator("input:not([type=hidden]):enabled, textarea:enabled, select:enabled").count() == 0
    assert page.locator(".addlink, [contenteditable=true]").count() == 0
