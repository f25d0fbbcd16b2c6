"""Choosing the pace of a list: fields follow the choice, and the cost is shown before saving."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.judge import barriers, flaws, overflow
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


def test_a_product_gets_its_own_pace_and_it_is_undone(tab: Open, shelf: Shelf) -> None:
    watch = shelf.rivals.watches.select_related("product").order_by("pk")[0]
    merchants = tab(390, color_scheme="dark").go(f"/products/{watch.product.num_iid}/")
    page = merchants.page
    page.locator(".on-list > .fold > summary").first.click()
    page.get_by_role("link", name="Change checks").first.click()
    page.wait_for_url("**/pace/")  # Loaded, with its scripts.
    form = page.locator(".settings-form")
    expect(form.get_by_role("radio", name="As the list")).to_be_checked()
    # The list has a fixed interval, for which there is no shortest interval.
    expect(form.get_by_label("At most every")).to_be_hidden()
    expect(form.get_by_role("combobox", name="Every", exact=True)).to_be_visible()
    form.get_by_label("Smart").check()
    expect(form.get_by_label("At most every")).to_be_visible()
    form.get_by_role("combobox", name="At least every", exact=True).select_option("7200")
    assert flaws(merchants) == []
    form.get_by_label("At most every").select_option("3600")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="for this product alone")).to_be_visible()
    assert [*barriers(merchants), max(overflow(merchants), 0)] == [0]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone:")).to_be_visible()
    watch.refresh_from_db()
    assert (watch.pace, watch.interval, watch.soonest) == ("", None, None)
    assert merchants.all_complaints() == []
