"""The form of a rule: its fields follow the kind, and it is tried on history while it is filled
in."""

import pytest
from playwright.sync_api import Locator, expect

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Rule
from tests.browser.conftest import Open
from tests.browser.judge import barriers, overflow, small_targets
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("alerts_on_any_change")]

#: The labels of the fields beside the kind.
FIELDS = {
    "price_changed": [],
    "price_dropped": ["Threshold (%)"],
    "price_below": ["Threshold (yuan)"],
    "shop_score_fell": ["Threshold (points)"],
    "silent": ["Threshold (hours)"],
    "price_lowest": ["Days: in the last"],
    "sales_grew_by": ["Threshold (units)", "Days: within"],
    "sales_pace_doubled": ["Days: over"],
    "rival_cheaper": ["Threshold (%)"],
}


def open_form(tab: Tab, shelf: Shelf) -> Locator:
    new = tab.go(f"/watchlists/{shelf.rivals.pk}/rules/").page.locator(".rule-new")
    new.locator("> summary").click()
    return new


def kind(new: Locator) -> Locator:
    return new.get_by_label("Alert when")


def open_more(new: Locator) -> None:
    new.locator(".rule-more > summary").click()


def clauses(new: Locator) -> Locator:
    """Return the visible further conditions."""
    return new.locator(".also [data-kind]:visible")


def fourth_rule(tab: Tab) -> Locator:
    """Return the text of the first rule after the three default rules."""
    return tab.page.locator(".rule-list .words").nth(3)


def assert_no_faults(tab: Tab) -> None:
    # Scrolled up: targets half under the bars would count as small.
    tab.page.evaluate("scrollTo(0, 0)")
    assert barriers(tab) == []
    assert small_targets(tab) == []
    assert overflow(tab) <= 0
    assert tab.all_complaints() == []


def test_a_rule_is_tried_while_it_is_typed(tab: Open, shelf: Shelf) -> None:
    merchants = tab(390, color_scheme="light")
    new = open_form(merchants, shelf)
    trial = new.locator(".trial")
    new.get_by_role("textbox").fill("")
    new.get_by_role("button", name="Try on 30 days").click()
    expect(trial).to_have_text("This kind of rule needs a threshold above zero.")
    new.get_by_role("textbox").fill("5")
    expect(trial).to_contain_text(
        "2 alerts in the last 30 days, for 1 of 6 products, most recently:"
    )
    expect(trial.get_by_role("listitem")).to_have_count(2)
    assert_no_faults(merchants)
    new.get_by_role("textbox").fill("9")
    expect(trial).to_contain_text("1 alert")
    assert merchants.all_complaints() == []
    assert Rule.objects.count() == 3


def test_the_form_of_an_existing_rule_opens_with_its_trial(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/watchlists/{shelf.rivals.pk}/rules/")
    first = merchants.page.locator(".rule-list > li").first
    merchants.page.locator(".rule-new > summary").click()
    begun = merchants.page.locator(".rule-new").get_by_label("Threshold").first
    begun.fill("12")
    first.get_by_role("link", name="Change: ").click()
    expect(first.locator(".trial")).to_contain_text("3 alerts")
    expect(first.locator("summary.ghost")).to_be_focused()
    expect(begun).to_have_value("12")
    assert merchants.all_complaints() == []


@pytest.mark.parametrize("scripts", [True, False])
def test_only_the_fields_that_a_kind_needs_are_visible(
    tab: Open, shelf: Shelf, *, scripts: bool
) -> None:
    merchants = tab(java_script_enabled=scripts)
    new = open_form(merchants, shelf)
    for value, labels in FIELDS.items():
        kind(new).select_option(value)
        fields = new.locator(".clause").first.locator("input:visible, select:visible")
        expect(fields).to_have_count(1 + len(labels))
        for place, label in enumerate(labels, 1):
            expect(fields.nth(place)).to_have_accessible_name(label)
    assert merchants.complaints == []


def test_conditions_are_added_one_after_another_and_removed(tab: Open, shelf: Shelf) -> None:
    merchants = tab(390)
    new = open_form(merchants, shelf)
    open_more(new)
    expect(clauses(new)).to_have_count(1)
    for place, value in enumerate(("on_sale", "price_below", "price_lowest")):
        clauses(new).nth(place).select_option(value)
        expect(clauses(new)).to_have_count(min(place + 2, 3))
    assert_no_faults(merchants)
    new.get_by_role("button", name="Remove this condition").nth(1).click()
    expect(new.get_by_role("button", name="Remove this condition")).to_have_count(2)
    expect(new.locator(".also [data-kind]").nth(1)).to_be_focused()
    kind(new).select_option("shop_below_average")
    expect(clauses(new)).to_have_count(0)
    kind(new).select_option("price_changed")
    new.get_by_role("button", name="Add the rule").click()
    words = "Price changes and on sale and lowest price in 30 days"
    expect(fourth_rule(merchants)).to_have_text(words)
    also = Rule.objects.get(pk=Rule.objects.order_by("pk").last().pk).condition.also  # type: ignore[union-attr]
    assert [*also] == [Condition(Kind.ON_SALE), Condition(Kind.PRICE_LOWEST, days=30)]


def test_a_rule_is_made_by_keyboard(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/watchlists/{shelf.rivals.pk}/rules/")
    page = merchants.page
    page.locator(".rule-new > summary").focus()
    page.keyboard.press("Enter")
    while (
        not page.locator(".rule-new")
        .get_by_label("Alert when")
        .evaluate("(field) => field === document.activeElement")
    ):
        page.keyboard.press("Tab")
    page.keyboard.type("sales grow")
    page.keyboard.press("Tab")
    page.keyboard.type("500")
    page.keyboard.press("Tab")
    page.keyboard.type("14")
    page.keyboard.press("Enter")
    expect(fourth_rule(merchants)).to_have_text("Sales grow ≥ 500% in 14 days")
