import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from references import archives, http, text
from references.management.limits import add_limit
from references.standing import NEAR_DAYS

STOPPED = "Stopped. What was found so far is recorded; run the command again to go on."


class Command(BaseCommand):
    help = (
        "Look for an archived copy of each cited page near the day on which it was read, in the Internet Archive. "
        "What was not found is looked for again after a month. Stop and start it at any time. "
        "Exit code 1 if the archive did not answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_limit(parser, "Look for at most so many.")

    def handle(self, *args: Any, limit: int | None, **options: Any) -> None:
        if not http.is_on():
            raise CommandError(http.OFF)
        due = archives.due(archives.read_on(), timezone.now(), limit)
        self.looked = self.near = 0
        try:
            for check in tqdm(
                archives.look_for_all(due, timezone.now),
                total=len(due), unit="copy", disable=not sys.stderr.isatty(), leave=False,
            ):  # fmt: skip
                self.looked += 1
                distance = abs((check.captured_on - check.wanted_on).days) if check.captured_on else None
                self.near += distance is not None and distance <= NEAR_DAYS
        except http.NotFetched as problem:
            raise CommandError(f"{self._summary()} {problem.sentence} Run the command again to go on.") from None
        except KeyboardInterrupt:
            raise CommandError(f"{self._summary()} {STOPPED}", returncode=130) from None
        self.stdout.write(self._summary())

    def _summary(self) -> str:
        copies = text.counted(self.looked, "copy", "copies")
        return f"{copies} looked for: {self.near:,} found within {NEAR_DAYS} days of the reading."
