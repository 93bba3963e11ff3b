"""From bytes to text, or one sentence why not."""

from __future__ import annotations

import codecs
import re

from .page import ImportRefused, Report

MAX_BYTES = 10 * 1024 * 1024

# First bytes of what people pick by mistake.
_KNOWN_FILES = {
    b"%PDF-": "a PDF file",
    b"PK\x03\x04": "a Word or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Word file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"{\\rtf": "an RTF file",
    b"\x1f\x8b": "a compressed file",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
}
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s{0,5}=\s{0,5}["']?([\w.:-]{2,30})""", re.IGNORECASE
)
_TRUSTED_CHARSETS = frozenset(
    [
        "windows-1250",
        "windows-1251",
        "windows-1253",
        "windows-1254",
        "iso-8859-2",
        "iso-8859-5",
        "iso-8859-7",
        "iso-8859-15",
        "koi8-r",
        "shift_jis",
        "euc-jp",
        "euc-kr",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
    ]
)
_WESTERN_CHARSETS = frozenset({"windows-1252", "iso-8859-1", "latin1", "us-ascii"})
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def decode(data: bytes, report: Report) -> str:
    """The text of a file, with plain line feeds. Raises `ImportRefused` for what is not text."""
    _refuse_size(data)
    _refuse_known_files(data)
    text = _NEWLINES.sub("\n", _decoded(data, report))
    _refuse_binary(text)
    if not text.strip():
        raise ImportRefused("The file is empty.")
    return text


def _refuse_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise ImportRefused(f"The file is larger than {MAX_BYTES // 2**20} MB, which is the limit.")


def _refuse_known_files(data: bytes) -> None:
    for start, what in _KNOWN_FILES.items():
        if data.startswith(start):
            raise ImportRefused(f"This is {what}, not text; save it as HTML or plain text first.")


def _decoded(data: bytes, report: Report) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        _refuse_damaged_utf8(data, broken)
        return _legacy(data, report)


def _utf16(data: bytes) -> str:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as broken:
        raise ImportRefused(f"The UTF-16 text is damaged at byte {broken.start:,}; save the file again.") from None


def _refuse_damaged_utf8(data: bytes, broken: UnicodeDecodeError) -> None:
    """Text that is UTF-8 but for one place is damaged, not written in an older encoding."""
    valid = sum(1 for character in data.decode("utf-8", "ignore") if character > "\x7f")
    if valid and valid >= data.decode("utf-8", "replace").count("\ufffd"):
        raise ImportRefused(
            f"The file is UTF-8 text with a damaged character at byte {broken.start:,}; save it again as UTF-8."
        )


def _legacy(data: bytes, report: Report) -> str:
    if b"\x00" in data:
        raise ImportRefused("The file is not text.")
    declared = _DECLARED.search(data[:2048])
    charset = declared.group(1).decode("ascii").lower() if declared else ""
    if charset in _TRUSTED_CHARSETS:
        return _declared(data, charset, report)
    if charset not in _WESTERN_CHARSETS:
        report.add("uncertain", 0, "The file does not say how its letters are encoded; it was read as Windows-1252.")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        raise ImportRefused("The file is neither UTF-8 nor Windows-1252 text; save it again as UTF-8.") from None


def _declared(data: bytes, charset: str, report: Report) -> str:
    try:
        text = data.decode(charset)
    except UnicodeDecodeError:
        raise ImportRefused(f"The file says it is {charset}, but is not; save it again as UTF-8.") from None
    report.add("recognised", 0, f"Letters were read as {charset}, as the file says.")
    return text


def _refuse_binary(text: str) -> None:
    controls = sum(1 for character in text if character < " " and character not in "\n\t")
    if "\x00" in text or controls * 100 > len(text):
        raise ImportRefused("The file is not text.")
