"""A message as a channel would get it: about the user's latest alerts, or about an invented product."""

from datetime import datetime

from django.utils.translation import gettext

from monitor.delivery.channels.parts import Content
from monitor.delivery.entries import entries
from monitor.delivery.links import link
from monitor.delivery.report.alerts import count_kinds
from monitor.delivery.report.subjects import subject, sums
from monitor.delivery.trial import invented
from monitor.history.trends import sparklines
from monitor.models import Alert, User
from monitor.timing.plans import zone_of

#: Alerts in it.
MOST = 3


def example(user: User, now: datetime) -> Content:
    """Two queries at most; in the active language."""
    visible = Alert.objects.for_user(user).for_reader(user, now)
    alerts = list(visible.newest_first()[:MOST])
    products = {alert.product.pk: alert.product for alert in alerts if alert.product is not None}
    prices = sparklines(list(products.values()), now) if products else {}
    rows = entries(alerts or [invented(gettext("Brushed cotton shirt"), now)], zone_of(user), prices)
    return Content("example", subject(rows), sums(*count_kinds(rows)), rows, link("monitor:alerts"), now)
