"""What a product sells a day in words, and what several sell together."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext

from monitor.judging.sales_pace import SalesEstimate
from monitor.models import Product, Watch
from monitor.models.figures import order_of
from monitor.polling.recording.sold_together import SoldTogether, sums_of_sales, together
from monitor.showing.history.reads import starts_at, states_around
from monitor.showing.history.sales_days import SalesDay, edges_between, sum_of_days
from monitor.text import formatting

#: The days of a sum are those of the products that sell most: 50 of them take 100 ms to read and to
#: add up.
MOST_SUMMED = 50

type Sold = Product | SalesEstimate | SoldTogether


def units_in_words(
    pace: Sold, write: Callable[[float, float | None, float], str] = formatting.units_a_day
) -> str:
    """Return 'about 370 a day'; '' if nothing is known."""
    if pace.units_high is None:
        return ""
    return write(pace.units_low or 0, pace.units, pace.units_high)


def of_how_many(known: int, products: int) -> str:
    """Return of how many products a sum is: 'of 20 of 35 products'."""
    counts = {"known": f"{known:,}", "n": f"{products:,}"}
    if known == products:
        return ngettext("of %(n)s product", "of %(n)s products", products) % counts
    return gettext("of %(known)s of %(n)s products") % counts


def sold_in_words(product: Product) -> str:
    """Return 'about 370 a day, est. ¥44k a day'; '' without an estimate."""
    if product.units is None:
        return ""
    words = [units_in_words(product)]
    if product.revenue is not None:
        words.append(
            gettext("est. %(revenue)s a day") % {"revenue": formatting.revenue(product.revenue)}
        )
    return " · ".join(words)


def sold_on_lists(lists: Sequence[int]) -> dict[int, SoldTogether]:
    """Return what the products of each list sell together. One query."""
    rows = (
        Watch.objects.filter(watchlist__in=lists)
        .order_by()
        .values("watchlist")
        .annotate(**sums_of_sales("product__"))
    )
    columns = rows.values_list("watchlist", *sums_of_sales())
    return {key: together(*sums) for key, *sums in columns}


def sold_by_day(
    products: QuerySet[Product], name: str, now: datetime
) -> tuple[datetime, list[SalesDay], int]:
    """Return the begin of the range `name`, what the products that sell most sold together on its
    days, and how many these products are. Three queries."""
    summed = list(products.order_by(*order_of("-units"))[:MOST_SUMMED])
    start = min((starts_at(product, name, now) for product in summed), default=now)
    # On single days a rounded count tells nothing, or a whole step.
    edges = edges_between(
        start, now, by_week=any((product.sales_step or 1) > 1 for product in summed)
    )
    return start, sum_of_days(summed, edges, states_around(summed, edges)), len(summed)
