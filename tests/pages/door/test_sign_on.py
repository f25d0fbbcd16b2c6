"""Single sign-on, with a stand-in for the identity provider that speaks HTTP."""

import json
import re
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client, override_settings
from pytest_django.fixtures import Settings

from config.services import single_sign_on
from monitor.models import Message, User
from tests.models.factories import UserFactory
from tests.people.authenticators import App, confirm
from tests.provider.listening import HERE, QuietHandler, listening

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


class Identity(ThreadingHTTPServer):
    """The identity provider. `user` is who has logged in there; `fault` is the path that fails, and
    how."""

    user: dict[str, Any]
    fault = ("", "")

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(QuietHandler):
    server: Identity

    def do_GET(self) -> None:  # noqa: N802 # The server looks for this name.
        issuer, path = self.server.issuer, self.path
        if path == self.server.fault[0]:
            self._fail()
        elif path == "/.well-known/openid-configuration":
            places = {
                "authorization_endpoint": "/authorize",
                "token_endpoint": "/token",
                "userinfo_endpoint": "/userinfo",
            }
            self._answer(
                {
                    "issuer": issuer,
                    "jwks_uri": f"{issuer}/jwks",
                    **{key: issuer + at for key, at in places.items()},
                }
            )
        elif path == "/token":
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            assert form["code"] == ["good"]
            assert len(form["code_verifier"][0]) > 40
            told = {
                "iss": issuer,
                "aud": "stallwatch",
                "sub": "7",
                "exp": time.time() + 60,
            }
            token = jwt.encode(told, "k" * 32, algorithm="HS256")
            self._answer({"access_token": "t", "token_type": "Bearer", "id_token": token})
        else:
            self._answer(self.server.user)

    do_POST = do_GET  # noqa: N815 # The server looks for this name.

    def _fail(self) -> None:
        match self.server.fault[1]:
            case "error":
                self.send_error(503)
            case "garbage":
                self.send(200, b"<html>", {"Content-Type": "application/json"})
            case "hang":
                time.sleep(0.5)

    def _answer(self, what: Any) -> None:
        self.send(200, json.dumps(what).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def identity(settings: Settings) -> Iterator[Identity]:
    server = Identity(HERE, Handler)
    server.user = {
        "sub": "7",
        "email": "merchant@example.com",
        "email_verified": True,
        "phone_number": "13800138000",
    }
    settings.OIDC_NAME = "Company"
    settings.SOCIALACCOUNT_PROVIDERS = single_sign_on(
        server.issuer, "Company", "stallwatch", "secret"
    )
    with listening(server):
        yield server


def go(client: Client, **form: str) -> Any:
    """Go to the provider and back; return our last answer."""
    page = client.post("/login/with/oidc/", {"next": "/alerts/", **form})
    found = re.search(r'url=(http[^"]+)"', page.content.decode())
    if found is None:
        return page
    asked = parse_qs(urlsplit(found[1].replace("&amp;", "&")).query)
    return client.get("/login/with/oidc/callback/", {"code": "good", "state": asked["state"][0]})


def test_a_verified_address_leads_to_its_account(identity: Identity, merchant: User) -> None:
    browser = Client(headers=ENGLISH)
    page = browser.get("/login/").content.decode()
    assert re.findall(r'action="/login/with/(\w+)/".*?</svg>([^<]+)</button>', page) == [
        ("oidc", "Company")
    ]
    assert go(browser).headers["Location"] == "/alerts/"
    assert browser.get("/products/").status_code == 200
    account = SocialAccount.objects.get()
    assert (account.user, account.uid, account.extra_data) == (merchant, "7", {})
    assert not SocialToken.objects.exists()
    assert [mail.context["event"] for mail in Message.objects.all()] == ["account_connected"]
    identity.user["email"] = "renamed@example.com"
    again = Client()
    assert go(again).headers["Location"] == "/alerts/", (
        "Then the connection counts, not the address."
    )


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_that_is_not_verified_leads_nowhere(
    identity: Identity, merchant: User, verified: Any
) -> None:
    identity.user["email_verified"] = verified
    browser = Client(headers=ENGLISH)
    answer = go(browser)
    assert answer.status_code == 403
    assert "Company gives no confirmed e-mail address." in answer.content.decode()
    assert browser.get("/products/").status_code == 302
    assert not SocialAccount.objects.exists()


@override_settings(REGISTRATION="open")
def test_with_open_registration_it_confirms_the_address(identity: Identity, merchant: User) -> None:
    identity.user["email"] = "stranger@example.com"
    browser = Client(headers=ENGLISH)
    register = go(browser).headers["Location"]
    assert register.startswith("/register/?address=")
    assert 'value="stranger@example.com"' in browser.get(register).content.decode()


def test_the_second_step_is_asked_too_and_a_locked_user_stays_outside(
    identity: Identity, merchant: User
) -> None:
    App.of(merchant)
    browser = Client()
    assert go(browser).headers["Location"] == "/login/second-factor/"
    assert browser.get("/products/").status_code == 302
    User.objects.update(is_active=False)
    go(browser)
    assert browser.get("/products/").status_code == 302


def test_a_user_connects_another_address_and_ends_it(
    identity: Identity, web: Client, merchant: User
) -> None:
    identity.user.update(email="private@example.com", email_verified=False)
    confirm(web)
    go(web, process="connect", next="/settings/")
    assert SocialAccount.objects.get().user == merchant
    assert "Connected:" in web.get("/settings/").content.decode()
    assert go(Client()).headers["Location"] == "/alerts/"

    other = Client()
    other.force_login(UserFactory.create())
    confirm(other)
    go(other, process="connect", next="/settings/")
    assert (
        "Another user has connected this account already."
        in other.get("/settings/").content.decode()
    )
    address = f"/settings/security/sites/{SocialAccount.objects.get().pk}/"
    assert other.post(address).status_code == 404
    assert web.post(address).headers["Location"] == "/settings/security/"
    assert go(Client()).status_code == 403


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        *(("/token", fault) for fault in ("error", "garbage", "hang")),
        ("/.well-known/openid-configuration", "error"),
    ],
)
def test_a_provider_that_is_down_gets_a_page(
    identity: Identity, merchant: User, settings: Settings, path: str, fault: str
) -> None:
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.1
    identity.fault = (path, fault)
    browser = Client(headers=ENGLISH)
    answer = go(browser)
    assert answer.status_code == 502
    assert "Company did not confirm who you are" in answer.content.decode()
    assert browser.get("/products/").status_code == 302


def test_what_comes_back_unasked_is_refused(identity: Identity, merchant: User) -> None:
    for query in (
        {},
        {"code": "good"},
        {"code": "good", "state": "made-up"},
        {"error": "access_denied", "state": "x"},
    ):
        assert Client().get("/login/with/oidc/callback/", query).status_code == 502
    assert not SocialAccount.objects.exists()
