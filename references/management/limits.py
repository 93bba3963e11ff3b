"""The --limit that the commands share."""

from argparse import ArgumentTypeError

from django.core.management.base import CommandParser


def add_limit(parser: CommandParser, help: str) -> None:
    parser.add_argument("--limit", type=_at_least_one, metavar="N", help=help)


def _at_least_one(written: str) -> int:
    if not written.isascii() or not written.isdigit() or int(written) < 1:
        raise ArgumentTypeError("write a whole number from 1, such as --limit 500")
    return int(written)
