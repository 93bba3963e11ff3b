"""The library's desk in a browser: an import that goes on by itself, and screens that are usable for everybody."""

import re

import pytest
from django.test import Client

from references.importing import portions
from references.models import LibraryImport, Reference
from tests.people import Newsroom, make_reference
from tests.screens import assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RIS = "TY  - JOUR\nTI  - Paper on vectors, number {0}\nAU  - Dunbar, C. E.\nPY  - 2018\nDO  - 10.1234/a{0}\nER  - \n\n"
LIST = "/admin/references/reference/"


@pytest.fixture
def newsroom(transactional_db):
    return Newsroom()


@pytest.fixture
def desk(page, live_server, newsroom):
    client = Client()
    client.force_login(newsroom.edward)
    page.context.add_cookies(
        [{"name": name, "value": m.value, "url": live_server.url} for name, m in client.cookies.items()]
    )
    page.troubles = []
    page.on("console", lambda message: message.type == "error" and page.troubles.append(message.text))
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    return page


def test_a_long_import_goes_on_by_itself_and_every_screen_is_usable(newsroom, desk, monkeypatch):
    monkeypatch.setattr(portions.go_on, "__kwdefaults__", {"seconds": 0.0})
    twin = make_reference("twin2003", pmid="14567964", volume="", page="", url="https://example.org/a/long/address")
    desk.goto(f"{LIST}import/")
    desk.get_by_label("Or paste here").fill(
        "".join(RIS.format(number) for number in range(55)) + "TY  - JOUR\nER  - \n"
    )
    desk.get_by_role("button", name="Preview").click()
    start = desk.get_by_role("button", name="Import")
    start.wait_for()
    preview = desk.url
    desk.set_viewport_size({"width": 360, "height": 800})
    usable(desk, "a preview")
    assert desk.locator(".table-scroller").evaluate("box => box.scrollWidth - box.clientWidth") <= 0  # reasons in sight
    start.click()
    desk.get_by_role("heading", name="Done", exact=True).wait_for()
    assert Reference.objects.count() == 57
    assert LibraryImport.objects.get().done == 56
    pair = "/admin/references/merge/side-by-side/raper2003/twin2003/"
    phone = [f"{LIST}{twin.pk}/change/", preview, pair]
    for scheme, width, addresses in (
        ("light", 360, phone),
        ("dark", 1280, [LIST, "/admin/references/merge/twins/", pair]),
    ):
        desk.emulate_media(color_scheme=scheme)
        desk.set_viewport_size({"width": width, "height": 800})
        for address in addresses:
            desk.goto(address)
            usable(desk, address)
    desk.goto(f"{LIST}{twin.pk}/change/")
    desk.get_by_role("combobox", name="Superseded by").click()
    desk.get_by_role("searchbox", name="Superseded by").fill("vectors")
    desk.locator(".select2-results__option", has_text="vectors").nth(5).wait_for()
    usable(desk, "choosing a newer form")
    desk.goto(f"{LIST}?q=vectors")
    desk.locator("#action-toggle").check()
    desk.locator("select[name=action]").select_option("set_together")
    desk.get_by_role("button", name=re.compile("^(Go|Run)$")).click()  # Django renamed it
    desk.get_by_label("Kind of evidence").select_option("trial")
    desk.get_by_role("button", name="Preview").click()
    desk.get_by_role("button", name="Set them").wait_for()
    usable(desk, "setting together")
    desk.goto(pair)
    desk.get_by_label("Why they are one").fill("One paper")
    desk.get_by_role("button", name="Merge the two").click()
    desk.get_by_role("button", name="Undo the merge").wait_for()
    usable(desk, "a merge")


def usable(desk, where):
    assert desk.troubles == [], where
    assert_fits(desk)
    assert_accessible(desk)
    desk.troubles.clear()  # of the inspection itself
