"""`manage.py restore`: the database as a backup has it, made ready to go on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from monitor.management import backups
from monitor.management.command import MonitorCommand, count


class Command(MonitorCommand):
    help = (
        "Replaces the database by a backup, migrates it to this version, and sets aside what may have been done since. "
        "Run it with the SECRET_KEY of the backup, while no other process runs."
    )
    needs_tables = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, nargs="?", help="what `backup` has written")
        parser.add_argument(
            "--settle", action="store_true", help="replace nothing: the database was restored by other means"
        )

    def run(self, options: Mapping[str, Any]) -> None:
        if (options["file"] is None) != options["settle"]:
            raise CommandError("Name a file, or give --settle.")
        if options["file"] is not None:
            backups.load(options["file"])
        call_command("migrate", verbosity=0)
        messages = backups.settle(timezone.now())
        if self.as_json:
            self.row(set_aside=messages)
        else:
            self.stdout.write(
                f"Restored. {count(messages, 'message')} set aside: they may have been sent since the backup."
                " The admin sends them again. Everybody has to log in again."
            )
