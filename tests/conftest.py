"""What every test stands on: own files, no network, tables that can be emptied, a browser."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import TransactionTestCase

from tests.keyboard import Keyboard
from tests.screens import PATIENCE_MS

# Derandomised: the same examples on every machine, so that a red run is red for everyone.
hypothesis.settings.register_profile("ci", derandomize=True, max_examples=50, deadline=None, database=None)
hypothesis.settings.register_profile("long", max_examples=2000, deadline=None, database=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

pytest_plugins = ["tests.people"]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
MEMORY = "/dev/shm"  # where there is one: every commit waits for the disk otherwise
PLAIN_STATIC_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def pytest_configure(config):
    django_settings.STORAGES = {**django_settings.STORAGES, "staticfiles": PLAIN_STATIC_FILES}
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "gtsite.sqlite":  # a real file, which other threads and processes can open
        folder = tempfile.mkdtemp(prefix="gtsite-test-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        database["TEST"]["NAME"] = str(Path(folder) / "test.sqlite3")


def pytest_collection_modifyitems(config, items):
    on_postgresql = django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    for item in items:
        if item.get_closest_marker("postgres") and not on_postgresql:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: see `python -m tests.cluster`"))


def lacking(reason: str) -> None:
    """Skip for what this machine does not have; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def separate_files(settings, tmp_path):
    """Every test writes its files into its own folder, and hashes passwords fast."""
    settings.PAGE_COPIES_DIR = tmp_path / "page-copies"
    settings.STATIC_ROOT = tmp_path / "static"  # WhiteNoise would read what `make run` collected, for every client
    settings.LEDGER_KEY_FILE = tmp_path / "ledger-key.pem"
    settings.AXES_ENABLED = False
    settings.PAGE_LEASE_MS = 0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def quiet():
    """For thousands of refusals: to write each one down with its traceback takes longer than to refuse."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Only this machine may be spoken to."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def emptied_in_spite_of_protection():
    """Append-only triggers refuse the flush after a transactional test: off, flush, on again."""
    if not find_spec("articles.protection"):
        yield
        return
    from articles import protection

    teardown = TransactionTestCase._fixture_teardown

    def unprotected_teardown(self):
        for connection in connections.all():
            protection.remove(connection)
        try:
            teardown(self)
        finally:
            for connection in connections.all():
                protection.install(connection)

    TransactionTestCase._fixture_teardown = unprotected_teardown
    yield
    TransactionTestCase._fixture_teardown = teardown


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright."""
    executable = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if executable is None:
        lacking("Chromium is not installed")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    # Playwright's event loop lives in the test's thread, where Django would refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser, live_server, settings):
    """A page of a fresh browser; the site lives at `live_server.url`, and foreign hosts are out of reach."""
    settings.SITE_URL = live_server.url
    with _fresh(browser, live_server.url) as page:
        yield page


@pytest.fixture
def phone(browser, live_server, settings):
    """The same on a telephone: fingers, no pointer that could hover."""
    settings.SITE_URL = live_server.url
    screen = {"width": 360, "height": 740}
    with _fresh(browser, live_server.url, viewport=screen, has_touch=True, is_mobile=True) as page:
        yield page


@contextmanager
def _fresh(browser, site, **options):
    context = browser.new_context(base_url=site, reduced_motion="reduce", **options)
    context.set_default_timeout(PATIENCE_MS)
    context.route(lambda url: not url.startswith((site, "data:", "blob:")), lambda route: route.abort())
    yield context.new_page()
    context.close()


@pytest.fixture
def keys(page):
    return Keyboard(page)
