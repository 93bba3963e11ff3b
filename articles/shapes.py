"""What a snapshot looks like, for those that come from outside: an export that is read back, a form that carries one.

A shape is a type, ``{key: shape}`` for an object, ``[shape]`` for a list, ``(type, …)`` for either.
"""

from typing import Any

_NOTHING = type(None)
_BLOCK = {
    "uid": str,
    "kind": str,
    "level": int,
    "claim": str,
    "html": str,
    "no_source_reason": str,
    "data": (dict, _NOTHING),
}
_SNAPSHOT = {
    "schema": int,
    "uid": str,
    "slug": str,
    "language": str,
    "kind": str,
    "title": str,
    "subtitle": str,
    "summary": str,
    "also_called": [str],
    "topics": [str],
    "codes": [{"system": str, "code": str, "relation": str}],
    "people": [{"role": str, "person": str}],
    "funding": str,
    "review_interval_months": int,
    "sections": [{"uid": str, "heading": str, "kind": str, "blocks": [_BLOCK]}],
    "citations": [{"uid": str, "block": (str, _NOTHING), "key": str, "locator": str, "accessed": str, "quote": str}],
}
_DATA = {
    "callout": {"urgency": str, "heading": str},
    "table": {"caption": str, "header": [str], "rows": [[str]]},
    "figure": {"file": str, "alt": str, "decorative": bool, "width": int, "height": int, "credit": str},
}


class OtherShape(ValueError):
    """Names the first place that is not as it should be."""


def refuse_other_snapshot(value: Any) -> None:
    """Raises ``OtherShape`` unless every key and every type is that of the newest schema."""
    refuse_other_shape(value, _SNAPSHOT, "snapshot")
    for block in (block for section in value["sections"] for block in section["blocks"]):
        if block["kind"] in _DATA:
            refuse_other_shape(block["data"], _DATA[block["kind"]], f"data of statement {block['uid']}")


def refuse_other_shape(value: Any, shape: Any, where: str) -> None:
    """Raises ``OtherShape`` unless the value has the shape."""
    if isinstance(shape, dict):
        _refuse_other_object(value, shape, where)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise OtherShape(f"“{where}” should be a list.")
        for place, each in enumerate(value, 1):
            refuse_other_shape(each, shape[0], f"{where}, entry {place}")
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is int):
        raise OtherShape(f"“{where}” is not of the right kind.")
    elif isinstance(value, str) and "\x00" in value:  # PostgreSQL stores none and looks for none
        raise OtherShape(f"“{where}” holds a null character.")


def _refuse_other_object(value: Any, shape: dict[str, Any], where: str) -> None:
    if not isinstance(value, dict):
        raise OtherShape(f"“{where}” should be an object.")
    for key in sorted(shape.keys() - value.keys()):
        raise OtherShape(f"“{where}” has no “{key}”.")
    for key in sorted(value.keys() - shape.keys()):
        raise OtherShape(f"“{where}” has an unknown “{key[:40]}”.")
    for key, inner in shape.items():
        refuse_other_shape(value[key], inner, f"{where}.{key}")
