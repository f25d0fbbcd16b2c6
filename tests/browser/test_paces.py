"""Choosing the pace of a list: fields follow the choice, and the cost is shown before saving."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.judge import flaws
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def test_the_fields_and_the_cost_follow_the_choice(tab: Open, shelf: Shelf) -> None:
    merchants = tab(390, color_scheme="dark").go(f"/watchlists/{shelf.rivals.pk}/")
    merchants.page.locator(".list-settings > summary").click()
    form, cost = merchants.page.locator(".settings-form"), merchants.page.locator("#list-cost")
    expect(form.get_by_role("combobox", name="Every", exact=True)).to_be_visible()
    expect(form.get_by_label("At most every")).to_be_hidden()
    with merchants.page.expect_response(f"**/watchlists/{shelf.rivals.pk}/"):
        form.get_by_label("Smart").check()
    expect(form.get_by_role("combobox", name="At least every", exact=True)).to_be_visible()
    expect(cost).to_contain_text("about 144")
    with merchants.page.expect_response(f"**/watchlists/{shelf.rivals.pk}/"):
        form.get_by_role("combobox", name="At least every", exact=True).select_option("86400")
    expect(cost.locator(".mark.good")).to_be_visible()
    expect(form.get_by_label("At most every")).to_be_visible()
    assert flaws(merchants) == []
    form.get_by_role("button", name="Save").click()
    expect(merchants.page.get_by_text("Saved.").first).to_be_visible()
    expect(merchants.page.locator(".list-settings > summary")).to_contain_text(
        "At least every 1 day"
    )
    shelf.rivals.refresh_from_db()
    assert shelf.rivals.pace == "adaptive"
    assert merchants.all_complaints() == []


def test_a_products_page_leads_to_the_actions_that_set_its_own_pace(
    tab: Open, shelf: Shelf
) -> None:
    watch = shelf.rivals.watches.select_related("product").order_by("pk")[0]
    merchants = tab(390, color_scheme="dark").go(f"/products/{watch.product.num_iid}/")
    page = merchants.page
    page.locator(".on-list > .fold > summary").first.click()
    page.get_by_role("link", name="Change checks").first.click()
    page.wait_for_url("**/products/?**")
    expect(page.locator("input[name=product]:checked")).to_have_count(1)
    assert merchants.all_complaints() == []
