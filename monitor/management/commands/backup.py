"""`manage.py backup`: the database in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from monitor.management import backups
from monitor.management.command import MonitorCommand


class Command(MonitorCommand):
    help = "Writes the whole database into one file, while it is in use. Keep SECRET_KEY, and keep it elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="is replaced when the backup is complete")

    def run(self, options: Mapping[str, Any]) -> None:
        backups.write(options["file"])
        size = options["file"].stat().st_size
        if self.as_json:
            self.row(file=str(options["file"]), bytes=size)
        else:
            self.stdout.write(f"{options['file']}: {size:,} bytes.")
