"""`manage.py restored`: make a database that went back in time ready to go on, so that nothing is
done twice."""

from datetime import datetime
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from monitor import models
from monitor.people import audit
from monitor.people.timing.plans import next_digest
from monitor.polling.budget import ledger

#: The answer of messages that waited in the backup.
SET_ASIDE = gettext_noop("A backup was restored: it may have been sent before.")
#: More rows than any table gets between a backup and its restore; and what is left of a key of 32
#: bits, as Django's own tables have.
SKIPPED_IDS, SKIPPED_SMALL_IDS = 100_000_000, 1_000_000


class Command(BaseCommand):
    help = (
        "Migrates a database that was restored from a backup, and sets aside what may have been "
        "done since the backup. Run it before any other process starts. A second run does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        messages = settle(timezone.now())
        self.stdout.write(
            f"Restored. Messages set aside, which may have been sent since the backup: {messages}."
        )


@transaction.atomic
def settle(now: datetime) -> int:
    """Let nothing that was done since the backup be done again; return the number of messages that
    are set aside."""
    # A digest whose hour is still to come has not been sent.
    is_sure = Q(kind=models.Message.Kind.DIGEST, until__gt=now, attempts=0)
    waiting = models.Message.objects.filter(
        status__in=[models.Message.Status.PENDING, models.Message.Status.HELD]
    ).exclude(is_sure)
    count = waiting.update(status=models.Message.Status.FAILED, lease=None, answer=SET_ASIDE)
    channels = list(
        models.Channel.objects.digest_due(now).select_related("owner").prefetch_related("choices")
    )
    for channel in channels:
        channel.next_digest_at = next_digest(channel, now)
    models.Channel.objects.bulk_update(channels, ["next_digest_at"], batch_size=500)
    # What people asked for has been called for, and is paid. The schedule goes on.
    for model in (models.Product, models.Assortment, models.SearchPage):
        model._default_manager.filter(asked_at__isnull=False).update(asked_at=None, asked_by=None)
    # A session that was ended since then must not live again.
    models.Session.objects.all().delete()
    _skip_ids()
    # Its letter is no message that waited.
    ledger.await_count(now)
    audit.record(models.AuditKind.RESTORED, rows=count)
    return count


def _skip_ids() -> None:
    """Give new rows IDs that no row has had since the backup: links in mails and other programs
    know those."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, "
                "coalesce(last_value, 0) + CASE WHEN data_type = 'bigint'::regtype THEN %s ELSE "
                "%s END) FROM pg_sequences WHERE schemaname = current_schema()",
                [SKIPPED_IDS, SKIPPED_SMALL_IDS],
            )
        else:
            # Tables that were always empty have no row.
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master WHERE "
                "sql LIKE '%%AUTOINCREMENT%%' AND name NOT IN (SELECT name FROM sqlite_sequence)"
            )
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [SKIPPED_IDS])
