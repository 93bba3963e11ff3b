#!/usr/bin/env python
"""The door to every command: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from gtsite.sqlite.base import MissingFile

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if not isinstance(error.__cause__, MissingFile):
            raise
        sys.exit(str(error))
    except BrokenPipeError:  # whoever reads what a command writes has read enough, as `head` does
        os._exit(1)  # quietly: on the way out Python would try to write the rest


if __name__ == "__main__":
    main()
