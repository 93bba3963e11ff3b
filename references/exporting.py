"""Sources in the formats of other programs."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from . import formats


class Exchangeable(Protocol):
    """Whatever can say what it is: ``models.Reference``."""

    def exchange_item(self) -> dict[str, Any]: ...


def export(references: Iterable[Exchangeable], format: str, style: str = "nlm") -> Iterator[str]:
    """The file of the sources, piece by piece, in the order given; ``style`` matters to ``text`` alone.

    Raises ``formats.UnknownFormat``.
    """
    return formats.write((reference.exchange_item() for reference in references), format, style)
