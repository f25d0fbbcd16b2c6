"""Webhooks, signed as https://www.standardwebhooks.com says: a program verifies them with any of
its libraries."""

import base64
import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _

from monitor.models import Alert
from monitor.people.timing.times import is_urgent
from monitor.provider.http import Reply
from monitor.provider.text import image_url
from monitor.telling.channels.parts import (
    JSON,
    BadTargetError,
    ChannelTarget,
    Content,
    Post,
    PostSpec,
    SendVerdict,
    is_address,
    verdict_by_status,
)
from monitor.telling.links import link, on_douyin

#: In one message, which others follow.
MOST_ALERTS, MOST_BYTES = 100, 20_000
#: Room for all of a message but its alerts.
_ENVELOPE_BYTES = 500
#: Characters of a value that is too long for a message.
LONGEST_CUT = 1000
_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
_ROBOTS = {"open.feishu.cn", "open.larksuite.com", "oapi.dingtalk.com", "qyapi.weixin.qq.com"}
_MOVED = _("The address redirects to another one. Enter that one: redirects are not followed.")
BAD_SECRET = _("The secret must be whsec_ and then 24 to 64 bytes in base64.")
_GONE = _("The receiver wants no more messages: enter another address.")
_REFUSALS = dict.fromkeys(range(300, 400), _MOVED) | {410: _GONE}


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def read_target(address: str, secret: str) -> ChannelTarget:
    """`secret` may be '', or several with blanks between them: all sign, so that a receiver can
    change its own."""
    url = address.strip().partition("#")[0]
    try:
        is_address(url)
    except ValidationError:
        raise BadTargetError(_("Enter an address that starts with https://")) from None
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise BadTargetError(
            _("Enter the address without a user name and password: messages are signed instead.")
        )
    if parts.hostname in _ROBOTS:
        # It would answer 200 to messages that it does not understand.
        raise BadTargetError(
            _("This is the address of a group robot: choose its platform instead of “webhook”.")
        )
    try:
        _keys(secret)
    except ValueError:
        raise BadTargetError(BAD_SECRET, "secret") from None
    return ChannelTarget(url, secret.strip())


def fits(alerts: Sequence[Alert]) -> int:
    """Return how many of the alerts, from the first on, `MOST_BYTES` and `MOST_ALERTS` allow; at
    least one."""
    sizes = accumulate(len(_json(_alert(alert))) + 2 for alert in alerts[:MOST_ALERTS])
    return max(sum(size + _ENVELOPE_BYTES <= MOST_BYTES for size in sizes), 1)


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Return the body of the first attempt, signed anew."""
    body = content.body or _json(message_of(content))
    timestamp = int(now.timestamp())
    headers = {**JSON, "webhook-id": content.uid, "webhook-timestamp": str(timestamp)}
    if target.secret:
        headers["webhook-signature"] = sign(target.secret, content.uid, timestamp, body)
    return Post(target.url, body, headers)


def sign(secret: str, uid: str, timestamp: int, body: bytes) -> str:
    """'v1,' and a signature for each secret. Raises ValueError if one is malformed."""
    text = f"{uid}.{timestamp}.".encode() + body
    signatures = [
        base64.b64encode(hmac.digest(key, text, "sha256")).decode() for key in _keys(secret)
    ]
    return " ".join(f"v1,{signature}" for signature in signatures)


def judge(reply: Reply) -> SendVerdict:
    return verdict_by_status(reply, _REFUSALS)


def _keys(secret: str) -> list[bytes]:
    """Return the keys of the secrets. Raises ValueError if one is malformed."""
    keys = []
    for part in secret.split():
        key = base64.b64decode(part.removeprefix(_PREFIX), validate=True)
        if not part.startswith(_PREFIX) or len(key) not in _KEY_BYTES:
            raise ValueError("a malformed secret")
        keys.append(key)
    return keys


def message_of(content: Content) -> dict[str, Any]:
    """Return what a program gets. Times are not texts yet."""
    alerts = sorted(
        (alert for entry in content.entries for alert in entry.alerts), key=attrgetter("pk")
    )
    return {
        "version": 2,
        "id": content.uid,
        "type": "alerts" if alerts else "test",
        "timestamp": content.at,
        "alerts": list(map(_whole_or_cut, alerts)),
    }


def _whole_or_cut(alert: Alert) -> dict[str, Any]:
    """Return an alert as data, with its values cut if they are too long for a message: parts of a
    product's page."""
    row = _alert(alert)
    if len(_json(row)) + _ENVELOPE_BYTES > MOST_BYTES:
        row["before"], row["after"] = _cut(alert.before), _cut(alert.after)
    return row


def _cut(value: Any) -> str:
    return _json(value).decode()[:LONGEST_CUT] + "…"


def _alert(alert: Alert) -> dict[str, Any]:
    """Return an alert as the API does, and what a program would ask for next.
    `docs/api.md` describes it."""
    product, shop = alert.product, alert.shop
    return {
        "id": str(alert.pk),
        "watchlist": str(alert.watchlist.pk),
        "watchlist_name": alert.watchlist.name,
        "rule": None if alert.rule_id is None else str(alert.rule_id),
        "kind": str(alert.rule_as_it_was.get("kind", "")),
        "rule_text": alert.rule_in_words,
        "is_urgent": is_urgent(alert),
        "product": product.num_iid if product else None,
        "title": product.title if product else None,
        "image": image_url(product.image, "", []) if product else None,
        "douyin_url": on_douyin(product.num_iid) if product else None,
        "shop": str(shop.pk) if shop else None,
        "shop_name": shop.name if shop else None,
        "field": alert.field,
        "before": alert.before,
        "after": alert.after,
        "reference": alert.compared_with,
        "counted_from": alert.counted_from,
        "reason": alert.reason,
        "currency": "CNY",
        "count": alert.count,
        "data_time": alert.data_time,
        "created_at": alert.created_at,
        "url": link("monitor:alert", str(alert.pk)),
    }


def _json(value: Any) -> bytes:
    """Write JSON as the API does: times have milliseconds."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).encode(errors="replace")


SPEC = PostSpec(
    "webhook",
    timedelta(0),
    read_target,
    write,
    judge,
    where=_("Your own program, which checks the signature."),
    example="https://erp.example.com/hooks",
    is_signed=True,
    fits=fits,
    is_for_programs=True,
    seconds=20.0,
)
