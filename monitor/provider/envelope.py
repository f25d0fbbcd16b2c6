"""Reads what surrounds a reply's record: status code, the provider's count of calls, request ID,
data time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.provider.codes import NOT_FOUND, SUCCESS, Action, Billing, look_up
from monitor.provider.errors import ApiError, BadReply, NotFound, ProviderError
from monitor.provider.limits import MAX_CODE, MAX_REASON, MAX_REQUEST_ID
from monitor.provider.numbers import LATEST_SECONDS, whole
from monitor.provider.observation import Quota
from monitor.provider.text import Flags, clean, identifier

type Redact = Callable[[str], str]

#: Douyin started then; data cannot be older.
EARLIEST = datetime(2016, 9, 1, tzinfo=UTC)
#: How far the provider's clock may run ahead of ours.
TOLERANCE = timedelta(minutes=5)
NOT_TOLD, IN_THE_FUTURE = "data_time:not_told", "data_time:in_the_future"
#: Flags of a reply whose data time is the time of its arrival.
UNTOLD = frozenset({NOT_TOLD, IN_THE_FUTURE})
_EARLIEST_SECONDS = int(EARLIEST.timestamp())
_NOT_FOUND_SLUG = "item-not-found"
_NO_ERROR = frozenset({"", "ok", "success"})
_QUOTA = re.compile(r"today:\s*([0-9]{0,12})\s+max:\s*([0-9]{0,12})(?![0-9])", re.ASCII)
# Long enough for any reason, short enough that cleaning costs nothing.
_LONGEST_READ = 2_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """A success. `code` is '' when the provider gave none; `quota` is `None` when it gave no
    count."""

    code: str
    request_id: str
    quota: Quota | None
    from_cache: bool

    def error(self, message: str, kind: type[ProviderError] = BadReply) -> ProviderError:
        """Return the error for a success without usable data."""
        billing = Billing.BILLED if self.code == SUCCESS else Billing.POSSIBLY
        return kind(message, billing=billing, request_id=self.request_id, quota=self.quota)


def read_envelope(payload: Mapping[str, object], redact: Redact = str) -> Envelope:
    """Return the envelope of a success. Raises NotFound or ApiError by the status code.

    `success` is not read: successes and errors alike lack it.
    """
    code = read_code(payload.get("error_code"), redact)
    envelope = Envelope(
        code=code,
        request_id=redact(
            identifier(payload.get("request_id"), "request_id", MAX_REQUEST_ID, []) or ""
        ),
        quota=read_quota(payload.get("api_info")),
        from_cache=payload.get("cache") in (1, "1"),
    )
    error = payload.get("error")
    if code != SUCCESS or (error != "" and error is not None):
        slug = _short(error, redact)
        if code not in {"", SUCCESS} or slug.lower() not in _NO_ERROR:
            raise _failure(envelope, slug, _short(payload.get("reason"), redact))
    return envelope


def item_of(
    payload: Mapping[str, object], envelope: Envelope, redact: Redact = str
) -> Mapping[str, object]:
    """Return the record of one product. Raises BadReply when there is none, NotFound or ApiError
    for an error."""
    item = payload.get("item")
    if type(item) is not dict or not item:
        raise envelope.error("the reply holds no product")
    if item.get("error"):
        # A success whose record is an error.
        raise _failure(
            envelope, _short(item["error"], redact) or "error", _short(item.get("reason"), redact)
        )
    if item.get("format_check") == "fail":
        raise envelope.error("the provider could not read the product")
    return item


def data_time(
    payload: Mapping[str, object], item: Mapping[str, object], received_at: datetime, flags: Flags
) -> datetime:
    """Return when the provider captured the data, by the envelope, else by the record.

    The time of arrival when neither tells it, or when it lies ahead of our clock.
    """
    for value in (payload.get("secache_time"), item.get("current_time")):
        seconds = whole(value)
        if seconds is not None and _EARLIEST_SECONDS <= seconds < LATEST_SECONDS:
            captured = datetime.fromtimestamp(seconds, UTC)
            if captured <= received_at + TOLERANCE:
                return captured
            flags.append(IN_THE_FUTURE)
            return received_at
    flags.append(NOT_TOLD)
    return received_at


def read_code(value: object, redact: Redact = str) -> str:
    """Return a status code as text: 0, '0' and '0000' all become '0000'; '' when there is none."""
    if type(value) is float and value.is_integer():
        value = int(value)
    code = _short(value, redact)
    return SUCCESS if code and not code.strip("0") else code[:MAX_CODE].rstrip()


def read_quota(value: object) -> Quota | None:
    """Return today's calls and the day's cap, from text like 'today:7 max:30000
    all[7=7+0+0];expires:2022-10-11'."""
    match = _QUOTA.match(value.lstrip()) if type(value) is str else None
    if match is None or not (match[1] or match[2]):
        return None
    used, cap = (int(digits) if digits else None for digits in match.groups())
    return Quota(used, cap)


def _failure(envelope: Envelope, slug: str, reason: str) -> ApiError:
    is_gone = envelope.code == NOT_FOUND or slug.lower() == _NOT_FOUND_SLUG
    code = envelope.code if envelope.code != SUCCESS else ""
    row = look_up(NOT_FOUND if is_gone and not code else code)
    billing = Billing.BILLED if envelope.code == SUCCESS else row.billing
    words = reason if reason.lower() not in _NO_ERROR else slug
    message = f"{row.code} {row.meaning}".strip() + (f": {words}" if words else "")
    return (NotFound if is_gone else ApiError)(
        message,
        code=row.code,
        billing=billing,
        action=Action.ACCEPT_GONE if is_gone else row.action,
        request_id=envelope.request_id,
        quota=envelope.quota,
    )


def _short(value: object, redact: Redact) -> str:
    """Return the provider's text or number, cleaned, without secrets, cut to a line."""
    text = str(value) if type(value) is int and abs(value) < 10**MAX_CODE else value
    if type(text) is not str:
        return ""
    # Redacted before and after cleaning: removed characters may split a secret, and cleaning may
    # change it.
    return redact(clean(redact(text[:_LONGEST_READ])))[:MAX_REASON].rstrip()
