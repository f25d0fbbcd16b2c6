"""What a merchant writes about a product, on its page: target price, cost, wanted profit, note and tags."""

from typing import Any

import pytest
from django.test import Client

from monitor.models import Alert, User, Watch
from monitor.watchlists.own_values import save_values, values_of
from monitor.watchlists.tags import set_tags
from tests.factories import NOW, MembershipFactory, WatchFactory

pytestmark = pytest.mark.django_db


def write(web: Client, watch: Watch, headers: Any = None, **values: str) -> str:
    form = {f"watch-{watch.pk}-{name}": value for name, value in values.items()}
    return web.post(f"/watches/{watch.pk}/values/", form, follow=True, headers=headers).content.decode()


def test_a_merchant_writes_all_of_it_at_once(web: Client, watch: Watch) -> None:
    text = write(
        web, watch, target="69", cost="￥50.4", profit="1,0", note=" Ask Lin ", tags="爆款、秋装, new；hot hot"
    )
    values = {"target": 6900, "cost": 5040, "profit": 1000, "note": "Ask Lin", "tags": ["爆款", "秋装", "new", "hot"]}
    assert values_of([watch.pk]) == {watch.pk: values}
    for shown in ('value="69.00"', 'value="50.40"', "Ask Lin", 'value="hot, new, 爆款, 秋装"', "30%", "¥60.40"):
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


def test_a_target_above_the_price_is_saved_when_the_merchant_confirms_it(web: Client, watch: Watch) -> None:
    text = write(web, watch, target="80")
    assert "Already true: the price is ¥72.00. It alerts immediately." in text
    assert not Alert.objects.exists()
    write(web, watch, target="80", sure="8000")
    assert Alert.objects.filter(rule__is_target=True).exists()
    write(web, watch, target="80", note="again")
    assert values_of([watch.pk])[watch.pk]["note"] == "again", "A target that is not new needs no question."


def test_a_cost_above_the_price_is_a_loss_and_a_product_that_is_gone_has_no_margin(web: Client, watch: Watch) -> None:
    text = write(web, watch, cost="90", profit="5")
    assert "below cost" in text
    assert "-25%" in text
    watch.product.status = "deleted"
    watch.product.save()
    text = web.get(f"/products/{watch.product.num_iid}/").content.decode()
    assert "below cost" not in text


def test_the_cheapest_others_on_sale_on_the_same_list_stand_beside_it(web: Client, watch: Watch) -> None:
    save_values({watch.pk: {"cost": 3600}}, NOW)
    for price, status in (
        (4800, "on_sale"),
        (100, "off_shelf"),
        (6000, "on_sale"),
        (9900, "on_sale"),
        (9800, "on_sale"),
    ):
        WatchFactory.create(
            watchlist=watch.watchlist, product__price=price, product__status=status, product__title=f"Coat {price}"
        )
    WatchFactory.create(product__price=200, product__title="Of a stranger")
    text = web.get(f"/products/{watch.product.num_iid}/").content.decode()
    assert [text.find(f"Coat {price}") > 0 for price in (4800, 6000, 9800, 9900, 100)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert text.index("Coat 4800") < text.index("Coat 6000") < text.index("Coat 9800")
    assert "Of a stranger" not in text
    assert "50%" in text
    assert "25%" in text


def test_a_viewer_reads_all_and_changes_nothing(web: Client, merchant: User) -> None:
    shared = WatchFactory.create(note="Ask Lin")
    save_values({shared.pk: {"target": 6000, "cost": 3600, "tags": ["hot"]}}, NOW)
    MembershipFactory.create(watchlist=shared.watchlist, user=merchant)
    text = web.get(f"/products/{shared.product.num_iid}/").content.decode()
    for shown in ("Ask Lin", "hot", "¥60.00", "¥36.00", "50%"):
        assert shown in text
    assert f"/watches/{shared.pk}/values/" not in text
    assert web.post(f"/watches/{shared.pk}/values/", {f"watch-{shared.pk}-tags": "mine"}).status_code == 404
    assert values_of([shared.pk])[shared.pk]["tags"] == ["hot"]
