from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.models import Checkpoint, LedgerEntry
from articles.verification import problems

SHOWN = 20


class Command(BaseCommand):
    help = "Recompute the whole activity record and name what does not fit. Exit code 1 if anything does not."

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(problems())
        for problem in found[:SHOWN]:
            self.stderr.write(str(problem))
        if found:
            places = "1 place" if len(found) == 1 else f"{len(found)} places"
            raise CommandError(f"The record does not fit in {places}; the first is {found[0]}")
        entries, stamps = LedgerEntry.objects.count(), Checkpoint.objects.count()
        self.stdout.write(
            f"The record is whole, every row as it was recorded. Entries: {entries}. Daily stamps: {stamps}."
        )
