"""`history`: snapshots, changes and outages in the order of time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management.base import CommandError

from monitor.provider.codes import Action, Billing
from monitor.provider.errors import ApiError, NetworkError
from monitor.provider.observation import Sales, Status
from tests.commands.conftest import Rows
from tests.story import Story

pytestmark = pytest.mark.django_db


def eventful() -> Story:
    """An outage, a change of price and sales, and a product that leaves the shelf."""
    story = Story()
    story.hears()
    story.hears(ApiError("maintenance", code="4009", billing=Billing.NOT_BILLED, action=Action.RETRY))
    story.hears(price=6300, sales=Sales(14000, 1000), request_id="gw-2")
    story.hears(price=6300, sales=Sales(14000, 1000))
    story.hears(price=6300, sales=Sales(14000, 1000), status=Status.OFF_SHELF)
    return story


def test_it_prints_events_in_order(rows: Callable[..., Rows]) -> None:
    entries = rows("history", eventful().num_iids[0])
    assert [(row["type"], row.get("field")) for row in entries] == [
        ("snapshot", None),
        ("outage", None),
        ("snapshot", None),
        ("change", "price"),
        ("change", "sales"),
        ("snapshot", None),
        ("change", "status"),
    ]
    assert (entries[6]["before"], entries[6]["after"]) == ("on_sale", "off_shelf")
    assert entries[6]["last_seen_before"] == "2026-11-11T04:00:00Z"


def test_it_prints_every_field_of_an_event(rows: Callable[..., Rows]) -> None:
    entries = rows("history", eventful().num_iids[0])
    assert entries[2] == {
        "type": "snapshot",
        "data_time": "2026-11-11T03:00:00Z",
        "price": 6300,
        "price_unit": "fen",
        "list_price": 9900,
        "sales": 14000,
        "status": "on_sale",
        "title": "磨毛衬衫",
        "sku_min_price": 7200,
        "sku_max_price": 7200,
        "sales_step": 1000,
        "presale": None,
        "last_seen_before": "2026-11-11T01:00:00Z",
        "request_id": "gw-2",
        "from_cache": False,
        "thin": False,
    }
    assert entries[3] == {
        "type": "change",
        "field": "price",
        "before": 7200,
        "after": 6300,
        "price_unit": "fen",
        "last_seen_before": "2026-11-11T01:00:00Z",
        "first_seen_after": "2026-11-11T03:00:00Z",
        "request_id": "gw-2",
    }
    assert entries[1] == {
        "type": "outage",
        "outcome": "provider_error",
        "code": "4009",
        "began_at": "2026-11-11T02:00:00Z",
        "ended_at": "2026-11-11T03:00:00Z",
        "checks": 1,
    }


def test_it_prints_a_current_outage(rows: Callable[..., Rows]) -> None:
    story = Story()
    story.hears()
    for _ in range(2):
        story.hears(NetworkError("refused"), after=timedelta(minutes=5))
    last = rows("history", story.num_iids[0])[-1]
    assert last == {
        "type": "outage",
        "outcome": "network",
        "code": "",
        "began_at": "2026-11-11T01:05:00Z",
        "ended_at": None,
        "checks": 2,
    }


def test_it_prints_the_same_for_people(written: Callable[..., tuple[str, str]]) -> None:
    story = Story()
    story.hears()
    story.hears(price=6300)
    story.hears(NetworkError("refused"))
    out, _err = written("history", story.num_iids[0])
    assert out.splitlines() == [
        "2026-11-11 09:00  snapshot  ¥72.00  sold 13k+  on sale  磨毛衬衫",
        "2026-11-11 10:00  snapshot  ¥63.00  sold 13k+  on sale  磨毛衬衫",
        "2026-11-11 10:00  change    price: ¥72.00 → ¥63.00  (after 2026-11-11 09:00)",
        "2026-11-11 11:00  outage    network and goes on, 1 failed check",
    ]


def test_it_says_when_no_check_has_been_made(written: Callable[..., tuple[str, str]]) -> None:
    out, err = written("history", Story().num_iids[0])
    assert out == ""
    assert "no check has been made" in err


@pytest.mark.parametrize("num_iid", ["12", "not-an-id", "", "'; --"])
def test_it_says_how_to_import_an_unknown_product(rows: Callable[..., Rows], num_iid: str) -> None:
    with pytest.raises(CommandError, match="import_products --owner EMAIL"):
        rows("history", num_iid)


def test_a_long_history_takes_a_fixed_number_of_queries(
    rows: Callable[..., Rows], django_assert_num_queries: Callable[..., object]
) -> None:
    story = Story()
    for price in range(7200, 7230):
        story.hears(price=price)
    with django_assert_num_queries(5):  # type: ignore[attr-defined]
        assert len(rows("history", story.num_iids[0])) == 59
