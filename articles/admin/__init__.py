"""The editors' desk. Importing this package puts everything on it."""

from . import article, figures, people, records, site, source_distinctions, source_merges

__all__ = ["article", "figures", "people", "records", "site", "source_distinctions", "source_merges"]
