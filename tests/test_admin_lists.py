"""The lists of the desk: every cell knows its column, and on a telephone every row is a card that says so."""

import re

import html5lib
import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils.safestring import mark_safe
from playwright.sync_api import expect

from articles.templatetags.desk import in_columns, labels
from tests.people import Newsroom
from tests.screens import assert_accessible, assert_fits, whole

ARTICLES = "/admin/articles/article/"
SOURCES = "/admin/references/reference/"
PHONE = {"width": 360, "height": 740}
EDGES = """cells => cells.map(cell => cell.getBoundingClientRect())
    .filter(box => box.left < 0 || box.right > innerWidth || box.height < 1).length"""
NAME = "cell => getComputedStyle(cell, '::before').content"


def lists():
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def texts(row):
    return [" ".join("".join(cell.itertext()).split()) for cell in row]


def test_every_cell_of_every_list_names_its_column_and_keeps_its_place_in_a_table(db):
    newsroom = Newsroom()
    newsroom.live()
    client, seen = Client(), 0
    client.force_login(newsroom.root)
    for address in lists():
        tree = html5lib.parse(client.get(address, follow=True).content.decode(), namespaceHTMLElements=False)
        for table in (found for found in tree.iter("table") if found.get("id") == "result_list"):
            seen += 1
            (headings,), rows = table.find("thead"), table.findall("tbody/tr")
            assert table.get("role") == "table"
            assert {part.get("role") for part in (table.find("thead"), table.find("tbody"))} == {"rowgroup"}
            assert {cell.get("role") for cell in headings} == {"columnheader"}
            for row in rows:
                assert row.get("role") == "row"
                assert [cell.get("data-label") or "" for cell in row] == texts(headings), address
                assert [cell.get("role") for cell in row].count("rowheader") == 1
                assert {cell.get("role") for cell in row} == {"rowheader", "cell"}
    assert seen >= 8


def test_the_name_of_a_column_stays_text_and_a_box_to_tick_has_none():
    tick = {"text": mark_safe("<input>"), "class_attrib": mark_safe(' class="action-checkbox-column"')}
    named = {"text": 'a "good" <name>', "class_attrib": ""}
    cells = [mark_safe("<td><input></td>"), mark_safe('<th class="field-x">1</th>'), mark_safe("<td>key</td>")]
    assert list(in_columns(cells, labels([tick, named]))) == [
        '<td role="cell"><input></td>',
        '<th role="rowheader" data-label="A &quot;good&quot; &lt;name&gt;" class="field-x">1</th>',
        '<td role="cell">key</td>',
    ]


@pytest.fixture
def desk(page, live_server, transactional_db):
    page.newsroom = Newsroom()
    page.newsroom.live()
    client = Client()
    client.force_login(page.newsroom.edward)
    page.context.add_cookies(
        [{"name": name, "value": m.value, "url": live_server.url} for name, m in client.cookies.items()]
    )
    page.set_viewport_size(PHONE)
    return page


def opened(desk, address):
    desk.goto(address)
    expect(desk.get_by_role("table")).to_be_visible()
    whole(desk)


@pytest.mark.browser
def test_on_a_telephone_nothing_of_a_row_is_out_of_sight(desk):
    for scheme, address, column in (
        ("light", ARTICLES, "Next check due"),
        ("light", SOURCES, "Standing"),
        ("dark", SOURCES, "Standing"),
        ("dark", "/admin/articles/edition/", "Who"),
    ):
        desk.emulate_media(color_scheme=scheme)
        opened(desk, address)
        assert_fits(desk)
        cells = desk.locator("#result_list tbody :is(th, td)")
        assert cells.evaluate_all(EDGES) == 0, address
        assert column in cells.and_(desk.locator(f'[data-label="{column}"]')).first.evaluate(NAME)
        row = desk.get_by_role("row").filter(has=desk.get_by_role("rowheader")).first
        assert row.get_by_role("cell").count() + 1 == desk.get_by_role("columnheader").count(), address
        assert_accessible(desk)


@pytest.mark.browser
def test_on_a_telephone_a_list_is_sorted_by_its_headings(desk):
    opened(desk, ARTICLES)
    for direction in ("asc", "desc"):
        heading = desk.get_by_role("columnheader", name="Next check due")
        assert heading.bounding_box()["height"] >= 24
        with desk.expect_navigation():
            heading.get_by_role("link").click()
        expect(desk.locator(f"th.column-due_shown.{direction}ending")).to_be_visible()


@pytest.mark.browser
def test_on_a_telephone_sources_are_ticked_and_changed_together(desk):
    opened(desk, SOURCES)
    box = desk.locator(".action-select").first
    assert min(box.bounding_box()[side] for side in ("width", "height")) >= 24
    box.check()
    expect(desk.locator(".action-counter")).to_contain_text("1 of")
    desk.get_by_label("Select all objects on this page for an action").check()
    expect(desk.locator(".action-select:not(:checked)")).to_have_count(0)
    desk.locator("select[name=action]").select_option("set_together")
    with desk.expect_navigation():
        desk.get_by_role("button", name=re.compile("^(Go|Run)$")).click()  # Django renamed it
    expect(desk.get_by_label("Kind of evidence")).to_be_visible()
