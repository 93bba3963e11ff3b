import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from references import http, links, text
from references.management.limits import add_limit
from references.models import LinkCheck
from references.standing import DEAD

STOPPED = "Stopped. What was found so far is recorded; run the command again to go on."


class Command(BaseCommand):
    help = (
        "Visit the web addresses of our sources, or where their DOIs lead, and record what answers; those visited "
        "longest ago come first. "
        "Stop and start it at any time. Exit code 1 if it could not be done, 2 if an address does not answer any more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_limit(parser, "Visit at most so many.")

    def handle(self, *args: Any, limit: int | None, **options: Any) -> None:
        if not http.is_on():
            raise CommandError(http.OFF)
        found: Counter[str] = Counter()
        due = links.due(limit)
        try:
            with tqdm(total=len(due), unit="address", disable=not sys.stderr.isatty(), leave=False) as bar:
                for check in links.check_all(due, timezone.now):
                    found[check.outcome] += 1
                    self._tell(check)
                    bar.update()
        except links.CutOff as problem:
            raise CommandError(f"{_summary(found)} {problem}") from None
        except KeyboardInterrupt:
            raise CommandError(f"{_summary(found)} {STOPPED}", returncode=130) from None
        if found.keys() & DEAD:
            raise CommandError(_summary(found), returncode=2)
        self.stdout.write(_summary(found))

    def _tell(self, check: LinkCheck) -> None:
        told = [] if check.outcome == LinkCheck.Outcome.OK else [check.get_outcome_display()]
        told += ["another title"] if check.is_title_changed else []
        told += ["other words"] if check.is_content_changed else []
        if told:
            there = f"→ {check.final_url}" if check.outcome == LinkCheck.Outcome.MOVED else ""
            parts = [f"{check.reference.key}: {', '.join(told)}.", check.detail, check.url, there]
            self.stdout.write(" ".join(filter(None, parts)))


def _summary(found: Counter[str]) -> str:
    told = [f"{count:,} × {LinkCheck.Outcome(outcome).label}" for outcome, count in found.most_common()]
    addresses = text.counted(found.total(), "address", "addresses")
    return f"{addresses} visited{': ' if told else ''}{', '.join(told)}."
