"""Products found by words: asked for, awaited, chosen by mouse and keys, and added to a list."""

import pytest
from playwright.sync_api import expect

from monitor.polling.checking import listings
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.browser
FIRST = 3514453298386183301


def reply(query: dict[str, str]) -> dict[str, object]:
    """List ten products a page, the second page dearer."""
    start = 10 * (int(query["page"]) - 1)
    items = [
        {
            "num_iid": str(FIRST + n),
            "title": f"{query['q']} {n}",
            "promotion_price": str(81 + n),
            "sales": "1.7万+",
        }
        for n in range(start, start + 10)
    ]
    return {"error": "", "error_code": "0000", "items": {"item": items}}


def test_products_are_found_by_words_and_added_to_the_last_list(
    tab: Open, shelf: Shelf, provider: ProviderServer
) -> None:
    provider.default = reply
    merchants = tab().read("/products/add/")
    page = merchants.page
    page.get_by_label("Or search Douyin").fill("连衣裙")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Search 1 check").click()
    expect(page.get_by_text("Searching…").first).to_be_visible()
    listings.read_due(lambda: None)
    rows = page.locator(".goods tbody tr")
    expect(rows).to_have_count(10)
    page.get_by_role("button", name="Next page 1 check").click()
    expect(page.locator("#next-page")).to_have_text("Searching…")
    listings.read_due(lambda: None)
    expect(rows).to_have_count(20)
    page.get_by_role("link", name="Price").click()
    expect(rows.first).to_contain_text("连衣裙 19")
    page.get_by_label("Highest price").fill("85")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(5)
    rows.first.locator("a.title").focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.get_by_role("button", name="Add to “Other stalls”").click()
    expect(page.get_by_role("heading", name="2 products added to “Other stalls”")).to_be_visible()
    assert (
        shelf.rivals.watches.filter(product__num_iid__in=[str(FIRST + 3), str(FIRST + 4)]).count()
        == 2
    )
    assert [call["page"] for call in provider.calls if "q" in call] == ["1", "2"]
    assert merchants.all_complaints() == []
