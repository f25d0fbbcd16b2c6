"""Passkeys and authenticator apps in a real browser, under the site's policy."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.people.authenticators import App

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _site_is_where_the_server_is(live_server: LiveServer, settings: Settings) -> None:
    """Passkeys belong to the origin of the site."""
    settings.SITE_URL = live_server.url


def plug_in(page: Page) -> None:
    """Plug in a device with passkeys, whose owner touches it whenever it asks."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_logs_in_and_confirms(tab: Open, shelf: Shelf) -> None:
    settings = tab(390)
    plug_in(settings.page)
    page = settings.read("/settings/").page
    page.locator("#set-security > summary").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.locator("[name=name]").fill("Lin's phone")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="Back to the settings").click()
    expect(page.get_by_text("Lin's phone")).to_be_visible()

    page.context.clear_cookies()
    settings.read("/login/?next=/alerts/")
    page.get_by_role("button", name=re.compile("passkey", re.IGNORECASE)).click()
    page.wait_for_url(f"{settings.site}/alerts/")
    page.context.clear_cookies()
    settings.read("/login/")
    page.locator("[name=username]").fill("merchant@example.com")
    page.locator("[name=password]").fill("a-password")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{settings.site}/")
    settings.read("/confirm/passkey/?next=/settings/security/codes/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    assert settings.all_complaints() == []


def test_a_passkey_that_was_removed_says_so(tab: Open, shelf: Shelf) -> None:
    settings = tab()
    plug_in(settings.page)
    page = settings.read("/settings/security/passkeys/").page
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    Authenticator.objects.all().delete()
    page.context.clear_cookies()
    settings.read("/login/")
    page.get_by_role("button", name=re.compile("passkey|通行密钥", re.IGNORECASE)).click()
    expect(page.get_by_role("alert").filter(visible=True)).to_have_count(1)
    page.wait_for_url(re.compile("passkey=unknown"))


def test_an_app_is_set_up_by_its_key(tab: Open, shelf: Shelf) -> None:
    settings = tab(390)
    page = settings.read("/settings/security/app/").page
    assert page.locator(".qr").evaluate("image => image.naturalWidth") > 100, (
        "The policy lets it be seen."
    )
    page.locator("summary").click()
    page.locator("[name=code]").fill(
        App(page.locator(".secret-key").inner_text().replace(" ", "")).code()
    )
    page.get_by_role("button", name="Switch on").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert len(download.value.path().read_text().split("\n\n")[1].split()) == 10
    assert settings.all_complaints() == []
