"""Security headers for every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PUBLIC_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def public_headers() -> dict[str, str]:
    """Headers of every public answer."""
    return {"Content-Security-Policy": PUBLIC_POLICY, "X-Content-Type-Options": "nosniff"}


class SecurityHeaders:
    """Middleware: adds the headers of `public_headers`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in public_headers().items():
            response.headers.setdefault(name, value)
        return response
