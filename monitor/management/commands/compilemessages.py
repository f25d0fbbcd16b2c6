"""`manage.py compilemessages`: make the .mo files that Django reads from the .po files that people edit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from monitor.management import messages


class Command(BaseCommand):
    help = "Compiles monitor/locale/*/LC_MESSAGES/django.po to .mo, without GNU gettext."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path in messages.catalogue_paths():
            if not path.is_file():
                raise CommandError(f"There is no {path}. Run `manage.py makemessages` first.")
            compiled = messages.compile_catalogue(path)
            self.stdout.write(f"{compiled.name} of {path.parent.parent.name} compiled")
