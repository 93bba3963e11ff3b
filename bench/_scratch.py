"""A site of its own for a measurement: an empty SQLite file in a folder that is removed afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def scratch_site() -> Iterator[Path]:
    """Django on a migrated database of its own, with fast password hashing and plain static addresses; its folder.

    Call it before anything else has used the database.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    with TemporaryDirectory(prefix="gtsite-bench-") as name:
        folder = Path(name)
        before = {key: getattr(settings, key) for key in ("STORAGES", "LEDGER_KEY_FILE", "PASSWORD_HASHERS")}
        file = connections["default"].settings_dict["NAME"]
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = str(folder / "bench.sqlite3")
        settings.LEDGER_KEY_FILE = folder / "ledger-key.pem"
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
        call_command("migrate", verbosity=0)
        try:
            yield folder
        finally:
            connections["default"].close()
            connections["default"].settings_dict["NAME"] = file
            for key, value in before.items():
                setattr(settings, key, value)
