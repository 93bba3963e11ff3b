import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from references import http, retractions, text
from references.management.limits import add_limit
from references.models import NoticeCheck, PublicationNotice
from references.retraction_watch import FileRefused

#: Sentences about single rows and sources that are shown; the rest is counted.
MOST_SHOWN = 100
STOPPED = "Stopped. What was found so far is recorded; run the command again to go on."


class Command(BaseCommand):
    help = (
        "Record what was published about our sources: retractions, corrections, expressions of concern, "
        "reinstatements. From the CSV file of the Retraction Watch data, or with --online from Crossref and PubMed, "
        "asked first about the sources that were asked about longest ago. Running it again records only what is new. "
        "Exit code 1 if the file or a row of it was refused, or a registry did not answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, nargs="?", metavar="FILE", help="The Retraction Watch data, a CSV file.")
        parser.add_argument("--online", action="store_true", help="Ask Crossref and PubMed instead.")
        add_limit(parser, "Read so many rows, or ask about so many sources.")

    def handle(self, *args: Any, path: Path | None, online: bool, limit: int | None, **options: Any) -> None:
        if online == (path is not None):
            raise CommandError("Name the file of the Retraction Watch data, or say --online.")
        try:
            if path:
                self._read(path, limit)
            else:
                self._ask(limit)
        except KeyboardInterrupt:
            raise CommandError(STOPPED, returncode=130) from None

    # --- from a file ----------------------------------------------------------------------------------------

    def _read(self, path: Path, limit: int | None) -> None:
        self.shown: Counter[Any] = Counter()
        try:
            summary = self._summary_of(path, limit)
        except FileRefused as refusal:
            raise CommandError(f"{path}: nothing was recorded. {refusal}") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        for stream, shown in self.shown.items():
            if shown > MOST_SHOWN:
                stream.write(f"… and {shown - MOST_SHOWN:,} more.")
        if summary.refused:
            raise CommandError(str(summary))
        self.stdout.write(str(summary))

    def _summary_of(self, path: Path, limit: int | None) -> retractions.Summary:
        with (
            path.open("rb") as file,
            tqdm(total=path.stat().st_size, unit="B", unit_scale=True, disable=_is_quiet(), leave=False) as bar,
        ):
            return retractions.check_file(
                file,
                now=timezone.now(),
                tell=lambda line, sentence: self._show(self.stderr, f"Line {line}: {sentence}"),
                news=lambda key, notice: self._show(self.stdout, _news(key, notice)),
                progress=lambda position: bar.update(position - bar.n),
                most=limit,
            )

    def _show(self, stream: Any, sentence: str) -> None:
        self.shown[stream] += 1
        if self.shown[stream] <= MOST_SHOWN:
            stream.write(sentence)

    # --- from the registries --------------------------------------------------------------------------------

    def _ask(self, limit: int | None) -> None:
        if not http.is_on():
            raise CommandError(http.OFF)
        outcomes: Counter[str] = Counter()
        sources, new = retractions.due(limit), 0
        try:
            with tqdm(total=len(sources), unit="source", disable=_is_quiet(), leave=False) as bar:
                for asked in retractions.ask_all(self._counted(sources, bar), timezone.now):
                    outcomes[asked.check.outcome] += 1
                    new += len(asked.new)
                    self._tell_news(asked)
        except retractions.GivenUp as problem:
            raise CommandError(f"{_told(outcomes, new)} {problem}") from None
        if outcomes[NoticeCheck.Outcome.FAILED]:
            raise CommandError(_told(outcomes, new))
        self.stdout.write(_told(outcomes, new))

    def _counted(self, sources: list[int], bar: Any) -> Any:
        for pk in sources:
            yield pk
            bar.update()

    def _tell_news(self, asked: retractions.Asked) -> None:
        for notice in asked.new:
            self.stdout.write(_news(asked.check.reference.key, notice))
        if asked.check.outcome == NoticeCheck.Outcome.FAILED:
            self.stderr.write(f"{asked.check}. {asked.check.detail}")


def _news(key: str, notice: PublicationNotice) -> str:
    return f"{key}: {notice.get_nature_display()}, says {notice.get_origin_display()}."


def _is_quiet() -> bool:
    return not sys.stderr.isatty()


def _told(outcomes: Counter[str], new: int) -> str:
    told = [f"{count:,} × {NoticeCheck.Outcome(outcome).label}" for outcome, count in outcomes.most_common()]
    questions = text.counted(outcomes.total(), "question")
    return f"{questions}{': ' if told else ''}{', '.join(told)}; {text.counted(new, 'new notice')}."
