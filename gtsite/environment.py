"""Typed reading of environment variables: a wrong or missing value is named, quoted and explained.

All problems are gathered and told at once, so that nobody repairs a start one variable at a time.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}
DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")
# It is sent in a header: nothing that ends a line, or that a header would give a meaning.
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
MAIL_SECONDS = 20  # a mail server that does not answer must not hold the worker


class Unset:
    """Stands for "there is no default": the variable must be given."""


UNSET = Unset()


class Environment:
    """Reads variables by type and remembers what was wrong."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.problems: list[str] = []

    def text(self, name: str, default: str | Unset = UNSET, *, at_least: int = 1) -> str:
        def convert(value: str) -> str:
            if len(value) < at_least:
                raise ValueError
            return value

        expected = "some text" if at_least == 1 else f"at least {at_least} characters"
        return self._read(name, default, convert, expected, placeholder="", secret=at_least > 1)

    def flag(self, name: str, default: bool | Unset = UNSET) -> bool:
        return self._read(name, default, _flag, "true or false", placeholder=False)

    def number(self, name: str, default: int | Unset = UNSET, *, lowest: int, highest: int) -> int:
        def convert(value: str) -> int:
            number = int(value)
            if not lowest <= number <= highest:
                raise ValueError
            return number

        return self._read(name, default, convert, f"a whole number from {lowest} to {highest}", placeholder=lowest)

    def choice(self, name: str, choices: tuple[str, ...], default: str | Unset = UNSET) -> str:
        def convert(value: str) -> str:
            if value not in choices:
                raise ValueError
            return value

        return self._read(name, default, convert, " or ".join(choices), placeholder=choices[0])

    def words(self, name: str, default: list[str] | Unset = UNSET) -> list[str]:
        def convert(value: str) -> list[str]:
            words = [word.strip() for word in value.split(",") if word.strip()]
            if not words:
                raise ValueError
            return words

        return self._read(name, default, convert, "one or more values separated by commas", placeholder=[])

    def path(self, name: str, default: Path | Unset = UNSET) -> Path:
        def convert(value: str) -> Path:
            path = Path(value)
            if not path.is_absolute():
                raise ValueError
            return path

        return self._read(name, default, convert, "a path that starts with /", placeholder=Path("/"))

    def site_url(self, name: str, default: str | Unset = UNSET, *, schemes: tuple[str, ...]) -> str:
        def convert(value: str) -> str:
            parts = urlsplit(value)
            if parts.scheme not in schemes or not parts.hostname or parts.path not in ("", "/"):
                raise ValueError
            if parts.query or parts.fragment or parts.username:
                raise ValueError
            return value.rstrip("/")

        expected = f"an address such as {schemes[0]}://www.example.org, without a path"
        return self._read(name, default, convert, expected, placeholder="http://localhost")

    def mail_address(self, name: str, default: str | Unset = UNSET) -> str:
        def convert(value: str) -> str:
            if value not in ("", default) and not MAIL_ADDRESS.fullmatch(value):
                raise ValueError
            return value

        return self._read(name, default, convert, "a mail address such as editors@example.org", placeholder="")

    def time_zone(self, name: str, default: str | Unset = UNSET) -> str:
        def convert(value: str) -> str:
            try:
                return ZoneInfo(value).key
            except (KeyError, OSError) as error:
                raise ValueError from error

        return self._read(name, default, convert, "a time zone such as Europe/London", placeholder="UTC")

    def database(self, name: str, default: str | Unset = UNSET) -> dict[str, Any]:
        expected = "sqlite:////absolute/path.sqlite3 or postgres://user:password@host:5432/name"
        return self._read(name, default, _database, expected, placeholder={}, secret=True)

    def email(self, name: str, default: str | Unset = UNSET) -> dict[str, Any]:
        expected = "smtp+tls://user:password@host:587 or consolemail://"
        return self._read(name, default, _email, expected, placeholder=_email("consolemail://"), secret=True)

    def stop_if_wrong(self) -> None:
        """Raise `SystemExit` with every problem found, one line each."""
        if self.problems:
            raise SystemExit("GTSite cannot start:\n" + "\n".join(f"  {line}" for line in self.problems))

    def _read(
        self,
        name: str,
        default: Any,
        convert: Callable[[str], T],
        expected: str,
        *,
        placeholder: T,
        secret: bool = False,
    ) -> T:
        value = self.variables.get(name, "")
        if not value and not isinstance(default, Unset):
            return convert(default) if isinstance(default, str) else default
        if not value:
            self.problems.append(f"{name} is not set; expected {expected}.")
            return placeholder
        try:
            return convert(value)
        except (ValueError, KeyError, TypeError, ImproperlyConfigured):
            shown = f"{len(value)} characters (not shown)" if secret else repr(value)
            self.problems.append(f"{name} is {shown}; expected {expected}.")
            return placeholder


def _flag(value: str) -> bool:
    word = value.strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError
    return word in TRUE_WORDS


def _database(value: str) -> dict[str, Any]:
    if urlsplit(value).scheme not in DATABASE_SCHEMES:
        raise ValueError
    config: dict[str, Any] = environ.Env.db_url_config(value)
    if config.get("NAME") in ("", ":memory:"):  # the server, the worker and commands share one database
        raise ValueError
    return config


def _email(value: str) -> dict[str, Any]:
    config = environ.Env.email_url_config(value)
    return {
        "EMAIL_BACKEND": config["EMAIL_BACKEND"],
        "EMAIL_HOST": config.get("EMAIL_HOST") or "localhost",
        "EMAIL_PORT": config.get("EMAIL_PORT") or 25,
        "EMAIL_HOST_USER": config.get("EMAIL_HOST_USER") or "",
        "EMAIL_HOST_PASSWORD": config.get("EMAIL_HOST_PASSWORD") or "",
        "EMAIL_USE_TLS": bool(config.get("EMAIL_USE_TLS")),
        "EMAIL_USE_SSL": bool(config.get("EMAIL_USE_SSL")),
        "EMAIL_TIMEOUT": MAIL_SECONDS,
    }


def mail_options(config: dict[str, Any]) -> dict[str, Any]:
    """The same mail configuration under the names of `MAILERS` (Django 6.1)."""
    if not config["EMAIL_BACKEND"].endswith("smtp.EmailBackend"):
        return {}
    names = {"EMAIL_HOST_USER": "username", "EMAIL_HOST_PASSWORD": "password"}
    return {
        names.get(name, name.removeprefix("EMAIL_").lower()): value
        for name, value in config.items()
        if name != "EMAIL_BACKEND"
    }


def local_secret(path: Path) -> str:
    """The development secret: random, made once, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(60))
    return path.read_text()
