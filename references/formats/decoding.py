"""From the bytes of a file to its text, or one sentence why not."""

import codecs
import re
from dataclasses import dataclass

MOST_BYTES = 64 * 2**20
GUESSED = "Windows-1252"

# First bytes of what people pick by mistake.
_OTHER_FILES = {
    b"%PDF-": "a PDF file",
    b"PK\x03\x04": "a Word, spreadsheet or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Word or spreadsheet file",
    b"{\\rtf": "an RTF file",
    b"\x1f\x8b": "a compressed file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LINE_ENDS = re.compile("\r\n|\r")


class NotReadable(ValueError):
    """The bytes are no text that we can be sure of; the message says what to do."""


@dataclass(frozen=True)
class Decoded:
    """The text with plain line feeds; ``guessed`` names the encoding when the file does not tell it."""

    text: str
    guessed: str = ""


def decode(data: bytes) -> Decoded:
    """The text of a file in UTF-8 or UTF-16, else, as a guess that is told, in Windows-1252."""
    if len(data) > MOST_BYTES:
        raise NotReadable(f"The file is {len(data) / 2**20:.0f} MB; the limit is {MOST_BYTES // 2**20} MB. Split it.")
    for start, what in _OTHER_FILES.items():
        if data.startswith(start):
            raise NotReadable(f"This is {what}, not a list of references. Export the references as text.")
    decoded = _decoded(data)
    if "\x00" in decoded.text:
        raise NotReadable("The file is not text.")
    return Decoded(_LINE_ENDS.sub("\n", decoded.text), decoded.guessed)


def _decoded(data: bytes) -> Decoded:
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), _unmarked(data))
    try:
        return Decoded(data.decode(marked))
    except UnicodeDecodeError as broken:
        if marked != "utf-8":
            raise NotReadable(
                f"The text ({marked.removesuffix('-sig').upper()}) is damaged at byte {broken.start:,}. Save it again."
            ) from None
        return _legacy(data, broken.start)


def _unmarked(data: bytes) -> str:
    """UTF-16 without its mark has a zero in every other byte of Latin text."""
    start = data[:200]
    if len(start) > 3 and start[1::2].count(0) > len(start) * 0.4:
        return "utf-16-le"
    if len(start) > 3 and start[::2].count(0) > len(start) * 0.4:
        return "utf-16-be"
    return "utf-8"


def _legacy(data: bytes, broken_at: int) -> Decoded:
    """Text that is UTF-8 but for few places is damaged, not written in an older encoding."""
    composed = sum(1 for char in data.decode("utf-8", "ignore") if char > "\x7f")
    if composed and composed >= data.decode("utf-8", "replace").count("\ufffd"):
        raise NotReadable(f"The file is UTF-8 text with a damaged character at byte {broken_at:,}. Save it again.")
    try:
        return Decoded(data.decode("cp1252"), GUESSED)
    except UnicodeDecodeError:
        raise NotReadable("The file is neither UTF-8 nor Windows-1252 text. Save it again as UTF-8.") from None
