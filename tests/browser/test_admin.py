"""The operator's pages keep to the same policy."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def addresses(shelf: Shelf) -> list[str]:
    models = [model for model in admin.site._registry if model._meta.app_label == "monitor"]
    lists = [reverse(f"admin:monitor_{model._meta.model_name}_changelist") for model in models]
    forms = [
        reverse("admin:monitor_watchlist_change", args=[shelf.rivals.pk]),
        reverse("admin:monitor_product_change", args=[shelf.hostile.pk]),
        reverse("admin:monitor_user_change", args=[shelf.merchant.pk]),
        reverse("admin:monitor_rule_add"),
    ]
    return [reverse("admin:index"), *lists, *forms]


def test_the_operators_pages_break_no_rule_of_the_policy(tab: Open, shelf: Shelf) -> None:
    shelf.newcomer.is_staff = shelf.newcomer.is_superuser = True
    shelf.newcomer.save()
    operators = tab(user=shelf.newcomer)
    for address in addresses(shelf):
        operators.read(address)
        assert operators.page.locator("#user-tools").is_visible(), address
        assert operators.page.locator("img[src=x], b[hx-post]").count() == 0, address
        assert operators.all_complaints() == [], address


def test_on_a_phone_ids_and_rules_are_seen_without_moving_sideways(tab: Open, shelf: Shelf) -> None:
    shelf.newcomer.is_staff = shelf.newcomer.is_superuser = True
    shelf.newcomer.save()
    page = tab(390, user=shelf.newcomer).go(reverse("admin:monitor_watchlist_change", args=[shelf.rivals.pk])).page
    for field in ("rules-0-threshold", "rules-0-is_active", "rules-0-DELETE"):
        box = page.locator(f"#id_{field}").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390, field
    page = tab(390, user=shelf.newcomer).go(reverse("admin:monitor_product_changelist")).page
    box = page.locator("td.field-num_iid").first.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert page.locator(".results").evaluate("(one) => getComputedStyle(one).borderInlineEndWidth") == "1px"
