"""Security headers, for every answer: of Django, of WhiteNoise and of the page server.

Public pages load nothing but their own files and hold nothing inline. The editors' desk needs two inline
pieces of the word-processor field; both are allowed by the hash of their text, so that nothing else is.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import django_prose_editor
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django_prose_editor.widgets import importmap

ADMIN_PATH = "/admin/"
METHODS = ("GET", "HEAD", "POST")
PUBLIC_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# same-origin: a health page must not tell other sites what its reader was reading.
COMMON_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
EDITOR_BUNDLE = Path(django_prose_editor.__file__).parent / "static/django_prose_editor/editor.js"
INJECTED_STYLE = re.compile(r"`(\.ProseMirror \{[^`]*)`")


def public_headers() -> dict[str, str]:
    """Headers of every answer that readers can get."""
    return {"Content-Security-Policy": _policy(PUBLIC_POLICY), **COMMON_HEADERS, **_transport()}


def admin_headers() -> dict[str, str]:
    """Headers of the editors' desk: never stored anywhere, and the editor's two inline pieces allowed."""
    return {
        "Content-Security-Policy": _admin_policy(),
        "Cache-Control": "no-store, private",
        **COMMON_HEADERS,
        **_transport(),
    }


def headers_for(path: str) -> dict[str, str]:
    """The headers that belong to an address."""
    return admin_headers() if path.startswith(ADMIN_PATH) else public_headers()


def client_address(request: HttpRequest) -> str:
    """The reader's network address: behind our own proxy, the last one that it wrote down."""
    if settings.BEHIND_PROXY:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
        return forwarded.rpartition(",")[2].strip() or request.META["REMOTE_ADDR"]
    return str(request.META["REMOTE_ADDR"])


class SecurityHeaders:
    """Outermost middleware: no answer leaves without the headers of its address, and what nobody here is asked by
    (PUT, PATCH, DELETE, TRACE, OPTIONS …) comes no further."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)
        for name, value in headers_for(request.path_info).items():
            response.headers[name] = value
        return response


def _transport() -> dict[str, str]:
    if not settings.SECURE_HSTS_SECONDS:
        return {}
    return {"Strict-Transport-Security": f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"}


def _policy(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())


@cache
def _admin_policy() -> str:
    return _policy(
        {
            **PUBLIC_POLICY,
            "connect-src": "'self'",
            "script-src": f"'self' {_source_hash(import_map_text())}",
            "style-src": f"'self' {_source_hash(injected_style())}",
        }
    )


def import_map_text() -> str:
    """What stands between the tags of the editor's import map, file names as the static manifest has them."""
    return str(importmap).partition(">")[2].removesuffix("</script>")


def injected_style() -> str:
    """The style sheet that Tiptap, inside the editor's bundle, adds to the page by script."""
    found = INJECTED_STYLE.search(EDITOR_BUNDLE.read_text())
    if found is None:
        raise LookupError(f"{EDITOR_BUNDLE} no longer holds the style sheet that the policy must allow")
    return found.group(1)


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
