"""A snapshot is appended only when something tracked changed, and history never runs backwards."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.changes import FieldChange, ProductState, product_changes
from monitor.models import Change, Product, Shop, Snapshot
from monitor.provider.codes import Action, Outcome
from monitor.provider.errors import ApiError, BadReply, CallTimeout, NotFound, WrongProduct
from monitor.provider.observation import Observation, Sales, Status
from tests.story import HOURLY, START, TELLS, Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_it_stores_the_first_state_without_calling_it_a_change() -> None:
    story = Story()
    recorded = story.hears()
    assert (recorded.outcome, recorded.changes, recorded.data_time) == (Outcome.OK, (), START + HOUR)
    snapshot = Snapshot.objects.get()
    assert (snapshot.price, snapshot.sales, snapshot.sales_step) == (7200, 13000, 1000)
    assert snapshot.content == {"images": ["https://p3-aio.ecombdimg.com/obj/temai/a"]}
    assert not Change.objects.exists()


def test_it_adds_no_row_for_an_unchanged_check_yet_knows_until_when_it_held() -> None:
    story = Story()
    story.hears()
    with CaptureQueriesContext(connection) as queries:
        recorded = story.hears()
    assert recorded.outcome is Outcome.UNCHANGED
    writes = [query["sql"] for query in queries if 'SET "claim"' not in query["sql"]]
    assert len([sql for sql in writes if sql.startswith("INSERT")]) == 0
    assert Snapshot.objects.count() == 1
    product = story.product
    assert (product.data_time, product.changed_at, product.unchanged_checks) == (START + 2 * HOUR, START + HOUR, 1)


def test_it_tells_a_change_with_the_interval_in_which_it_happened() -> None:
    story = Story()
    story.hears()
    story.hears()
    recorded = story.hears(price=6300, request_id="gw-3")
    assert recorded.changes == (FieldChange("price", 7200, 6300),)
    change = Change.objects.get()
    assert (change.before, change.after) == (7200, 6300)
    assert (change.last_seen_before, change.first_seen_after) == (START + 2 * HOUR, START + 3 * HOUR)
    assert change.request_id == "gw-3"
    assert Snapshot.objects.get(price=6300).last_seen_before == START + 2 * HOUR


def test_it_stores_content_only_where_it_differs() -> None:
    story = Story()
    story.hears()
    story.hears(price=6300)
    story.hears(price=6300, images=("https://p3-aio.ecombdimg.com/obj/temai/b",))
    stored = [snapshot.content for snapshot in Snapshot.objects.order_by("data_time")]
    assert stored[1] is None
    assert stored[2] == {"images": ["https://p3-aio.ecombdimg.com/obj/temai/b"]}
    assert story.product.content == stored[2]


@pytest.mark.parametrize("earlier", [timedelta(seconds=1), timedelta(hours=18)])
def test_it_takes_older_data_for_nothing_new(earlier: timedelta) -> None:
    story = Story()
    story.hears()
    known = story.product.data_time
    assert known is not None
    recorded = story.hears(price=1, data_time=known - earlier)
    assert (recorded.outcome, recorded.changes) == (Outcome.STALE, ())
    assert (story.product.price, story.product.data_time) == (7200, known)
    assert Snapshot.objects.count() == 1


def test_it_changes_nothing_when_the_same_reply_comes_twice() -> None:
    story = Story()
    story.hears(data_time=START)
    assert story.hears(data_time=START).outcome is Outcome.UNCHANGED
    assert story.hears(data_time=START, price=1).outcome is Outcome.STALE
    assert (Snapshot.objects.count(), Change.objects.count()) == (1, 0)


def test_it_lets_a_thin_record_change_only_what_it_tells() -> None:
    story = Story()
    story.hears()
    recorded = story.hears(
        thin=True, status=None, shop=None, images=None, list_price=None, sku_min_price=None, sku_max_price=None
    )
    assert (recorded.outcome, recorded.changes) == (Outcome.UNCHANGED, ())
    assert story.product.status == "on_sale"


def test_it_completes_the_state_from_a_fuller_reply_without_a_change() -> None:
    story = Story()
    story.hears(thin=True, status=None, images=None, shop=None)
    recorded = story.hears()
    assert (recorded.outcome, recorded.changes) == (Outcome.OK, ())
    assert [snapshot.status for snapshot in Snapshot.objects.order_by("data_time")] == [None, "on_sale"]


def test_it_records_a_product_that_is_gone_and_one_that_came_back() -> None:
    story = Story()
    story.hears()
    gone = story.hears(NotFound("nothing found", code="2000", request_id="gw-2"))
    assert gone.outcome is Outcome.NOT_FOUND
    assert gone.changes == (FieldChange("status", "on_sale", "not_found"),)
    assert story.product.price == 7200
    assert story.product.next_check_at == story.now + HOURLY
    assert story.hears().changes == (FieldChange("status", "not_found", "on_sale"),)


def test_it_takes_not_found_for_newer_than_data_from_a_clock_that_is_ahead() -> None:
    story = Story()
    story.hears(data_time=story.now + HOUR + timedelta(minutes=4))
    gone = story.hears(NotFound("nothing found", code="2000"), after=timedelta(minutes=1))
    assert gone.changes == (FieldChange("status", "on_sale", "not_found"),)


@pytest.mark.parametrize(
    "failure",
    [
        CallTimeout("too slow"),
        BadReply("unreadable"),
        WrongProduct("another product"),
        ApiError("server error", code="4000", action=Action.RETRY),
    ],
)
def test_it_never_takes_a_failure_for_a_change(failure: Exception) -> None:
    story = Story()
    story.hears()
    before = story.product
    recorded = story.hears(failure)  # type: ignore[arg-type]
    assert (recorded.changes, Snapshot.objects.count()) == ((), 1)
    after = story.product
    assert (after.state, after.data_time) == (before.state, before.data_time)
    assert (after.failures, after.failing_since) == (1, story.now)


def test_it_records_the_rest_of_a_batch_when_the_database_refuses_one_row() -> None:
    story = Story(products=5)
    told = [replace(TELLS, num_iid=num_iid, data_time=story.now) for num_iid in story.num_iids]
    # More than the column holds: the parser never lets that through, so the database is the last to object.
    told[2] = replace(told[2], price=2**70)
    recorded = story.records(told)
    assert [one.outcome for one in recorded] == [Outcome.OK, Outcome.OK, Outcome.BAD_REPLY, Outcome.OK, Outcome.OK]
    assert Snapshot.objects.count() == 4


def test_it_replays_to_exactly_the_stored_changes() -> None:
    story = Story()
    for told in (
        {},
        {"price": 6300, "status": Status.OFF_SHELF},
        {"status": None, "title": "新标题"},
        {"sales": Sales(14000, 1000), "images": ("https://p9-aio.ecombdimg.com/obj/temai/b",)},
        {"price": None},
        {},
    ):
        story.hears(**told)
    content: dict[str, Any] = {}
    states = []
    for snapshot in Snapshot.objects.order_by("data_time"):
        content = content if snapshot.content is None else snapshot.content
        fields = ("title", "price", "list_price", "sku_min_price", "sku_max_price", "sales", "status")
        states.append(ProductState(content=content, **{name: getattr(snapshot, name) for name in fields}))
    replayed = [change for pair in itertools.pairwise(states) for change in product_changes(*pair)]
    stored = [FieldChange(one.field, one.before, one.after) for one in Change.objects.filter(product__isnull=False)]
    assert sorted(map(repr, replayed)) == sorted(map(repr, stored))
    assert replayed


@pytest.mark.parametrize("change", ["nothing", "a price", "everything"])
def test_it_needs_the_same_few_statements_whatever_the_size_of_the_batch(change: str) -> None:
    counts = []
    for products in (5, 60):
        story = Story(products=products, email=f"merchant{products}@example.com")
        _batch(story, "nothing")
        story.now += HOUR
        with CaptureQueriesContext(connection) as queries:
            _batch(story, change)
        counts.append(len(queries))
        Product.objects.all().delete()
        Shop.objects.all().delete()
    # Two statements of these are the story's own claim.
    assert counts[0] == counts[1] == {"nothing": 7, "a price": 12, "everything": 19}[change]


def _batch(story: Story, change: str) -> None:
    told: list[Observation] = []
    for num_iid in story.num_iids:
        one = replace(TELLS, num_iid=num_iid, data_time=story.now)
        if change != "nothing":
            one = replace(one, price=6300)
        if change == "everything":
            assert one.shop is not None
            assert one.shop.scores is not None
            worse = replace(one.shop, scores=replace(one.shop.scores, product=400))
            one = replace(one, status=Status.OFF_SHELF, title="新标题", images=(), shop=worse)
        told.append(one)
    story.records(told)
