"""Django's SQLite backend, fit for an untrusted schema (see `base`)."""
