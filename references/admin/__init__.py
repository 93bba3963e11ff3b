"""The library on the editors' desk."""

from .source import ReferenceAdmin

__all__ = ["ReferenceAdmin"]
