"""A form of the settings answers HTMX with its part; without scripts the next page shows the result
at its top."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from monitor.accounts.channels import add as add_channel
from monitor.accounts.people import MAILS_TO_ONE
from monitor.models import Session, User, Watchlist
from tests.api import Program

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PROFILE = {"name": "Lin", "language": "en", "time_zone": "Asia/Shanghai"}
PASSWORD = {"password": "a-password", "new_password": "correct-horse-battery"}
ADDRESS = {"address-email": "new@example.com", "address-password": "a-password"}


def send(web: Client, address: str, form: dict[str, str]) -> str:
    response = web.post(address, form, headers=HTMX)
    assert response.status_code == 200
    page = response.content.decode()
    assert "<!doctype" not in page
    return page


def parts(page: str) -> list[str]:
    return re.findall(r'<(?:section|details) [^>]*?id="set-(\w+)"', page)


def announced(page: str) -> str:
    match = re.search(r'data-announce="([^"]*)"', page)
    return match[1] if match else ""


def test_the_profile_is_saved_with_the_name_in_the_menu(web: Client, merchant: User) -> None:
    page = send(web, "/settings/", PROFILE)
    assert (parts(page), announced(page)) == (["profile"], "Saved.")
    assert '<strong id="account-name" hx-swap-oob="true">Lin</strong>' in page
    assert User.objects.get().name == "Lin"


def test_a_new_password_may_end_what_needs_no_password(web: Client, merchant: User) -> None:
    assert "ends_access" not in web.get("/settings/").content.decode()
    add_channel(
        merchant, "webhook", "ERP", {"url": "https://erp.example.com/"}, "com/", timezone.now()
    )
    Program.of(merchant)
    assert "Also end API tokens and pause channels" in web.get("/settings/").content.decode()
    send(web, "/settings/password/", PASSWORD)
    assert not merchant.channels.added().get().is_paused
    again = {
        "password": PASSWORD["new_password"],
        "new_password": "another-battery-staple",
        "ends_access": "on",
    }
    send(web, "/settings/password/", again)
    assert merchant.channels.added().get().is_paused
    assert not merchant.api_tokens.filter(ended_at=None).exists()


@pytest.mark.parametrize("change", [{"language": "zh-hans"}, {"time_zone": "Asia/Tokyo"}])
def test_another_language_or_zone_reloads_the_whole_page(
    web: Client, change: dict[str, str]
) -> None:
    response = web.post("/settings/", PROFILE | change, headers=HTMX)
    assert response["HX-Redirect"] == "/settings/"
    page = web.get("/settings/").content.decode()
    assert ("已保存" if "language" in change else "Saved.") in page


@pytest.mark.parametrize(
    ("address", "form", "part"),
    [
        ("/settings/", PROFILE | {"time_zone": "Mars"}, "profile"),
        ("/settings/password/", PASSWORD | {"password": "wrong"}, "password"),
        ("/settings/address/", ADDRESS | {"address-password": "wrong"}, "address"),
    ],
)
def test_errors_are_shown_in_their_part(
    web: Client, address: str, form: dict[str, str], part: str
) -> None:
    page = send(web, address, form)
    assert (parts(page), announced(page)) == ([part], "Not saved: see what is wrong.")
    assert "field-error" in page


def test_a_new_password_updates_the_list_of_devices(web: Client, merchant: User) -> None:
    Client().post("/login/", {"username": merchant.email, "password": "a-password"})
    page = send(web, "/settings/password/", PASSWORD)
    assert parts(page) == ["password", "sessions"]
    assert 'id="set-sessions" hx-swap-oob="true"' in page
    assert announced(page).startswith("Password changed.")
    assert page.count("this device") == 1
    assert Session.objects.count() == 1
    assert web.get("/settings/").status_code == 200


def test_too_many_attempts_are_reported_in_the_part(web: Client) -> None:
    for _ in range(MAILS_TO_ONE.burst + 1):
        page = send(web, "/settings/address/", ADDRESS)
    assert parts(page) == ["address"]
    assert "field-error" in page
    assert web.post("/settings/address/", ADDRESS).status_code == 429


def notice(web: Client, address: str, form: dict[str, str]) -> str:
    response: Any = web.post(address, form, follow=True)
    assert response.redirect_chain
    match = re.search(
        r'<div class="notice mt-3 \w+" role="status">.*?<div>([^<]+)</div>',
        response.content.decode(),
    )
    return match[1] if match else ""


def test_without_scripts_the_next_page_shows_the_result_at_its_top(
    web: Client, watchlist: Watchlist
) -> None:
    here = f"/watchlists/{watchlist.pk}/"
    assert notice(web, "/settings/", PROFILE) == "Saved."
    assert notice(
        web, f"{here}invite/", {"invite-email": "guest@example.com", "invite-role": "viewer"}
    ).startswith("The invitation is being sent")
    web.post(f"{here}delete/")
    assert notice(web, f"{here}restore/", {}) == "“Rivals” was restored."
