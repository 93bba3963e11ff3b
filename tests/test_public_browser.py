"""The public pages in a real browser: no violation of policy or accessibility, light and dark, small and large."""

import pytest
from playwright.sync_api import expect

from articles.models import SiteSettings
from tests import snapshots
from tests.people import make_topic, newsroom
from tests.screens import assert_accessible, assert_fits, whole

__all__ = ["newsroom"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESSES = [
    "/",
    "/topics/",
    "/topics/treatments/",
    "/a-z/w/",
    "/articles/what-is-gene-therapy/",
    "/articles/what-is-gene-therapy/editions/1/",
    "/articles/what-is-gene-therapy/history/",
    "/articles/what-is-gene-therapy/verify/",
    "/articles/what-is-gene-therapy/share/",
    "/sources/raper2003/",
    "/policies/",
    "/verify/",
    "/nothing-here/",
]
SCREENS = [({"width": 360, "height": 740}, "dark"), ({"width": 1280, "height": 900}, "light")]


@pytest.fixture
def live(newsroom):
    """A live article with one of everything a page can hold."""
    topic = make_topic()
    SiteSettings.objects.create(name="Plain Health", contact_email="desk@plain.example")
    section = snapshots.section(
        "s1",
        snapshots.paragraph("p1", 'A vector carries the gene into the cell.<cite data-uid="c1"></cite>'),
        snapshots.subheading("h1"),
        snapshots.bullet("b1", 'See <a href="https://e.org/a">there</a>.', no_source_reason="Known"),
        snapshots.bullet("b2", level=1, no_source_reason="Known"),
        snapshots.callout("k1", urgency="emergency"),
        snapshots.callout("k2", urgency="urgent"),
        snapshots.callout("k3", urgency="non-urgent"),
        snapshots.table("t1", ["Drug", "Dose", "How often", "For how long"], [["A", "5 mg", "Daily", "A week"]]),
    )
    for block in section["blocks"]:
        block["no_source_reason"] = block["no_source_reason"] or ("" if block["uid"].endswith("p1") else "Known")
    return newsroom.live(newsroom.draft(topics=[topic.uid], also_called=["Genetic therapy"], sections=[section]))


def test_no_page_breaks_policy_or_accessibility_or_the_screen(page, live):
    complaints = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    for size, scheme in SCREENS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        for address in ADDRESSES:
            page.goto(address)
            assert_fits(page)
            assert_accessible(page)
    assert [text for text in complaints if "404" not in text] == []


def test_a_cold_visit_is_small_and_ours_alone(page, live):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto("/articles/what-is-gene-therapy/", wait_until="networkidle")
    assert len(requests) <= 4
    base = page.url.split("/articles/")[0]
    assert all(url.startswith(base) for url in requests)
    assert page.context.cookies() == []


def test_the_keyboard_reaches_the_text_and_the_sources_and_comes_back(page, keys, live):
    page.goto("/articles/what-is-gene-therapy/")
    keys.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to main content")
    keys.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.get_by_role("link", name="source 1", exact=True).focus()
    keys.press("Enter")
    page.wait_for_url("**#source-1")
    page.get_by_role("link", name="Back to where source 1 is cited, a").focus()
    keys.press("Enter")
    page.wait_for_url("**#cite-*")


def test_a_marker_shows_its_source_on_hover_and_focus_and_escape_takes_it_away(page, keys, live):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/articles/what-is-gene-therapy/")
    marker, note = page.get_by_role("link", name="source 1", exact=True), page.locator(".brief")
    assert not note.is_visible()
    marker.hover()
    note.wait_for(state="visible")
    box = note.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    note.hover()
    keys.press("Escape")
    note.wait_for(state="hidden")
    page.mouse.move(0, 0)
    marker.focus()
    keys.press("Shift+Tab", "Tab")
    note.wait_for(state="visible")
    keys.press("Escape")
    note.wait_for(state="hidden")
    expect(marker).to_be_focused()


def test_a_browser_that_does_not_know_interest_shows_the_source_by_style_alone(page, live):
    page.route("**/site.css", _as_older)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/articles/what-is-gene-therapy/")
    _forget_interest(page)
    marker, note = page.get_by_role("link", name="source 1", exact=True), page.locator(".brief")
    marker.hover()
    note.wait_for(state="visible")
    box, line = note.bounding_box(), marker.bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 360
    assert box["y"] >= line["y"]
    note.hover()
    assert note.is_visible()
    page.emulate_media(media="print")
    expect(note).to_be_hidden()
    page.emulate_media(media="screen")
    page.mouse.move(0, 0)
    note.wait_for(state="hidden")
    marker.focus()
    note.wait_for(state="visible")


def test_a_tap_shows_the_source_and_leads_to_its_entry_and_back(phone, live):
    phone.goto("/articles/what-is-gene-therapy/")
    marker, panel = phone.get_by_role("button", name="source 1", exact=True), phone.locator(".brief")
    expect(marker).to_be_visible()
    expect(phone.get_by_role("link", name="source 1", exact=True)).to_have_count(0)
    whole(phone)
    touched = marker.bounding_box()
    assert min(touched["width"], touched["height"]) >= 24
    assert_accessible(phone)
    marker.tap()
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("Raper 2003.")
    for edges in (panel.bounding_box(), panel.get_by_role("link").bounding_box()):
        assert 0 <= edges["x"] <= edges["x"] + edges["width"] <= 360
        assert edges["height"] >= 24
    assert phone.url.endswith("/what-is-gene-therapy/")
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme)
        assert_accessible(phone)
    panel.get_by_role("link", name="Source 1 in full").tap()
    phone.wait_for_url("**#source-1")
    expect(phone.locator("#source-1")).to_be_in_viewport()
    expect(panel).not_to_be_in_viewport()
    phone.get_by_role("link", name="Back to where source 1 is cited, a").tap()
    phone.wait_for_url("**#cite-*")
    expect(marker).to_be_in_viewport()
    expect(panel).to_be_hidden()


def test_what_a_tap_opened_is_closed_by_a_tap_beside_it_by_the_marker_and_by_escape(phone, live):
    phone.goto("/articles/what-is-gene-therapy/")
    marker, panel = phone.get_by_role("button", name="source 1", exact=True), phone.locator(".brief")
    for close in (marker.tap, phone.get_by_role("heading", level=1).tap, lambda: phone.keyboard.press("Escape")):
        marker.tap()
        expect(panel).to_be_visible()
        close()
        expect(panel).to_be_hidden()


def test_a_marker_to_tap_takes_no_more_lines_than_a_link_and_stands_on_no_paper(page, phone, live):
    heights = []
    for shown in (page, phone):
        shown.set_viewport_size({"width": 800, "height": 740})
        shown.goto("/articles/what-is-gene-therapy/")
        expect(shown.locator(".colophon")).to_be_visible()
        whole(shown)
        heights.append(shown.locator(".text").bounding_box()["height"])
    assert heights[0] == heights[1]
    phone.emulate_media(media="print")
    expect(phone.get_by_role("link", name="source 1", exact=True)).to_be_visible()
    expect(phone.locator(".cite button, .brief").filter(visible=True)).to_have_count(0)


def test_fingers_on_a_browser_without_interest_get_the_same_panel_beside_the_marker(phone, live):
    phone.route("**/site.css", _as_older)
    phone.set_viewport_size({"width": 360, "height": 400})
    phone.goto("/articles/what-is-gene-therapy/")
    _forget_interest(phone)
    marker, panel = phone.get_by_role("button", name="source 1", exact=True), phone.locator(".brief")
    for close in (phone.get_by_role("heading", level=1).tap, lambda: phone.keyboard.press("Escape")):
        marker.tap()
        expect(panel).to_be_visible()
        box, line = panel.bounding_box(), marker.bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 360
        assert line["y"] <= box["y"] <= line["y"] + 2 * line["height"]
        close()
        expect(panel).to_be_hidden()


def test_fingers_on_a_browser_that_cannot_put_a_panel_beside_its_button_get_the_link(phone, live):
    phone.route("**/site.css", _as_oldest)
    phone.goto("/articles/what-is-gene-therapy/")
    _forget_interest(phone)
    phone.get_by_role("link", name="source 1", exact=True).tap()
    phone.wait_for_url("**#source-1")
    expect(phone.locator("#source-1")).to_be_in_viewport()


def test_on_paper_it_is_black_on_white_whole_and_says_who_checked_it_and_where_its_links_lead(page, live):
    page.goto("/articles/what-is-gene-therapy/")
    page.emulate_media(media="print", color_scheme="dark")
    shown = page.locator("body")
    for words in ("Checked by Dr Rita Voss", "No outside body certifies this site", "Address of this page", "Raper SE"):
        expect(shown).to_contain_text(words, use_inner_text=True)
    for gone in ("nav", ".share", ".related", ".brief", ".skip", ".cite-page .links"):
        expect(page.locator(gone).filter(visible=True)).to_have_count(0)
    style = "([selector, name, part]) => getComputedStyle(document.querySelector(selector), part)[name]"
    for selector, name, value, part in [
        ("body", "backgroundColor", "rgb(255, 255, 255)", None),
        ("body", "color", "rgb(0, 0, 0)", None),
        (".care.emergency", "borderTopColor", "rgb(0, 0, 0)", None),
        (".care", "breakInside", "avoid", None),
        (".scroll", "breakInside", "avoid", None),
        ("thead", "display", "table-header-group", None),
        ("a[href='https://e.org/a']", "content", '" (https://e.org/a)"', "::after"),
        (".colophon a", "content", '" (/articles/what-is-gene-therapy/verify/)"', "::after"),
    ]:
        assert page.evaluate(style, [selector, name, part]) == value, selector


def _forget_interest(page):
    page.evaluate("document.querySelectorAll('[interestfor]').forEach(a => a.removeAttribute('interestfor'))")


def _as_older(route):
    """The style sheet as a browser reads it that does not know `interest-delay`."""
    sheet = route.fetch().text()
    assert "@supports not (interest-delay: 0s)" in sheet
    route.fulfill(body=sheet.replace("@supports not (interest-delay: 0s)", "@media all"), content_type="text/css")


def _as_oldest(route):
    """The style sheet as a browser reads it that cannot put a panel beside its button either."""
    sheet = route.fetch().text().replace("@supports not (interest-delay: 0s)", "@media all")
    assert "@supports (position-area: block-end)" in sheet
    route.fulfill(body=sheet.replace("@supports (position-area: block-end)", "@media not all"), content_type="text/css")


def test_a_reader_sends_a_page_to_a_friend(page, live):
    page.goto("/articles/what-is-gene-therapy/")
    page.get_by_role("link", name="Let us send one email").click()
    page.get_by_label("Your friend's email address").fill("friend@example.org")
    page.get_by_role("button", name="Send the message").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert page.context.cookies() == []


def test_letters_and_sources_are_large_enough_to_touch(page, live):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/a-z/")
    sizes = page.evaluate("[...document.querySelectorAll('.letters a')].map(a => a.getBoundingClientRect())")
    assert all(size["width"] >= 44 and size["height"] >= 44 for size in sizes)
