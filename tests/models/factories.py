"""Rows for tests that need many of them. For a few checks of a product, use
tests/polling/story.py."""

# factory-boy's declarations have no types; what `create` returns has.
# mypy: disable-error-code="no-untyped-call"

from datetime import UTC, datetime, timedelta
from typing import Any

from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from monitor.judging.changes import first_image
from monitor.models import (
    Alert,
    Change,
    Membership,
    Pace,
    Product,
    ProductContent,
    Shop,
    Snapshot,
    User,
    Watch,
    Watchlist,
)
from monitor.provider.observation import Gap, Status
from monitor.watching.services import create_watchlist

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
#: None of these is an ID that a test names.
FIRST_ID = 3514453298386500000


class UserFactory(DjangoModelFactory[User]):
    email = Sequence(lambda number: f"merchant-{number}@example.com")
    language = "en"

    class Meta:
        model = User

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(
            kwargs.pop("email"), kwargs.pop("password", "a-password"), **kwargs
        )


class WatchlistFactory(DjangoModelFactory[Watchlist]):
    """A list with the default rules that is checked once an hour."""

    owner = SubFactory(UserFactory)
    name = Sequence(lambda number: f"List {number}")

    class Meta:
        model = Watchlist

    @classmethod
    def _create(cls, model_class: type[Watchlist], *args: Any, **kwargs: Any) -> Watchlist:
        watchlist = create_watchlist(
            kwargs.pop("owner"), kwargs.pop("name"), timedelta(hours=1), pace=Pace.FIXED
        )
        for name, value in kwargs.items():
            setattr(watchlist, name, value)
        watchlist.save()
        return watchlist


class MembershipFactory(DjangoModelFactory[Membership]):
    watchlist = SubFactory(WatchlistFactory)
    user = SubFactory(UserFactory)

    class Meta:
        model = Membership


class ShopFactory(DjangoModelFactory[Shop]):
    shop_id = Sequence(lambda number: f"sXahc{number}")
    name = Sequence(lambda number: f"Shop {number}")
    score_scale = 5
    product_score = 485
    logistics_score = 500
    service_score = 496
    product_gap = Gap.ABOVE.value

    class Meta:
        model = Shop


class ProductFactory(DjangoModelFactory[Product]):
    """A product that was checked a minute ago and has not changed for a day."""

    num_iid = Sequence(lambda number: str(FIRST_ID + number))
    title = Sequence(lambda number: f"Shirt {number}")
    shop = SubFactory(ShopFactory)
    price = 7200
    list_price = 9900
    sku_min_price = 7200
    sku_max_price = 8900
    sales = 13000
    sales_step = 1000
    status = Status.ON_SALE.value
    first_data_time = NOW - timedelta(days=90)
    changed_at = NOW - timedelta(days=1)
    data_time = NOW - timedelta(minutes=1)
    unchanged_checks = 23
    checked_at = NOW - timedelta(minutes=1)
    answered_at = NOW - timedelta(minutes=1)
    interval = timedelta(hours=1)
    next_check_at = NOW + timedelta(minutes=59)

    class Meta:
        model = Product

    @classmethod
    def _create(cls, model_class: type[Product], *args: Any, **kwargs: Any) -> Product:
        content = kwargs.pop("content", {})
        kwargs.setdefault("look_back_at", kwargs.get("changed_at"))
        product = model_class.objects.create(image=first_image(content), **kwargs)
        if content:
            ProductContent.objects.create(product=product, parts=content)
        return product


class WatchFactory(DjangoModelFactory[Watch]):
    watchlist = SubFactory(WatchlistFactory)
    product = SubFactory(ProductFactory)

    class Meta:
        model = Watch


class SnapshotFactory(DjangoModelFactory[Snapshot]):
    product = SubFactory(ProductFactory)
    data_time = NOW - timedelta(days=1)
    received_at = SelfAttribute("data_time")
    price = 7200
    sales = 13000
    sales_step = 1000
    status = Status.ON_SALE.value

    class Meta:
        model = Snapshot


class ChangeFactory(DjangoModelFactory[Change]):
    product = SubFactory(ProductFactory)
    field = "price"
    before = 9900
    after = 7200
    first_seen_after = NOW - timedelta(days=1)
    last_seen_before = LazyAttribute(lambda change: change.first_seen_after - timedelta(hours=1))
    request_id = "gw-1"

    class Meta:
        model = Change


class AlertFactory(DjangoModelFactory[Alert]):
    watchlist = SubFactory(WatchlistFactory)
    product = SubFactory(ProductFactory)
    rule_as_it_was = LazyFunction(lambda: {"kind": "price_changed", "threshold": None})
    field = "price"
    before = 9900
    after = 7200
    data_time = NOW - timedelta(minutes=5)
    created_at = NOW - timedelta(minutes=5)
    request_id = "gw-1"

    class Meta:
        model = Alert
