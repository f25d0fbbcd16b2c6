"""Payload to Observation. With the modules it calls, the only reader of the provider's keys.

A field that cannot be believed is not told, and flagged; it never costs the rest of the record. Personal data
(`mobile`, `shop_tel`, `second_mobile`, `client_ip`) is never read.
"""

from collections.abc import Mapping
from datetime import datetime

from monitor.provider.envelope import Envelope, Redact, item_of, items_of, read_envelope
from monitor.provider.errors import WrongProduct
from monitor.provider.normalised_record import read_normalised
from monitor.provider.observation import Observation, SearchHit
from monitor.provider.raw_record import read_raw
from monitor.provider.search import num_iid_of, read_hits
from monitor.provider.text import Flags
from monitor.provider.times import captured, data_time


def parse_item(payload: Mapping[str, object], num_iid: str, received_at: datetime, redact: Redact = str) -> Observation:
    """What a reply to `item_get_app` or `item_get` tells of the product asked for.

    `received_at` is aware, in UTC. Raises the ProviderError that an envelope without a record stands for, BadReply for
    a record that does not say whose it is, WrongProduct for another product's.
    """
    envelope = read_envelope(payload, redact)
    item = item_of(payload, envelope, redact)
    is_raw = "product_id" in item
    _check_product(_raw_id(item) if is_raw else num_iid_of(item), num_iid, envelope)
    flags: Flags = []
    told = read_raw(item, flags) if is_raw else read_normalised(item, flags)
    when = data_time(captured(payload.get("secache_time"), item.get("current_time")), received_at, flags)
    return Observation(
        num_iid=num_iid,
        data_time=when,
        from_cache=envelope.from_cache,
        request_id=envelope.request_id,
        quota=envelope.quota,
        flags=tuple(dict.fromkeys(flags)),
        **told,
    )


def parse_search(payload: Mapping[str, object], redact: Redact = str) -> tuple[SearchHit, ...]:
    """The products that a reply to `item_search` or `item_search_shop` tells of. Raises ProviderError."""
    return read_hits(items_of(payload, read_envelope(payload, redact), redact))


def _raw_id(item: Mapping[str, object]) -> str | None:
    """A raw record's `product_id`; as a float it is not told, for it has lost digits."""
    told = item["product_id"]
    if type(told) is str:
        return told.strip() or None
    return str(told) if type(told) is int and abs(told) < 10**19 else None


def _check_product(told: str | None, asked: str, envelope: Envelope) -> None:
    if told is None:
        raise envelope.bad_reply("the record does not say which product it is of")
    if told != asked:
        raise WrongProduct(
            "the reply is about another product",
            billing=envelope.billing,
            request_id=envelope.request_id,
            quota=envelope.quota,
        )
