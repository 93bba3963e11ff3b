"""Headers: nothing inline and nothing foreign for readers, two known pieces more for editors, no exceptions."""

import base64
import hashlib
import re

import pytest
from django import forms
from django.core.management import call_command
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import path
from django_prose_editor.widgets import AdminProseEditorWidget

from gtsite import security

DOCUMENT = Template(
    "<!doctype html><html lang='en'><head><title>Desk</title>{{ form.media }}</head><body>{{ form.text }}</body></html>"
)


class EditorForm(forms.Form):
    text = forms.CharField(
        initial="<p>A <strong>word</strong></p>",
        widget=AdminProseEditorWidget(config={"extensions": {"Bold": True}}, preset="configurable"),
    )


def editor_screen(request):
    return HttpResponse(DOCUMENT.render(Context({"form": EditorForm()})))


def public_page(request):
    return HttpResponse("<!doctype html><title>Page</title>", headers={"Cache-Control": "max-age=60"})


def failing_page(request):
    raise RuntimeError("on purpose")


urlpatterns = [
    path("admin/editor/", editor_screen),
    path("page/", public_page),
    path("failing/", failing_page),
]
handler404 = handler500 = "django.views.defaults.server_error"


@pytest.fixture(autouse=True)
def policy_computed_anew():
    security._admin_policy.cache_clear()
    yield
    security._admin_policy.cache_clear()


@pytest.fixture
def own_addresses(settings):
    settings.ROOT_URLCONF = __name__


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND", "G\u00cbT"])
@pytest.mark.parametrize("address", ["/failing/", "/admin/editor/", "/no-such-page/"])
def test_a_method_that_nothing_here_is_asked_by_comes_no_further(client, own_addresses, method, address):
    answer = client.generic(method, address, b"{}")
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (405, "GET, HEAD, POST", b"")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def directives(answer):
    policy = answer.headers["Content-Security-Policy"]
    return dict(part.split(" ", 1) for part in policy.split("; "))


def source_hash(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_public_pages_may_load_only_their_own_files(client, own_addresses):
    answer = client.get("/page/")
    assert directives(answer) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize("address", ["/page/", "/admin/editor/", "/nowhere/", "/failing/"])
def test_every_answer_has_every_common_header(client, own_addresses, address):
    client.raise_request_exception = False
    answer = client.get(address)
    for name, value in security.COMMON_HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_transport_security_is_promised_when_the_site_uses_it(client, own_addresses, settings):
    assert "Strict-Transport-Security" not in client.get("/page/").headers
    settings.SECURE_HSTS_SECONDS = 63_072_000
    wanted = "max-age=63072000; includeSubDomains; preload"
    assert client.get("/page/").headers["Strict-Transport-Security"] == wanted


def test_the_desk_is_never_stored(client, own_addresses):
    assert client.get("/admin/editor/").headers["Cache-Control"] == "no-store, private"


def test_the_desk_allows_exactly_the_editors_import_map(client, own_addresses):
    answer = client.get("/admin/editor/")
    inline = re.findall(r'<script type="importmap">(.*?)</script>', answer.content.decode(), re.DOTALL)
    assert directives(answer)["script-src"] == f"'self' {source_hash(inline[0])}"
    assert len(inline) == 1
    assert answer.content.count(b"<script") == answer.content.count(b"<script src") + 1


def test_the_import_map_follows_the_static_manifest(client, own_addresses, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", verbosity=0, interactive=False)
    answer = client.get("/admin/editor/")
    inline = re.search(r'<script type="importmap">(.*?)</script>', answer.content.decode(), re.DOTALL)
    assert re.search(r"editor\.[0-9a-f]{12}\.js", inline[1])
    assert source_hash(inline[1]) in directives(answer)["script-src"]


def test_an_editor_without_the_known_style_is_noticed(monkeypatch, tmp_path):
    bundle = tmp_path / "editor.js"
    bundle.write_text("let a = 1")
    monkeypatch.setattr(security, "EDITOR_BUNDLE", bundle)
    with pytest.raises(LookupError, match=r"no longer holds the style sheet"):
        security.admin_headers()


@pytest.mark.parametrize("address", ["/", "/page/", "/adminx/", "/administrators", "/articles/admin/"])
def test_only_the_desk_has_the_desks_headers(address):
    assert security.headers_for(address) == security.public_headers()


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "address"),
    [
        (False, "203.0.113.9", "127.0.0.1"),  # anyone can write this header
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first is what the reader claims
        (True, "", "127.0.0.1"),
    ],
)
def test_the_readers_address_is_the_one_our_own_proxy_saw(settings, behind_proxy, forwarded, address):
    settings.BEHIND_PROXY = behind_proxy
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert security.client_address(request) == address


@pytest.mark.browser
def test_the_editor_is_whole_under_the_desks_policy(page, own_addresses):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/admin/editor/")
    editor = page.locator(".ProseMirror")
    editor.wait_for()
    editor.press_sequentially("One more ")
    assert "word" in editor.inner_text()
    assert editor.evaluate("element => getComputedStyle(element).position") == "relative"
    assert [text for text in complaints if "favicon" not in text] == []


@pytest.mark.browser
def test_without_the_two_hashes_the_editor_would_not_load(page, own_addresses, monkeypatch):
    monkeypatch.setattr(security, "_source_hash", lambda text: "")
    security._admin_policy.cache_clear()
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.goto("/admin/editor/")
    assert page.locator(".ProseMirror").count() == 0
