"""The one settings file, fed by the environment; README.md lists every variable in one table.

`GTSITE_ENV=development` (the default) needs no variable at all and answers only to this machine's own
names; `GTSITE_ENV=production` asks for what a public site must decide for itself.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django
from whitenoise.compress import Compressor

from gtsite.databases import database_settings
from gtsite.environment import UNSET, Environment, local_secret, mail_options

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

PRODUCTION = env.choice("GTSITE_ENV", ("development", "production"), "development") == "production"
VAR_DIR = env.path("VAR_DIR", BASE_DIR / "var")
PORT = env.number("PORT", 8000, lowest=1, highest=65535)

# --- who we are ---------------------------------------------------------------------------------------------

SITE_URL = env.site_url(
    "SITE_URL",
    UNSET if PRODUCTION else f"http://127.0.0.1:{PORT}",
    schemes=("https",) if PRODUCTION else ("http", "https"),
)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", UNSET if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"])
DEBUG = False if PRODUCTION else env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY", UNSET if PRODUCTION else local_secret(VAR_DIR / "secret-key"), at_least=50)
# True: our own proxy ends TLS and writes X-Forwarded-Proto and X-Forwarded-For; nobody else can reach us.
BEHIND_PROXY = env.flag("BEHIND_PROXY", UNSET if PRODUCTION else False)
CONTACT_EMAIL = env.mail_address("CONTACT_EMAIL", UNSET if PRODUCTION else "contact@localhost")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", CONTACT_EMAIL, at_least=0)

# --- what is installed --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "gtsite",  # first, so that its commands take the place of the recorder's dangerous ones
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_prose_editor",
    "reversion",
    "axes",
    "references",
    "articles",
]

MIDDLEWARE = [
    "gtsite.security.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "gtsite.urls"
WSGI_APPLICATION = "gtsite.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
SERIALIZATION_MODULES = {"snapshot": "articles.serializer"}

# --- data ---------------------------------------------------------------------------------------------------

DATABASES = {
    "default": database_settings(
        env.database("DATABASE_URL", UNSET if PRODUCTION else f"sqlite:///{VAR_DIR / 'gtsite.sqlite3'}"),
        BASE_DIR,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PAGE_COPIES_DIR = env.path("PAGE_COPIES_DIR", VAR_DIR / "page-copies")
DEMO_SIGN_INS_FILE = VAR_DIR / "demo-sign-ins.txt"
LEDGER_KEY_FILE = env.path("LEDGER_KEY_FILE", VAR_DIR / "ledger-key.pem")

# An article with 200 citations posts more than Django's thousand fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20

# --- rules a publisher may set ------------------------------------------------------------------------------

EMERGENCY_APPROVAL_WORKING_DAYS = env.number("EMERGENCY_APPROVAL_WORKING_DAYS", 3, lowest=1, highest=30)
PAGE_LEASE_MS = env.number("PAGE_LEASE_MS", 200, lowest=0, highest=2000)
PAGE_MEMORY_BYTES = env.number("PAGE_MEMORY_BYTES", 64 * 2**20, lowest=2**20, highest=2**34)

# --- speaking to other sites: off, unless whoever runs the site says who may be written to about it -----------

NETWORK = env.flag("NETWORK", False)
NETWORK_CONTACT = env.mail_address("NETWORK_CONTACT", UNSET if NETWORK else "")
NCBI_API_KEY = env.text("NCBI_API_KEY", "", at_least=0)

# --- language and time: moments are stored in UTC and shown in TIME_ZONE ------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_TZ = True
FORMAT_MODULE_PATH = "gtsite.formats"
USE_I18N = True

# --- signing in ---------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # its screens could delete what shows an attack
AXES_CLIENT_IP_CALLABLE = "gtsite.security.client_address"

# --- cookies and transport ----------------------------------------------------------------------------------

SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "gtsite-session"
CSRF_FAILURE_VIEW = "articles.views.csrf_failure"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "gtsite-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 63_072_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
X_FRAME_OPTIONS = "DENY"

# --- mail: Django 6.1 reads MAILERS, 5.2 the older names ----------------------------------------------------

_mail = env.email("EMAIL_URL", UNSET if PRODUCTION else "consolemail://")
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": _mail["EMAIL_BACKEND"], "OPTIONS": mail_options(_mail)}}
else:
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST = _mail["EMAIL_HOST"]
    EMAIL_PORT = _mail["EMAIL_PORT"]
    EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
    EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
    EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
    EMAIL_TIMEOUT = _mail["EMAIL_TIMEOUT"]

# --- files: static names carry a digest of their content, so that they can be kept for ever -----------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", VAR_DIR / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Source maps are for people who debug the editor's bundle; compressing their megabytes takes most of the time.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# --- what broke, on stderr: Django says nothing there by itself; a refusal (403, 404, 405) is no error ---------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        # With DEBUG, Django's own handler would tell it a second time.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": not DEBUG},
        **{name: {"handlers": ["stderr"], "level": "WARNING"} for name in ("articles", "references", "gtsite")},
    },
}

env.stop_if_wrong()
