"""What Stallwatch's commands have in common: JSON lines on request, English, and a quiet end when nobody listens."""

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

#: What a shell reports of a program that was interrupted.
INTERRUPTED = 130


class MonitorCommand(BaseCommand):
    """A command with `--json`: one object a line on standard output, and nothing else there.

    Subclasses write `run`. Errors go to standard error; `CommandError` is for a request that was itself wrong, not
    for single products that could not be checked.
    """

    as_json = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="write one JSON object a line to standard output, and nothing else"
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command after Django's checks, which read the database too. A full disk ends it with one line."""
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
        # Operators' logs and scripts read one language, whatever the pages' default is.
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
        """Do what was asked. Raises CommandError for what cannot be asked."""
        raise NotImplementedError

    def row(self, **values: object) -> None:
        """Write one JSON object; times become ISO 8601 in UTC."""
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        in_ascii = not encoding.lower().startswith("utf")
        self.stdout.write(json.dumps(values, ensure_ascii=in_ascii, default=_plain))

    def say(self, text: str) -> None:
        """Tell a person something that is no part of the JSON."""
        (self.stderr if self.as_json else self.stdout).write(text, self.style.NOTICE if self.as_json else None)

    @contextmanager
    def progress(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar on standard error while the block runs; yields what to call with the number of steps just made.

        Only a terminal shows it, and not one that is being filled with JSON at the same time.
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


def iso(when: datetime | None) -> str | None:
    """An aware time as ISO 8601 in UTC: `2026-11-11T00:00:00Z`."""
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 product`, `1,200 products`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} is not written as JSON")


def _stop_writing() -> None:
    """The reader has enough, as `head` has; without this Python would complain again while it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
