"""The operator's pages: security policy, narrow screens, and uploads that continue."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import FilePayload, expect

from monitor.admin import imports
from monitor.models import Import, User
from monitor.uploads.links import read_text
from monitor.watchlists.imports import Source, Target, start_import
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def operator(shelf: Shelf) -> User:
    shelf.newcomer.is_staff = shelf.newcomer.is_superuser = True
    shelf.newcomer.save()
    return shelf.newcomer


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


def test_the_operators_pages_keep_the_security_policy(tab: Open, shelf: Shelf, operator: User) -> None:
    operators = tab(user=operator)
    for address in addresses(shelf):
        operators.read(address)
        assert operators.page.locator("#user-tools").is_visible(), address
        assert operators.page.locator("img[src=x], b[hx-post]").count() == 0, address
        assert operators.all_complaints() == [], address


def test_on_a_phone_ids_and_rules_fit_the_width(tab: Open, shelf: Shelf, operator: User) -> None:
    page = tab(390, user=operator).go(reverse("admin:monitor_watchlist_change", args=[shelf.rivals.pk])).page
    for field in ("rules-0-threshold", "rules-0-is_active", "rules-0-DELETE"):
        box = page.locator(f"#id_{field}").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390, field
    page = tab(390, user=operator).go(reverse("admin:monitor_product_changelist")).page
    box = page.locator("td.field-num_iid").first.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert page.locator(".results").evaluate("(table) => getComputedStyle(table).borderInlineEndWidth") == "1px"


def test_on_the_narrowest_phone_members_and_roles_fit_the_width(tab: Open, shelf: Shelf, operator: User) -> None:
    member = UserFactory.create(email="a-colleague-with-a-long-name@a-company-with-a-long-name.com.cn")
    MembershipFactory.create(watchlist=shelf.rivals, user=member, role="editor")
    page = tab(360, user=operator).go(reverse("admin:monitor_watchlist_change", args=[shelf.rivals.pk])).page
    for field in ("memberships-0-role", "memberships-0-DELETE"):
        box = page.locator(f"#id_{field}").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 345, field
    frame = page.locator("#memberships-group .wrapper")
    assert frame.evaluate("(frame) => frame.scrollWidth - frame.clientWidth") == 0


def test_an_upload_continues_by_itself_until_it_is_finished(
    tab: Open, shelf: Shelf, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "STEP", 100)
    ids = "\n".join(str(3514453298386183303 + number) for number in range(720))
    operators = tab(user=operator).read(reverse("admin:monitor_watchlist_change", args=[shelf.rivals.pk]))
    page = operators.page
    page.locator("#id_file").set_input_files(
        FilePayload(name="goods.csv", mimeType="text/csv", buffer=f"{ids}\nnonsense".encode())
    )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row", name="Added 720")).to_be_visible()
    expect(page.get_by_role("row", name="row 721 nonsense")).to_be_visible()
    assert Import.objects.get().finished_at is not None
    assert shelf.rivals.watches.count() == 726
    assert operators.all_complaints() == []
    page.go_back()
    expect(page).to_have_url(re.compile(f"/watchlist/{shelf.rivals.pk}/change/$"))


def test_an_upload_that_stops_says_so_and_can_be_continued(tab: Open, shelf: Shelf, operator: User) -> None:
    source = Source(lines=tuple(read_text("3514453298386183303")))
    target = Target(shelf.rivals, "", shelf.rivals.interval)
    upload = start_import(shelf.merchant, source, target, timezone.now(), is_decided=True)
    operators = tab(390, user=operator)
    address = reverse("admin:monitor_import_change", args=[upload.pk])
    without_scripts = tab(390, user=operator, java_script_enabled=False).read(address).page
    expect(without_scripts.get_by_role("button", name="Continue")).to_be_visible()
    expect(without_scripts.get_by_text("Stopped")).to_be_hidden()
    operators.page.route("**/go-on/", lambda route: route.fulfill(status=503))
    page = operators.read(address).page
    expect(page.get_by_role("alert")).to_contain_text("Stopped: the server did not answer.")
    page.unroute("**/go-on/")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("status")).to_have_text("Finished · 1 of 1 product was added")
    expect(page.locator("form[data-goes-on]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
