"""The base of Stallwatch's commands: JSON lines on request, English, and a quiet end when the
reader has gone."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils import translation

from monitor.models import Product

#: The exit code of an interrupted program.
INTERRUPTED = 130


class MonitorCommand(BaseCommand):
    """A command with `--json`: it writes one object a line to standard output, and nothing else
    there.

    Subclasses define `run`. Errors go to standard error. `CommandError` is for wrong arguments, not
    for single products that could not be checked."""

    as_json = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json",
            action="store_true",
            help="write one JSON object a line to standard output, and nothing else",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json = options["json"]
        if Product._meta.db_table not in connection.introspection.table_names():
            raise CommandError("The database has no tables yet. Run `manage.py migrate` first.")
        # Logs and scripts need one language, whatever the pages' default is.
        with translation.override("en"):
            try:
                self.run(options)
                self.stdout.flush()
            except BrokenPipeError:
                _stop_writing()
            except KeyboardInterrupt:
                self.stderr.write("Interrupted.")
                sys.exit(INTERRUPTED)

    def run(self, options: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def row(self, **values: object) -> None:
        """Write one JSON object; times become ISO 8601 in UTC."""
        self.stdout.write(json.dumps(values, cls=DjangoJSONEncoder))

    def say(self, text: str) -> None:
        """Write text for a person, which is not part of the JSON."""
        (self.stderr if self.as_json else self.stdout).write(
            text, self.style.NOTICE if self.as_json else None
        )


def count(number: int, singular: str) -> str:
    """Return a number with its noun: `1 product`, `1,200 products`."""
    return f"{number:,} {singular if number == 1 else singular + 's'}"


def _stop_writing() -> None:
    """Drop what is left to write: the reader has closed the pipe, as `head` does, and Python would
    complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
