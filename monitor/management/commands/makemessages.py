"""`manage.py makemessages`: bring the catalogues up to date with the texts in the code, or check that they are."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from monitor.management import messages


class Command(BaseCommand):
    help = "Collects the texts to translate into monitor/locale/*/LC_MESSAGES/django.po, without GNU gettext."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; exit with 1 unless every text is translated, sure and compiled",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        template = messages.find_messages(root)
        if options["check"]:
            self._check(root, template)
            return
        for path in messages.catalogue_paths():
            catalog = messages.update_catalogue(path, template)
            left = messages.untranslated(catalog)
            self.stdout.write(f"{_short(path, root)}: {len(catalog)} messages, {left} to translate")

    def _check(self, root: Path, template: Catalog) -> None:
        problems = [
            f"{_short(path, root)}: {problem}"
            for path in messages.catalogue_paths()
            for problem in messages.find_problems(path, template)
        ]
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"Translations: {len(template)} messages, complete and compiled.")


def _short(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
