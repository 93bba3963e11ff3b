"""Security headers: the marks of Mozilla's Observatory, computed here

The table is that of mdn/mdn-http-observatory, src/grader/charts.js: 100, and what each header adds. A page
without cookies and with all marks has 140; five of these are for integrity attributes on its own scripts, which
the digest in their file names makes needless. No request leaves this machine.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.figures import Figure

BASE = 100
STRICT_POLICY, POLICY_WITHOUT_UNSAFE = 10, 5
PRELOADED_TRANSPORT = 5
PRIVATE_REFERRER = 5
FRAMES_BY_POLICY = 5
OWN_RESOURCES_ONLY = 10
STRICT_COOKIES = 5


def marks(headers: dict[str, str], *, has_cookies: bool) -> int:
    """Add up what these headers earn."""
    policy = headers["Content-Security-Policy"]
    earned = BASE
    if "unsafe" not in policy:
        earned += STRICT_POLICY if "default-src 'none'" in policy else POLICY_WITHOUT_UNSAFE
    earned += PRELOADED_TRANSPORT * ("preload" in headers.get("Strict-Transport-Security", ""))
    earned += PRIVATE_REFERRER * (headers["Referrer-Policy"] in ("same-origin", "no-referrer"))
    earned += FRAMES_BY_POLICY * ("frame-ancestors 'none'" in policy)
    earned += OWN_RESOURCES_ONLY * (headers["Cross-Origin-Resource-Policy"] == "same-origin")
    return earned + STRICT_COOKIES * has_cookies


def measure() -> Iterator[Figure]:
    from django.test import override_settings

    from gtsite.security import admin_headers, public_headers

    with override_settings(SECURE_HSTS_SECONDS=63_072_000):
        public = marks(public_headers(), has_cookies=False)
        admin = marks(admin_headers(), has_cookies=True)
    yield Figure("marks of the Observatory, public pages", public, 135, "", at_least=True)
    yield Figure("marks of the Observatory, editors' desk", admin, 130, "", at_least=True)
