"""A user's settings: profile, password, e-mail address, and sessions."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from monitor.accounts import attempts, links
from monitor.accounts.upkeep import clean_up
from monitor.models import AddressChange, Message, Session, User
from monitor.text.devices import device
from tests.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
OFFSET = r"UTC([+-])(\d\d):(\d\d) · "
PROFILE = {"name": " 林\t老板\u202e ", "language": "zh-hans", "time_zone": "Asia/Tokyo"}
NEW = "correct-horse-battery"


def kinds() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("kind", "address"))


def elsewhere(merchant: User, **more: str) -> Client:
    client = Client(
        headers={"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8"}, REMOTE_ADDR="203.0.113.7"
    )
    client.post("/login/", {"username": merchant.email, "password": "a-password"})
    return client


def test_the_profile_is_saved(web: Client, merchant: User) -> None:
    response = web.post("/settings/", PROFILE, follow=True)
    assert "已保存" in response.content.decode()
    merchant.refresh_from_db()
    assert (merchant.name, merchant.language, merchant.time_zone) == (
        "林 老板",
        "zh-hans",
        "Asia/Tokyo",
    )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd"])
def test_a_zone_that_does_not_exist_is_refused_and_nothing_saved(
    web: Client, merchant: User, zone: str
) -> None:
    response = web.post("/settings/", {**PROFILE, "time_zone": zone})
    assert response.status_code == 200
    assert "field-error" in response.content.decode()
    merchant.refresh_from_db()
    assert (merchant.time_zone, merchant.name) == ("Asia/Shanghai", "")


def test_users_cannot_grant_themselves_rights(web: Client, merchant: User) -> None:
    web.post(
        "/settings/",
        {**PROFILE, "is_staff": "on", "is_superuser": "on", "email": "boss@example.com"},
    )
    merchant.refresh_from_db()
    assert (merchant.is_staff, merchant.is_superuser, merchant.email) == (
        False,
        False,
        "merchant@example.com",
    )


def test_zones_are_listed_by_offset_and_city_common_ones_first(web: Client) -> None:
    web.post("/settings/", {**PROFILE, "language": "zh-hans", "time_zone": "Asia/Shanghai"})
    page = web.get("/settings/").content.decode()
    common, rare = re.findall(r'<optgroup label="[^"]+">(.*?)</optgroup>', page, flags=re.DOTALL)
    offered = re.findall(
        r'<option value="([^"]+)"( selected)?>UTC([+-])(\d\d):(\d\d) · ([^<]+)</option>', common
    )
    assert offered[0] == ("Asia/Shanghai", " selected", "+", "08", "00", "中国（北京、上海）")
    assert {"Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore"} < {option[0] for option in offered}
    for option in (
        '"America/Sao_Paulo">UTC-03:00 · Sao Paulo<',
        '"Asia/Kolkata">UTC+05:30 · Kolkata<',
        '"America/Indiana/Knox">UTC-06:00 · Knox, Indiana<',
        '"America/New_York">UTC-05:00 · 纽约<',
    ):
        assert option in rare
    assert "Asia/Shanghai" not in rare
    assert "Asia/Calcutta" not in page
    offsets = [
        int(f"{sign}{int(hours) * 60 + int(minutes)}")
        for sign, hours, minutes in re.findall(OFFSET, rare)
    ]
    assert len(offsets) > 400
    assert offsets == sorted(offsets)


def test_a_zone_by_its_old_name_stays_chosen(web: Client, merchant: User) -> None:
    User.objects.update(time_zone="Asia/Calcutta")
    assert (
        '<option value="Asia/Calcutta" selected>UTC+05:30 · Calcutta</option>'
        in web.get("/settings/").content.decode()
    )


def test_a_new_password_ends_the_other_sessions_and_is_mailed(web: Client, merchant: User) -> None:
    other = elsewhere(merchant)
    before = web.session.session_key
    response = web.post(
        "/settings/password/", {"password": "a-password", "new_password": NEW}, follow=True
    )
    assert "Password changed" in response.content.decode()
    assert other.get("/products/").status_code == 302
    assert Session.objects.get().pk == web.session.session_key != before
    assert kinds() == [
        ("new_device", "merchant@example.com"),
        ("password_changed", "merchant@example.com"),
    ]
    merchant.refresh_from_db()
    assert merchant.check_password(NEW)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"password": "wrong", "new_password": NEW}, "This is not your current password."),
        ({"password": "a-password", "new_password": "12345"}, "too short"),
        ({"password": "a-password", "new_password": "merchant@example.com"}, "too similar"),
        ({}, "This field is required."),
    ],
)
def test_changing_a_password_takes_the_old_one_and_a_good_new_one(
    web: Client, merchant: User, form: dict[str, str], expected: str
) -> None:
    page = web.post("/settings/password/", form).content.decode()
    assert expected in page
    assert re.search(r'type="password"[^>]* value=', page) is None, "It is never sent back."
    merchant.refresh_from_db()
    assert merchant.check_password("a-password")
    assert kinds() == []


@pytest.fixture
def few_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "AT_OWN_PASSWORD", replace(attempts.AT_OWN_PASSWORD, burst=2))


def test_guessing_the_password_on_an_open_page_is_throttled(web: Client, few_guesses: None) -> None:
    address, form = "/settings/password/", {"password": "wrong", "new_password": NEW}
    for _ in range(2):
        assert "Too many attempts" not in web.post(address, form).content.decode()
    form |= {"password": "a-password"}
    assert "Too many attempts" in web.post(address, form).content.decode()
    with time_machine.travel(NOW + attempts.AT_OWN_PASSWORD.every, tick=False):
        assert web.post(address, form).status_code == 302


def test_the_right_password_resets_the_throttle(web: Client, few_guesses: None) -> None:
    for password in ("wrong", "a-password", "wrong", "a-password"):
        form = {"address-email": "new@example.com", "address-password": password}
        assert "Too many attempts" not in web.post("/settings/address/", form).content.decode()


def test_a_new_address_counts_once_its_mail_was_answered(web: Client, merchant: User) -> None:
    form = {"address-email": "New@Example.com", "address-password": "a-password"}
    assert (
        "Open the link in the mail to new@example.com"
        in web.post("/settings/address/", form, follow=True).content.decode()
    )
    assert kinds() == [("address_confirm", "new@example.com")]
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"

    link = f"/settings/address/{links.address_token(merchant, 'new@example.com')}/"
    reader = Client()
    assert "new@example.com" in reader.get(link).content.decode()
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"
    assert reader.post(link).status_code == 302
    merchant.refresh_from_db()
    assert merchant.email == "new@example.com"
    assert kinds()[1:] == [("address_changed", "merchant@example.com")]
    assert reader.post(link).status_code == 404, "It works once."


def move(merchant: User, email: str, client: Client | None = None) -> AddressChange:
    """Confirm another address of the merchant's in a browser."""
    merchant.refresh_from_db()
    link = f"/settings/address/{links.address_token(merchant, email)}/"
    assert (client or Client()).post(link).status_code == 302
    merchant.refresh_from_db()
    assert merchant.email == email
    return AddressChange.objects.latest("pk")


def test_a_new_address_ends_the_other_sessions(web: Client, merchant: User) -> None:
    other = elsewhere(merchant)
    move(merchant, "new@example.com", web)
    assert web.get("/products/").status_code == 200
    assert other.get("/products/").status_code == 302
    move(merchant, "third@example.com", Client())
    assert web.get("/products/").status_code == 302


def test_old_changes_of_address_are_deleted(merchant: User) -> None:
    move(merchant, "new@example.com")
    clean_up(NOW + timedelta(days=29))
    assert AddressChange.objects.exists()
    clean_up(NOW + timedelta(days=31))
    assert not AddressChange.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["系统安全通知 HTTPS：／／evil.test", "evil.com"],
)
def test_a_name_may_not_contain_a_web_address(web: Client, merchant: User, name: str) -> None:
    assert (
        "Leave out web addresses"
        in web.post("/settings/", {**PROFILE, "name": name}).content.decode()
    )
    merchant.refresh_from_db()
    assert (merchant.name, merchant.time_zone) == ("", "Asia/Shanghai")


def test_another_password_or_another_user_ends_the_link_of_a_new_address(merchant: User) -> None:
    token, other = (
        links.address_token(merchant, email) for email in ("new@example.com", "other@example.com")
    )
    UserFactory.create(email="new@example.com")
    assert Client().post(f"/settings/address/{token}/").status_code == 404
    merchant.set_password(NEW)
    merchant.save()
    assert Client().post(f"/settings/address/{other}/").status_code == 404
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"


def test_a_login_ends_the_link_for_a_lost_password(merchant: User) -> None:
    link = f"/forgotten/{links.reset_token(merchant)}/"
    assert Client().get(link).status_code == 200
    elsewhere(merchant)
    assert Client().get(link).status_code == 404


def test_asking_for_an_address_that_is_taken_looks_the_same(web: Client, merchant: User) -> None:
    UserFactory.create(email="other@example.com")
    replies = []
    for email in ("other@example.com", "nobody@example.com"):
        form = {"address-email": email, "address-password": "a-password"}
        response = web.post("/settings/address/", form, follow=True)
        page = re.sub(r"csrf\S+ value=\S+", "", response.content.decode())
        replies.append((response.redirect_chain, page.replace(email, "")))
    assert replies[0] == replies[1]
    assert kinds() == [
        ("account_exists", "other@example.com"),
        ("address_confirm", "nobody@example.com"),
    ]


def test_it_lists_sessions_and_ends_one_or_all_others(web: Client, merchant: User) -> None:
    phone, tablet, desk = elsewhere(merchant), elsewhere(merchant), elsewhere(merchant)
    page = web.get("/settings/").content.decode()
    assert "WeChat on iPhone" in page
    assert "203.0.113.7" in page
    assert page.count("this device") == 1
    for session in Session.objects.all():
        assert session.pk not in page
    handles = re.findall(r'name="session" value="(\w+)"', page)
    assert len(handles) == 3
    web.post("/settings/sessions/", {"session": handles[0]})
    others = (phone, tablet, desk)
    assert sorted(client.get("/products/").status_code for client in others) == [200, 200, 302]
    web.post("/settings/sessions/")
    assert [client.get("/products/").status_code for client in (web, *others)] == [
        200,
        302,
        302,
        302,
    ]


def test_a_user_cannot_end_a_strangers_session(web: Client, merchant: User) -> None:
    elsewhere(merchant)
    [handle] = re.findall(r'name="session" value="(\w+)"', web.get("/settings/").content.decode())
    stranger = Client()
    stranger.force_login(UserFactory.create())
    stranger.post("/settings/sessions/", {"session": handle})
    assert Session.objects.filter(user=merchant).count() == 2


def test_a_session_that_a_new_password_has_ended_is_not_listed(web: Client, merchant: User) -> None:
    """As after an operator has set it in the admin."""
    merchant.set_password(NEW)
    merchant.save()
    fresh = Client()
    fresh.force_login(merchant)
    assert fresh.get("/settings/").content.decode().count('class="devices"') == 1
    assert "Log out everywhere else" not in fresh.get("/settings/").content.decode()


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X) AppleWebKit/605.1.15 Version/18 Safari/605.1",
            "Safari on Mac",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537.36 MicroMessenger/8",
            "WeChat on Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "Firefox on Linux",
        ),
        ("python-requests/2.32", "a program"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_devices_have_names_that_people_know(user_agent: str, words: str) -> None:
    with translation.override("en"):
        assert device(user_agent) == words
