"""The messages of group robots, apps, webhooks and browsers: what is posted, and the call."""

import json
import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from monitor.models import Alert, Channel, Message, MessageAlert, User
from monitor.models.messages import new_uid
from monitor.people.timing.times import zone_of
from monitor.provider.http import Fault, NotAllowedError, Poster, UnreachableError, allowing
from monitor.telling.attempts import leased
from monitor.telling.channels import POSTS, is_frozen
from monitor.telling.channels.parts import ChannelTarget, Content, Post, SendOutcome, SendVerdict
from monitor.telling.links import link
from monitor.telling.report.alerts import rows_of
from monitor.telling.report.contents import read
from monitor.telling.report.subjects import subject
from monitor.text.faults import FAULTS
from monitor.text.formatting import Text

#: The longest call of a test message, for which a user waits.
TEST_SECONDS = 5.0
_PUBLIC = gettext_lazy("Use a public https address.")
_OWN_NETWORK = gettext_lazy(
    "Use a public https address, or let the operator add your network to OUTGOING_NETWORKS."
)
_RENEW = gettext_lazy(
    "Renew the server's certificate; it must be issued for its name by a public authority."
)


def write(message: Message, now: datetime) -> Post:
    """Return the call for a message. A program gets in each attempt what it got in the first.

    Raises `NoMessageError`, or `SealError` if the address cannot be read.
    """
    channel = message.channel
    assert channel is not None
    spec, body = POSTS[channel.kind], _sent_body(message, channel)
    with translation.override(channel.owner.language):
        if body:
            content = Content(message.uid, "", [], "", message.created_at, body)
        else:
            content = _content(message, channel, now)
        post = spec.write(ChannelTarget(**channel.target_at(now)), content, now)
    if spec.is_for_programs and not body:
        leased([message]).update(sent_body=post.body.decode())
    return post


def try_out(kind: str, target: ChannelTarget, user: User, now: datetime) -> SendVerdict:
    """Send a test message, and return what the answer means."""
    with translation.override(user.language):
        title = gettext("Stallwatch: alerts arrive here.")
        content = Content(uuid.uuid4().hex, title, [], link("monitor:alerts"), now)
        return send(kind, POSTS[kind].write(target, content, now), TEST_SECONDS)


def send(kind: str, post: Post, seconds: float | None = None) -> SendVerdict:
    """Make the call, by default as long as the kind's may last, and judge the answer. Raises
    nothing that a server can cause."""
    poster = Poster(
        is_allowed=allowing(settings.OUTGOING_NETWORKS), seconds=seconds or POSTS[kind].seconds
    )
    try:
        reply = poster.post(post.url, post.body, post.headers)
    except NotAllowedError as error:
        advice: Text = _OWN_NETWORK if error.fault is Fault.NOT_PUBLIC else _PUBLIC
        return SendVerdict(SendOutcome.REFUSED, FAULTS[error.fault], advice=advice)
    except UnreachableError as error:
        advice = _RENEW if error.fault is Fault.UNTRUSTED else ""
        return SendVerdict(SendOutcome.LATER, FAULTS[error.fault], advice=advice)
    return POSTS[kind].judge(reply)


def _sent_body(message: Message, channel: Channel) -> bytes:
    """Return what an earlier attempt sent; b"" if there was none. If it is not known any more, an
    alert in it is gone, or its list is no longer the owner's to see, the message gets a new ID: an
    ID has one body."""
    if message.sent_body:
        keys = {int(alert["id"]) for alert in json.loads(message.sent_body)["alerts"]}
        if Alert.objects.for_user(channel.owner).filter(pk__in=keys).count() == len(keys):
            return message.sent_body.encode()
    if is_frozen(message):
        message.uid = new_uid()
        leased([message]).update(uid=message.uid)
    return b""


def _content(message: Message, channel: Channel, now: datetime) -> Content:
    contents = read(message)
    _split(message, channel, contents.alerts, now)
    rows = rows_of(contents, zone_of(channel.owner))
    period = message.get_period_display() if message.period else ""
    title = subject(rows, period)
    return Content(message.uid, title, rows, link("monitor:alerts"), message.created_at)


@transaction.atomic
def _split(message: Message, channel: Channel, alerts: list[Alert], now: datetime) -> None:
    """Leave only as many of its `alerts` in a message as it can hold; the rest are another
    message."""
    fits = POSTS[channel.kind].fits
    if fits is None or len(alerts) < 2 or (most := fits(alerts)) == len(alerts):
        return
    rest = Message.of_alerts(channel, now)
    # It goes after this message, and before younger ones.
    rest.created_at = message.until or message.created_at
    rest.save(force_insert=True)
    MessageAlert.objects.filter(
        message=message, alert__in=[alert.pk for alert in alerts[most:]]
    ).update(message=rest)
    del alerts[most:]
