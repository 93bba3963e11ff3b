"""Settings come from the environment; what is wrong or missing is named, and nothing starts on a guess."""

import io
import json
import logging
import os
import re
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.exceptions import PermissionDenied
from django.core.handlers.base import BaseHandler
from django.db import OperationalError, connection, connections
from django.http import Http404, HttpResponseNotAllowed
from django.test import Client

from gtsite.databases import SQLITE_PRAGMAS, database_settings, stop_if_unfit
from gtsite.environment import Environment, local_secret

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "GTSITE_ENV": "production",
    "SECRET_KEY": "k3" * 10 + "".join(map(chr, range(48, 123))),
    "ALLOWED_HOSTS": "www.example.org",
    "SITE_URL": "https://www.example.org",
    "DATABASE_URL": "sqlite:////tmp/gtsite-never-made/gtsite.sqlite3",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "CONTACT_EMAIL": "editors@example.org",
    "BEHIND_PROXY": "true",
}
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite")


@pytest.fixture
def run(tmp_path):
    """Run Python with exactly these variables, in a folder of its own."""

    def run_python(*arguments, **variables):
        environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **variables}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run_python


@pytest.fixture
def read_settings(run):
    def read(*names, **variables):
        code = (
            "import json, sys; from gtsite import settings as s;"
            "print(json.dumps({n: getattr(s, n, None) for n in sys.argv[1:]}, default=str))"
        )
        result = run("-c", code, *names, **variables)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return read


def problems_of(ask, **variables):
    env = Environment(variables)
    ask(env)
    return env.problems


@pytest.mark.parametrize(
    ("ask", "value", "sentence"),
    [
        (lambda env: env.flag("X"), "maybe", "X is 'maybe'; expected true or false."),
        (lambda env: env.flag("X"), "2", "X is '2'; expected true or false."),
        (
            lambda env: env.number("X", lowest=1, highest=9),
            "10",
            "X is '10'; expected a whole number from 1 to 9.",
        ),
        (
            lambda env: env.number("X", lowest=1, highest=9),
            "three",
            "X is 'three'; expected a whole number from 1 to 9.",
        ),
        (lambda env: env.choice("X", ("one", "two")), "three", "X is 'three'; expected one or two."),
        (
            lambda env: env.words("X"),
            " , ",
            "X is ' , '; expected one or more values separated by commas.",
        ),
        (lambda env: env.path("X"), "var/x", "X is 'var/x'; expected a path that starts with /."),
        (
            lambda env: env.time_zone("X"),
            "Mars/Base",
            "X is 'Mars/Base'; expected a time zone such as Europe/London.",
        ),
        (
            lambda env: env.mail_address("X"),
            "me@localhost\r\nX-Header: 1",
            "X is 'me@localhost\\r\\nX-Header: 1'; expected a mail address such as editors@example.org.",
        ),
        (
            lambda env: env.site_url("X", schemes=("https",)),
            "http://a.org",
            "X is 'http://a.org'; expected an address such as https://www.example.org, without a path.",
        ),
        (
            lambda env: env.site_url("X", schemes=("https",)),
            "https://a.org/shop",
            "X is 'https://a.org/shop'; expected an address such as https://www.example.org, without a path.",
        ),
    ],
)
def test_a_wrong_value_is_named_quoted_and_explained(ask, value, sentence):
    assert problems_of(ask, X=value) == [sentence]


@pytest.mark.parametrize("url", ["mysql://a/b", "sqlite://", "postgres://host:99999/x", "postgres://host", "x"])
def test_an_unusable_database_address_is_refused_without_showing_its_password(url):
    [problem] = problems_of(lambda env: env.database("DATABASE_URL"), DATABASE_URL=url)
    assert problem.startswith(f"DATABASE_URL is {len(url)} characters (not shown); expected sqlite:")


def test_a_contact_that_nobody_can_write_to_stops_the_start(run):
    result = run("-c", "from gtsite import settings", **PRODUCTION | {"CONTACT_EMAIL": "the editors"})
    told = "  CONTACT_EMAIL is 'the editors'; expected a mail address such as editors@example.org."
    assert result.stderr.splitlines()[1:] == [told]


def test_a_missing_contact_is_told_once(run):
    result = run("-c", "from gtsite import settings", **PRODUCTION | {"CONTACT_EMAIL": ""})
    told = "  CONTACT_EMAIL is not set; expected a mail address such as editors@example.org."
    assert result.stderr.splitlines()[1:] == [told]


@pytest.mark.parametrize("url", ["carrier-pigeon://", "not an address"])
def test_an_unusable_mail_address_is_refused(url):
    [problem] = problems_of(lambda env: env.email("EMAIL_URL"), EMAIL_URL=url)
    assert "expected smtp+tls://" in problem


def test_a_missing_value_without_default_is_named():
    assert problems_of(lambda env: env.words("ALLOWED_HOSTS")) == [
        "ALLOWED_HOSTS is not set; expected one or more values separated by commas."
    ]


def test_production_tells_everything_that_is_missing_at_once_and_without_traceback(run):
    result = run("manage.py", "check", GTSITE_ENV="production")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    for name in sorted(PRODUCTION.keys() - {"GTSITE_ENV"}):
        assert f"  {name} is not set; expected " in result.stderr


def test_a_secret_that_is_too_short_is_refused_but_not_shown(run):
    result = run("manage.py", "check", **{**PRODUCTION, "SECRET_KEY": "hunter2"})
    assert result.returncode == 1
    assert "SECRET_KEY is 7 characters (not shown); expected at least 50 characters." in result.stderr
    assert "hunter2" not in result.stderr


def test_the_deployment_check_is_clean_with_production_settings(run, tmp_path):
    variables = {**PRODUCTION, "DATABASE_URL": f"sqlite:///{tmp_path}/gtsite.sqlite3"}
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **variables)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_production_cannot_show_debug_pages_and_sends_cookies_only_over_tls(read_settings):
    names = (
        "DEBUG",
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_NAME",
        "CSRF_COOKIE_SECURE",
    )
    assert read_settings(*names, **PRODUCTION, DEBUG="true") == {
        "DEBUG": False,
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
    }


def test_host_cookies_have_no_domain_and_the_root_path():
    assert settings.SESSION_COOKIE_DOMAIN is None
    assert settings.CSRF_COOKIE_DOMAIN is None
    assert settings.SESSION_COOKIE_PATH == settings.CSRF_COOKIE_PATH == "/"


def test_speaking_to_other_sites_is_off_and_asks_for_a_contact_when_on(read_settings, run):
    assert read_settings("NETWORK", "NETWORK_CONTACT") == {"NETWORK": False, "NETWORK_CONTACT": ""}
    result = run("manage.py", "check", NETWORK="on")
    assert result.returncode == 1
    assert "NETWORK_CONTACT is not set; expected a mail address such as editors@example.org." in result.stderr


def test_without_any_variable_the_site_answers_only_to_this_machine(read_settings):
    found = read_settings("ALLOWED_HOSTS", "DEBUG", "SITE_URL", PORT="8123")
    assert found == {
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"],
        "DEBUG": False,
        "SITE_URL": "http://127.0.0.1:8123",
    }


def test_the_local_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "var" / "secret-key"
    secret = local_secret(path)
    assert len(secret) >= 50
    assert local_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_comes_with_a_pool_and_no_request_wide_transaction(tmp_path, scheme):
    config = Environment({"D": f"{scheme}://u:p@db.example.org:5432/gtsite"}).database("D")
    found = database_settings(config, tmp_path)
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert found["OPTIONS"]["pool"]["max_size"] >= 8
    assert found["ATOMIC_REQUESTS"] is False
    assert found["CONN_MAX_AGE"] == 0


def test_a_relative_sqlite_file_means_the_same_file_from_every_folder(tmp_path):
    config = Environment({"D": "sqlite:///data/site.sqlite3"}).database("D")
    assert database_settings(config, tmp_path)["NAME"] == str(tmp_path / "data/site.sqlite3")


@on_sqlite
def test_sqlite_connections_have_the_promised_settings(transactional_db):
    with connection.cursor() as cursor:
        for pragma, wanted in SQLITE_PRAGMAS.items():
            assert cursor.execute(f"PRAGMA {pragma}").fetchone()[0] == wanted
        assert cursor.execute("PRAGMA busy_timeout").fetchone()[0] == 10_000
    assert connection.transaction_mode == "IMMEDIATE"


@on_sqlite
def test_the_database_check_names_a_setting_that_is_off(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
    try:
        [error] = run_checks(tags=[Tags.database], databases=["default"])
        assert error.id == "gtsite.E001"
        assert "SQLite answers 1 for PRAGMA synchronous; 2 is needed." in error.msg
        with pytest.raises(SystemExit, match="PRAGMA synchronous"):
            stop_if_unfit()
    finally:
        connection.close()
    stop_if_unfit()


@on_sqlite
def test_a_missing_database_file_is_not_made_by_asking(transactional_db, tmp_path):
    missing = tmp_path / "gone.sqlite3"
    wrapper = connection.copy()
    wrapper.settings_dict["NAME"] = str(missing)
    before, connections["default"] = connections["default"], wrapper
    try:
        stop_if_unfit()
        with pytest.raises(OperationalError, match=r"gone\.sqlite3 is not there\. Put it back"):
            wrapper.ensure_connection()
    finally:
        connections["default"] = before
    assert not missing.exists()


def test_a_command_says_in_a_sentence_that_the_database_file_is_gone(run, tmp_path):
    missing = tmp_path / "a folder, 100% ours" / "gone.sqlite3"
    result = run("manage.py", "publish_due", DATABASE_URL=f"sqlite:///{missing}")
    assert (result.returncode, missing.exists()) == (1, False)
    assert result.stderr.startswith(f"The database file {missing} is not there. Put it back;")


def test_the_worker_waits_for_a_database_file_that_is_gone_and_says_so_once_a_round(run, tmp_path):
    missing = tmp_path / "gone.sqlite3"
    result = run("manage.py", "work", "--once", DATABASE_URL=f"sqlite:///{missing}")
    assert (result.returncode, missing.exists()) == (0, False)
    [line] = result.stderr.splitlines()
    assert line.startswith(f"The database does not answer (The database file {missing} is not there.")


@on_sqlite
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Django leaves closing it to Python
def test_a_held_database_delays_the_start_by_a_second_at_most(transactional_db, tmp_path):
    held = tmp_path / "held.sqlite3"
    holder = sqlite3.connect(held, isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("CREATE TABLE one (two)")
    holder.execute("BEGIN EXCLUSIVE")
    wrapper = connection.copy()
    wrapper.settings_dict["NAME"] = str(held)
    before, connections["default"] = connections["default"], wrapper
    started = time.monotonic()
    try:
        stop_if_unfit()
        assert time.monotonic() - started < 5
        assert wrapper.settings_dict["OPTIONS"]["timeout"] == 10
    finally:
        connections["default"] = before
        holder.close()


def test_a_silent_database_does_not_stop_the_start(monkeypatch):
    def silent(*_, **__):
        raise OperationalError("unable to open database file")

    monkeypatch.setattr("django.core.checks.run_checks", silent)
    stop_if_unfit()


@pytest.mark.postgres
def test_postgresql_is_used_through_its_pool(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert connection.pool is not None


def test_moments_are_stored_in_utc_and_shown_in_the_chosen_zone(read_settings):
    assert read_settings("USE_TZ", "TIME_ZONE", TIME_ZONE="Europe/Madrid") == {
        "USE_TZ": True,
        "TIME_ZONE": "Europe/Madrid",
    }


def test_nobody_caches_pages_or_records_revisions_behind_our_back():
    assert not [name for name in settings.MIDDLEWARE if "Revision" in name or "Cache" in name]


def test_passwords_are_kept_with_argon2(read_settings):
    assert read_settings("PASSWORD_HASHERS")["PASSWORD_HASHERS"] == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.mark.django_db
def test_five_wrong_passwords_lock_the_door_even_for_the_right_one(client, django_user_model, settings):
    settings.AXES_ENABLED = True
    django_user_model.objects.create_superuser("ana", password="the right password")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post("/admin/login/", {"username": "ana", "password": "wrong"})
    answer = client.post("/admin/login/", {"username": "ana", "password": "the right password"})
    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


# --- what is written to the terminal ------------------------------------------------------------------------------


def told_on_stderr(view):
    """What the handler of ``django.request`` writes while the view answers."""
    (handler,) = logging.getLogger("django.request").handlers
    stream = io.StringIO()
    before = handler.setStream(stream)
    try:
        with mock.patch.object(BaseHandler, "resolve_request", return_value=(view, (), {})):
            Client(raise_request_exception=False).post("/share/?word=query", {"address": "friend@example.org"})
    finally:
        handler.setStream(before)
    return stream.getvalue()


@pytest.mark.django_db
def test_what_broke_leaves_its_traceback_and_a_refusal_leaves_nothing():
    def breaks(request):
        raise RuntimeError("the cupboard is bare")

    def refuses(request):
        raise PermissionDenied

    def misses(request):
        raise Http404("no such page")

    told = told_on_stderr(breaks)
    assert re.match(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ERROR django.request: Internal Server Error: /share/\n", told
    )
    assert "in breaks\n" in told
    assert told.endswith("RuntimeError: the cupboard is bare\n")
    assert "friend@" not in told
    assert "query" not in told
    for view in (refuses, misses, lambda request: HttpResponseNotAllowed(["GET"])):
        assert told_on_stderr(view) == ""


def test_our_own_warnings_get_a_line_with_the_time():
    for name in ("articles.worker", "references.links", "gtsite.pages.following"):
        assert logging.getLogger(name).isEnabledFor(logging.WARNING)
        (handler,) = logging.getLogger(name.partition(".")[0]).handlers
        line = handler.format(logging.makeLogRecord({"name": name, "levelname": "WARNING", "msg": "it waits"}))
        assert re.fullmatch(rf"\d{{4}}-.* WARNING {name}: it waits", line)


def test_a_command_whose_reader_has_read_enough_stops_without_a_word():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "manage.py", "diffsettings", "--all"], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, "")
