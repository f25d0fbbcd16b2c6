"""`manage.py createsuperuser`: Django's own, in English like the other commands.

Half of its words are the system's and half are the pages', which would make it speak two languages at once.
"""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.utils import translation


class Command(createsuperuser.Command):
    def execute(self, *args: Any, **options: Any) -> str | None:
        with translation.override("en"):
            return super().execute(*args, **options)
