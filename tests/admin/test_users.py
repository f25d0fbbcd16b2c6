"""Users in the admin: the e-mail address is the login, and operators cannot give themselves rights."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from monitor.delivery.compose import write_messages
from monitor.models import Allowance, AuditEvent, AuditKind, Charge, Message, Product, User, Watchlist
from monitor.models.usage import PARTS, provider_day
from tests.factories import UserFactory
from tests.story import Story

pytestmark = pytest.mark.django_db
NO_ALLOWANCE = {"allowance-TOTAL_FORMS": "0", "allowance-INITIAL_FORMS": "0"}


@pytest.fixture
def helper() -> Client:
    """An operator who has every right on users, but is no superuser."""
    user = User.objects.create_user("helper@example.com", "a-password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    client = Client()
    client.force_login(user)
    return client


def form(user: User, **changed: Any) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
        "receives_mail": "on",
        "mail_how": user.mail_how,
        "digest_hour": user.digest_hour,
        "digest_weekday": user.digest_weekday,
        "is_active": "on",
        **NO_ALLOWANCE,
        **changed,
    }


def new(email: str, **changed: Any) -> dict[str, Any]:
    return {
        "email": email,
        "name": "林老板",
        "language": "zh-hans",
        "time_zone": "Asia/Shanghai",
        "usable_password": "true",
        "password1": "a-long-passphrase",
        "password2": "a-long-passphrase",
        **changed,
    }


def test_a_new_users_address_is_lower_case(admin: Client, url: Callable[..., str]) -> None:
    response = admin.post(url(User, "add"), new("Merchant@Example.com"))
    assert response.status_code == 302
    user = User.objects.get(email="merchant@example.com")
    assert user.check_password("a-long-passphrase")
    assert (user.name, user.is_staff) == ("林老板", False)


def test_a_second_user_with_the_same_address_is_refused(admin: Client, url: Callable[..., str]) -> None:
    User.objects.create_user("merchant@example.com", "a-password")
    page = admin.post(url(User, "add"), new("MERCHANT@example.com")).content.decode()
    assert "This e-mail address already has an account." in page
    assert User.objects.filter(email__iexact="merchant@example.com").count() == 1


def test_a_time_zone_that_does_not_exist_is_refused(admin: Client, url: Callable[..., str]) -> None:
    user = User.objects.create_user("merchant@example.com", "a-password")
    page = admin.post(url(user), form(user, time_zone="Mars/Olympus")).content.decode()
    assert "is not a time zone" in page


def test_waiting_alerts_follow_the_mail_times_that_an_operator_chooses(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    story.hears()
    story.hears(price=6300)
    write_messages(timezone.now())
    plan = {"mail_how": "daily", "digest_hour": 7, "quiet_from": 22, "quiet_to": 8}
    assert admin.post(url(story.user), form(story.user, **plan)).status_code == 302
    user = User.objects.get(pk=story.user.pk)
    assert (user.digest_hour, user.quiet_from, user.quiet_to) == (7, 22, 8)
    email = Message.objects.get()
    assert (email.kind, email.next_attempt_at) == ("digest", user.next_digest_at)
    assert timezone.localtime(email.next_attempt_at, ZoneInfo("Asia/Shanghai")).hour == 8


def test_quiet_hours_without_an_end_are_refused(admin: Client, url: Callable[..., str]) -> None:
    user = User.objects.create_user("merchant@example.com", "a-password")
    for quiet in ({"quiet_from": 22}, {"quiet_from": 22, "quiet_to": 22}):
        page = admin.post(url(user), form(user, **quiet)).content.decode()
        assert "Quiet hours begin at one hour and end at another." in page


def test_changing_an_address_ends_the_sessions_and_informs_the_old_address(
    admin: Client, url: Callable[..., str]
) -> None:
    user = User.objects.create_user("merchant@example.com", "a-password")
    merchant = Client()
    merchant.force_login(user)
    assert admin.post(url(user), form(user, email="MERCHANT@example.com")).status_code == 302
    assert merchant.get("/products/").status_code == 200
    assert admin.post(url(user), form(user, email="new@example.com")).status_code == 302
    assert merchant.get("/products/").status_code == 302
    assert admin.get(url(user)).status_code == 200
    assert list(Message.objects.values_list("kind", "address")) == [("address_changed", "merchant@example.com")]


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}])
def test_operators_cannot_change_their_own_address(url: Callable[..., str], rights: dict[str, bool]) -> None:
    user = User.objects.create_user("operator@example.com", "a-password", language="en", **rights)
    user.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    thief = Client()
    thief.force_login(user)
    assert "You change your own address in the settings" in thief.get(url(user)).content.decode()
    kept = {"is_staff": "on", "is_superuser": "on"} if user.is_superuser else {}
    assert thief.post(url(user), form(user, email="thief@example.com", name="New name", **kept)).status_code == 302
    user.refresh_from_db()
    assert (user.email, user.name) == ("operator@example.com", "New name")
    Client().post("/forgotten/", {"email": "thief@example.com"})
    assert not Message.objects.exists()


def test_a_superuser_changes_the_address_of_another_operator(admin: Client, url: Callable[..., str]) -> None:
    user = User.objects.create_user("dismissed@example.com", "a-password", is_staff=True)
    assert admin.post(url(user), form(user, email="desk@example.com", is_staff="on")).status_code == 302
    user.refresh_from_db()
    assert user.email == "desk@example.com"
    assert list(Message.objects.values_list("kind", "address")) == [("address_changed", "dismissed@example.com")]
    assert not user.address_changes.exists(), "The old address has no link that takes the account back."


def test_a_web_address_in_a_name_is_refused(admin: Client, url: Callable[..., str]) -> None:
    user = User.objects.create_user("merchant@example.com", "a-password")
    page = admin.post(url(user), form(user, name="https://evil.test")).content.decode()
    assert "Leave out web addresses" in page


def test_a_password_is_changed_on_its_own_page(admin: Client, url: Callable[..., str]) -> None:
    user = User.objects.create_user("merchant@example.com", "a-password")
    address = f"{url(user).removesuffix('change/')}password/"
    data = {"usable_password": "true", "password1": "another-passphrase", "password2": "another-passphrase"}
    assert admin.post(address, data).status_code == 302
    user.refresh_from_db()
    assert user.check_password("another-passphrase")


def test_an_operator_gives_nobody_rights(helper: Client, url: Callable[..., str]) -> None:
    for user in (User.objects.create_user("merchant@example.com", "a-password"), User.objects.get(is_staff=True)):
        staff = user.is_staff
        every = [permission.pk for permission in Permission.objects.all()]
        data = form(user, name="新名", is_superuser="on", is_staff="on", user_permissions=every)
        assert helper.post(url(user), data).status_code == 302
        user = User.objects.get(pk=user.pk)
        assert (user.name, user.is_superuser, user.is_staff) == ("新名", False, staff)
        assert user.user_permissions.count() < len(every)


def test_an_operator_gives_a_group_no_rights(helper: Client, url: Callable[..., str]) -> None:
    user = User.objects.get(email="helper@example.com")
    user.user_permissions.add(*Permission.objects.filter(content_type__model="group"))
    group = Group.objects.create(name="helpers")
    user.groups.add(group)
    every = [permission.pk for permission in Permission.objects.all()]
    assert helper.get(url(group)).status_code == 200
    assert helper.post(url(group), {"name": "helpers", "permissions": every}).status_code == 403
    assert helper.post(url(Group, "add"), {"name": "bosses", "permissions": every}).status_code == 403
    assert helper.post(url(group, "delete"), {"post": "yes"}).status_code == 403
    helper.post(url(Group), {"action": "delete_selected", "_selected_action": group.pk, "post": "yes"})
    assert [(row.name, row.permissions.count()) for row in Group.objects.all()] == [("helpers", 0)]


def test_an_operator_puts_nobody_into_a_group(helper: Client, url: Callable[..., str]) -> None:
    group = Group.objects.create(name="bosses")
    group.permissions.set(Permission.objects.all())
    for user in (User.objects.create_user("merchant@example.com", "a-password"), User.objects.get(is_staff=True)):
        assert helper.post(url(user), form(user, groups=[group.pk])).status_code == 302
    helper.post(url(User, "add"), new("friend@example.com", groups=[group.pk], is_staff="on"))
    assert User.objects.count() == 3
    assert not group.user_set.exists()


def test_a_superuser_gives_a_group_rights(admin: Client, url: Callable[..., str]) -> None:
    some = list(Permission.objects.filter(content_type__model="watchlist"))
    data = {"name": "helpers", "permissions": [permission.pk for permission in some]}
    assert admin.post(url(Group, "add"), data).status_code == 302
    group = Group.objects.get()
    assert set(group.permissions.all()) == set(some)
    assert admin.post(url(group), {"name": "helpers", **NO_ALLOWANCE}).status_code == 302
    assert not group.permissions.exists()


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}])
def test_an_operator_leaves_other_operators_alone(
    helper: Client, url: Callable[..., str], rights: dict[str, bool]
) -> None:
    boss = User.objects.create_user("boss@example.com", "a-password", **rights)
    assert helper.get(url(boss)).status_code == 200
    assert helper.post(url(boss), form(boss, email="helper2@example.com")).status_code == 403
    assert helper.post(url(boss, "delete"), {"post": "yes"}).status_code == 403
    password = f"{url(boss).removesuffix('change/')}password/"
    assert helper.get(password).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": boss.pk, "post": "yes"}
    assert helper.post(url(User), chosen).status_code == 403
    assert User.objects.get(pk=boss.pk).email == "boss@example.com"


def test_operators_may_change_their_own_name(helper: Client, url: Callable[..., str]) -> None:
    user = User.objects.get(email="helper@example.com")
    assert helper.post(url(user), form(user, name="帮手")).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.is_staff) == ("帮手", True)


def test_the_chinese_pages_use_the_polite_form_only(admin: Client, operator: User, url: Callable[..., str]) -> None:
    User.objects.filter(pk=operator.pk).update(language="zh-hans")
    page = admin.get(url(User, "add")).content.decode()
    assert "您的密码至少须有 8 个字符。" in page
    assert "你" not in page


def test_deleting_a_user_ends_the_checks_of_their_products(admin: Client, url: Callable[..., str]) -> None:
    story = Story(products=2)
    page = admin.get(url(story.user, "delete")).content.decode()
    assert "Watchlists: 1" in page
    admin.post(url(story.user, "delete"), {"post": "yes"})
    assert not Watchlist.objects.exists()
    assert not Message.objects.exists()
    assert Product.objects.count() == 2
    assert not Product.objects.watched().exists()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_form_of_a_new_user_proposes_the_operators_language(
    admin: Client, operator: User, url: Callable[..., str], language: str
) -> None:
    operator.language = language
    operator.save()
    assert f'<option value="{language}" selected>' in admin.get(url(User, "add")).content.decode()


def test_rights_are_named_by_the_words_of_the_pages(admin: Client, operator: User, url: Callable[..., str]) -> None:
    group = Group.objects.create(name="helpers")
    for language, words in (("en", "watchlists: Change"), ("zh-hans", "监控列表：修改")):
        User.objects.filter(pk=operator.pk).update(language=language)
        for address in (url(operator), url(group)):
            page = admin.get(address).content.decode()
            assert words in page
            assert "Can change" not in page


def test_the_first_page_is_in_chinese_for_screen_readers(admin: Client, operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(language="zh-hans")
    page = admin.get("/admin/").content.decode()
    assert "Model name" not in page
    assert "Add link" not in page
    assert "Change or view list link" not in page


def test_an_operator_allows_a_person_and_a_group_another_number(admin: Client, url: Callable[..., str]) -> None:
    user, group = User.objects.create_user("merchant@example.com", "a-password"), Group.objects.create(name="agencies")
    asked = {"allowance-TOTAL_FORMS": "1", "allowance-INITIAL_FORMS": "0", "allowance-0-lists": "500"}
    assert admin.post(url(user), form(user, **asked)).status_code == 302
    assert admin.post(url(group), {"name": "agencies", **asked}).status_code == 302
    assert 'placeholder="20000"' in admin.get(url(user)).content.decode(), "what everybody may have"
    allowances = Allowance.objects.values_list("person__email", "group__name", "lists", "products")
    assert set(allowances) == {("merchant@example.com", None, 500, None), (None, "agencies", 500, None)}
    page = admin.post(url(user), form(user, **{**asked, "allowance-0-lists": "-1"})).content.decode()
    assert "Ensure this value is greater than or equal to 0." in page


def test_an_operator_deletes_an_account_and_restores_it(operator: User, act: Callable[..., str]) -> None:
    person = User.objects.create_user("person@example.com", "a-password")
    watchlist = Watchlist.objects.create(owner=person, name="Rivals")
    assert "1 account was deleted." in act("hide_accounts", person, operator)
    person.refresh_from_db()
    operator.refresh_from_db()
    assert (person.is_active, operator.is_active) == (False, True), "The last operator stays."
    assert not Watchlist.objects.kept().exists()
    event = AuditEvent.objects.get(kind=AuditKind.ACCOUNT_DELETED)
    assert (event.actor, event.person) == (operator, person)
    assert "1 account was restored." in act("restore_accounts", person)
    person.refresh_from_db()
    assert (person.is_active, person.deleted_at) == (True, None)
    assert list(Watchlist.objects.kept()) == [watchlist]


def test_the_list_of_users_is_sorted_by_the_calls_made_for_them(admin: Client, url: Callable[..., str]) -> None:
    busy, calm = UserFactory.create(email="busy@example.com"), UserFactory.create(email="calm@example.com")
    today = provider_day(timezone.now())
    for person, days_ago, calls in ((busy, 0, 1200), (busy, 29, 100), (busy, 31, 7777), (calm, 0, 3)):
        Charge.objects.create(day=today - timedelta(days=days_ago), person=person, reason="asked", parts=calls * PARTS)
    page = admin.get(f"{url(User)}?o=-5").content.decode()
    assert page.index("busy@example.com") < page.index("calm@example.com")
    assert f'href="{url(Charge)}?person__id__exact={busy.pk}">1,300</a>' in page
    charges = admin.get(f"{url(Charge)}?person__id__exact={busy.pk}").content.decode()
    assert "7,777" in charges
    assert "calm@example.com" not in charges
