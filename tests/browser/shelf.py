"""A merchant's products with a history until now: the browser's clock cannot be stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.models import Product, User, Watchlist

HOSTILE = "<img src=x onerror=alert(1)>\"'><b hx-post=/logout/ hx-trigger=load>T-shirt</b>"


@dataclass(frozen=True, slots=True)
class Shelf:
    merchant: User
    newcomer: User
    rivals: Watchlist
    #: Has price changes, a time off the shelf, failed checks, known units a day, and a picture that
    #: loads.
    lively: Product
    #: Has a hostile name, and a picture that does not load.
    hostile: Product


def stock() -> Shelf:
    # Models are imported here: `pytest tests/browser` reads this file before Django is set up.
    from django.utils import timezone

    from monitor.models import Product
    from monitor.polling.recording.ageing import look_back
    from tests.api import Program
    from tests.models import factories as make

    now = timezone.now()
    merchant = make.UserFactory.create(email="merchant@example.com")
    rivals = make.WatchlistFactory.create(owner=merchant, name="Other stalls")
    checked = dict.fromkeys(["checked_at", "answered_at", "data_time"], now - timedelta(minutes=1))
    due = {
        "next_check_at": now + timedelta(minutes=59),
        "first_data_time": now - timedelta(days=40),
    }
    lively = make.ProductFactory.create(
        title="磨毛衬衫",
        price=6300,
        content={
            "images": ["https://p3-aio.ecombdimg.com/obj/a"],
            "specification": [["颜色", ["白色", "黑色"]]],
        },
        changed_at=now - timedelta(hours=3),
        **checked,
        **due,
    )
    hostile = make.ProductFactory.create(
        title=HOSTILE,
        content={"images": ["https://p9-aio.byteimg.com/obj/b"]},
        changed_at=now - timedelta(days=2),
        **checked,
        **due,
    )
    for product in (
        lively,
        hostile,
        *(make.ProductFactory.create(title=f"Shirt {n}", **checked, **due) for n in range(1, 5)),
    ):
        make.WatchFactory.create(watchlist=rivals, product=product)
        sales = 9000 if product == lively else 13000
        make.SnapshotFactory.create(
            product=product, data_time=now - timedelta(days=40), list_price=9900, sales=sales
        )
    _add_history(lively, rivals, now)
    look_back(now)
    risen = {"units": 40, "risen_7": 40, "risen_14": 40, "risen_30": 40}
    Product.objects.filter(pk=lively.pk).update(units_low=35, units_high=46, **risen, risen_error=2)
    Program.of(merchant)
    return Shelf(merchant, make.UserFactory.create(), rivals, lively, hostile)


def _add_history(lively: Product, rivals: Watchlist, now: datetime) -> None:
    """Add price changes, a time off the shelf and a day of failed checks."""
    from monitor.models import Outage
    from tests.models import factories as make

    story = (
        (20, 7200, "off_shelf"),
        (18, 6800, "on_sale"),
        (5, 7000, "on_sale"),
        (0.125, 6300, "on_sale"),
    )
    before, sales = 7200, lively.sales or 0
    for place, (days, price, status) in enumerate(story, 1):
        at = now - timedelta(days=days)
        values = {"price": price, "list_price": 9900, "status": status}
        values |= {"sales": sales - (len(story) - place) * 1000, "sales_step": 1000}
        make.SnapshotFactory.create(
            product=lively, data_time=at, last_seen_before=at - timedelta(hours=1), **values
        )
        if price != before:
            change = make.ChangeFactory.create(
                product=lively, before=before, after=price, first_seen_after=at
            )
            values = {"before": before, "after": price, "created_at": at}
            make.AlertFactory.create(watchlist=rivals, product=lively, change=change, **values)
        before = price
    Outage.objects.create(
        product=lively,
        outcome="timeout",
        began_at=now - timedelta(days=10),
        ended_at=now - timedelta(days=9),
        checks=24,
    )
