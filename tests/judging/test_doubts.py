"""Which answers are too odd to be believed at once, and what settles the doubt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.changes import ProductState
from monitor.judging.doubts import (
    VANISHED,
    Doubt,
    DoubtReason,
    Suspicion,
    Verdict,
    suspicion,
    verdict,
)
from monitor.provider.observation import Observation, Status

NOON = datetime(2026, 11, 11, 4, 0, tzinfo=UTC)
ANSWER = Observation(num_iid="1", data_time=NOON, price=1, status=Status.ON_SALE, request_id="gw-1")
KNOWN = ProductState(price=7200, status="on_sale")
DOUBT = Doubt(
    reason=DoubtReason.WORTHLESS,
    field="price",
    before=7200,
    after=1,
    seen_at=NOON,
    since=NOON,
    data_time=NOON,
    asked=True,
)

prices = st.none() | st.integers(1, 10**12)
statuses = st.none() | st.sampled_from(Status)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (7200, 3600, DoubtReason.HALVED),
        (7200, 3601, None),
        (7200, 1, DoubtReason.WORTHLESS),
        (1000, 99, DoubtReason.WORTHLESS),
        (990, 99, DoubtReason.WORTHLESS),
        (980, 99, DoubtReason.HALVED),
        (1000, 100, DoubtReason.HALVED),
        (2, 1, DoubtReason.HALVED),
        (150, 99, None),
        (7200, 14400, None),
        (None, 1, None),
        (None, 100, None),
        (7200, None, None),
    ],
)
def test_a_price_of_half_or_of_almost_nothing_is_odd(
    before: int | None, after: int | None, reason: DoubtReason | None
) -> None:
    odd = suspicion(replace(KNOWN, price=before), replace(ANSWER, price=after))
    assert (odd and odd.reason) == reason
    assert odd is None or odd == Suspicion(odd.reason, "price", before, after)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "is_odd"),
    [
        *[("on_sale", status, status in VANISHED) for status in Status],
        *[("off_shelf", status, status in VANISHED) for status in Status],
        *[("banned", status, status in VANISHED) for status in Status],
        ("abnormal", Status.NOT_FOUND, True),
        ("abnormal", Status.ABNORMAL, False),
        *[(gone, status, False) for gone in ("not_found", "deleted") for status in Status],
        *[(None, status, status is Status.NOT_FOUND) for status in Status],
    ],
)
def test_a_product_that_vanishes_is_odd_whatever_it_was(
    before: str | None, after: Status, is_odd: bool
) -> None:
    answer = replace(ANSWER, price=None, status=after)
    if is_odd:
        assert suspicion(ProductState(status=before), answer) == Suspicion(
            DoubtReason.GONE, "status", before, after.value
        )
    else:
        assert suspicion(ProductState(status=before), answer) is None


@given(price=prices, status=statuses)
def test_a_first_reading_is_odd_if_nothing_is_found_or_it_costs_almost_nothing(
    price: int | None, status: Status | None
) -> None:
    odd = suspicion(ProductState(), replace(ANSWER, price=price, status=status))
    assert (odd is not None) == (status is Status.NOT_FOUND or (price is not None and price < 100))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"price": 1}, Verdict.AGREES),
        ({"price": 3000}, Verdict.AGREES),
        ({"price": 7200}, Verdict.DENIES),
        ({"price": 6300}, Verdict.DENIES),
        ({"price": None}, Verdict.SILENT),
        ({"price": None, "status": Status.NOT_FOUND}, Verdict.DIFFERS),
        ({"price": 1, "from_cache": True}, Verdict.SILENT),
        (
            {"price": 7200, "from_cache": True, "data_time": NOON - timedelta(minutes=1)},
            Verdict.SILENT,
        ),
        (
            {"price": 7200, "from_cache": True, "data_time": NOON + timedelta(minutes=1)},
            Verdict.DENIES,
        ),
        ({"price": 7200, "status": Status.DELETED}, Verdict.DIFFERS),
    ],
)
def test_a_second_reading_settles_a_doubt_unless_it_is_the_first(
    answer: dict[str, object], expected: Verdict
) -> None:
    assert verdict(DOUBT, KNOWN, replace(ANSWER, **answer)) is expected  # type: ignore[arg-type]


def test_a_not_found_reply_has_no_data_time_and_any_new_record_settles_it() -> None:
    gone = Observation(num_iid="1", data_time=NOON, status=Status.NOT_FOUND)
    odd = suspicion(KNOWN, gone)
    assert odd is not None
    doubt = Doubt.of(odd, gone, NOON)
    assert doubt.data_time is None
    assert (
        verdict(doubt, KNOWN, replace(ANSWER, price=7200, data_time=NOON - timedelta(minutes=1)))
        is Verdict.DENIES
    )
    assert verdict(doubt, KNOWN, gone) is Verdict.AGREES


@pytest.mark.parametrize("doubt", [DOUBT, replace(DOUBT, data_time=None)])
def test_a_doubt_is_loaded_as_it_was_dumped(doubt: Doubt) -> None:
    assert Doubt.load(doubt.dump()) == doubt
    assert Doubt.load({**doubt.dump(), "readings": 2}) == doubt, "as an earlier version stored it"


def test_a_doubt_is_old_after_three_hours_however_often_the_reading_changed() -> None:
    doubt = replace(DOUBT, seen_at=NOON + timedelta(hours=2))
    assert not doubt.is_old(NOON + timedelta(hours=2, minutes=59))
    assert doubt.is_old(NOON + timedelta(hours=3))
