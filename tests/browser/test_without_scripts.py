"""Everything works without scripts."""

import re

import pytest
from playwright.sync_api import expect

from monitor.models import Watch
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def test_products_are_searched_paused_removed_and_put_back(tab: Open, shelf: Shelf) -> None:
    page = tab(java_script_enabled=False).read("/products/").page
    page.get_by_label("Search").fill("磨毛")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("table.goods tbody tr")).to_have_count(1)
    page.get_by_label("Choose: 磨毛衬衫").check()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("tr.paused")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=%E7%A3%A8%E6%AF%9B"))
    page.get_by_label("Choose: 磨毛衬衫").check()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Undo").click()
    assert Watch.objects.filter(product=shelf.lively, is_paused=True).exists()


def test_a_product_page_has_a_table_and_links_to_other_ranges(tab: Open, shelf: Shelf) -> None:
    page = tab(java_script_enabled=False).read(f"/products/{shelf.lively.num_iid}/").page
    expect(page.locator(".chart-box:visible, [data-picture-of]:visible")).to_have_count(0)
    expect(
        page.get_by_role("region", name="History as a table").get_by_text("¥68.00").first
    ).to_be_visible()
    page.get_by_role("link", name="7 days").click()
    expect(page.locator("#figures")).to_contain_text("¥63.00")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("button", name="Checking…")).to_be_visible()
