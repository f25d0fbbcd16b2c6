"""What stands around a reply's record: the status code, the provider's count of calls, its request ID, its time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.provider.codes import NOT_FOUND, SUCCESS, Action, Billing, look_up
from monitor.provider.errors import ApiError, BadReply, NotFound
from monitor.provider.limits import MAX_CODE, MAX_REASON, MAX_REQUEST_ID
from monitor.provider.numbers import whole
from monitor.provider.observation import Quota
from monitor.provider.text import Flags, clean, identifier

type Redact = Callable[[str], str]

#: Douyin began then; data cannot be older.
EARLIEST = datetime(2016, 9, 1, tzinfo=UTC)
#: How far the provider's clock may run ahead of ours.
TOLERANCE = timedelta(minutes=5)
NOT_TOLD, IN_THE_FUTURE = "data_time:not_told", "data_time:in_the_future"
#: Remarks on a reply whose data time is that of its arrival.
UNTOLD = frozenset({NOT_TOLD, IN_THE_FUTURE})
_EARLIEST_SECONDS = int(EARLIEST.timestamp())
_LATEST_SECONDS = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
_NOT_FOUND_SLUG = "item-not-found"
_NO_ERROR = frozenset({"", "ok", "success"})
_QUOTA = re.compile(r"today:\s*([0-9]{0,12})\s+max:\s*([0-9]{0,12})(?![0-9])", re.ASCII)
# Long enough for any reason, short enough that cleaning costs nothing.
_LONGEST_READ = 2_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """A success. `code` is '' where the provider told none; `quota` is `None` where it told no count."""

    code: str
    request_id: str
    quota: Quota | None
    from_cache: bool

    @property
    def billing(self) -> Billing:
        return Billing.BILLED if self.code == SUCCESS else Billing.POSSIBLY

    def bad_reply(self, message: str) -> BadReply:
        """The error for a success that holds nothing to use."""
        return BadReply(message, billing=self.billing, request_id=self.request_id, quota=self.quota)


def read_envelope(payload: Mapping[str, object], redact: Redact = str) -> Envelope:
    """The envelope of a success. Raises NotFound and ApiError as the status code has it.

    `success` is not read: it is absent from successes and from errors alike.
    """
    code = read_code(payload.get("error_code"), redact)
    envelope = Envelope(
        code=code,
        request_id=redact(identifier(payload.get("request_id"), "request_id", MAX_REQUEST_ID, []) or ""),
        quota=read_quota(payload.get("api_info")),
        from_cache=payload.get("cache") in (1, "1"),
    )
    error = payload.get("error")
    if code != SUCCESS or (error != "" and error is not None):
        slug = _short(error, redact)
        if code not in {"", SUCCESS} or slug.lower() not in _NO_ERROR:
            raise _failure(envelope, slug, _short(payload.get("reason"), redact))
    return envelope


def item_of(payload: Mapping[str, object], envelope: Envelope, redact: Redact = str) -> Mapping[str, object]:
    """The record of one product. Raises BadReply when there is none, NotFound or ApiError when it is an error."""
    item = payload.get("item")
    if type(item) is not dict or not item:
        raise envelope.bad_reply("the reply holds no product")
    if item.get("error"):
        raise _nested_failure(envelope, item, redact)
    if item.get("format_check") == "fail":
        raise envelope.bad_reply("the provider could not read the product")
    return item


def items_of(payload: Mapping[str, object], envelope: Envelope, redact: Redact = str) -> list[object]:
    """The records of a search, perhaps none. Raises BadReply when the reply does not hold a search's answer."""
    items = payload.get("items")
    if type(items) is list and not items:
        return []
    if type(items) is not dict:
        raise envelope.bad_reply("the reply holds no list of products")
    if items.get("error"):
        raise _nested_failure(envelope, items, redact)
    # PHP writes a list with gaps as an object.
    hits = items.get("item")
    hits = list(hits.values()) if type(hits) is dict else hits
    return hits if type(hits) is list else []


def captured_at(payload: Mapping[str, object], item: Mapping[str, object]) -> datetime | None:
    """When the provider captured the data: by the envelope, else by the record; `None` when neither says it."""
    for value in (payload.get("secache_time"), item.get("current_time")):
        seconds = whole(value)
        if seconds is not None and _EARLIEST_SECONDS <= seconds < _LATEST_SECONDS:
            return datetime.fromtimestamp(seconds, UTC)
    return None


def data_time(captured: datetime | None, received_at: datetime, flags: Flags) -> datetime:
    """The age of the data: when it was captured, or on arrival when that is not told or lies ahead of our clock."""
    if captured is None:
        flags.append(NOT_TOLD)
        return received_at
    if captured > received_at + TOLERANCE:
        flags.append(IN_THE_FUTURE)
        return received_at
    return captured


def read_code(value: object, redact: Redact = str) -> str:
    """A status code as text: 0, '0' and '0000' alike are '0000'; '' when none is told."""
    if value == SUCCESS:
        return SUCCESS
    if type(value) is float and value.is_integer():
        value = int(value)
    told = _short(value, redact)
    return SUCCESS if told and not told.strip("0") else told[:MAX_CODE].rstrip()


def read_quota(value: object) -> Quota | None:
    """Calls made today and the day's cap, from such as 'today:7 max:30000 all[7=7+0+0];expires:2022-10-11'."""
    match = _QUOTA.match(value.lstrip()) if type(value) is str else None
    if match is None or not (match[1] or match[2]):
        return None
    used, cap = (int(digits) if digits else None for digits in match.groups())
    return Quota(used, cap)


def _failure(envelope: Envelope, slug: str, reason: str) -> ApiError:
    """The error for a failed envelope: its class by what was not found, its billing and action by the code."""
    gone = envelope.code == NOT_FOUND or slug.lower() == _NOT_FOUND_SLUG
    told = envelope.code if envelope.code != SUCCESS else ""
    row = look_up(NOT_FOUND if gone and not told else told)
    billing = Billing.BILLED if envelope.code == SUCCESS else row.billing
    words = reason if reason.lower() not in _NO_ERROR else slug
    message = f"{row.code} {row.meaning}".strip() + (f": {words}" if words else "")
    return (NotFound if gone else ApiError)(
        message,
        code=row.code,
        billing=billing,
        action=Action.ACCEPT_GONE if gone else row.action,
        request_id=envelope.request_id,
        quota=envelope.quota,
    )


def _nested_failure(envelope: Envelope, item: Mapping[str, object], redact: Redact) -> ApiError:
    """The error for a success whose record is an error itself."""
    return _failure(envelope, _short(item.get("error"), redact) or "error", _short(item.get("reason"), redact))


def _short(value: object, redact: Redact) -> str:
    """What the provider says in words or in a number, clean, without secrets, cut to a line."""
    told = str(value) if type(value) is int and abs(value) < 10**MAX_CODE else value
    if type(told) is not str:
        return ""
    # Redacted on both sides of cleaning: a secret may be split by what is removed, or changed by it.
    return redact(clean(redact(told[:_LONGEST_READ])))[:MAX_REASON].rstrip()
