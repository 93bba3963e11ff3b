"""The import of references against many broken files: `python bench/campaign_formats.py [FILES] [FIRST_SEED]`.

Each file is planned and carried out on an empty library. Then the library must hold the sources of the plan and no
others, each whole and with its saved version; the same file again must change nothing. Every seventh import is stopped
in the middle and started again. Counts files by their worst outcome and, with their seeds, crashes, slow files (> 2 s
of processor time) and halves.
"""

import datetime
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tqdm import tqdm

from bench._scratch import scratch_site

SLOW_SECONDS = 2.0
FINE = ("refused", "uncertain", "imported", "empty")


def main(files: int = 10_000, first: int = 2_000_000) -> int:
    started = time.perf_counter()
    with scratch_site():
        from tests.import_rounds import round_of

        counts = Counter(
            outcome(seed, round_of)
            for seed in tqdm(range(first, first + files), unit="file", disable=None, leave=False)
        )
    for result, count in counts.most_common():
        print(f"{count:>8,}  {result}")
    bad = sum(count for result, count in counts.items() if result not in FINE)
    seconds = time.perf_counter() - started
    print(f"{bad} of {files:,} files crashed, hung or came in by half (goal: 0); {seconds:.0f} s")
    return 1 if bad else 0


def outcome(seed: int, round_of: Any) -> str:
    from tests.broken_references import broken_file

    name, data = broken_file(seed)
    started = time.process_time()
    try:
        result = round_of(data, name, datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC), stops=seed % 7 == 0)
    except Exception as error:
        return f"CRASHED: seed {seed}, {type(error).__name__}: {error}"
    return f"SLOW: seed {seed}" if time.process_time() - started > SLOW_SECONDS else str(result)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
