"""Turns payloads into observations.

A field that cannot be right becomes `None` with a flag; the rest of the record is kept. Personal
data (`mobile`, `shop_tel`, `second_mobile`, `client_ip`) is never read."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from monitor.provider.envelope import Redact, data_time, item_of, read_envelope
from monitor.provider.errors import WrongProduct
from monitor.provider.observation import Observation
from monitor.provider.record import read_normalised, read_raw
from monitor.provider.text import Flags

_NUM_IID = re.compile(r"[0-9]{1,19}", re.ASCII)
_ID_IN_URL = re.compile(r"[?&]id=([0-9]{1,19})(?![0-9])", re.ASCII)
_LONGEST_URL = 2_000
# A number that was a float once has this many correct digits.
_DIGITS_KEPT = 15
# It may be printed with so many.
_DIGITS_OF_FLOATS = (15, 16, 17)
# Larger numbers are not all exact as floats.
_EXACT_NUMBERS = 2**53


def parse_item(
    payload: Mapping[str, object], num_iid: str, received_at: datetime, redact: Redact = str
) -> Observation:
    """Parse a reply to `item_get_app` or `item_get` about the product `num_iid`.

    `received_at` is aware, in UTC. Raises the ProviderError of a reply without a record, BadReply
    for a record without an ID, WrongProduct for the record of another product."""
    envelope = read_envelope(payload, redact)
    item = item_of(payload, envelope, redact)
    is_raw = "product_id" in item
    product_id = _raw_id(item["product_id"]) if is_raw else normalised_id(item)
    if product_id is None:
        raise envelope.error("the record does not say which product it is of")
    if product_id != num_iid:
        raise envelope.error("the reply is about another product", WrongProduct)
    flags: Flags = []
    fields = read_raw(item, flags) if is_raw else read_normalised(item, flags)
    return Observation(
        num_iid=num_iid,
        data_time=data_time(payload, item, received_at, flags),
        from_cache=envelope.from_cache,
        request_id=envelope.request_id,
        quota=envelope.quota,
        flags=tuple(dict.fromkeys(flags)),
        **fields,
    )


def _raw_id(product_id: object) -> str | None:
    """Read a raw record's `product_id`. A float has lost digits, so it is rejected."""
    if type(product_id) is str:
        return product_id.strip() or None
    return str(product_id) if type(product_id) is int and abs(product_id) < 10**19 else None


def normalised_id(item: Mapping[str, object]) -> str | None:
    """Read a normalised record's ID. `num_iid` may be a rounded number; the ID in `detail_url` is
    exact."""
    num_iid = item.get("num_iid")
    text = (
        num_iid.strip()
        if type(num_iid) is str
        else str(num_iid)
        if type(num_iid) is int and num_iid > 0
        else ""
    )
    is_readable = _NUM_IID.fullmatch(text) is not None
    exact = _id_in_url(item)
    if exact and (
        not is_readable or (len(text) == len(exact) and text[:_DIGITS_KEPT] == exact[:_DIGITS_KEPT])
    ):
        return exact
    if not is_readable or (type(num_iid) is int and num_iid > _EXACT_NUMBERS):
        return None
    return text


def is_rounded(num_iid: str, item: Mapping[str, object]) -> bool:
    """Return whether an ID looks like a rounded number, such as 3542247200207835000, and
    `detail_url` has another one or none."""
    if int(num_iid) <= _EXACT_NUMBERS or _id_in_url(item) == num_iid:
        return False
    return Decimal(num_iid) in {
        Decimal(f"{float(num_iid):.{digits}g}") for digits in _DIGITS_OF_FLOATS
    }


def _id_in_url(item: Mapping[str, object]) -> str | None:
    url = item.get("detail_url")
    match = _ID_IN_URL.search(url) if type(url) is str and len(url) <= _LONGEST_URL else None
    return match[1] if match else None
