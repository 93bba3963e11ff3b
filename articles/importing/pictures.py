"""Pictures that come with an export of ours: taken as they are, but only if they are nothing but a picture.

An upload is drawn anew (`articles.uploads`), which changes its bytes and so its name; an exported picture was drawn
anew before, and the approvals of its article are bound to its name.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import io
import struct
from collections.abc import Iterator
from typing import Any

from PIL import Image

from articles import ledger
from articles.canonical import digest_bytes
from articles.models import Figure
from articles.uploads import MOST_BYTES, MOST_PIXELS

from .page import ImportRefused

# What our own drawing writes (RFC 9649): pixels, alpha, the canvas. No EXIF, XMP, colour profile or animation.
_OUR_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}


def adopt(name: str, encoded: str, *, actor: Any, now: datetime.datetime) -> None:
    """Keep a picture under the name it had, unless it is here. Raises `ImportRefused` for anything else."""
    if Figure.objects.filter(name=name).exists():
        return
    content = _decoded(name, encoded)
    width, height = _size(name, content)
    maker = ledger.actor_id(actor, now)
    figure = Figure.objects.create(
        name=name,
        sha256=digest_bytes(content),
        width=width,
        height=height,
        content=content,
        actor=maker,
        uploaded_at=now,
    )
    ledger.append("picture", [figure], actor=maker, now=now)


def _decoded(name: str, encoded: str) -> bytes:
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ImportRefused(f"The picture {name[:80]} is damaged.") from None
    if len(content) > MOST_BYTES or name != f"{digest_bytes(content)}.webp":
        raise ImportRefused(f"The picture {name[:80]} is not what its name says.")
    try:
        is_ours = set(_chunks(content)) <= _OUR_CHUNKS
    except (struct.error, ValueError):
        is_ours = False
    if not is_ours:
        raise ImportRefused(f"The picture {name[:80]} is not one that was made here.")
    return content


def _chunks(content: bytes) -> Iterator[bytes]:
    """Names of the parts of a WebP file; raises if they do not fill the file exactly."""
    riff, size, webp = struct.unpack("<4sI4s", content[:12])
    if riff != b"RIFF" or webp != b"WEBP" or size != len(content) - 8:
        raise ValueError("not a WebP file")
    place = 12
    while place < len(content):
        kind, length = struct.unpack("<4sI", content[place : place + 8])
        place += 8 + length + length % 2
        yield kind
    if place != len(content):
        raise ValueError("a part is longer than the file")


def _size(name: str, content: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(content), formats=["WEBP"]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise ImportRefused(f"The picture {name[:80]} has too many pixels.")
            picture.load()
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        raise ImportRefused(f"The picture {name[:80]} is damaged.") from None
    return width, height
