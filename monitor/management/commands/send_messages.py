"""`manage.py send_messages`: one pass of the outbox."""

from typing import Any

from django.core.management.base import BaseCommand

from monitor.telling import outbox


class Command(BaseCommand):
    help = (
        "Writes messages for new alerts and sends what is due, once. Refusals are reported, not "
        "retried."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        counts = [f"{number:,} {status}" for status, number in sorted(outbox.send_due().items())]
        self.stdout.write(f"Messages: {', '.join(counts) or 'none was due'}.")
