"""What a user may not do too often: the page says when it goes on, and nothing was changed."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.test import Client

from monitor.models import ApiToken, AuditEvent, Message, Rule, User, Watchlist
from monitor.pages.shared.downloads import FILES
from monitor.people.mail_limits import LETTERS
from monitor.people.throttle import SLOW_ANSWERS, TRIALS, take
from tests.api import Program
from tests.models.factories import NOW, UserFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
WAIT = "Too many attempts. Please try again in 15 min."


def make_token(web: Client, **more: Any) -> Any:
    form = {"name": "Reports", "scope": "read", "lasts": "90"}
    return web.post("/settings/tokens/new/", form, **more)


def test_a_user_cannot_cause_mails_without_end(web: Client, merchant: User) -> None:
    """Tokens are limited in number, but each one that is made and ended is a mail."""
    for _ in range(LETTERS.burst):
        assert make_token(web).status_code == 200
        ApiToken.objects.update(ended_at=NOW)
    answer = make_token(web)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert WAIT in answer.content.decode()
    assert make_token(web, headers=HTMX).content.decode() == WAIT
    assert ApiToken.objects.count() == Message.objects.count() == LETTERS.burst
    merchant.language = "zh-hans"
    merchant.save()
    assert "请在 15 分钟后重试" in make_token(web).content.decode()
    with time_machine.travel(NOW + timedelta(minutes=15), tick=False):
        web.force_login(merchant)
        assert make_token(web).status_code == 200


def test_each_kind_of_letter_is_counted_by_itself_and_for_all_addresses_of_a_mailbox(
    web: Client,
) -> None:
    passwords = [
        "a-password",
        *(f"another-password-{number}" for number in range(LETTERS.burst + 1)),
    ]
    answers = [
        web.post("/settings/password/", {"password": old, "new_password": new}).status_code
        for old, new in pairwise(passwords)
    ]
    assert answers == [302] * LETTERS.burst + [429]
    assert User.objects.get().check_password(passwords[-2]), (
        "A change that is not mailed does not happen."
    )
    assert make_token(web).status_code == 200


@pytest.mark.parametrize("address", ["/products/export.csv", "/alerts/export.xlsx"])
def test_a_user_makes_two_files_at_once(web: Client, address: str) -> None:
    begun = [web.get("/products/export.csv") for _ in range(SLOW_ANSWERS.burst)]
    answer = web.get(address)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "120")
    assert "Wait until your other files have arrived." in answer.content.decode()
    other = Client()
    other.force_login(UserFactory.create())
    assert other.get(address).status_code == 200
    assert "Product ID" in begun[0].getvalue().decode()
    again: Any = web.get("/products/export.csv")
    assert again.status_code == 200
    next(iter(again))
    again._iterator.close()  # The response's own `close` would close the test's connection, too.
    assert web.get(address).status_code == 200, "Whoever breaks a download off may begin another."


def test_not_many_trials_of_rules_are_made_at_once(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    """A trial reads up to 50,000 changes, and a program tries rules, too."""
    address, program = (
        f"/watchlists/{watchlist.pk}/rules/trial",
        Program.of(merchant, scope="write"),
    )
    prefix = f"new-rules-of-list-{watchlist.pk}"

    def statuses() -> list[int]:
        by_hand = web.post(
            f"{address}/", {f"{prefix}-kind": "price_below", f"{prefix}-threshold": "49"}
        )
        by_program = program.send("POST", address, {"kind": "price_below", "threshold": 4900})
        return [by_hand.status_code, by_program.status_code]

    Rule.objects.all().delete()
    assert [statuses() for _ in range(SLOW_ANSWERS.burst)] == [[200, 200]] * SLOW_ANSWERS.burst
    for _ in range(TRIALS.burst):
        assert not take(TRIALS, str(merchant.pk), NOW)
    assert statuses() == [429, 429]
    rule = Rule.objects.create(watchlist=watchlist, kind="price_below", threshold=4900)
    assert f"rule-{rule.pk}-threshold" in web.get(f"/rules/{rule.pk}/").content.decode(), (
        "It can be altered untried."
    )


def test_files_have_a_rate(web: Client) -> None:
    answers = [web.get("/products/export.xlsx").status_code for _ in range(FILES.burst + 1)]
    assert answers == [200] * FILES.burst + [429]
    assert AuditEvent.objects.filter(kind="exported").count() == FILES.burst
