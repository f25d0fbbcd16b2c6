"""`manage.py backup`: the database in one file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitor.management import backups


class Command(BaseCommand):
    help = (
        "Writes the whole database into one file, while it is in use. Keep SECRET_KEY, and keep "
        "it elsewhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="is replaced when the backup is complete")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            backups.write(file)
        except OSError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{file}: {file.stat().st_size:,} bytes.")
