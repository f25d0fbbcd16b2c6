"""Any JSON anywhere in a record: each value is possible or missing, and nothing crashes."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.provider.envelope import EARLIEST, TOLERANCE
from monitor.provider.errors import ProviderError
from monitor.provider.limits import MAX_FEN, MAX_IMAGES, MAX_NAME, MAX_TITLE, MAX_UNITS, MAX_URL
from monitor.provider.observation import Observation, Status
from monitor.provider.parse import parse_item
from tests.provider.records import NOW, normalised, raw
from tests.provider.wire import NUM_IID

type Path = tuple[str | int, ...]

ODD = st.sampled_from(
    [
        True,
        False,
        2**63,
        2**64,
        10**400,
        "12.5-18.0",
        "\0",
        "\ud800",
        "衬" * 20_000,
        "-1",
        "9" * 5000,
        1e308,
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ODD
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def paths(value: Any, at: Path = ()) -> list[Path]:
    """Return the paths of a JSON value and of all its inner values."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [at, *(path for key, item in inner for path in paths(item, (*at, key)))]


def put(payload: Any, path: Path, value: object) -> None:
    """Put the value at a path, if earlier changes have left the path."""
    *outer, last = path
    for key in outer:
        payload = payload[key] if _has(payload, key) else None
    if _has(payload, last):
        payload[last] = value


def _has(payload: Any, key: str | int) -> bool:
    if isinstance(payload, dict):
        return key in payload
    return isinstance(payload, list) and isinstance(key, int) and key < len(payload)


RAW_PATHS = [path for path in paths(raw()) if path]
NORMALISED_PATHS = [path for path in paths(normalised()) if path]


def assert_possible(reading: Observation) -> None:
    assert reading.num_iid == NUM_IID
    assert EARLIEST <= reading.data_time <= NOW + TOLERANCE
    assert reading.data_time.utcoffset() == timedelta(0)
    for price in (reading.price, reading.list_price, reading.sku_min_price, reading.sku_max_price):
        assert price is None or (type(price) is int and 0 < price <= MAX_FEN)
    assert (
        reading.sku_min_price is None
        or reading.sku_max_price is None
        or reading.sku_min_price <= reading.sku_max_price
    )
    assert reading.stock is None or (type(reading.stock) is int and 0 <= reading.stock <= MAX_UNITS)
    assert reading.sales is None or (
        0 <= reading.sales.at_least <= MAX_UNITS and 1 <= reading.sales.step <= MAX_UNITS
    )
    assert reading.status is None or isinstance(reading.status, Status)
    assert reading.supply_status is None or abs(reading.supply_status) < 2**31
    assert reading.title is None or 0 < len(reading.title) <= MAX_TITLE
    assert reading.images is None or 0 < len(reading.images) <= MAX_IMAGES
    assert all(
        url.startswith("https://") and len(url) <= MAX_URL + 6 for url in reading.images or ()
    )
    assert all(
        isinstance(moment, datetime)
        for moment in (reading.sale_starts_at, reading.sale_ends_at)
        if moment is not None
    )
    assert len(reading.request_id) <= 64
    assert len(reading.flags) < 60
    assert_possible_shop(reading)
    # All texts can be stored: they have no NUL and no lone surrogate.
    assert "\\x00" not in repr(reading)
    repr(reading).encode()


def assert_possible_shop(reading: Observation) -> None:
    if reading.shop is None:
        return
    assert 0 < len(reading.shop.shop_id) <= 64
    assert all(
        name is None or 0 < len(name) <= MAX_NAME
        for name in (reading.shop.name, reading.shop.company_name)
    )
    scores = reading.shop.scores
    if scores is not None:
        assert scores.scale in {5, 100}
        for score in (scores.product, scores.logistics, scores.service):
            assert score is None or (type(score) is int and 0 < score <= scores.scale * 100)


def read(payload: Any) -> None:
    try:
        result: Observation | ProviderError = parse_item(payload, NUM_IID, NOW)
    except ProviderError as error:
        result = error
    if isinstance(result, Observation):
        assert_possible(result)
    else:
        assert len(str(result)) < 400
        assert len(result.code) <= 32
        str(result).encode()


@given(st.lists(st.tuples(st.sampled_from(RAW_PATHS), ANY_JSON), min_size=1, max_size=6))
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_raw_records(changes: list[tuple[Path, object]]) -> None:
    payload = raw()
    for path, value in changes:
        put(payload, path, value)
    read(payload)


@given(st.lists(st.tuples(st.sampled_from(NORMALISED_PATHS), ANY_JSON), min_size=1, max_size=6))
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_normalised_records(changes: list[tuple[Path, object]]) -> None:
    payload = normalised()
    for path, value in changes:
        put(payload, path, value)
    read(payload)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "item",
                "error",
                "error_code",
                "reason",
                "cache",
                "request_id",
                "api_info",
                "secache_time",
            ]
        ),
        ANY_JSON,
    )
)
def test_envelopes(payload: dict[str, object]) -> None:
    read(payload)
