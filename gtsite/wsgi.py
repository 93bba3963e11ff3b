"""The door for web servers."""

import os
from importlib.util import find_spec

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")

application = get_wsgi_application()

from gtsite.databases import stop_if_unfit  # noqa: E402  (needs the settings)

stop_if_unfit()

if find_spec("gtsite.pages"):
    from gtsite.pages import PageServer

    application = PageServer(application)
