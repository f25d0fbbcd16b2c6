"""`manage.py remove_second_factor`: the way back in for users and operators who lost their two-step
device."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from monitor.models import User
from monitor.people.second_factor import remove_all


class Command(BaseCommand):
    help = (
        "Switches off two-step verification for a user who lost the device. Their sessions end, "
        "and they get a mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address that the user logs in with")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        email = User.objects.normalize_email(email)
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"No user logs in with {email}.")
        removed = remove_all([user], "manage.py remove_second_factor", timezone.now())
        self.stdout.write(
            f"{email} logs in with the password alone."
            if removed
            else f"{email} has no two-step verification."
        )
