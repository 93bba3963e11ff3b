"""The checks that Django makes for its own answers and that ours must not escape."""

import io
import sys
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from gtsite.security import ADMIN_PATH

Environ = dict[str, Any]
# Hosts are few; an attacker's are many.
MOST_HOSTS = 100
LONGEST_PATH = 300


class Gate:
    """Who may be answered here, by the settings that Django obeys."""

    def __init__(self) -> None:
        self.private = (ADMIN_PATH, settings.STATIC_URL)
        self._hosts = list(settings.ALLOWED_HOSTS)
        if settings.DEBUG and not self._hosts:
            self._hosts = [".localhost", "127.0.0.1", "[::1]"]
        self._wants_https = settings.SECURE_SSL_REDIRECT
        self._proxy_header = settings.SECURE_PROXY_SSL_HEADER
        self._trusts_forwarded_host = settings.USE_X_FORWARDED_HOST
        self._good_hosts: set[str] = set()

    def knows_host(self, environ: Environ) -> bool:
        """Whether the Host header names this site (`django.http.HttpRequest.get_host`)."""
        host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
        if self._trusts_forwarded_host:
            host = environ.get("HTTP_X_FORWARDED_HOST", host)
        if host in self._good_hosts:
            return True
        domain, _ = split_domain_port(host)
        is_good = bool(domain) and validate_host(domain, self._hosts)
        if is_good and len(self._good_hosts) < MOST_HOSTS:
            self._good_hosts.add(host)
        return is_good

    def is_secure(self, environ: Environ) -> bool:
        """Whether this may be answered as it came; Django redirects the rest to HTTPS."""
        if not self._wants_https:
            return True
        if self._proxy_header and self._proxy_header[0] in environ:
            value: str = environ[self._proxy_header[0]]
            return value.split(",", 1)[0].strip() == self._proxy_header[1]
        return bool(environ["wsgi.url_scheme"] == "https")

    def plain_environ(self, path: str) -> Environ:
        """A request for this path by nobody in particular."""
        named = (host.lstrip(".") for host in self._hosts if host != "*")
        environ: Environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "443" if self._wants_https else "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": next(named, "localhost"),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self._wants_https else "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if self._proxy_header:
            environ[self._proxy_header[0]] = self._proxy_header[1]
        return environ


def is_plain_reading(environ: Environ) -> bool:
    """GET or HEAD, no query string, and a path that nothing has rewritten on its way to us."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING") or environ.get("SCRIPT_NAME"):
        return False
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    return raw is None or raw.partition("?")[0] == environ.get("PATH_INFO")


def could_be_stored(path: str) -> bool:
    """PostgreSQL refuses to look for some other paths, which must not pass for a database in trouble."""
    return path.isascii() and path.isprintable() and len(path) <= LONGEST_PATH
