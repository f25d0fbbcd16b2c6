"""`manage.py history`: all that is known of one product, in the order of time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from monitor.management.command import MonitorCommand, count
from monitor.models import Product
from monitor.models.catalog import DOUYIN
from monitor.pages.product.export_rows import Event, events
from monitor.text.formatting import NOT_TOLD, field_value, instant, money, sales


class Command(MonitorCommand):
    help = (
        "Lists one product's snapshots, changes and outages in the order of time. In JSON, prices are fen, sales the "
        "lower bound, times UTC; null is 'never told', and the end of an outage that goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("num_iid", metavar="NUM_IID", help="the product's ID")

    def run(self, options: Mapping[str, Any]) -> None:
        product = Product.objects.filter(platform=DOUYIN, num_iid=options["num_iid"]).first()
        if product is None:
            raise CommandError(
                f"There is no product {options['num_iid']!r}. Put it on a watchlist first:"
                " `manage.py import_products --owner EMAIL --watchlist NAME FILE`."
            )
        event = None
        for event in events(product):
            if self.as_json:
                self.row(type=event.kind, **event.values)
            else:
                self.stdout.write(_line(event))
        if event is None:
            self.stderr.write("Nothing is known of it yet: no check has been made.")


def _line(event: Event) -> str:
    return f"{_clock(event.when)}  {event.kind:<8}  {_text(event.kind, event.values)}"


def _text(kind: str, row: Mapping[str, Any]) -> str:
    if kind == "snapshot":
        sold = sales(row["sales"], row["sales_step"] or 1, "en")
        status = field_value("status", row["status"], "en")
        return f"{money(row['price'])}  sold {sold}  {status}  {row['title'] or NOT_TOLD}"
    if kind == "change":
        before, after = (field_value(row["field"], row[name], "en") for name in ("before", "after"))
        return f"{row['field']}: {before} → {after}  (after {_clock(row['last_seen_before'])})"
    outcome = f"{row['outcome']} {row['code']}".rstrip()
    until = f"until {_clock(row['ended_at'])}" if row["ended_at"] else "and goes on"
    return f"{outcome} {until}, {count(row['checks'], 'failed check')}"


def _clock(when: datetime | None) -> str:
    return instant(when, settings.DEFAULT_USER_TIME_ZONE)
