"""Pictures that editors upload: looked at before they are opened, drawn anew, named by what they are.

Nothing of the file that came in is kept: no metadata, no second format hidden behind the first, no name. The picture
is public only through an edition that shows it.
"""

import datetime
import io
from typing import Any

from django.db import transaction
from PIL import Image, ImageOps

from . import ledger, roles
from .canonical import digest_bytes
from .drafting import Refused
from .models import Figure

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 10_000_000
#: A picture of this many pixels takes 160 MB while it is drawn anew.
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2_000
QUALITY = 82


@transaction.atomic
def store_picture(content: bytes, *, actor: Any, now: datetime.datetime) -> Figure:
    """Keep an uploaded picture; the same picture is kept once. ``actor`` is ``None`` for an unattended load.

    Raises ``Refused`` for people who may not upload, and for what is too large or no picture.
    """
    if actor is not None and not roles.has_role(actor, roles.AUTHOR, roles.EDITOR, roles.PUBLISHER):
        raise Refused("Only authors, editors and publishers upload pictures.")
    drawn, width, height = redrawn(content)
    fingerprint = digest_bytes(drawn)
    known = Figure.objects.filter(name=f"{fingerprint}.webp").first()
    if known:
        return known
    maker = ledger.actor_id(actor, now)
    figure = Figure.objects.create(
        name=f"{fingerprint}.webp",
        sha256=fingerprint,
        width=width,
        height=height,
        content=drawn,
        actor=maker,
        uploaded_at=now,
    )
    ledger.append("picture", [figure], actor=maker, now=now)
    return figure


def redrawn(content: bytes) -> tuple[bytes, int, int]:
    """The picture as WebP with its width and height, upright, at most 2,000 pixels long; raises ``Refused``."""
    if len(content) > MOST_BYTES:
        raise Refused(f"The file has {len(content) // 1_000_000} MB; at most {MOST_BYTES // 1_000_000} MB fit.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _refuse_floods(picture)
            return _drawn(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("The picture has far too many pixels.") from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise Refused("This file is not a PNG, JPEG or WebP picture, or it is broken.") from error


def _refuse_floods(picture: Image.Image) -> None:
    """Asked of the header, before a single pixel is unpacked."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise Refused(f"The picture has {width} × {height} pixels; at most {MOST_PIXELS // 1_000_000} million fit.")


def _drawn(picture: Image.Image) -> tuple[bytes, int, int]:
    upright = ImageOps.exif_transpose(picture)
    has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    drawn = upright.convert("RGBA" if has_alpha else "RGB")
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new(drawn.mode, drawn.size)
    clean.paste(drawn)
    target = io.BytesIO()
    clean.save(target, "WEBP", quality=QUALITY, method=4)
    return target.getvalue(), clean.width, clean.height
