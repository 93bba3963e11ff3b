"""Canonical JSON (RFC 8785) and its digest: equal content gives equal bytes, wherever it is written."""

import hashlib
from typing import Any

import rfc8785


class NotCanonical(ValueError):
    """The object holds something that canonical JSON of this project does not know."""


def canonical(obj: Any) -> bytes:
    """The one byte form of `obj`, RFC 8785.

    Allowed are None, booleans, integers within ±(2**53 - 1), strings, lists, tuples and dicts with string keys.
    Floats are refused even where RFC 8785 allows them: their text differs between languages, and a
    snapshot has no need of them. Raises NotCanonical.
    """
    _refuse_floats(obj)
    try:
        return rfc8785.dumps(obj)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise NotCanonical(f"This cannot be written as canonical JSON: {error}") from error


def digest(obj: Any) -> str:
    """SHA-256 of the canonical form, in lower-case hexadecimal."""
    return digest_bytes(canonical(obj))


def digest_bytes(content: bytes) -> str:
    """SHA-256 of bytes, in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _refuse_floats(obj: Any) -> None:
    waiting = [obj]
    while waiting:
        part = waiting.pop()
        if isinstance(part, float):
            raise NotCanonical(f"{part!r} is a floating-point number; write it as text or as an integer.")
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, (list, tuple)):
            waiting.extend(part)
