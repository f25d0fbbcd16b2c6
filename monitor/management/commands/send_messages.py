"""`manage.py send_messages`: one pass of the outbox."""

from collections.abc import Mapping
from typing import Any

from monitor.management.command import MonitorCommand, count
from monitor.telling import outbox


class Command(MonitorCommand):
    help = (
        "Writes messages for new alerts and sends what is due, once. Refusals are reported, not "
        "retried."
    )

    def run(self, options: Mapping[str, Any]) -> None:
        counts = outbox.send_due()
        sent, retried = counts["sent"], counts["pending"]
        refused, failed, dropped, held = (
            counts[status] for status in ("refused", "failed", "dropped", "held")
        )
        if self.as_json:
            self.row(
                sent=sent,
                retried=retried,
                refused=refused,
                failed=failed,
                dropped=dropped,
                held=held,
            )
            return
        self.stdout.write(
            f"{count(sent, 'message')} sent, {retried} to retry, {refused} refused,"
            f" {failed} given up, {dropped} no longer wanted, {held} held."
        )
