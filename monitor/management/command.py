"""The base of Stallwatch's commands: JSON lines on request, English, and a quiet end when the reader has gone."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.utils import translation
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.models import Product
from monitor.recording import disk

#: The exit code of an interrupted program.
INTERRUPTED = 130


class MonitorCommand(BaseCommand):
    """A command with `--json`: it writes one object a line to standard output, and nothing else there.

    Subclasses define `run`. Errors go to standard error. `CommandError` is for wrong arguments, not for single products
    that could not be checked.
    """

    as_json = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="write one JSON object a line to standard output, and nothing else"
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run Django's checks and the command; both read the database. A full disk ends it with one line."""
        try:
            return super().execute(*args, **options)
        except disk.NoRoom as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            if not disk.is_full(error):
                raise
            raise CommandError("The database's disk is full. Make room on it, then try again.") from error

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
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        in_ascii = not encoding.lower().startswith("utf")
        self.stdout.write(json.dumps(values, ensure_ascii=in_ascii, default=_plain))

    def say(self, text: str) -> None:
        """Write text for a person, which is not part of the JSON."""
        (self.stderr if self.as_json else self.stdout).write(text, self.style.NOTICE if self.as_json else None)

    @contextmanager
    def progress(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar on standard error while the block runs; yields a function that takes the number of steps made.

        Only a terminal shows it, unless the JSON goes to the same terminal.
        """
        shown = sys.stderr.isatty() and not (self.as_json and sys.stdout.isatty())
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        console = Console(stderr=True)
        with Progress(
            *columns, console=console, disable=not shown, transient=True, redirect_stdout=False, redirect_stderr=False
        ) as bar:
            task = bar.add_task(description, total=total)
            yield lambda steps: bar.advance(task, steps)


def count(number: int, singular: str) -> str:
    """`1 product`, `1,200 products`."""
    return f"{number:,} {singular if number == 1 else singular + 's'}"


def _plain(value: object) -> object:
    """An aware time as ISO 8601 in UTC: `2026-11-11T00:00:00Z`."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} is not written as JSON")


def _stop_writing() -> None:
    """The reader has closed the pipe, as `head` does. Without this Python would complain again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
