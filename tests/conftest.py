"""Shared fixtures."""

import pytest


@pytest.fixture(autouse=True)
def separate_files(settings, tmp_path):
    """Every test writes its files into its own folder, and hashes passwords fast."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PAGE_COPIES_DIR = tmp_path / "page-copies"
    settings.LEDGER_KEY_FILE = tmp_path / "ledger-key.pem"
    settings.AXES_ENABLED = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
