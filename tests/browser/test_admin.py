"""The operator's pages: narrow screens, and an upload."""

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload

from monitor.models import User
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


@pytest.fixture
def operator(shelf: Shelf) -> User:
    shelf.newcomer.is_staff = shelf.newcomer.is_superuser = True
    shelf.newcomer.save()
    return shelf.newcomer


def test_on_a_phone_ids_and_rules_fit_the_width(tab: Open, shelf: Shelf, operator: User) -> None:
    page = (
        tab(390, user=operator)
        .go(reverse("admin:monitor_watchlist_change", args=[shelf.rivals.pk]))
        .page
    )
    for field in ("rules-0-threshold", "rules-0-is_active", "rules-0-DELETE"):
        box = page.locator(f"#id_{field}").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390, field
    page = tab(390, user=operator).go(reverse("admin:monitor_product_changelist")).page
    box = page.locator("td.field-num_iid").first.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert (
        page.locator(".results").evaluate("(table) => getComputedStyle(table).borderInlineEndWidth")
        == "1px"
    )


def test_an_operator_adds_the_products_of_a_file(tab: Open, shelf: Shelf, operator: User) -> None:
    ids = "\n".join(str(3514453298386183303 + number) for number in range(20))
    operators = tab(390, user=operator).read(
        reverse("admin:monitor_watchlist_change", args=[shelf.rivals.pk])
    )
    page = operators.page
    page.get_by_role("link", name="Add products").click()
    page.get_by_label("Or a file").set_input_files(
        FilePayload(name="goods.csv", mimeType="text/csv", buffer=f"{ids}\nnonsense".encode())
    )
    page.get_by_role("button", name="Add products").click()
    page.wait_for_url("**/admin/monitor/import/**")
    assert shelf.rivals.watches.count() == 26
    assert operators.all_complaints() == []
