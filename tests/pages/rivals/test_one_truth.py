"""Every door tells the same of one product: its index, its position, its gap, and who went below
it."""

import re
from datetime import timedelta

import pytest
import time_machine

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Product, User, Watch
from monitor.provider.errors import NotFound
from monitor.provider.observation import Status
from monitor.telling.message import build
from monitor.watching.deletion import purge_products
from monitor.watching.pairings import set_rivals
from monitor.watching.services import pause, remove
from tests.pages import seen_by
from tests.polling.recording.test_rival_rules import FIRST, MINE, SECOND, Market, told
from tests.telling.test_digest import digest

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def market() -> Market:
    """By hand: mine ¥94.90. 甲 falls from ¥99.00 to ¥75.00; 乙 is ¥88.60. Their mean is ¥81.80:
    94.90 ÷ 81.80 = 116.0.

    I am the third of three, and ¥19.90 or 26.5 % above the cheapest.
    """
    market = Market(Condition(Kind.RIVAL_CHEAPER, 2000))
    Watch.objects.update(created_at=market.now)
    market.asks(mine=9_490, first=9_900, second=8_860)
    return market.asks(after=2 * DAY, mine=9_490, first=7_500, second=8_860)


def page_of(market: Market, address: str) -> str:
    with time_machine.travel(market.now, tick=False):
        response = seen_by(market.story.user).get(address)
    assert response.status_code == 200
    html = re.sub(r'<svg[^>]*aria-label="([^"]*)"', r"\1 <svg", response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_every_door_tells_the_same_index_position_and_gap(market: Market) -> None:
    rivals = page_of(market, "/rivals/")
    product = page_of(market, f"/products/{MINE}/")
    assert "no. 3 of 3" in rivals
    assert "3 / 3" in product
    for figure in ("Price index 116.0", "+¥19.90 26.5%", "¥75.00"):
        assert figure in rivals, figure
        assert figure in product, figure
    assert "mean ¥81.80" in rivals
    assert "to 116.0" in rivals, "the line of 30 days ends there"
    assert told() == [(9_490, "over “甲” at ¥75.00")]
    assert "no. 3 of 3" in page_of(market, "/rivals/?show=dearer")
    compare = page_of(market, f"/products/{MINE}/compare/")
    assert compare.index("甲 ") < compare.index("乙 "), "the cheapest rival is offered first"


def test_today_and_the_digest_begin_with_who_is_below_me(market: Market) -> None:
    today = page_of(market, "/")
    assert re.search(r"Below my price now 1 我 我的 Mine ¥94.90 rival ¥75.00", today)
    with time_machine.travel(market.now, tick=False):
        market.watchlist.rules.all().delete()
        User.objects.update(language="en")
        mail = " ".join(build(digest(market.story)).body.split())
    assert re.search(r"Below my price now.*“甲” is cheaper.*Biggest price drops", mail)
    assert "¥94.90 → ¥75.00" in mail


def test_who_is_level_or_no_rival_is_not_below_me(market: Market) -> None:
    assert "Below my price now 1" in page_of(market, "/")
    set_rivals(market.watchlist.watches.get(product__num_iid=MINE), [SECOND], market.story.user)
    market.asks(after=2 * DAY, mine=9_490, first=5_000, second=9_600)
    assert "No rival is below my prices." in page_of(market, "/"), "甲 is no rival now"
    market.asks(after=2 * DAY, mine=9_690, second=9_600)
    assert "No rival is below my prices." in page_of(market, "/"), "乙 is level, by 0.9 %"
    market.asks(after=2 * DAY, mine=9_800, second=9_600)
    assert "Below my price now 1" in page_of(market, "/"), "I went above 乙"


def test_a_rival_that_is_not_checked_any_more_counts_at_no_door(market: Market) -> None:
    pause(market.watchlist.watches.filter(product__num_iid=FIRST), market.now)
    market.story.now += timedelta(minutes=1)
    for address in ("/rivals/", f"/products/{MINE}/"):
        text = page_of(market, address)
        assert "Price index 107.1" in text, "94.90 ÷ 88.60"
        assert re.search("(no. 2 of|2 /) 2", text)
    Product.objects.filter(num_iid=SECOND).update(answered_at=market.now - timedelta(hours=26))
    market.story.now += timedelta(minutes=1)
    assert "none on sale" in page_of(market, "/rivals/")
    assert "No rival on sale" in page_of(market, f"/products/{MINE}/")


def test_one_that_comes_back_is_below_me_since_then(market: Market) -> None:
    market.asks(after=DAY, mine=9_490, first={"price": 7_500, "status": Status.OFF_SHELF})
    assert "rival ¥75.00" not in page_of(market, "/")
    market.asks(after=2 * DAY, mine=9_490, first=7_500, second=8_860)
    today = page_of(market, "/")
    assert re.search(r"我的 Mine ¥94.90 rival ¥75.00 .* for 0 s", today), today
    assert re.search(r"甲 back on sale ¥75.00", today)


def test_a_rival_that_vanished_counts_at_no_door_and_neither_does_one_that_was_removed(
    market: Market,
) -> None:
    addresses = ("/rivals/", f"/products/{MINE}/", f"/products/{MINE}/compare/", "/")
    for _reading in range(2):
        market.asks(
            after=DAY / 2, mine=9_490, first=NotFound("nothing found", code="2000"), second=8_860
        )
    for removed in (None, FIRST):
        if removed:
            _remove(market, removed)
        rivals, product, *_others = (page_of(market, address) for address in addresses)
        assert "no. 2 of 2" in rivals
        for figure in ("Price index 107.1", "+¥6.30 7.1%"):
            assert figure in rivals, figure
            assert figure in product, figure
        assert "¥75.00" not in rivals
    _remove(market, SECOND)
    market.asks(after=DAY / 2, mine=9_000).asks(mine=9_900)
    for address in addresses:
        assert "Price index" not in page_of(market, address)
    assert len(told()) == 1, "of 甲, before it vanished"


def _remove(market: Market, num_iid: str) -> None:
    remove(market.watchlist.watches.filter(product__num_iid=num_iid), market.now)
    assert purge_products(market.now + 900 * DAY)
    assert not Product.objects.filter(num_iid=num_iid).exists()
