"""One measured figure and the goal it is held against."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """`found` against `goal`, in `unit`; more is better when `at_least`."""

    name: str
    found: float
    goal: float
    unit: str
    at_least: bool = False

    @property
    def reached(self) -> bool:
        return self.found >= self.goal if self.at_least else self.found <= self.goal

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        verdict = "" if self.reached else "   MISSED"
        return f"  {self.name:<60} {self.found:>10.4g} {self.unit:<6} goal {sign} {self.goal:g}{verdict}"


def milliseconds(act: Callable[[], object], times: int = 20) -> float:
    """The median duration of an act, after one run that does not count."""
    act()
    durations = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        durations.append(time.perf_counter() - started)
    return median(durations) * 1000
