"""The workflow against its model: `python bench/campaign_sequences.py [SEQUENCES] [STEPS] [SEED]`.

Drives the machine of tests/test_workflow_machine.py on a fresh database; the first difference ends the run with the
shortest sequence that shows it.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench._scratch import scratch_site


def main(sequences: int = 10_000, steps: int = 50, seed: int = 1) -> int:
    import hypothesis

    counts: Counter[str] = Counter()
    started, differences = time.perf_counter(), 0
    with scratch_site():
        from tests import test_workflow_machine as machine

        counted(machine.Workflow, counts)
        newsroom = machine.stage()
        hypothesis.seed(seed)(machine.Workflow)
        try:
            machine.run_sequences(newsroom, sequences, steps, database=None, **quiet())
        except BaseExceptionGroup as error:
            differences = len(error.exceptions)
            print("".join(getattr(error, "__notes__", [])) or error)
        except Exception as error:
            differences = 1
            print("\n".join(getattr(error, "__notes__", [])), repr(error), sep="\n")
    seconds = time.perf_counter() - started
    print(f"{counts['sequences']:,} sequences, {counts['acts']:,} acts tried, {counts['refused']:,} rightly refused")
    for name, number in sorted(counts.items()):
        if name not in ("sequences", "acts", "refused"):
            print(f"{number:>8,}  {name}")
    print(f"{differences} differences of {sequences:,} × {steps} steps (goal: 0); seed {seed}; {seconds:.0f} s")
    return 1 if differences else 0


def quiet() -> dict[str, object]:
    import hypothesis

    return {"suppress_health_check": list(hypothesis.HealthCheck), "print_blob": True}


def counted(machine: type, counts: Counter[str]) -> None:
    """Count what the machine does: sequences, acts, refusals, and each move made."""
    attempt, move, teardown = machine.attempt, machine.move, machine.teardown

    def counting_attempt(self, is_refused, act):
        counts["acts"] += 1
        counts["refused"] += bool(is_refused)
        return attempt(self, is_refused, act)

    def counting_move(self, name, who, **details):
        steps = len(self.article.transitions.all())
        move(self, name, who, **details)
        counts[name] += len(self.article.transitions.all()) > steps

    def counting_teardown(self):
        counts["sequences"] += 1
        teardown(self)

    machine.attempt, machine.move, machine.teardown = counting_attempt, counting_move, counting_teardown


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
