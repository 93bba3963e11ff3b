"""The importer against many broken pages: `python bench/campaign_import.py [FILES] [FIRST_SEED]`.

Counts imported, refused and, with their seeds, crashes, slow files (> 1 s of processor time) and pages that could not
be stored.
"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tqdm import tqdm

from articles.importing.page import ImportRefused
from articles.importing.parsing import parse
from tests.broken_pages import broken_page
from tests.test_importing_broken import assert_storable

SLOW_SECONDS = 1.0


def outcome(seed: int) -> str:
    name, data = broken_page(seed)
    started = time.process_time()
    try:
        assert_storable(parse(name, data))
        result = "imported"
    except ImportRefused:
        result = "refused"
    except Exception as error:
        return f"CRASHED: seed {seed}, {type(error).__name__}: {error}"
    return f"SLOW: seed {seed}" if time.process_time() - started > SLOW_SECONDS else result


def main(files: int = 10_000, first: int = 1_000_000) -> int:
    counts = Counter(outcome(seed) for seed in tqdm(range(first, first + files), disable=None))
    for result, count in counts.most_common():
        print(f"{count:>8,}  {result}")
    bad = sum(count for result, count in counts.items() if result not in ("imported", "refused"))
    print(f"{bad} of {files:,} files crashed or were slow (goal: 0)")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
