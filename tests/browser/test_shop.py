"""The chart of a shop's scores: three lines in steps, and each score's gap to the average. The
terms of following."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitor.models import RangeEntry, ShopRange, ShopScore
from monitor.provider.observation import Gap
from monitor.watching.following import follow_shop
from tests.browser.conftest import Open
from tests.browser.judge import flaws
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser
CHART = "Chart.getChart(document.querySelector('canvas[data-chart=scores]'))"


@pytest.fixture
def shops(tab: Open, shelf: Shelf) -> Tab:
    """A shop's page: its product score rose ten days ago, and the other two never moved."""
    shop = shelf.lively.shop
    assert shop is not None
    now = timezone.now()
    for days, score, gap in ((25, 470, Gap.BELOW), (10, 485, Gap.ABOVE)):
        at = now - timedelta(days=days)
        ShopScore.objects.create(
            shop=shop,
            data_time=at,
            last_seen_before=at - timedelta(hours=1),
            score_scale=5,
            product_score=score,
            logistics_score=500,
            service_score=496,
            product_gap=gap.value,
        )
    type(shelf.lively).objects.filter(pk=shelf.lively.pk).update(shop_told_at=now)
    return tab().go(f"/shops/{shop.pk}/?range=30d")


def test_it_draws_a_line_of_steps_for_each_score(shops: Tab) -> None:
    lines = shops.page.evaluate(
        f"{CHART}.data.datasets.map(line => line.data.map(point => point.y))"
    )
    product, logistics, service = ([value for value in line if value is not None] for line in lines)
    assert (product[0], product[-1]) == (470, 485)
    assert set(logistics) == {500}
    assert set(service) == {496}
    looks = shops.page.evaluate(
        f"{CHART}.data.datasets.map(line => [line.borderColor, String(line.borderDash)])"
    )
    assert len({colour for colour, _dash in looks}) == len({dash for _colour, dash in looks}) == 3
    assert shops.all_complaints() == []


def test_what_matches_is_counted_while_the_terms_are_chosen(tab: Open, shelf: Shelf) -> None:
    shop, now = shelf.lively.shop, timezone.now()
    assert shop is not None
    follow = follow_shop(shelf.rivals, shop, now)
    ShopRange.objects.update(read_at=now, pages=1)
    RangeEntry.objects.create(product=shelf.lively, shop=shop, listed_at=now, reading=1)
    merchants = tab(390).go(f"/follows/{follow.pk}/")
    page = merchants.page
    expect(page.get_by_label("Words in the title")).to_be_hidden()
    page.get_by_label("Add by itself").select_option("all")
    expect(page.locator("#joining")).to_contain_text("1 product matches now")
    page.get_by_label("Words in the title").fill("nowhere")
    page.get_by_label("Price from").click()
    expect(page.locator("#joining")).to_contain_text("0 products match now")
    page.get_by_label("Price from").fill("x")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter an amount in yuan")
    assert flaws(merchants) == []
    page.get_by_label("Price from").fill("9")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("All 1 / 20")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone").first).to_be_visible()
    assert merchants.all_complaints() == []
