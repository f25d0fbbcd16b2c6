"""Webhooks, signed as https://www.standardwebhooks.com says: a program verifies them with any of its libraries."""

import base64
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels.parts import (
    BadTargetError,
    ChannelSpec,
    ChannelTarget,
    Content,
    Post,
    SendOutcome,
    SendVerdict,
    is_address,
    status_line,
)
from monitor.delivery.channels.robots import DINGTALK, FEISHU, JSON, LARK, WECOM
from monitor.delivery.entries import MailEntry
from monitor.delivery.links import link
from monitor.models import Alert, Product
from monitor.outgoing import Reply
from monitor.timing.plans import is_urgent

#: About 400 KB.
MOST_ALERTS = 500
_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
_ROBOTS = {urlsplit(start).hostname for start in (FEISHU, LARK, DINGTALK, WECOM)}
_MOVED = _("The address redirects to another one. Enter that one: redirects are not followed.")
BAD_SECRET = _("The secret must be whsec_ and then 24 to 64 bytes in base64.")
_GONE = _("The receiver wants no more messages: enter another address.")


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def read_target(address: str, secret: str) -> ChannelTarget:
    """`secret` may be '', or several with blanks between them: all sign, so that a receiver can change its own."""
    url = address.strip().partition("#")[0]
    try:
        is_address(url)
    except ValidationError:
        raise BadTargetError(_("Enter an address that starts with https://")) from None
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise BadTargetError(_("Enter the address without a user name and password: messages are signed instead."))
    if parts.hostname in _ROBOTS:
        # It would answer 200 to messages that it does not understand.
        raise BadTargetError(_("This is the address of a group robot: choose its platform instead of “webhook”."))
    try:
        _keys(secret)
    except ValueError:
        raise BadTargetError(BAD_SECRET, "secret") from None
    return ChannelTarget(url, secret.strip())


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Money is in fen, times are in UTC, IDs are strings."""
    body = json.dumps(_message(content)).encode()
    timestamp = int(now.timestamp())
    headers = {**JSON, "webhook-id": content.uid, "webhook-timestamp": str(timestamp)}
    if target.secret:
        headers["webhook-signature"] = sign(target.secret, content.uid, timestamp, body)
    return Post(target.url, body, headers)


def sign(secret: str, uid: str, timestamp: int, body: bytes) -> str:
    """'v1,' and a signature for each secret. Raises ValueError if one is malformed."""
    text = f"{uid}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(key, text, "sha256")).decode() for key in _keys(secret)]
    return " ".join(f"v1,{signature}" for signature in signatures)


def judge(reply: Reply) -> SendVerdict:
    """The receiver's own words are not read: they may be those of any machine."""
    answer, status = status_line(reply.status), reply.status
    if 200 <= status < 300:
        return SendVerdict(SendOutcome.SENT, answer, status)
    if 300 <= status < 400:
        return SendVerdict(SendOutcome.REFUSED, answer, status, _MOVED)
    if status == 410:
        return SendVerdict(SendOutcome.REFUSED, answer, status, _GONE)
    return SendVerdict(SendOutcome.LATER, answer, status, wait=reply.retry_after)


def _keys(secret: str) -> list[bytes]:
    """Raises ValueError if a secret is malformed."""
    keys = []
    for part in secret.split():
        key = base64.b64decode(part.removeprefix(_PREFIX), validate=True)
        if not part.startswith(_PREFIX) or len(key) not in _KEY_BYTES:
            raise ValueError("a malformed secret")
        keys.append(key)
    return keys


def _message(content: Content) -> dict[str, Any]:
    return {
        "version": 1,
        "id": content.uid,
        "type": "alerts" if content.entries else "test",
        "timestamp": _time(content.at),
        "currency": "CNY",
        "alerts": [_alert(alert, entry) for entry in content.entries for alert in entry.alerts],
    }


def _alert(alert: Alert, entry: MailEntry) -> dict[str, Any]:
    return {
        "id": str(alert.pk),
        "field": alert.field,
        "before": alert.before,
        "after": alert.after,
        "reference": alert.compared_with,
        "rule": alert.rule_in_words,
        "urgent": is_urgent(alert),
        "count": alert.count,
        "data_time": _time(alert.data_time),
        "created_at": _time(alert.created_at),
        "watchlist": {"id": str(alert.watchlist.pk), "name": alert.watchlist.name},
        "product": _product(alert.product, entry) if alert.product else None,
        "shop": {"id": alert.shop.shop_id, "name": alert.shop.name} if alert.shop else None,
        "url": link("monitor:alert", str(alert.pk)),
    }


def _product(product: Product, entry: MailEntry) -> dict[str, Any]:
    return {
        "num_iid": product.num_iid,
        "title": product.title,
        "url": entry.about,
        "image": entry.picture or None,
        "douyin_url": entry.on_douyin,
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


SPEC = ChannelSpec(
    "webhook",
    timedelta(0),
    read_target,
    write,
    judge,
    where=_("Your own program, which checks the signature."),
    example="https://erp.example.com/hooks",
    is_signed=True,
    most_alerts=MOST_ALERTS,
)
