"""A snapshot is added only when a tracked value changes, and history never runs backwards."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.judging.changes import FieldChange
from monitor.models import Change, Product, Shop, Snapshot
from monitor.provider.codes import Action, Outcome
from monitor.provider.errors import ApiError, CallTimeout, NotFound, WrongProduct
from monitor.provider.observation import Sales, Status
from tests.polling.story import HOURLY, SHOP, START, TELLS, Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_the_first_state_is_a_snapshot_and_no_change() -> None:
    story = Story()
    recorded = story.hears()
    assert (recorded.outcome, recorded.changes, recorded.data_time) == (
        Outcome.OK,
        (),
        START + HOUR,
    )
    snapshot = Snapshot.objects.get()
    assert (snapshot.price, snapshot.sales, snapshot.sales_step) == (7200, 13000, 1000)
    assert snapshot.content == {"images": ["https://p3-aio.ecombdimg.com/obj/temai/a"]}
    assert not Change.objects.exists()


def test_an_unchanged_check_adds_no_row_and_moves_the_data_time() -> None:
    story = Story()
    story.hears()
    assert story.hears().outcome is Outcome.UNCHANGED
    assert not Change.objects.exists()
    assert Snapshot.objects.count() == 1
    product = story.product
    assert (product.data_time, product.changed_at, product.unchanged_checks) == (
        START + 2 * HOUR,
        START + HOUR,
        1,
    )


def test_a_change_has_the_interval_in_which_it_happened() -> None:
    story = Story()
    story.hears()
    story.hears()
    recorded = story.hears(price=6300, request_id="gw-3")
    assert recorded.changes == (FieldChange("price", 7200, 6300),)
    change = Change.objects.get()
    assert (change.before, change.after) == (7200, 6300)
    assert (change.last_seen_before, change.first_seen_after) == (
        START + 2 * HOUR,
        START + 3 * HOUR,
    )
    assert change.request_id == "gw-3"
    assert Snapshot.objects.get(price=6300).last_seen_before == START + 2 * HOUR


def test_a_field_was_last_seen_when_it_was_last_told() -> None:
    story = Story()
    other = ("https://p3-aio.ecombdimg.com/obj/temai/b",)
    story.hears()
    story.hears(price=None, sales=Sales(13500, 100))
    story.hears(NotFound("nothing found", code="2000"))
    story.hears(price=6300)
    story.hears(price=6200, images=None)
    story.hears(price=6200, images=other)
    changes = Change.objects.filter(field__in=["price", "status", "images"]).order_by(
        "first_seen_after", "field"
    )
    assert [
        (change.field, change.last_seen_before - START, change.first_seen_after - START)
        for change in changes
    ] == [
        ("status", 2 * HOUR, 3 * HOUR),
        ("price", HOUR, 4 * HOUR),
        ("status", 3 * HOUR, 4 * HOUR),
        ("price", 4 * HOUR, 5 * HOUR),
        ("images", 4 * HOUR, 6 * HOUR),
    ]
    # A state's is the time of the reply before: the chart tells checks from pauses by it.
    assert Snapshot.objects.get(data_time=START + 4 * HOUR).last_seen_before == START + 3 * HOUR


def test_older_data_changes_nothing() -> None:
    story = Story()
    story.hears()
    latest = story.product.data_time
    assert latest is not None
    recorded = story.hears(price=1, data_time=latest - timedelta(seconds=1))
    assert (recorded.outcome, recorded.changes) == (Outcome.STALE, ())
    assert (story.product.price, story.product.data_time) == (7200, latest)
    assert Snapshot.objects.count() == 1


def test_the_same_reply_twice_changes_nothing() -> None:
    story = Story()
    story.hears(data_time=START)
    assert story.hears(data_time=START).outcome is Outcome.UNCHANGED
    assert story.hears(data_time=START, price=1).outcome is Outcome.STALE
    assert (Snapshot.objects.count(), Change.objects.count()) == (1, 0)


def test_a_thin_record_leaves_the_values_that_it_lacks_and_late_values_are_no_change() -> None:
    story = Story()
    lacks: dict[str, Any] = dict.fromkeys(("status", "shop", "images"))
    story.hears(thin=True, **lacks)
    for outcome, fields in (
        (Outcome.OK, {}),
        (Outcome.UNCHANGED, {"thin": True, "list_price": None, **lacks}),
    ):
        recorded = story.hears(**fields)
        assert (recorded.outcome, recorded.changes, story.product.status) == (
            outcome,
            (),
            "on_sale",
        )
    assert [snapshot.status for snapshot in Snapshot.objects.order_by("data_time")] == [
        None,
        "on_sale",
    ]


def test_a_product_that_disappears_and_returns_changes_its_status() -> None:
    story = Story()
    story.hears()
    gone = story.hears(NotFound("nothing found", code="2000", request_id="gw-2"))
    assert gone.outcome is Outcome.NOT_FOUND
    assert gone.changes == (FieldChange("status", "on_sale", "not_found"),)
    assert story.product.price == 7200
    assert story.product.next_check_at == story.now + HOURLY
    assert story.hears().changes == (FieldChange("status", "not_found", "on_sale"),)


def test_not_found_is_newer_than_data_of_a_clock_that_is_ahead() -> None:
    story = Story()
    story.hears(data_time=story.now + HOUR + timedelta(minutes=4))
    gone = story.hears(NotFound("nothing found", code="2000"), after=timedelta(minutes=1))
    assert gone.changes == (FieldChange("status", "on_sale", "not_found"),)


@pytest.mark.parametrize(
    "failure",
    [
        CallTimeout("too slow"),
        WrongProduct("another product"),
        ApiError("server error", code="4000", action=Action.RETRY),
    ],
)
def test_a_failed_check_is_no_change(failure: Exception) -> None:
    story = Story()
    story.hears()
    before = story.product
    recorded = story.hears(failure)  # type: ignore[arg-type]
    assert (recorded.changes, Snapshot.objects.count()) == ((), 1)
    after = story.product
    assert (after.state, after.data_time) == (before.state, before.data_time)
    assert (after.failures, after.failing_since) == (1, story.now)


def test_the_rest_of_a_batch_is_recorded_when_the_database_refuses_one_row() -> None:
    story = Story(products=5)
    readings = [replace(TELLS, num_iid=num_iid, data_time=story.now) for num_iid in story.num_iids]
    # More than the column can store. The parser refuses it before, so only the database is left to
    # refuse it.
    readings[2] = replace(readings[2], price=2**70)
    outcomes = [result.outcome for result in story.records(readings)]
    assert outcomes == [Outcome.OK, Outcome.OK, Outcome.BAD_REPLY, Outcome.OK, Outcome.OK]
    assert Snapshot.objects.count() == 4


@pytest.mark.parametrize("change", ["nothing", "a price", "everything"])
def test_a_batch_of_any_size_takes_the_same_number_of_statements(change: str) -> None:
    counts = []
    for products in (3, 20):
        story = Story(products=products, email=f"merchant{products}@example.com")
        _batch(story, "nothing")
        story.now += HOUR
        with CaptureQueriesContext(connection) as queries:
            _batch(story, change)
        counts.append(len(queries))
        Product.objects.all().delete()
        Shop.objects.all().delete()
    # Two of these statements are the story's own claim.
    assert counts[0] == counts[1] == {"nothing": 8, "a price": 13, "everything": 20}[change]


def _batch(story: Story, change: str) -> None:
    fields: dict[str, Any] = {"data_time": story.now}
    if change != "nothing":
        fields["price"] = 6300
    if change == "everything":
        assert SHOP.scores is not None
        worse = replace(SHOP, scores=replace(SHOP.scores, product=400))
        fields |= {"status": Status.OFF_SHELF, "title": "新标题", "images": (), "shop": worse}
    story.records([replace(TELLS, num_iid=num_iid, **fields) for num_iid in story.num_iids])
