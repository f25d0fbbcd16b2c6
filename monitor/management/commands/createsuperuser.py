"""`manage.py createsuperuser`: Django's own, in English like the other commands.

Otherwise half of its text would be in the system's language, and half in the pages' language.
"""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.utils import translation


class Command(createsuperuser.Command):
    def execute(self, *args: Any, **options: Any) -> str | None:
        with translation.override("en"):
            return super().execute(*args, **options)
