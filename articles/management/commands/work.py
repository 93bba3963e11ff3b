import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from articles.worker import run_chores

#: Seconds between two rounds: how late a scheduled publication may be.
PAUSE = 2.0


class Command(BaseCommand):
    help = "Do what happens unattended, until stopped: due publishing, ageing pages, mail, daily stamps, reminders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do one round and stop.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stop = threading.Event()
        if not once:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
        while True:
            self._round(stop)
            if once or stop.wait(PAUSE):
                return

    def _round(self, stop: threading.Event) -> None:
        try:
            close_old_connections()
            connection.ensure_connection()  # or each chore would complain by itself
            for line in run_chores(timezone.now()):
                self.stdout.write(line)
                if stop.is_set():  # what is left over is due again at the next start
                    return
        except DatabaseError as error:
            self.stderr.write(f"The database does not answer ({error}); trying again.")
            connection.close()
