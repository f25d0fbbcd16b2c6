"""A user's settings: profile, password and e-mail address."""

import re
from dataclasses import replace

import pytest
import time_machine
from django.test import Client

from monitor.models import Message, Session, User
from monitor.people import attempts, links
from tests.models.factories import NOW, UserFactory
from tests.pages import HTMX, Browser

pytestmark = pytest.mark.django_db
NEW = "correct-horse-battery"
PROFILE = {"name": " 林\t老板\u202e ", "language": "en", "time_zone": "Asia/Shanghai"}
PASSWORD = {"password": "a-password", "new_password": NEW}
ADDRESS = {"address-email": "New@Example.com", "address-password": "a-password"}


def kinds() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("kind", "address"))


def elsewhere(merchant: User) -> Client:
    client = Client()
    client.post("/login/", {"username": merchant.email, "password": "a-password"})
    return client


def told(page: str) -> tuple[list[str], str]:
    """Return the parts of an answer to HTMX, and what it announces."""
    assert "<!doctype" not in page
    announced = re.search(r'data-announce="([^"]*)"', page)
    assert announced
    return re.findall(r'<(?:section|details) [^>]*?id="set-(\w+)"', page), announced[1]


def test_the_profile_is_saved_with_the_name_in_the_menu(web: Browser, merchant: User) -> None:
    rights = {"is_staff": "on", "is_superuser": "on", "email": "boss@example.com"}
    page = web.send("/settings/", PROFILE | rights)
    assert told(page) == (["profile"], "Saved.")
    assert '<strong id="account-name" hx-swap-oob="true">林 老板</strong>' in page
    merchant.refresh_from_db()
    assert (merchant.name, merchant.email) == ("林 老板", "merchant@example.com")
    assert (merchant.is_staff, merchant.is_superuser) == (False, False)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"language": "zh-hans"}, "已保存"), ({"time_zone": "Asia/Tokyo"}, "Saved.")],
)
def test_another_language_or_zone_reloads_the_whole_page(
    web: Browser, merchant: User, change: dict[str, str], said: str
) -> None:
    response = web.post("/settings/", PROFILE | change, headers=HTMX)
    assert response["HX-Redirect"] == "/settings/"
    assert said in web.page("/settings/")
    assert User.objects.filter(**change).exists()


@pytest.mark.parametrize(
    "change",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"name": "系统安全通知 HTTPS：／／evil.test"},
        {"name": "evil.com"},
    ],
)
def test_a_bad_zone_or_name_is_refused_and_nothing_saved(
    web: Browser, merchant: User, change: dict[str, str]
) -> None:
    page = web.send("/settings/", PROFILE | {"time_zone": "Asia/Tokyo"} | change)
    assert told(page) == (["profile"], "Not saved: see what is wrong.")
    assert "field-error" in page
    assert ("Leave out web addresses" in page) == ("name" in change)
    merchant.refresh_from_db()
    assert (merchant.time_zone, merchant.name) == ("Asia/Shanghai", "")


def test_a_new_password_ends_the_other_sessions_and_is_mailed(web: Browser, merchant: User) -> None:
    other, before = elsewhere(merchant), web.session.session_key
    page = web.send("/settings/password/", PASSWORD)
    parts, announced = told(page)
    assert parts == ["password", "sessions"]
    assert announced.startswith("Password changed.")
    assert 'id="set-sessions" hx-swap-oob="true"' in page
    assert page.count("this device") == 1
    assert other.get("/products/").status_code == 302
    assert Session.objects.get().pk == web.session.session_key != before
    assert [kind for kind, _address in kinds()] == ["new_device", "password_changed"]
    merchant.refresh_from_db()
    assert merchant.check_password(NEW)


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        (PASSWORD | {"password": "wrong"}, "This is not your current password."),
        (PASSWORD | {"new_password": "12345"}, "too short"),
        (PASSWORD | {"new_password": "merchant@example.com"}, "too similar"),
        ({}, "This field is required."),
    ],
)
def test_changing_a_password_takes_the_old_one_and_a_good_new_one(
    web: Browser, merchant: User, form: dict[str, str], complaint: str
) -> None:
    page = web.send("/settings/password/", form)
    assert told(page) == (["password"], "Not saved: see what is wrong.")
    assert complaint in page
    assert re.search(r'type="password"[^>]* value=', page) is None, "It is never sent back."
    merchant.refresh_from_db()
    assert merchant.check_password("a-password")
    assert kinds() == []


def test_guessing_the_password_on_an_open_page_is_throttled_until_it_is_right(
    web: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = replace(attempts.AT_OWN_PASSWORD, burst=2)
    monkeypatch.setattr(attempts, "AT_OWN_PASSWORD", limit)

    def is_refused(password: str) -> bool:
        form = ADDRESS | {"address-password": password}
        return "Too many attempts" in web.send("/settings/address/", form)

    guesses = ["wrong", "a-password", "wrong", "wrong", "a-password"]
    assert [is_refused(each) for each in guesses] == [False] * 4 + [True]
    with time_machine.travel(NOW + limit.every, tick=False):
        assert not is_refused("a-password")


def test_a_new_address_counts_once_its_mail_was_answered(web: Browser, merchant: User) -> None:
    page = web.send("/settings/address/", ADDRESS)
    assert "Open the link in the mail to new@example.com" in page
    assert kinds() == [("address_confirm", "new@example.com")]
    link = f"/settings/address/{links.address_token(merchant, 'new@example.com')}/"
    reader = Browser()
    assert "new@example.com" in reader.page(link)
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"
    assert reader.post(link).status_code == 302
    merchant.refresh_from_db()
    assert merchant.email == "new@example.com"
    assert kinds()[1:] == [("address_changed", "merchant@example.com")]
    assert reader.post(link).status_code == 404, "It works once."


def test_asking_for_an_address_that_is_taken_looks_the_same(web: Browser, merchant: User) -> None:
    UserFactory.create(email="other@example.com")
    replies = []
    for email in ("other@example.com", "nobody@example.com"):
        form = ADDRESS | {"address-email": email}
        response = web.post("/settings/address/", form, follow=True)
        page = re.sub(r"csrf\S+ value=\S+", "", response.content.decode())
        replies.append((response.redirect_chain, page.replace(email, "")))
    assert replies[0] == replies[1]
    assert kinds() == [
        ("account_exists", "other@example.com"),
        ("address_confirm", "nobody@example.com"),
    ]
