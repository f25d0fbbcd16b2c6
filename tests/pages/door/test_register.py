"""Registering, and resetting a lost password."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, override_settings
from pytest_django.fixtures import Settings

from monitor.models import Membership, Message, Session, User, Watchlist
from monitor.models.users import PRIVACY_VERSION
from monitor.people import links
from monitor.people.people import MAILS_FROM_ONE_NETWORK, MAILS_TO_ONE
from monitor.watching.invitations import invite, token_of
from tests.models.factories import NOW

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"
FORM = {"name": "陈老板", "new_password": PASSWORD, "consent": "on"}
ENGLISH = {"Accept-Language": "en"}


def kinds() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("kind", "address"))


def invited(by: User, email: str = "guest@example.com") -> str:
    """Return the page of a guest's new account."""
    return f"/register/?invitation={token_of(invite(by, email, NOW))}"


def test_a_guest_registers_with_the_address_of_the_invitation(
    merchant: User, watchlist: Watchlist
) -> None:
    invitation = invite(merchant, "Guest@Example.com", NOW, watchlist, Membership.Role.EDITOR)
    guest = Client(headers=ENGLISH)
    address = f"/register/?invitation={token_of(invitation)}"
    assert 'value="guest@example.com"' in guest.get(address).content.decode()
    assert guest.post(address, {**FORM, "email": "boss@example.com"}).status_code == 302
    user = User.objects.get(email="guest@example.com")
    assert (user.name, user.language, user.is_staff, user.check_password(PASSWORD)) == (
        "陈老板",
        "en",
        False,
        True,
    )
    assert Membership.objects.get(user=user).role == Membership.Role.EDITOR
    assert guest.get("/watchlists/").status_code == 200
    assert not User.objects.filter(email="boss@example.com").exists()


def test_an_account_needs_consent_which_is_kept_with_its_time(merchant: User) -> None:
    address = invited(merchant)
    guest = Client(headers=ENGLISH)
    assert 'href="/privacy/"' in guest.get(address).content.decode()
    page = guest.post(address, {**FORM, "consent": ""}).content.decode()
    assert "Without your consent there can be no account." in page
    assert not User.objects.filter(email="guest@example.com").exists()
    guest.post(address, FORM)
    user = User.objects.get(email="guest@example.com")
    assert (user.consent_version, user.consent_at) == (PRIVACY_VERSION, NOW)


def test_an_invitation_makes_one_new_account_in_time(merchant: User) -> None:
    address, late = invited(merchant), invited(merchant, "late@example.com")
    Client().post(address, FORM)
    again = {**FORM, "new_password": "another-passphrase"}
    assert Client(headers=ENGLISH).post(address, again).status_code == 404
    assert User.objects.get(email="guest@example.com").check_password(PASSWORD)
    assert Client().post(invited(merchant, "merchant@example.com"), FORM).status_code == 404
    merchant.refresh_from_db()
    assert merchant.check_password("a-password"), "Who has an account keeps it as it is."
    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        assert Client().post(late, FORM).status_code == 404
    assert User.objects.count() == 2


@override_settings(REGISTRATION="open")
def test_open_registration_requires_a_confirmed_address() -> None:
    guest = Client(headers=ENGLISH)
    guest.post("/register/", {"email": " Guest@example.com "})
    assert kinds() == [("join", "guest@example.com")]
    assert not User.objects.exists(), "No account is made before the address is confirmed."
    address = f"/register/?address={links.join_token('guest@example.com')}"
    assert guest.post(address, FORM).status_code == 302
    assert guest.get("/products/").status_code == 200
    assert Client().post(address, FORM).status_code == 404


def answer(address: str, email: str) -> tuple[int, str]:
    response = Client(headers=ENGLISH).post(address, {"email": email})
    page = re.sub(r"csrf\S+ value=\S+", "", response.content.decode())
    return response.status_code, page.replace(email, "")


@override_settings(REGISTRATION="open")
@pytest.mark.parametrize("address", ["/register/", "/forgotten/"])
def test_the_answer_does_not_show_whether_an_address_has_an_account(
    merchant: User, address: str
) -> None:
    answers = [answer(address, email) for email in ("merchant@example.com", "nobody@example.com")]
    assert answers[0] == answers[1]


def test_the_link_of_a_lost_password_works_once_in_time(
    merchant: User, web: Client, settings: Settings
) -> None:
    link = f"/forgotten/{links.reset_token(User.objects.get())}/"
    with time_machine.travel(
        NOW + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 1), tick=False
    ):
        assert Client().get(link).status_code == 404
    reader = Client(headers=ENGLISH)
    assert "merchant@example.com" in reader.get(link).content.decode()
    assert "too short" in reader.post(link, {"new_password": "x1y"}).content.decode()
    assert reader.post(link, {"new_password": PASSWORD}).headers["Location"] == "/"
    assert reader.get("/products/").status_code == 200
    assert web.get("/products/").status_code == 302
    assert Session.objects.count() == 1
    merchant.refresh_from_db()
    assert merchant.check_password(PASSWORD)
    assert kinds() == [("password_changed", "merchant@example.com")]
    assert Client().post(link, {"new_password": "another-passphrase"}).status_code == 404


def test_mails_to_an_address_and_from_a_network_are_limited(merchant: User) -> None:
    def ask(email: str, **client: Any) -> int:
        return Client(**client).post("/forgotten/", {"email": email}).status_code

    codes = [
        ask(merchant.email, REMOTE_ADDR=f"203.0.113.{number}")
        for number in range(MAILS_TO_ONE.burst + 2)
    ]
    assert codes == [200] * MAILS_TO_ONE.burst + [429] * 2
    assert len(kinds()) == MAILS_TO_ONE.burst
    codes = [
        ask(f"person-{number}@example.com", headers={"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(MAILS_FROM_ONE_NETWORK.burst + 1)
    ]
    assert codes == [200] * MAILS_FROM_ONE_NETWORK.burst + [429]
