"""Users in the admin: the e-mail address is the login, and operators cannot give themselves
rights."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from monitor.models import (
    Allowance,
    AuditEvent,
    AuditKind,
    Message,
    Product,
    User,
    Watchlist,
)
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
NO_ALLOWANCE = {"allowance-TOTAL_FORMS": "0", "allowance-INITIAL_FORMS": "0"}


@pytest.fixture
def helper(operator_with: Callable[..., Client]) -> Client:
    """An operator who has every right on users, but is no superuser."""
    return operator_with(*(f"{verb}_user" for verb in ("add", "change", "delete", "view")))


def form(user: User, **changed: Any) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
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


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": "OPERATOR@example.com"}, "This e-mail address already has an account."),
        ({"quiet_from": 22}, "Quiet hours begin at one hour and end at another."),
    ],
)
def test_what_makes_no_sense_is_refused(
    admin: Client, url: Callable[..., str], fields: dict[str, Any], message: str
) -> None:
    user = User.objects.create_user("merchant@example.com", "a-password")
    assert message in admin.post(url(user), form(user, **fields)).content.decode()
    assert set(User.objects.values_list("email", flat=True)) == {
        "merchant@example.com",
        "operator@example.com",
    }


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
    assert list(Message.objects.values_list("kind", "address")) == [
        ("address_changed", "merchant@example.com")
    ]
    assert not Message.objects.get().context["is_undoable"]


def test_operators_cannot_change_their_own_address(
    admin: Client, operator: User, url: Callable[..., str]
) -> None:
    assert (
        "You change your own address in the settings" in admin.get(url(operator)).content.decode()
    )
    kept = {"is_staff": "on", "is_superuser": "on"}
    data = form(operator, email="thief@example.com", name="New name", **kept)
    assert admin.post(url(operator), data).status_code == 302
    operator.refresh_from_db()
    assert (operator.email, operator.name) == ("operator@example.com", "New name")


def test_an_operator_gives_no_rights_to_users(helper: Client, url: Callable[..., str]) -> None:
    group = Group.objects.create(name="bosses")
    for user in (
        User.objects.create_user("merchant@example.com", "a-password"),
        User.objects.get(is_staff=True),
    ):
        staff = user.is_staff
        every = [permission.pk for permission in Permission.objects.all()]
        data = form(
            user,
            name="新名",
            is_superuser="on",
            is_staff="on",
            user_permissions=every,
            groups=[group.pk],
        )
        assert helper.post(url(user), data).status_code == 302
        user = User.objects.get(pk=user.pk)
        assert (user.name, user.is_superuser, user.is_staff) == ("新名", False, staff)
        assert user.user_permissions.count() < len(every)
    helper.post(url(User, "add"), new("friend@example.com", groups=[group.pk], is_staff="on"))
    assert User.objects.filter(is_staff=False).count() == 2
    assert not group.user_set.exists()


def test_an_operator_gives_a_group_no_rights(helper: Client, url: Callable[..., str]) -> None:
    user = User.objects.get(email="helper@example.com")
    user.user_permissions.add(*Permission.objects.filter(content_type__model="group"))
    group = Group.objects.create(name="helpers")
    user.groups.add(group)
    every = [permission.pk for permission in Permission.objects.all()]
    assert helper.get(url(group)).status_code == 200
    assert helper.post(url(group), {"name": "helpers", "permissions": every}).status_code == 403
    assert (
        helper.post(url(Group, "add"), {"name": "bosses", "permissions": every}).status_code == 403
    )
    assert helper.post(url(group, "delete"), {"post": "yes"}).status_code == 403
    helper.post(
        url(Group), {"action": "delete_selected", "_selected_action": group.pk, "post": "yes"}
    )
    assert [(row.name, row.permissions.count()) for row in Group.objects.all()] == [("helpers", 0)]


def test_an_operator_leaves_other_operators_alone(helper: Client, url: Callable[..., str]) -> None:
    boss = User.objects.create_user("boss@example.com", "a-password", is_staff=True)
    assert helper.get(url(boss)).status_code == 200
    assert helper.post(url(boss), form(boss, email="helper2@example.com")).status_code == 403
    assert helper.post(url(boss, "delete"), {"post": "yes"}).status_code == 403
    password = f"{url(boss).removesuffix('change/')}password/"
    assert helper.get(password).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": boss.pk, "post": "yes"}
    assert helper.post(url(User), chosen).status_code == 403
    assert User.objects.get(pk=boss.pk).email == "boss@example.com"


def test_deleting_a_user_ends_the_checks_of_their_products(
    admin: Client, url: Callable[..., str]
) -> None:
    story = Story(products=2)
    admin.post(url(story.user, "delete"), {"post": "yes"})
    assert not Watchlist.objects.exists()
    assert not Message.objects.exists()
    assert Product.objects.count() == 2
    assert not Product.objects.watched().exists()


def test_an_operator_allows_a_person_and_a_group_another_number(
    admin: Client, url: Callable[..., str]
) -> None:
    user, group = (
        User.objects.create_user("merchant@example.com", "a-password"),
        Group.objects.create(name="agencies"),
    )
    asked = {
        "allowance-TOTAL_FORMS": "1",
        "allowance-INITIAL_FORMS": "0",
        "allowance-0-lists": "500",
    }
    assert admin.post(url(user), form(user, **asked)).status_code == 302
    assert admin.post(url(group), {"name": "agencies", **asked}).status_code == 302
    assert 'placeholder="20000"' in admin.get(url(user)).content.decode(), "what everybody may have"
    allowances = Allowance.objects.values_list("person__email", "group__name", "lists", "products")
    assert set(allowances) == {
        ("merchant@example.com", None, 500, None),
        (None, "agencies", 500, None),
    }
    page = admin.post(
        url(user), form(user, **{**asked, "allowance-0-lists": "-1"})
    ).content.decode()
    assert "Ensure this value is greater than or equal to 0." in page


def test_an_operator_deletes_an_account_and_restores_it(
    operator: User, act: Callable[..., str]
) -> None:
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
