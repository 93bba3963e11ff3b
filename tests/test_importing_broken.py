"""Threat D6: whatever the bytes, a file is imported or refused in one sentence; never anything else, never slowly."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.importing.page import ImportedPage, ImportRefused
from articles.importing.parsing import parse
from articles.text import clean_inline, normalise
from tests.broken_pages import ENDINGS, broken_page


def import_or_refuse(name: str, data: bytes) -> ImportedPage | None:
    try:
        return parse(name, data)
    except ImportRefused:
        return None


def assert_storable(page: ImportedPage) -> None:
    """Every text of the page passes the door that a person's typing passes."""
    snapshot = page.snapshot
    for words in (
        snapshot["title"],
        snapshot["subtitle"],
        *snapshot["also_called"],
        *(s["heading"] for s in snapshot["sections"]),
    ):
        assert normalise(words) == words
    for block in (block for section in snapshot["sections"] for block in section["blocks"]):
        cells = [*block["data"]["header"], *(c for row in block["data"]["rows"] for c in row)] if block["data"] else []
        for html in (block["html"], *cells):
            assert clean_inline(html) == html


@pytest.mark.parametrize("seed", range(400))
def test_a_broken_page_is_imported_or_refused(seed):
    page = import_or_refuse(*broken_page(seed))
    if page:
        assert_storable(page)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ENDINGS), st.binary(max_size=300))
def test_any_bytes_are_imported_or_refused(ending, data):
    page = import_or_refuse(f"page{ending}", data)
    if page:
        assert_storable(page)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from((".txt", ".html", ".md")), st.text(max_size=300))
def test_any_text_is_imported_or_refused(ending, text):
    page = import_or_refuse(f"page{ending}", text.encode("utf-8", "replace"))
    if page:
        assert_storable(page)


NASTY = {
    "one letter": ".txt|a",
    "spaces": ".txt| ",
    "dashes": ".txt|-",
    "bullets in a line": ".txt|: - ",
    "breadcrumbs": ".txt|a > ",
    "quotes": '.txt|"a." ',
    "full stops": ".txt|U.S. ",
    "dates": ".txt|May 3, 2010 ",
    "digits": ".txt|1",
    "addresses": ".txt|http://www.",
    "retrieved": ".txt|accessed on ",
    "parentheses": ".txt|(a",
    "open tags": ".html|<b>",
    "breaks": ".html|<br> ",
    "open comments": ".html|<!--",
    "attributes": ".html|<p a=",
    "brackets": ".md|[",
    "emphasis": ".md|*a_ ",
    "backticks": ".md|`a``",
    "links": ".md|[a](",
    "quotes in markdown": ".md|> a\n",
    "json strings": '.json|"a",',
    "marks": ".txt|e\u0301\u0302",
    "hidden": ".txt|\u200b",
    "look-alikes": ".txt|5\u041e ",
    "short lines": ".txt|a\n\n",
    "wrapped": ".txt|words words words\n",
    "front matter": ".md|---\na: b\n",
}


@pytest.mark.parametrize("pattern", NASTY.values(), ids=NASTY.keys())
def test_time_grows_with_the_length_and_not_faster(pattern):
    ending, _, part = pattern.partition("|")

    def seconds(count: int) -> float:
        data = (part * count).encode()
        started = time.process_time()
        import_or_refuse(f"page{ending}", data)
        return time.process_time() - started

    short = min(seconds(1_000) for _ in range(3))
    long = min(seconds(8_000) for _ in range(2))
    assert long < max(0.5, short * 8 * 2.5)
