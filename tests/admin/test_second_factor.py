"""Operators need a second factor, and prove who they are again after a while."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import Message, User
from monitor.people.proof import PROOF_LASTS
from tests.people.authenticators import App

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/monitor/user/"


def test_an_operator_without_a_second_factor_is_led_to_set_one_up(
    admin: Client, operator: User, settings: Settings
) -> None:
    assert admin.get(ADDRESS).status_code == 200, "Not while developing."
    settings.OPERATORS_NEED_SECOND_FACTOR = True
    for answer in (admin.get(ADDRESS), admin.post(ADDRESS), admin.get("/admin/health/")):
        assert answer.headers["Location"] == "/settings/?needs=second-factor#security"
    assert (
        "The admin needs two-step verification"
        in admin.get("/settings/?needs=second-factor").content.decode()
    )
    App.of(operator)
    assert admin.get(ADDRESS).status_code == 200
    Authenticator.objects.filter(type=Authenticator.Type.TOTP).delete()
    assert admin.get(ADDRESS).status_code == 302, "Recovery codes alone are no second factor."
    assert admin.post("/admin/logout/").headers["Location"] == "/login/"


def test_after_a_while_the_admin_asks_who_it_is(admin: Client, operator: User) -> None:
    with time_machine.travel(timezone.now() + PROOF_LASTS + timedelta(seconds=1), tick=False):
        asked = admin.get(f"{ADDRESS}?q=lin").headers["Location"]
        assert asked == "/confirm/?next=%2Fadmin%2Fmonitor%2Fuser%2F%3Fq%3Dlin"
        assert admin.post(ADDRESS).headers["Location"] == "/confirm/?next=%2Fadmin%2F"
        assert admin.post(asked, {"password": "wrong"}).status_code == 200
        assert admin.get(ADDRESS).status_code == 302
        assert (
            admin.post(asked, {"password": "a-password"}).headers["Location"] == f"{ADDRESS}?q=lin"
        )
        assert admin.get(ADDRESS).status_code == 200


def test_another_operator_removes_a_lost_second_factor(
    admin: Client, operator: User, url: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    lost = User.objects.create_user("lost@example.com", "a-password", is_staff=True)
    browser = Client()
    browser.force_login(lost)
    App.of(lost)
    App.of(operator)
    form = {"action": "remove_second_factor", "_selected_action": [lost.pk, operator.pk]}
    with caplog.at_level(logging.WARNING):
        page = admin.post(url(User), form, follow=True).content.decode()
    assert "1 user logs in with the password alone." in page
    assert list(Authenticator.objects.values_list("user", flat=True).distinct()) == [operator.pk]
    assert f"({lost.email}) was switched off by {operator.email}" in caplog.text
    assert LogEntry.objects.get().object_id == str(lost.pk)
    assert browser.get("/products/").status_code == 302
    assert [(mail.address, mail.context["event"]) for mail in Message.objects.all()] == [
        (lost.email, "removed")
    ]


def test_only_a_superuser_removes_that_of_an_operator(
    operator: User, url: Callable[..., str]
) -> None:
    helper = User.objects.create_superuser("helper@example.com", "a-password", language="en")
    client = Client()
    client.force_login(helper)
    App.of(operator)
    User.objects.filter(pk=helper.pk).update(is_superuser=False)
    client.post(url(User), {"action": "remove_second_factor", "_selected_action": [operator.pk]})
    assert Authenticator.objects.exists()


def test_the_only_operator_gets_back_in_by_a_command(
    operator: User, capsys: pytest.CaptureFixture[str]
) -> None:
    App.of(operator)
    for address in ("Operator@example.com", operator.email):
        call_command("remove_second_factor", address)
    assert capsys.readouterr().out.splitlines() == [
        f"{operator.email} logs in with the password alone.",
        f"{operator.email} has no two-step verification.",
    ]
    assert not Authenticator.objects.exists()
