import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from references import retractions
from references.retraction_watch import FileRefused

#: Sentences about single rows that are shown; the rest is counted.
MOST_SHOWN = 100
STOPPED = "Stopped. What was found so far is recorded; run the command again to go on."


class Command(BaseCommand):
    help = (
        "Record what was published about our sources: retractions, corrections, expressions of concern, "
        "reinstatements. From the CSV file of the Retraction Watch data. Running it again records only what is new. "
        "Exit code 1 if the file, or a row of it, was refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE", help="The Retraction Watch data, a CSV file.")
        parser.add_argument("--limit", type=int, metavar="N", help="Read at most so many rows.")

    def handle(self, *args: Any, path: Path, limit: int | None, **options: Any) -> None:
        self.shown = 0
        try:
            summary = self._read(path, limit)
        except FileRefused as refusal:
            raise CommandError(f"{path}: nothing was recorded. {refusal}") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        except KeyboardInterrupt:
            raise CommandError(STOPPED, returncode=130) from None
        if self.shown > MOST_SHOWN:
            self.stderr.write(f"… and {self.shown - MOST_SHOWN:,} more.")
        if summary.refused:
            raise CommandError(str(summary))
        self.stdout.write(str(summary))

    def _read(self, path: Path, limit: int | None) -> retractions.Summary:
        shown = sys.stderr.isatty()
        with (
            path.open("rb") as file,
            tqdm(total=path.stat().st_size, unit="B", unit_scale=True, disable=not shown, leave=False) as bar,
        ):
            return retractions.check_file(
                file,
                now=timezone.now(),
                tell=self._tell,
                progress=lambda position: bar.update(position - bar.n),
                most=limit,
            )

    def _tell(self, line: int, sentence: str) -> None:
        self.shown += 1
        if self.shown <= MOST_SHOWN:
            self.stderr.write(f"Line {line}: {sentence}")
