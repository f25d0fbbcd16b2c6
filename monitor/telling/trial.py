"""What a test message says, in the form of a message of alerts about an invented product, and what
a channel would get now: an example of the user's latest alerts."""

from datetime import datetime, tzinfo

from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import gettext

from monitor.models import Alert, Product, User, Watchlist
from monitor.people.timing.plans import zone_of
from monitor.showing.history.trends import sparklines
from monitor.telling.channels.parts import Content, PostSpec
from monitor.telling.entries import MailEntry, entries
from monitor.telling.links import link
from monitor.telling.report.alerts import count_kinds
from monitor.telling.report.subjects import subject, sums

#: Alerts in an example.
_MOST = 3


class _TestEntry(MailEntry):
    """An entry whose links lead to pages that exist, with a picture as most products have."""

    link = about = property(lambda self: link("monitor:alerts"))
    on_douyin = mute = property(lambda self: "")
    picture = property(lambda self: f"{settings.SITE_URL}{static('icon-192.png')}")


def trial_content(spec: PostSpec, uid: str, zone: tzinfo, now: datetime) -> Content:
    """Return the test message in the active language. Programs get no alert that never fired."""
    title = gettext("Stallwatch: alerts arrive here.")
    rows = [] if spec.is_for_programs else [_TestEntry([_invented(title, now)], zone, [])]
    return Content(uid, title, [], rows, link("monitor:alerts"), now)


def example(user: User, now: datetime) -> Content:
    """Return a message about the user's latest alerts, or an invented one. At most two queries; in
    the active language."""
    visible = Alert.objects.for_user(user).for_reader(user, now)
    alerts = list(visible.newest_first()[:_MOST])
    products = {alert.product.pk: alert.product for alert in alerts if alert.product is not None}
    prices = sparklines(list(products.values()), now) if products else {}
    rows = entries(
        alerts or [_invented(gettext("Brushed cotton shirt"), now)], zone_of(user), prices
    )
    return Content(
        "example", subject(rows), sums(*count_kinds(rows)), rows, link("monitor:alerts"), now
    )


def _invented(title: str, now: datetime) -> Alert:
    """Return an alert that is not stored, about a product of this title."""
    return Alert(
        pk=0,
        watchlist=Watchlist(name=gettext("Competitors")),
        product=Product(pk=0, num_iid="0", title=title),
        rule_as_it_was={"kind": "price_changed"},
        field="price",
        before=7200,
        after=6300,
        data_time=now,
        created_at=now,
    )
