"""Old snapshots in today's form. A schema changes by adding one function here, never by touching stored text.

Each function takes a snapshot of its schema and returns a new one of the next; it reads plain data only, since the
models of its day are long gone.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

NEWEST_SCHEMA = 1
OLDEST_SCHEMA = 1

Snapshot = dict[str, Any]

# {1: from_1_to_2} when schema 2 comes.
UPCASTERS: dict[int, Callable[[Snapshot], Snapshot]] = {}


class UnknownSchema(ValueError):
    """The snapshot was written by a newer version of this software, or is no snapshot."""


def upcast(snapshot: Snapshot) -> Snapshot:
    """The snapshot in the newest schema, as a copy; the one given stays as it was. Raises UnknownSchema."""
    return _raised(deepcopy(snapshot))


def read(written: str) -> Snapshot:
    """The snapshot in the newest schema, from its stored text. Raises UnknownSchema."""
    return _raised(json.loads(written))


def _raised(current: Snapshot) -> Snapshot:
    schema = current.get("schema")
    if type(schema) is not int or not OLDEST_SCHEMA <= schema <= NEWEST_SCHEMA:
        raise UnknownSchema(f"Snapshot schema {schema!r} is not known here; the newest known is {NEWEST_SCHEMA}.")
    for step in range(schema, NEWEST_SCHEMA):
        current = UPCASTERS[step](current)
    return current
