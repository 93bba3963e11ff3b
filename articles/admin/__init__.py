"""The editors' desk. Importing this package puts everything on it."""

from . import article, figures, people, records, site

__all__ = ["article", "figures", "people", "records", "site"]
