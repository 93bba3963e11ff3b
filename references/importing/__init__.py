"""Importing references: first a plan that can be looked at, then its carrying out.

``plan`` reads a file and writes nothing; ``carry_out`` does what the plan says. Between them a plan may go through JSON
(``Plan.to_json``, ``Plan.from_json``). The same file again changes nothing. What a list only names by
an identifier is first asked for: ``ask_all`` answers ``Plan.asks``, and with the answers it is planned again.
"""

from .asking import MOST_ASKED, Answer, ask_all
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
    "MOST_ASKED",
    "OUTCOMES",
    "REFUSED",
    "UNCERTAIN",
    "UNCHANGED",
    "UPDATED",
    "Answer",
    "Difference",
    "Plan",
    "Row",
    "Summary",
    "ask_all",
    "carry_out",
    "plan",
]
