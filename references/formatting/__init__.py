"""References as readers see them: safe HTML and plain text from the same pieces, in three styles.

A style is one function in ``STYLES``: it takes a CSL-JSON item and the day of access and returns sentences. A
sentence is a list of ``Piece``; joining, full stops, escaping and links are the same for all styles. Titles keep
their capitals in every style: a machine cannot tell a name from a word.
"""

from collections.abc import Callable, Iterable
from typing import Any

from .ama import ama
from .apa import apa
from .nlm import nlm
from .parts import initials
from .pieces import Formatted, Sentence, joined

__all__ = ["STYLES", "Formatted", "format_reference", "initials"]

STYLES: dict[str, Callable[[dict[str, Any], str], Iterable[Sentence]]] = {"nlm": nlm, "ama": ama, "apa": apa}


def format_reference(csl: dict[str, Any], style: str = "nlm", accessed: str = "") -> Formatted:
    """The reference in a style ("nlm"), with the day it was last looked at ("2026-11-22", or less, or "")."""
    return joined(STYLES[style](csl, accessed))
