"""`manage.py history`: everything that is known of one product, in the order in which it happened."""

import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from monitor.formatting import NOT_TOLD, field_value, instant, money, sales
from monitor.management.command import MonitorCommand, count
from monitor.models import Change, Outage, Product, Snapshot
from monitor.models.catalog import DOUYIN

SNAPSHOT_FIELDS = (
    *("data_time", "price", "list_price", "sales", "status", "title", "sku_min_price", "sku_max_price", "sales_step"),
    *("presale", "last_seen_before", "request_id", "from_cache", "thin"),
)
CHANGE_FIELDS = ("field", "before", "after", "last_seen_before", "first_seen_after", "request_id")
OUTAGE_FIELDS = ("outcome", "code", "began_at", "ended_at", "checks")
CHUNK = 1000


class Event(NamedTuple):
    """Something known of a product. At one moment the snapshot comes first, then what it changed."""

    when: datetime
    rank: int
    kind: str
    values: dict[str, Any]


class Command(MonitorCommand):
    help = (
        "Lists one product's snapshots, changes and outages in the order of time. In JSON, prices are fen, sales the "
        "lower bound, times UTC; null is 'never told', and the end of an outage that goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("num_iid", metavar="NUM_IID", help="the product's ID")

    def run(self, options: Mapping[str, Any]) -> None:
        product = Product.objects.filter(platform=DOUYIN, num_iid=options["num_iid"]).defer("content").first()
        if product is None:
            raise CommandError(
                f"There is no product {options['num_iid']!r}. Put it on a watchlist first:"
                " `manage.py import_products --owner EMAIL --watchlist NAME FILE`."
            )
        any_event = False
        for event in events(product):
            any_event = True
            if self.as_json:
                self.row(type=event.kind, **event.values)
            else:
                self.stdout.write(_line(event))
        if not any_event:
            self.stderr.write("Nothing is known of it yet: no check has been made.")


def events(product: Product) -> Iterator[Event]:
    """All that is known of `product`, in the order of time. Three queries, read piece by piece."""
    snapshots = Snapshot.objects.filter(product=product).order_by("data_time").values(*SNAPSHOT_FIELDS)
    changes = Change.objects.filter(product=product).order_by("first_seen_after", "pk").values(*CHANGE_FIELDS)
    return heapq.merge(
        (Event(row["data_time"], 0, "snapshot", dict(row)) for row in snapshots.iterator(CHUNK)),
        (Event(row["first_seen_after"], 1, "change", dict(row)) for row in changes.iterator(CHUNK)),
        (Event(row["began_at"], 2, "outage", row) for row in _outages(product)),
        key=lambda event: (event.when, event.rank),
    )


def _outages(product: Product) -> Iterator[dict[str, Any]]:
    over = Outage.objects.filter(product=product).order_by("began_at").values(*OUTAGE_FIELDS)
    for row in over.iterator(CHUNK):
        yield dict(row)
    if product.failing_since is not None:
        running = (product.last_outcome, product.last_code, product.failing_since, None, product.failures)
        yield dict(zip(OUTAGE_FIELDS, running, strict=True))


def _line(event: Event) -> str:
    return f"{_clock(event.when)}  {event.kind:<8}  {_TELLERS[event.kind](event.values)}"


def _tell_snapshot(row: Mapping[str, Any]) -> str:
    told = (
        money(row["price"]),
        f"sold {sales(row['sales'], row['sales_step'] or 1, 'en')}",
        field_value("status", row["status"], "en"),
        row["title"] or NOT_TOLD,
    )
    return "  ".join(told)


def _tell_change(row: Mapping[str, Any]) -> str:
    before, after = (field_value(row["field"], row[name], "en") for name in ("before", "after"))
    return f"{row['field']}: {before} → {after}  (after {_clock(row['last_seen_before'])})"


def _tell_outage(row: Mapping[str, Any]) -> str:
    what = f"{row['outcome']} {row['code']}".rstrip()
    until = f"until {_clock(row['ended_at'])}" if row["ended_at"] else "and goes on"
    return f"{what} {until}, {count(row['checks'], 'failed check')}"


_TELLERS = {"snapshot": _tell_snapshot, "change": _tell_change, "outage": _tell_outage}


def _clock(when: datetime | None) -> str:
    return instant(when, settings.DEFAULT_USER_TIME_ZONE)
