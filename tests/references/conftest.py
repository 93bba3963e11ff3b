"""People and sources that the tests of the library know."""

import pytest
from django.contrib.auth.models import Permission, User

from references import http
from references.recording import save_reference
from tests.web import Web


@pytest.fixture(scope="session")
def whole_web():
    web = Web()
    yield web
    web.close()


@pytest.fixture
def web(whole_web, settings, monkeypatch):
    """The network is on, and this machine is all of it: `web.answers("https://example.org/", "<title>…")`."""
    whole_web.forget()
    settings.NETWORK, settings.NETWORK_CONTACT = True, "editors@example.org"
    client = whole_web.client()
    monkeypatch.setattr(http, "client", lambda agent: client)
    client.kept.clear()
    return whole_web


@pytest.fixture
def editor(db):
    """May add and change sources."""
    return person("edith", "view_reference", "add_reference", "change_reference")


@pytest.fixture
def auditor(db):
    """May read everything and write nothing."""
    return person("audrey", "view_reference")


@pytest.fixture
def stranger(db):
    """On the staff, without any right in the library."""
    return person("stan")


def person(name, *rights):
    user = User.objects.create_user(name, is_staff=True, first_name=name.title(), last_name="Example")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights, content_type__app_label="references"))
    return user


@pytest.fixture
def make_source(db):
    """Makes a valid source; the test names only what matters to it."""

    def make(**changes):
        fields = {
            "type": "article-journal",
            "title": "Fatal systemic inflammatory response syndrome after adenoviral gene transfer",
            "authors": [{"family": "Raper", "given": "Steven E."}],
            "issued": [2003, 9],
        }
        return save_reference(fields | changes, actor=None)

    return make
