"""Browsers, by web push: RFC 8030 (delivery), RFC 8291 (encryption) and RFC 8292 (VAPID, this
site's signature)."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from hashlib import sha256
from urllib.parse import urlsplit

import http_ece
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from monitor.provider.http import Reply
from monitor.telling.channels.parts import (
    BadTargetError,
    ChannelTarget,
    Content,
    Post,
    PostSpec,
    SendVerdict,
    is_address,
    verdict_by_status,
)
from monitor.telling.channels.texts import fitting, notification
from monitor.telling.entries import MailEntry

#: Push services accept 4096 bytes. Encryption adds a head of 86 bytes, a delimiter and a tag of 16
#: bytes.
MOST_BYTES = 4096 - 86 - 1 - 16
#: How long a push service keeps a message for a browser that is switched off.
KEPT = timedelta(days=1)
#: At most 24 hours.
SIGNATURE_LASTS = timedelta(hours=12)
_CURVE = ec.SECP256R1()
_AUTH_BYTES = 16
#: A topic, which replaces a message that is not delivered yet, has at most as many characters.
_LONGEST_TOPIC = 32
_BAD_SUBSCRIPTION = _("The browser's push address cannot be read: reload the page and try again.")
_GONE = _(
    "The browser gets no more messages from this site. Open “Channels” in it, and turn alerts "
    "on again."
)
_NOT_ACCEPTED = _(
    "The push service does not accept this site's signature: turn alerts on again in the browser."
)


def site_key() -> str:
    """Return the private key that signs messages to browsers added from now on.

    It follows from `SECRET_KEY`. Each channel keeps the key that it was added with, so `SECRET_KEY`
    can be changed."""
    digest = salted_hmac("monitor.delivery.channels.browser", "", algorithm="sha256").digest()
    # A private key is any number below the curve's order, which is a little less than 2²⁵⁶.
    return _encoded((int.from_bytes(digest) >> 1).to_bytes(32))


def public_key(private: str) -> str:
    """Return the key of `private` that browsers need to subscribe."""
    return _encoded(_point(_private_key(private).public_key()))


def digest(url: str) -> str:
    """Return by what a browser recognises its own address on a page."""
    return _encoded(sha256(url.encode()).digest())


def read_target(subscription: str, secret: str) -> ChannelTarget:
    """Read a browser's PushSubscription in JSON. The secret of the target is made of the browser's
    key, its authentication secret, and the private key of the site."""
    try:
        parts = orjson.loads(subscription)
        url, key, auth = parts["endpoint"], parts["keys"]["p256dh"], parts["keys"]["auth"]
        is_address(url)
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, _decoded(key))
        auth_bytes = len(_decoded(auth))
    except (ValueError, TypeError, LookupError, ValidationError):
        raise BadTargetError(_BAD_SUBSCRIPTION) from None
    if auth_bytes != _AUTH_BYTES:
        raise BadTargetError(_BAD_SUBSCRIPTION)
    return ChannelTarget(url, f"{key} {auth} {site_key()}")


def renew(old: ChannelTarget, subscription: str) -> ChannelTarget:
    """Return the same browser at another address of its push service, which knows this site by the
    same key as before."""
    new = read_target(subscription, "")
    if _host(new) != _host(old):
        raise BadTargetError(_BAD_SUBSCRIPTION)
    return replace(new, secret=" ".join([*new.secret.split()[:2], old.secret.split()[2]]))


def write(target: ChannelTarget, content: Content, now: datetime) -> Post:
    """Return an encrypted message. Its topic and its tag are its ID, so a copy replaces it instead
    of showing twice."""
    browser_key, auth, private = target.secret.split()
    tag = content.uid[:_LONGEST_TOPIC]

    def text(shown: Sequence[MailEntry], more: str) -> bytes:
        return orjson.dumps({"tag": tag, **notification(content, shown, more)})

    body = http_ece.encrypt(
        fitting(content, text, MOST_BYTES),
        private_key=ec.generate_private_key(_CURVE),
        dh=_decoded(browser_key),
        auth_secret=_decoded(auth),
    )
    is_urgent = any(line.is_urgent for entry in content.entries for line in entry.lines)
    headers = {
        "Authorization": _signature(target.url, private, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(KEPT.total_seconds())),
        "Topic": tag,
        "Urgency": "high" if is_urgent else "normal",
    }
    return Post(target.url, body, headers)


def judge(reply: Reply) -> SendVerdict:
    # A wrong clock has the same answer as a wrong key, so it is tried again.
    advice = _NOT_ACCEPTED if reply.status in (401, 403) else ""
    return verdict_by_status(reply, {404: _GONE, 410: _GONE}, advice)


def _signature(url: str, private: str, now: datetime) -> str:
    """Return the header by which the push service knows this site, and whom to write to if it
    misbehaves."""
    parts = urlsplit(url)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + SIGNATURE_LASTS).timestamp()),
        "sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
    }
    return f"vapid t={jwt.encode(claims, _private_key(private), 'ES256')}, k={public_key(private)}"


def _private_key(private: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_decoded(private)), _CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Decode base64. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)


def _host(target: ChannelTarget) -> str:
    """Return the host of the push service."""
    return (urlsplit(target.url).hostname or "")[:80]


SPEC = PostSpec("browser", timedelta(0), read_target, write, judge, ending=_host)
