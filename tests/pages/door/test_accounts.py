"""A user's settings: profile, password, e-mail address, and sessions."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import translation

from monitor.accounts import links
from monitor.accounts.attempts import AT_OWN_PASSWORD
from monitor.accounts.upkeep import clean_up
from monitor.models import AddressChange, Message, Session, User
from monitor.pages.shared.account_forms import ProfileForm
from monitor.text.devices import device
from tests.authenticators import App, Passkey
from tests.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
OFFSET = r"UTC([+-])(\d\d):(\d\d) · "
PROFILE = {"name": " 林\t老板\u202e ", "language": "zh-hans", "time_zone": "Asia/Tokyo"}
NEW = "correct-horse-battery"


def kinds() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("kind", "address"))


def elsewhere(merchant: User, **more: str) -> Client:
    client = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8"}, REMOTE_ADDR="203.0.113.7")
    client.post("/login/", {"username": merchant.email, "password": "a-password"})
    return client


def test_the_profile_is_saved(web: Client, merchant: User) -> None:
    response = web.post("/settings/", PROFILE, follow=True)
    assert "已保存" in response.content.decode()
    merchant.refresh_from_db()
    assert (merchant.name, merchant.language, merchant.time_zone) == ("林 老板", "zh-hans", "Asia/Tokyo")
    assert merchant.receives_mail


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "x" * 300])
def test_a_zone_that_does_not_exist_is_refused_and_nothing_saved(web: Client, merchant: User, zone: str) -> None:
    response = web.post("/settings/", {**PROFILE, "time_zone": zone})
    assert response.status_code == 200
    assert "field-error" in response.content.decode()
    merchant.refresh_from_db()
    assert (merchant.time_zone, merchant.name) == ("Asia/Shanghai", "")


def test_users_cannot_grant_themselves_rights(web: Client, merchant: User) -> None:
    web.post("/settings/", {**PROFILE, "is_staff": "on", "is_superuser": "on", "email": "boss@example.com"})
    merchant.refresh_from_db()
    assert (merchant.is_staff, merchant.is_superuser, merchant.email) == (False, False, "merchant@example.com")


def test_zones_are_listed_by_offset_and_city_common_ones_first(web: Client) -> None:
    web.post("/settings/", {**PROFILE, "language": "zh-hans", "time_zone": "Asia/Shanghai"})
    page = web.get("/settings/").content.decode()
    common, rare = re.findall(r'<optgroup label="[^"]+">(.*?)</optgroup>', page, flags=re.DOTALL)
    offered = re.findall(r'<option value="([^"]+)"( selected)?>UTC([+-])(\d\d):(\d\d) · ([^<]+)</option>', common)
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
    offsets = [int(f"{sign}{int(hours) * 60 + int(minutes)}") for sign, hours, minutes in re.findall(OFFSET, rare)]
    assert len(offsets) > 400
    assert offsets == sorted(offsets)


def test_an_offset_follows_daylight_saving(web: Client) -> None:
    for month, offset in ((1, "-05:00"), (7, "-04:00")):
        with time_machine.travel(NOW.replace(year=2027, month=month), tick=False):
            web.force_login(User.objects.get())
            assert f'"America/New_York">UTC{offset} · New York<' in web.get("/settings/").content.decode()


def test_a_zone_by_its_old_name_stays_chosen(web: Client, merchant: User) -> None:
    User.objects.update(time_zone="Asia/Calcutta")
    assert (
        '<option value="Asia/Calcutta" selected>UTC+05:30 · Calcutta</option>' in web.get("/settings/").content.decode()
    )


def test_a_new_password_ends_the_other_sessions_and_is_mailed(web: Client, merchant: User) -> None:
    other = elsewhere(merchant)
    before = web.session.session_key
    response = web.post("/settings/password/", {"password": "a-password", "new_password": NEW}, follow=True)
    assert "Password changed" in response.content.decode()
    assert other.get("/products/").status_code == 302
    assert Session.objects.get().pk == web.session.session_key != before
    assert kinds() == [("new_device", "merchant@example.com"), ("password_changed", "merchant@example.com")]
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
    assert expected in web.post("/settings/password/", form).content.decode()
    merchant.refresh_from_db()
    assert merchant.check_password("a-password")
    assert kinds() == []


def test_saving_the_profile_keeps_what_another_tab_saved_meanwhile(
    web: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clean_name(form: ProfileForm) -> str:
        User.objects.update(password="another")
        return str(form.cleaned_data["name"])

    monkeypatch.setattr(ProfileForm, "clean_name", clean_name)
    web.post("/settings/", {"name": "Lin", "language": "en", "time_zone": "Asia/Shanghai"})
    merchant.refresh_from_db()
    assert (merchant.name, merchant.password) == ("Lin", "another")


@pytest.mark.parametrize(
    ("address", "field", "more"),
    [
        ("/settings/password/", "password", {"new_password": NEW}),
        ("/settings/address/", "address-password", {"address-email": "new@example.com"}),
    ],
)
def test_guessing_the_password_on_an_open_page_is_throttled(
    web: Client, address: str, field: str, more: dict[str, str]
) -> None:
    for _ in range(AT_OWN_PASSWORD.burst):
        assert "Too many attempts" not in web.post(address, {field: "wrong", **more}).content.decode()
    assert "Too many attempts" in web.post(address, {field: "a-password", **more}).content.decode()
    with time_machine.travel(NOW + AT_OWN_PASSWORD.every, tick=False):
        assert web.post(address, {field: "a-password", **more}).status_code == 302


def test_the_right_password_resets_the_throttle(web: Client) -> None:
    for password in ["wrong"] * 9 + ["a-password"] + ["wrong"] * 9:
        form = {"address-email": "new@example.com", "address-password": password}
        assert "Too many attempts" not in web.post("/settings/address/", form).content.decode()


def test_a_failed_login_says_that_capitals_matter_in_the_password_only(merchant: User) -> None:
    form = {"username": "Merchant@Example.com", "password": "A-password"}
    english = Client(headers={"Accept-Language": "en"})
    assert "Wrong e-mail address or password." in english.post("/login/", form).content.decode()
    assert english.post("/login/", {**form, "password": "a-password"}).status_code == 302


def test_passwords_are_never_sent_back(web: Client) -> None:
    page = web.post("/settings/password/", {"password": "wrong-but-near", "new_password": "12345"}).content.decode()
    assert "wrong-but-near" not in page
    assert "12345" not in page


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
    """Confirms another address of the merchant's in a browser."""
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


def test_the_old_address_can_take_the_account_back_with_a_new_password(web: Client, merchant: User) -> None:
    thief = elsewhere(merchant)
    token = links.take_back_token(move(merchant, "thief@example.com", thief))
    thief.post("/settings/password/", {"password": "a-password", "new_password": "of-the-thief-9"})
    merchant.refresh_from_db()
    assert merchant.check_password("of-the-thief-9")

    owner, link = Client(headers={"Accept-Language": "en"}), f"/settings/address/back/{token}/"
    page = owner.get(link).content.decode()
    assert "You log in with merchant@example.com again instead of thief@example.com." in page
    merchant.refresh_from_db()
    assert merchant.email == "thief@example.com"
    choice = owner.post(link)
    merchant.refresh_from_db()
    assert (merchant.email, merchant.has_usable_password()) == ("merchant@example.com", False)
    assert thief.get("/products/").status_code == 302
    assert kinds()[-1] == ("address_changed", "thief@example.com")
    assert owner.post(choice.headers["Location"], {"new_password": NEW}).status_code == 302
    assert owner.get("/products/").status_code == 200
    merchant.refresh_from_db()
    assert merchant.check_password(NEW)
    assert owner.get(link).status_code == owner.post(link).status_code == 404, "It works once."


def test_what_a_thief_has_set_up_ends_when_the_account_is_taken_back(merchant: User) -> None:
    phone = Authenticator.objects.create(user=merchant, type="webauthn", data=Passkey().stored("Phone"))
    Authenticator.objects.update(created_at=NOW - timedelta(days=1))
    change = move(merchant, "thief@example.com")
    App.of(merchant)
    SocialAccount.objects.create(user=merchant, provider="weixin", uid="of-the-thief")
    Client().post(f"/settings/address/back/{links.take_back_token(change)}/")
    assert Authenticator.objects.get() == phone, "The owner's own stays."
    assert not SocialAccount.objects.exists()


def test_a_thief_who_changes_the_address_twice_does_not_keep_the_account(merchant: User) -> None:
    first = move(merchant, "thief@example.com")
    second = move(merchant, "other-of-the-thief@example.com")
    waiting = links.address_token(merchant, "third-of-the-thief@example.com")
    forgotten = links.reset_token(merchant)
    assert Client().post(f"/settings/address/back/{links.take_back_token(first)}/").status_code == 302
    assert Client().post(f"/settings/address/back/{links.take_back_token(second)}/").status_code == 404
    assert Client().post(f"/settings/address/{waiting}/").status_code == 404
    assert Client().get(f"/forgotten/{forgotten}/").status_code == 404
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"


def test_taking_back_the_last_address_leaves_the_first_one_its_link(merchant: User) -> None:
    first, second = move(merchant, "thief@example.com"), move(merchant, "other@example.com")
    for change, email in ((second, "thief@example.com"), (first, "merchant@example.com")):
        assert Client().post(f"/settings/address/back/{links.take_back_token(change)}/").status_code == 302
        merchant.refresh_from_db()
        assert merchant.email == email


def test_an_address_can_be_taken_back_within_a_week(merchant: User) -> None:
    token = links.take_back_token(move(merchant, "new@example.com"))
    with time_machine.travel(NOW + links.TAKE_BACK_LASTS - timedelta(minutes=1), tick=False):
        assert Client().get(f"/settings/address/back/{token}/").status_code == 200
    with time_machine.travel(NOW + links.TAKE_BACK_LASTS + timedelta(minutes=1), tick=False):
        assert Client().get(f"/settings/address/back/{token}/").status_code == 404
        assert Client().post(f"/settings/address/back/{token}/").status_code == 404


def test_an_address_that_another_account_has_now_cannot_be_taken_back(merchant: User) -> None:
    token = links.take_back_token(move(merchant, "new@example.com"))
    UserFactory.create(email="merchant@example.com")
    assert Client().post(f"/settings/address/back/{token}/").status_code == 404
    merchant.refresh_from_db()
    assert merchant.email == "new@example.com"
    assert merchant.check_password("a-password")


def test_old_changes_of_address_are_deleted(merchant: User) -> None:
    move(merchant, "new@example.com")
    clean_up(NOW + timedelta(days=29))
    assert AddressChange.objects.exists()
    clean_up(NOW + timedelta(days=31))
    assert not AddressChange.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["https://evil.test/login", "系统安全通知 HTTPS：／／evil.test", "www.evil.test", "evil.com", "客服 evil.me/登录"],
)
def test_a_name_may_not_contain_a_web_address(web: Client, merchant: User, name: str) -> None:
    assert "Leave out web addresses" in web.post("/settings/", {**PROFILE, "name": name}).content.decode()
    merchant.refresh_from_db()
    assert (merchant.name, merchant.time_zone) == ("", "Asia/Shanghai")


def test_a_changed_password_invalidates_the_link_of_a_new_address(merchant: User) -> None:
    token = links.address_token(merchant, "new@example.com")
    merchant.set_password(NEW)
    merchant.save()
    assert Client().post(f"/settings/address/{token}/").status_code == 404


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
    assert kinds() == [("account_exists", "other@example.com"), ("address_confirm", "nobody@example.com")]


def test_an_address_taken_meanwhile_cannot_be_confirmed(merchant: User) -> None:
    token = links.address_token(merchant, "new@example.com")
    UserFactory.create(email="new@example.com")
    assert Client().post(f"/settings/address/{token}/").status_code == 404
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"


@pytest.mark.parametrize("token", ["x", "a:b:c", "ImEi:1abc:def", "%00", "é" * 50])
def test_made_up_links_are_404(db: None, token: str) -> None:
    for address in (f"/settings/address/{token}/", f"/settings/address/back/{token}/", f"/forgotten/{token}/"):
        assert Client().get(address).status_code == 404
        assert Client().post(address, {"new_password": NEW}).status_code == 404


def test_it_lists_sessions_and_marks_this_device(web: Client, merchant: User) -> None:
    elsewhere(merchant)
    page = web.get("/settings/").content.decode()
    assert "WeChat on iPhone" in page
    assert "203.0.113.7" in page
    assert page.count("this device") == 1
    for session in Session.objects.all():
        assert session.pk not in page


def test_it_ends_one_session(web: Client, merchant: User) -> None:
    phone, tablet = elsewhere(merchant), elsewhere(merchant)
    page = web.get("/settings/").content.decode()
    handles = re.findall(r'name="session" value="(\w+)"', page)
    assert len(handles) == 2
    web.post("/settings/sessions/", {"session": handles[0]})
    assert sorted([phone.get("/products/").status_code, tablet.get("/products/").status_code]) == [200, 302]
    assert web.get("/products/").status_code == 200


def test_it_ends_all_other_sessions(web: Client, merchant: User) -> None:
    phone, tablet = elsewhere(merchant), elsewhere(merchant)
    web.post("/settings/sessions/")
    assert [client.get("/products/").status_code for client in (web, phone, tablet)] == [200, 302, 302]


def test_a_user_cannot_end_a_strangers_session(web: Client, merchant: User) -> None:
    elsewhere(merchant)
    [handle] = re.findall(r'name="session" value="(\w+)"', web.get("/settings/").content.decode())
    stranger = Client()
    stranger.force_login(UserFactory.create())
    stranger.post("/settings/sessions/", {"session": handle})
    assert Session.objects.filter(user=merchant).count() == 2


def test_a_session_that_a_new_password_has_ended_is_not_listed(web: Client, merchant: User) -> None:
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
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X) AppleWebKit/605.1.15 Version/18 Safari/605.1",
            "Safari on Mac",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537.36 MicroMessenger/8", "WeChat on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        ("python-requests/2.32", "a program"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_devices_have_names_that_people_know(user_agent: str, words: str) -> None:
    with translation.override("en"):
        assert device(user_agent) == words
