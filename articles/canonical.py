"""Canonical JSON (RFC 8785) and its digest: equal content gives equal bytes, wherever it is written."""

import hashlib
import json
from typing import Any

import rfc8785

LARGEST_INTEGER = 2**53 - 1
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
FIRST_SURROGATE = "\ud800"


class NotCanonical(ValueError):
    """The object holds something that canonical JSON of this project does not know."""


def canonical(obj: Any) -> bytes:
    """The one byte form of `obj`, RFC 8785.

    Allowed are None, booleans, integers within ±(2**53 - 1), strings, lists, tuples and dicts with string keys.
    Floats are refused even where RFC 8785 allows them: their text differs between languages, and a
    snapshot has no need of them. Raises NotCanonical.
    """
    is_sorted_alike = _is_sorted_alike(obj)
    try:
        if is_sorted_alike:  # Python's own encoder then writes the very form, ten times as fast
            return _ENCODER.encode(obj).encode()
        return rfc8785.dumps(obj)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise NotCanonical(f"This cannot be written as canonical JSON: {error}") from error


def digest(obj: Any) -> str:
    """SHA-256 of the canonical form, in lower-case hexadecimal."""
    return digest_bytes(canonical(obj))


def digest_bytes(content: bytes) -> str:
    """SHA-256 of bytes, in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _is_sorted_alike(obj: Any) -> bool:
    """Whether all keys sort by code point as they do by UTF-16 unit, which RFC 8785 asks for.

    Raises NotCanonical for what must not be in the object.
    """
    alike, waiting = True, [obj]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) or part is None or part is True or part is False:
            continue
        if isinstance(part, dict):
            try:
                is_plain = "".join(part).isascii()
            except TypeError:
                raise NotCanonical("A key that is no string has no canonical form.") from None
            alike = alike and (is_plain or all(key < FIRST_SURROGATE for key in part))
            waiting.extend([value for value in part.values() if type(value) is not str])
        elif isinstance(part, (list, tuple)):
            waiting.extend(part)
        elif isinstance(part, float):
            raise NotCanonical(f"{part!r} is a floating-point number; write it as text or as an integer.")
        elif not isinstance(part, int) or abs(part) > LARGEST_INTEGER:
            raise NotCanonical(f"{part!r} has no canonical form.")
    return alike
