"""Rules of a list about the shops that it follows: what is new, what sells, what left, what the
shop earns."""

from datetime import timedelta

import pytest
from django.utils import translation

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Product, Rule
from monitor.polling.recording.ageing import look_back
from monitor.polling.recording.alerts import start_watching
from monitor.watching.rules import RuleError, Terms, add_rule, check_rule
from monitor.watching.services import add_products
from tests.polling.stall import Stall
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def stall(provider: ProviderServer) -> Stall:
    stall = Stall(provider)
    stall.watchlist.rules.all().delete()
    stall.follow()
    return stall


def rule(stall: Stall, kind: Kind, threshold: int | None = None, *also: Condition) -> Rule:
    condition = Condition(kind, threshold, also=also)
    return add_rule(stall.watchlist, Terms(condition), stall.now)


def told() -> list[tuple[str, str]]:
    """The products, or the shop, of all alerts, and what they say."""
    with translation.override("en"):
        alerts = Alert.objects.select_related("product", "shop").order_by("pk")
        return [
            (alert.product.num_iid if alert.product else str(alert.shop), alert.reason)
            for alert in alerts
        ]


def sells(num_iid: str, units: float) -> None:
    rates = dict.fromkeys(("units", "risen_7", "risen_14", "risen_30"), units)
    Product.objects.filter(num_iid=num_iid).update(**rates, risen_error=units / 100)


def test_a_new_product_alerts_once_with_its_price(stall: Stall) -> None:
    rule(stall, Kind.RANGE_NEW)
    stall.read(timedelta(0))
    assert told() == [], "a range that is read for the first time is no news"
    stall.products |= {"200": 990}
    stall.read(), stall.read()
    assert told() == [("200", "at ¥9.90")]
    alert = Alert.objects.get()
    assert (alert.shop, alert.before, alert.after, alert.is_delivered) == (
        stall.shop,
        None,
        "listed",
        False,
    )
    del stall.products["200"]
    stall.read(), stall.read()
    stall.products |= {"200": 990}
    stall.read()
    assert len(told()) == 1, "it came back, and is not new"


def test_a_product_that_is_taken_back_alerts_when_it_is_certain(stall: Stall) -> None:
    rule(stall, Kind.RANGE_LEFT)
    stall.read(timedelta(0))
    del stall.products["101"]
    stall.read()
    assert told() == []
    stall.read(), stall.read()
    assert told() == [("101", "last price ¥59.90")]


def test_a_product_that_joins_the_ten_best_alerts_and_one_at_the_edge_does_not_flutter(
    stall: Stall,
) -> None:
    rule(stall, Kind.RANGE_BEST)
    stall.products = {str(100 + number): 5990 for number in range(14)}
    stall.read(timedelta(0))
    for place, num_iid in enumerate(stall.products):
        sells(num_iid, 100 - place)
    stall.read()
    assert told() == [], "the first ten are no news"
    sells("113", 500)
    stall.read()
    assert told() == [("113", "at ¥59.90")]
    for worse, better in (("109", "110"), ("110", "109"), ("109", "110")):
        sells(worse, 90.5)
        sells(better, 95)
        stall.read()
    assert [subject for subject, _reason in told()] == ["113", "110"]


def test_the_shops_revenue_counts_from_the_last_alert(stall: Stall) -> None:
    rule(stall, Kind.SHOP_REVENUE_GREW, 3000)
    rule(stall, Kind.SHOP_REVENUE_FELL, 3000)
    stall.read(timedelta(0))
    for num_iid in stall.products:
        sells(num_iid, 0)
    for units in (10.0, 10.0, 12.0, 14.0, 14.0, 9.0):
        sells("100", units)
        stall.read()
    alerts = Alert.objects.order_by("pk")
    assert [(alert.counted_from, alert.after) for alert in alerts] == [
        (59_900, 83_860),
        (83_860, 53_910),
    ]
    assert [str(alert.shop) for alert in alerts] == [str(stall.shop)] * 2


def test_a_shop_that_sells_the_same_as_ever_does_not_grow_while_it_is_being_learned(
    stall: Stall,
) -> None:
    """The faster a product sells, the sooner its count crosses two steps: their sum grows, the shop
    does not."""
    rule(stall, Kind.SHOP_REVENUE_GREW, 1000)
    rule(stall, Kind.SHOP_REVENUE_FELL, 1000)
    rule(stall, Kind.RANGE_BEST)
    stall.products |= {str(200 + number): 5990 for number in range(5)}
    stall.on_a_page = 20
    stall.read(timedelta(0))
    sold = dict.fromkeys(stall.products, 0.0)
    for day in range(40):
        for rank, key in enumerate(stall.products):
            sold[key] += 20 * 1.3**rank * (4 if day >= 30 and key == "204" else 1)
            hundreds = 40 + int(sold[key] / 100)
            stall.sales[key] = f"{hundreds * 100}+"
        look_back(stall.now)
        stall.read()
        if day == 29:
            assert told() == []
    assert {alert.rule_as_it_was["kind"] for alert in Alert.objects.all()} == {"shop_revenue_grew"}


def test_a_rule_about_shops_says_nothing_of_watched_products_and_is_no_products_own(
    stall: Stall,
) -> None:
    rule(stall, Kind.RANGE_NEW)
    rule(stall, Kind.SHOP_REVENUE_GREW, 3000)
    add_products(stall.watchlist, ["100"], stall.now)
    watch = stall.watchlist.watches.get()
    start_watching([watch.pk], now=stall.now)
    assert told() == []
    with pytest.raises(RuleError):
        check_rule(Condition(Kind.RANGE_NEW), stall.watchlist, watch, present=[])
