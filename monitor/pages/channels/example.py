"""A message as a channel would get it: about the user's latest alerts, or about an invented product."""

from datetime import datetime

from django.utils.translation import gettext

from monitor.delivery.channels.parts import Content
from monitor.delivery.entries import entries
from monitor.delivery.links import link
from monitor.delivery.report.alerts import count_kinds
from monitor.delivery.report.subjects import subject, sums
from monitor.history.trends import sparklines
from monitor.models import Alert, Product, User, Watchlist
from monitor.timing.plans import zone_of

#: Alerts in it.
MOST = 3


def example(user: User, now: datetime) -> Content:
    """Two queries at most; in the active language."""
    visible = Alert.objects.for_user(user).for_reader(user, now)
    alerts = list(visible.newest_first()[:MOST])
    products = {alert.product.pk: alert.product for alert in alerts if alert.product is not None}
    prices = sparklines(list(products.values()), now) if products else {}
    rows = entries(alerts or [_invented(now)], zone_of(user), prices)
    return Content("example", subject(rows), sums(*count_kinds(rows)), rows, link("monitor:alerts"), now)


def _invented(now: datetime) -> Alert:
    product = Product(pk=0, num_iid="0", title=gettext("Brushed cotton shirt"))
    return Alert(
        pk=0,
        watchlist=Watchlist(name=gettext("Competitors")),
        product=product,
        rule_as_it_was={"kind": "price_changed"},
        field="price",
        before=7200,
        after=6300,
        data_time=now,
        created_at=now,
    )
