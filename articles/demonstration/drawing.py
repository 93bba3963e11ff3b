"""Turns the drawings of the sample articles into pictures, without a browser and without fonts."""

import resvg_py

from .reading import HERE

#: As wide as a page's column, and twice as wide as a telephone.
WIDTH = 720


def names() -> list[str]:
    """The drawings there are."""
    return sorted(path.name for path in (HERE / "figures").glob("*.svg"))


def draw(name: str) -> bytes:
    """A drawing as PNG, ready to be uploaded."""
    return resvg_py.svg_to_bytes(svg_string=(HERE / "figures" / name).read_text("utf-8"), width=WIDTH)
