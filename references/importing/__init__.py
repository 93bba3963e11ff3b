"""Importing references: first a plan that can be looked at, then its carrying out.

``plan`` reads a file and writes nothing; ``carry_out`` does what the plan says. Between them a plan may go through JSON
(``Plan.to_json``, ``Plan.from_json``). The same file again changes nothing.
"""

from .carrying import Summary, carry_out
from .planning import (
    CREATED,
    LEFT_OUT,
    MERGED,
    OUTCOMES,
    REFUSED,
    UNCERTAIN,
    UNCHANGED,
    UPDATED,
    Difference,
    Plan,
    Row,
    plan,
)

__all__ = [
    "CREATED",
    "LEFT_OUT",
    "MERGED",
    "OUTCOMES",
    "REFUSED",
    "UNCERTAIN",
    "UNCHANGED",
    "UPDATED",
    "Difference",
    "Plan",
    "Row",
    "Summary",
    "carry_out",
    "plan",
]
