"""A seeded database is as recording would fill it."""

from collections.abc import Mapping

import pytest
import time_machine

from monitor.changes import Json, ProductState, product_changes
from monitor.models import Alert, Change, Outage, Product, Shop, Snapshot, Usage, User, Watch
from tests.bench.seeding import seed
from tests.story import START

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seeded() -> None:
    with time_machine.travel(START, tick=False):
        seed(120, 2000)


def test_it_writes_the_requested_numbers_of_rows() -> None:
    assert (Product.objects.count(), Snapshot.objects.count()) == (120, 2000)
    assert Shop.objects.count() == 3
    assert Usage.objects.exists()


def test_a_merchant_watches_every_product_and_has_read_some_alerts() -> None:
    merchant = User.objects.get(email="bench@example.com")
    assert not merchant.has_usable_password()
    watched = Watch.objects.for_user(merchant).values("product")
    assert not Product.objects.exclude(pk__in=watched).exists()
    assert Watch.objects.count() > 120
    alerts = Alert.objects.for_user(merchant)
    assert 0 < alerts.unread_by(merchant).count() < alerts.count()


def test_the_stored_changes_are_those_of_the_snapshots() -> None:
    stored, replayed = Change.objects.filter(product__isnull=False), []
    before: Snapshot | None = None
    for now in Snapshot.objects.order_by("product", "data_time"):
        if before is not None and before.product_id == now.product_id:
            changes = product_changes(_state(before), _state(now))
            assert changes
            replayed += [(now.product_id, now.data_time, row.field, row.before, row.after) for row in changes]
            assert now.last_seen_before is not None
            assert before.data_time <= now.last_seen_before <= now.data_time
        before = now
    written = stored.values_list("product_id", "first_seen_after", "field", "before", "after")
    assert sorted(written) == sorted(replayed)


def test_a_product_has_the_values_of_its_last_snapshot() -> None:
    for product in Product.objects.all():
        last = product.snapshots.order_by("data_time").last()
        assert last is not None
        assert product.state == _state(last, product.content)
        assert product.changed_at == last.data_time
        assert last.data_time <= (product.data_time or START) <= START


def test_the_same_numbers_make_the_same_rows() -> None:
    def contents() -> list[object]:
        snapshots = Snapshot.objects.order_by("product__num_iid", "data_time")
        return [*snapshots.values_list("product__num_iid", "product__title", "data_time", "price", "sales")]

    first = contents()
    for model in (Product, Shop, User, Outage, Usage):
        model._default_manager.all().delete()
    with time_machine.travel(START, tick=False):
        seed(120, 2000)
    assert contents() == first


def _state(snapshot: Snapshot, content: Mapping[str, Json] | None = None) -> ProductState:
    names = ("title", "price", "list_price", "sku_min_price", "sku_max_price", "sales", "sales_step", "status")
    values = {name: getattr(snapshot, name) for name in (*names, "presale")}
    return ProductState(**values, content=content or {})
