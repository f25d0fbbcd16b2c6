"""`manage.py send_emails`: one pass of the outbox."""

from collections.abc import Mapping
from typing import Any

from monitor.delivery import outbox
from monitor.management.command import MonitorCommand, count


class Command(MonitorCommand):
    help = "Writes e-mails for new alerts and sends what is due, once. Refused addresses are reported, not retried."

    def run(self, options: Mapping[str, Any]) -> None:
        report = outbox.send_due()
        numbers = {name: getattr(report, name) for name in ("sent", "retried", "refused", "failed", "dropped", "held")}
        if self.as_json:
            self.row(**numbers)
            return
        self.stdout.write(
            f"{count(report.sent, 'e-mail')} sent, {report.retried} to be tried again, {report.refused} refused,"
            f" {report.failed} given up, {report.dropped} no longer wanted, {report.held} held for their addresses."
        )
