"""Turns the drawings of the sample articles into pictures, without a browser and without fonts."""

import hashlib
import io
from typing import Any

import resvg_py
from PIL import Image

from .reading import HERE

#: Sharp on a telephone, and small: a visit to an article stays below 40 kB.
WIDTH = 720
#: The drawings are flat; more colours would only be shades of their edges.
COLOURS = 64


def draw(name: str) -> tuple[bytes, dict[str, Any]]:
    """A drawing as WebP, and what a figure's data says about it."""
    source = (HERE / "figures" / name).read_text("utf-8")
    picture = Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=source, width=WIDTH)))
    kept = io.BytesIO()
    flat = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")
    flat.save(kept, "WEBP", lossless=True, method=6)
    content = kept.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return content, {"file": f"{digest}.webp", "width": picture.width, "height": picture.height}


def names() -> list[str]:
    """The drawings there are."""
    return sorted(path.name for path in (HERE / "figures").glob("*.svg"))
