"""The door for web servers: the page server around Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")

django_application = get_wsgi_application()

from gtsite.databases import stop_if_unfit  # noqa: E402  (needs the settings)
from gtsite.pages import PageServer  # noqa: E402

stop_if_unfit()
application = PageServer(django_application)
