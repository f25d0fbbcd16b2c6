"""What a test message says: the form of a message of alerts, about an invented product."""

from datetime import datetime, tzinfo

from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import gettext

from monitor.delivery.channels.parts import Content, PostSpec
from monitor.delivery.entries import MailEntry
from monitor.delivery.links import link
from monitor.models import Alert, Product, Watchlist


class _TestEntry(MailEntry):
    """An entry whose links lead to pages that exist, with a picture as most products have."""

    link = about = property(lambda self: link("monitor:alerts"))
    on_douyin = mute = property(lambda self: "")
    picture = property(lambda self: f"{settings.SITE_URL}{static('icon-192.png')}")


def trial_content(spec: PostSpec, uid: str, zone: tzinfo, now: datetime) -> Content:
    """Return the test message in the active language. Programs get no alert that never fired."""
    title = gettext("Stallwatch: alerts arrive here.")
    entries = [] if spec.is_for_programs else [_TestEntry([invented(title, now)], zone, [])]
    return Content(uid, title, [], entries, link("monitor:alerts"), now)


def invented(title: str, now: datetime) -> Alert:
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
