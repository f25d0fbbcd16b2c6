"""A rule is tried on history while its form is filled in."""

import pytest
from playwright.sync_api import expect

from monitor.models import Rule
from tests.browser.conftest import Open
from tests.browser.judge import barriers, overflow, small_targets
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1440, "dark")])
def test_a_list_is_told_what_a_rule_would_have_done_as_it_is_typed(
    tab: Open, shelf: Shelf, width: int, theme: str
) -> None:
    merchants = tab(width, color_scheme=theme).go(f"/watchlists/{shelf.rivals.pk}/rules/")
    new = merchants.page.locator(".rule-new")
    trial = new.locator(".trial")
    new.locator("summary").click()
    expect(trial).to_be_empty()
    new.get_by_role("button", name="Try it on the last 30 days").click()
    expect(trial).to_have_text("This kind of rule needs a threshold above zero.")
    new.get_by_role("textbox").fill("5")
    expect(trial).to_contain_text("Would have fired 2 times in the last 30 days, for 1 of 6 products, most recently:")
    expect(trial.get_by_role("listitem")).to_have_count(2)
    assert barriers(merchants) == []
    assert small_targets(merchants) == []
    assert overflow(merchants) <= 0
    new.get_by_role("textbox").fill("9")
    expect(trial).to_contain_text("Would have fired once")
    assert merchants.all_complaints() == []
    assert Rule.objects.count() == 3


def test_the_editor_of_a_rule_opens_with_what_it_would_have_done(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/watchlists/{shelf.rivals.pk}/rules/")
    first = merchants.page.locator(".rule-edit").first
    expect(first.locator(".trial")).to_be_empty()
    first.locator("summary").click()
    expect(first.locator(".trial")).to_contain_text("Would have fired 3 times")
    assert merchants.all_complaints() == []
