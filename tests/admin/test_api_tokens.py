"""An operator sees the tokens of all people, without their secrets, and ends one."""

from collections.abc import Callable

import pytest
from django.test import Client

from monitor.models import ApiToken, AuditEvent, User
from tests.api import Program, problem_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_an_operator_ends_a_token(
    admin: Client, operator: User, act: Callable[..., str], url: Callable[..., str]
) -> None:
    program = Program.of(UserFactory.create(email="merchant@example.com"))
    token = ApiToken.objects.get()
    for page in (url(ApiToken), url(token)):
        shown = admin.get(page).content.decode()
        assert "merchant@example.com" in shown
        assert "Read only" in shown
        assert token.hash not in shown
    assert "1 token ended." in act("end", token)
    problem_of(program.send("GET", "/watchlists"), 401)
    event = AuditEvent.objects.get(kind="token_ended")
    assert (event.actor, event.person) == (operator, token.user)
    assert "0 tokens ended." in act("end", token)


def test_ending_needs_the_right_to(
    operator_with: Callable[..., Client], url: Callable[..., str]
) -> None:
    Program.of(UserFactory.create())
    token = ApiToken.objects.get()
    operator_with("view_apitoken").post(
        url(ApiToken), {"action": "end", "_selected_action": [token.pk]}
    )
    token.refresh_from_db()
    assert token.ended_at is None
