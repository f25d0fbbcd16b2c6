"""`manage.py restore`: the database as a backup has it, made ready to go on."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from monitor.management import backups


class Command(BaseCommand):
    help = (
        "Replaces the database by a backup, migrates it, and sets aside what may have been done "
        "since the backup."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="what `backup` has written")
        parser.add_argument(
            "--settle", action="store_true", help="the database was restored by other means"
        )

    def handle(self, *args: Any, file: Path | None, settle: bool, **options: Any) -> None:
        if (file is None) != settle:
            raise CommandError("Name a file, or give --settle.")
        if file is not None:
            backups.load(file)
            self.stdout.write(
                "The backup is loaded. If migrating it fails, run `migrate`, then `restore "
                "--settle`."
            )
        call_command("migrate", verbosity=0)
        messages = backups.settle(timezone.now())
        self.stdout.write(
            f"Restored. Messages set aside, which may have been sent since the backup: {messages}."
        )
