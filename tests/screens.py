"""A screen is looked at when it is whole: its style sheets are read, and its fields have become editors."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, TimeoutError

PATIENCE_MS = 30_000  # with a browser on a busy machine; what is there sooner is not waited for

# The word-processor field fetches what it is made of, and is there only after the page has loaded.
WHOLE = """() => document.readyState === "complete" && document.fonts.status === "loaded" && [
    ...document.querySelectorAll("[data-django-prose-editor-configurable]")
].every((field) => field.closest(".prose-editor"))"""
FITS = "() => document.documentElement.scrollWidth <= innerWidth"


def whole(page: Page) -> None:
    """Wait until nothing of this page is still to come."""
    page.wait_for_load_state()
    page.wait_for_function(WHOLE)


def assert_fits(page: Page) -> None:
    """Nothing is wider than the window."""
    whole(page)
    try:
        page.wait_for_function(FITS)
    except TimeoutError:
        wide = page.evaluate("document.documentElement.scrollWidth")
        pytest.fail(f"{page.url} is {wide} px wide in a window of {page.viewport_size['width']} px")


def assert_accessible(page: Page) -> None:
    """Axe finds nothing to complain about, on the whole page."""
    whole(page)
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not violations, "\n".join(
        f"{found['id']}: {found['help']} ({node['html'][:120]})" for found in violations for node in found["nodes"]
    )
