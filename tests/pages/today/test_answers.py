"""The three answers on top: who is below me now, what is new, what sells."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from monitor.models import AssortmentEntry, Product, Shop, User, Watch, Watchlist
from monitor.showing.reads.briefing import Beside, Briefing
from monitor.watching.following import follow_shop
from monitor.watching.own_values import save_values
from monitor.watching.pairings import set_rivals
from tests.models.factories import NOW, ChangeFactory, ProductFactory, ShopFactory, WatchFactory
from tests.pages.today.conftest import HOUR, moves, text, today

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def answers(web: Client) -> Briefing:
    found = today(web).answers
    assert found is not None
    return found


def product(watchlist: Watchlist, title: str, price: int, **fields: object) -> Product:
    """Return a watched product on sale that was checked just now."""
    told = {"title": title, "price": price, "status": "on_sale", "answered_at": NOW, **fields}
    watch = WatchFactory.create(
        watchlist=watchlist, **{f"product__{name}": value for name, value in told.items()}
    )
    made: Product = watch.product
    return made


def pair(watchlist: Watchlist, mine: Product, *rivals: Product) -> None:
    watch = Watch.objects.get(watchlist=watchlist, product=mine)
    set_rivals(watch, [rival.num_iid for rival in rivals], watchlist.owner)


def below(web: Client) -> list[Beside]:
    return list(answers(web).below)


def test_who_is_below_me_says_the_price_the_cost_and_since_when(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    mine = product(watchlist, "我的大衣", 10_000, units=30.0, units_low=25.0, units_high=40.0)
    save_values({mine.watches.get().pk: {"cost": 7_000}}, NOW)
    near = product(watchlist, "差不多", 9_950)
    dear, cheap = product(watchlist, "便宜", 9_000), product(watchlist, "最便宜", 8_000)
    moves(watchlist, 12_000, 8_000, product=cheap, since=3 * DAY)
    pair(watchlist, mine, near, dear, cheap)
    [row] = below(web)
    assert (row.product, row.rival, row.mine, row.theirs) == (mine, cheap, 10_000, 8_000)
    assert row.since is not None
    assert (row.since.at, row.since.at_least) == (NOW - 3 * DAY, False)
    page = text(web)
    for expected in (
        "Mine ¥100.00",
        "¥80.00",
        "20%",
        "for 3 days",
        "≈ ¥600 a day at stake",
        "margin if matched ¥10.00 (12.5%)",
        f"/products/{mine.num_iid}/compare/?with={cheap.num_iid}",
    ):
        assert expected in page, expected
    assert len(web.get("/rivals/?show=below").context["rows"]) == len(below(web))


@pytest.mark.parametrize(
    ("steps", "since", "at_least"),
    [
        # The rival rose above me and came back: only the last time counts.
        ([(9 * DAY, 8_000, 12_000), (2 * DAY, 12_000, 8_000)], 2 * DAY, False),
        # It fell further: it has been below since it first was.
        ([(9 * DAY, 12_000, 9_000), (2 * DAY, 9_000, 8_000)], 9 * DAY, False),
        # It was level, which is not below.
        ([(5 * DAY, 12_000, 9_950), (1 * DAY, 9_950, 8_000)], 1 * DAY, False),
        ([], 30 * DAY, True),
    ],
)
def test_since_when_is_the_last_time_without_a_break(
    web: Client,
    watchlist: Watchlist,
    settled: Product,
    steps: list[tuple[timedelta, int, int]],
    since: timedelta,
    at_least: bool,
) -> None:
    mine, rival = product(watchlist, "我的", 10_000), product(watchlist, "竞品", 8_000)
    for ago, before, after in steps:
        moves(watchlist, before, after, product=rival, since=ago)
    pair(watchlist, mine, rival)
    [row] = below(web)
    assert row.since == (NOW - since, at_least)


def test_what_came_back_on_sale_is_below_since_then(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    mine, rival = product(watchlist, "我的", 10_000), product(watchlist, "竞品", 8_000)
    moves(watchlist, "off_shelf", "on_sale", field="status", product=rival, since=DAY)
    pair(watchlist, mine, rival)
    assert below(web)[0].since == (NOW - DAY, False)
    Product.objects.filter(pk=rival.pk).update(status="off_shelf")
    assert below(web) == []
    assert "No rival is below my prices." in text(web)


def test_a_loss_and_an_unknown_cost_are_told_apart(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    mine, rival = product(watchlist, "我的", 10_000), product(watchlist, "竞品", 8_000)
    pair(watchlist, mine, rival)
    assert "margin if matched" not in text(web)
    assert "at stake" not in text(web), "nobody knows what it sells"
    save_values({mine.watches.get().pk: {"cost": 9_000}}, NOW)
    assert 'class="loss">margin if matched −¥10.00 (−12.5%)' in text(web)


def entry(shop: Shop, title: str, **fields: object) -> Product:
    made: Product = ProductFactory.create(shop=shop, title=title)
    defaults = {"listed_at": NOW, "reading": 3}
    AssortmentEntry.objects.create(shop=shop, product=made, **defaults | fields)
    return made


def test_what_followed_shops_launch_remove_and_sell_best_is_new(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    shop: Shop = ShopFactory.create(name="半帘月")
    entry(ShopFactory.create(), "别人的", appeared_at=NOW - HOUR)
    assert "Follow shops" in text(web)
    follow_shop(watchlist, shop, NOW - DAY)
    assert "Nothing was launched" in text(web)
    launched = entry(shop, "新外套", appeared_at=NOW - HOUR)
    entry(shop, "关注前已有")
    entry(shop, "早就上新", appeared_at=NOW - 9 * DAY)
    entry(shop, "未确认", lacked_at=NOW - HOUR, left_at=NOW - HOUR)
    removed = entry(shop, "撤下的", left_at=NOW - 2 * HOUR)
    climbed = entry(shop, "热销的", is_best=True)
    times = {"last_seen_before": NOW - DAY, "first_seen_after": NOW - HOUR}
    ChangeFactory.create(product=climbed, field="best_ten", before=False, after=True, **times)
    left = moves(watchlist, "on_sale", "banned", field="status")
    found = [(row.kind, row.product) for row in answers(web).new]
    assert found == [
        ("launched", launched),
        ("removed", removed),
        ("climbed", climbed),
        ("left", left),
    ]
    page = text(web)
    assert f'href="/products/add/?text={launched.num_iid}"' in page
    assert "1 more" in page
    assert "半帘月" in page


def test_what_sells_says_of_how_many_and_against_the_week_before(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    def sells(name: str, units: float, before: float, price: int, price_before: int) -> Product:
        told = {"units": units, "units_low": units, "units_high": units, "units_before": before}
        risen = {f"risen_{days}": units for days in (7, 14, 30)}
        return product(
            watchlist, name, price, **told, **risen, risen_error=0.0, price_a_week_ago=price_before
        )

    assert "Give your products a cost" in text(web)
    mine = [sells("甲", 30, 20, 1_000, 1_000), sells("乙", 10, 20, 2_000, 4_000)]
    more, less = sells("丙", 90, 90, 5_000, 5_000), sells("丁", 5, 5, 5_000, 5_000)
    pair(watchlist, mine[0], more, less)
    pair(watchlist, mine[1], more)
    selling = today(web).selling
    assert selling is not None
    assert (selling.sold.units, selling.sold.revenue) == (40, 30 * 1_000 + 10 * 2_000)
    assert (selling.sold.known, selling.sold.products) == (2, 2)
    assert selling.units is not None
    assert selling.units.percent == 0, "40 a day, as before"
    assert selling.revenue is not None
    assert selling.revenue.change_percent == -50, "¥500 a day after ¥1,000"
    assert [row.rival for row in answers(web).outsold] == [more]


def test_a_new_user_sees_what_happens_next_and_no_empty_answers(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    WatchFactory.create(watchlist=watchlist, created_at=NOW)
    Watch.objects.update(created_at=datetime.now(NOW.tzinfo))
    page = text(web)
    assert "What happens next" in page
    assert "Below my price now" not in page


def test_strangers_rivals_shops_and_products_are_in_no_answer(
    web: Client, watchlist: Watchlist, settled: Product
) -> None:
    from tests.models.factories import WatchlistFactory

    foreign = WatchlistFactory.create()
    theirs, rival = product(foreign, "别人的", 10_000), product(foreign, "竞品", 8_000)
    pair(foreign, theirs, rival)
    shop: Shop = ShopFactory.create()
    follow_shop(foreign, shop, NOW - DAY)
    entry(shop, "别人的上新", appeared_at=NOW - HOUR)
    assert not answers(web)
    assert today(web).selling is None
