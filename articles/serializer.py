"""django-reversion's storage format: a saved version is the canonical JSON of the object's snapshot.

Reading back is refused: an old version is restored only by ``drafting.restore``, through the validation of any
edit, so the recorder's own revert ends in ``RevertError``.
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from django.core.serializers.base import DeserializationError

from .canonical import canonical


class Serializer:
    """What ``django.core.serializers`` asks of a format; one object at a time."""

    internal_use_only = True
    stored = ""

    def serialize(self, objects: Iterable[Any], **options: Any) -> str:
        """Canonical JSON of the one object given."""
        (obj,) = objects
        self.stored = canonical(obj.snapshot_dict()).decode()
        return self.stored

    def getvalue(self) -> str:
        """The last result, as Django's serializers offer it."""
        return self.stored


def Deserializer(*args: Any, **options: Any) -> NoReturn:
    raise DeserializationError("Saved versions are restored through articles.drafting.restore.")
