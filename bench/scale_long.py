"""Scale: what things cost at 10,000 and 100,000 articles against a few"""

from __future__ import annotations

from collections.abc import Iterator

from bench import scale
from bench.figures import Figure

LONG = True
SIZES = [10_000, 100_000]


def measure() -> Iterator[Figure]:
    """Figures at `SIZES` articles; about an hour, and some 20 GB of temporary files."""
    yield from scale.figures(SIZES)
