"""What a merchant writes about a product, on its page: target price, cost, wanted profit, note and
tags."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import Alert, Product, User, Watch, Watchlist
from monitor.watching.own_values import save_values, values_of
from monitor.watching.pairings import set_rivals
from monitor.watching.tags import set_tags
from tests.models.factories import NOW, MembershipFactory, ProductFactory, WatchFactory

pytestmark = pytest.mark.django_db


def write(web: Client, watch: Watch, headers: Any = None, **values: str) -> str:
    form = {f"watch-{watch.pk}-{name}": value for name, value in values.items()}
    return web.post(
        f"/watches/{watch.pk}/values/", form, follow=True, headers=headers
    ).content.decode()


def test_a_merchant_writes_all_of_it_at_once(web: Client, watch: Watch) -> None:
    text = write(
        web,
        watch,
        target="69",
        cost="￥50.4",
        profit="1,0",
        note=" Ask Lin ",
        tags="爆款、秋装, new；hot hot",
    )
    values = {
        "target": 6900,
        "cost": 5040,
        "profit": 1000,
        "note": "Ask Lin",
        "tags": ["爆款", "秋装", "new", "hot"],
    }
    assert values_of([watch.pk]) == {watch.pk: values}
    for shown in (
        'value="69.00"',
        'value="50.40"',
        "Ask Lin",
        'value="hot, new, 爆款, 秋装"',
        "30%",
        "¥60.40",
    ):
        assert shown in text
    assert "Saved." in write(web, watch, {"HX-Request": "true"}, tags="new")
    assert values_of([watch.pk])[watch.pk] == {
        "target": None,
        "cost": None,
        "profit": None,
        "note": "",
        "tags": ["new"],
    }


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ({"tags": " ".join("abcdefghijk")}, "more than 10 tags"),
        ({"tags": "t" * 31}, "longer than 30 characters"),
        ({"cost": "0"}, "At least ¥0.01"),
        ({"cost": "0.005"}, "At least ¥0.01"),
        ({"profit": "-5"}, "At least ¥0.01"),
        ({"target": "10000001"}, "At least ¥0.01"),
    ],
)
def test_what_cannot_be_is_not_saved_and_not_lost(
    web: Client, watch: Watch, written: dict[str, str], advice: str
) -> None:
    set_tags({watch.pk: ["hot"]})
    before = values_of([watch.pk])
    text = write(web, watch, **written)
    assert advice in text
    assert f'value="{next(iter(written.values()))}"' in text
    assert values_of([watch.pk]) == before


def test_a_target_above_the_price_is_saved_when_the_merchant_confirms_it(
    web: Client, watch: Watch
) -> None:
    text = write(web, watch, target="80")
    assert "Already true: the price is ¥72.00. It alerts immediately." in text
    assert not Alert.objects.exists()
    write(web, watch, target="80", sure="8000")
    assert Alert.objects.filter(rule__is_target=True).exists()
    write(web, watch, target="80", note="again")
    assert values_of([watch.pk])[watch.pk]["note"] == "again", (
        "A target that is not new needs no question."
    )


def text_of(web: Client, watch: Watch) -> str:
    html = web.get(f"/products/{watch.product.num_iid}/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_coat_is_compared_with_its_rivals_and_never_with_my_own_skirt(
    web: Client, watchlist: Watchlist
) -> None:
    """By hand: my coat ¥600 costs me ¥586.50; my skirt on the same list ¥80. Its rivals: ¥567.20
    and ¥800.

    Against the skirt the margin would be −633.1 %; against the cheapest rival it is −3.4 %.
    """
    coat, skirt = (
        WatchFactory.create(
            watchlist=watchlist, product=ProductFactory.create(title=title, price=price)
        )
        for title, price in (("Coat", 60_000), ("My skirt", 8_000))
    )
    save_values({coat.pk: {"cost": 58_650}}, NOW)
    text = text_of(web, coat)
    assert "No rivals paired" in text
    assert "Choose rivals" in text
    for figure in ("Margin at the cheapest", "Price index", "My skirt", "-633", "below cost"):
        assert figure not in text, figure
    offers = {"Cheapest": 56_720, "Dearer": 80_000, "Sold out": 100, "Too old": 200, "Paused": 300}
    rivals = {
        title: WatchFactory.create(
            watchlist=watchlist, product=ProductFactory.create(title=title, price=price)
        ).product
        for title, price in offers.items()
    }
    set_rivals(coat, [rival.num_iid for rival in rivals.values()], watchlist.owner)
    Product.objects.filter(title="Sold out").update(status="off_shelf")
    Product.objects.filter(title="Too old").update(answered_at=NOW - timedelta(hours=26))
    Product.objects.filter(title="Paused").update(interval=None)
    text = text_of(web, coat)
    index = f"{600 * 2 / (567.20 + 800) * 100:.1f}"
    for figure in (
        f"Price index {index}",
        "Position 2 / 3",
        "Gap to the cheapest +¥32.80 5.8%",
        "−3.4%",
        "below cost",
    ):
        assert figure in text, figure
    for title in ("Sold out", "Too old", "Paused", "My skirt"):
        assert title not in text, title
    table = " ".join(re.sub(r"<[^>]+>", " ", web.get("/rivals/").content.decode()).split())
    for figure in ("no. 2 of 3", "+¥32.80 5.8%", "−3.4% if matched"):
        assert figure in table, figure
    Product.objects.filter(pk=coat.product_id).update(status="off_shelf")
    assert "Price index" not in text_of(web, coat)
    Product.objects.filter(pk__in=[rival.pk for rival in rivals.values()]).update(
        status="off_shelf"
    )
    assert "No rival on sale" in text_of(web, coat)
    assert skirt.pk


def test_a_viewer_reads_all_and_changes_nothing(web: Client, merchant: User) -> None:
    shared = WatchFactory.create(watchlist__shows_costs=True, note="Ask Lin")
    save_values({shared.pk: {"target": 6000, "cost": 3600, "tags": ["hot"]}}, NOW)
    MembershipFactory.create(watchlist=shared.watchlist, user=merchant)
    text = web.get(f"/products/{shared.product.num_iid}/").content.decode()
    for shown in ("Ask Lin", "hot", "¥60.00", "¥36.00", "50%"):
        assert shown in text
    assert f"/watches/{shared.pk}/values/" not in text
    assert (
        web.post(f"/watches/{shared.pk}/values/", {f"watch-{shared.pk}-tags": "mine"}).status_code
        == 404
    )
    assert values_of([shared.pk])[shared.pk]["tags"] == ["hot"]
