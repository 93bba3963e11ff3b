import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from articles import proof


class Command(BaseCommand):
    help = (
        "Write the proof file: the whole activity record with its rows and daily stamps. "
        "docs/verify_proof.py checks it without this software."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", metavar="FILE", help="Where to write; without it, to standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        lines = proof.lines(timezone.now())
        if not options["output"]:
            sys.stdout.writelines(lines)
            return
        path = Path(options["output"])
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        self.stdout.write(f"The proof file is {path}, {path.stat().st_size:,} bytes.")
