"""Guessing passwords is throttled, and locks no other user out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from monitor.models import Message, User
from monitor.people import attempts, links, throttle
from monitor.people.attempts import COOKIE
from monitor.people.people import MAILS_TO_ONE
from tests.models.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
LIMIT = throttle.Limit("test", burst=3, every=timedelta(minutes=10))
HOME, ATTACKER = "203.0.113.7", "198.51.100.66"
Answer = Any


def attempt(
    password: str,
    *,
    email: str = "merchant@example.com",
    address: str = ATTACKER,
    client: Client | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    client = client or Client()
    form = {"username": email, "password": password}
    return client.post(
        "/login/", form, REMOTE_ADDR=address, headers={"Accept-Language": "en", **(headers or {})}
    )


def use_up(**more: Any) -> None:
    for _ in range(attempts.AT_ONE_ACCOUNT.burst):
        assert attempt("wrong", **more).status_code == 200


def test_it_lets_a_burst_through_and_then_one_at_a_time(db: None) -> None:
    waits = [throttle.take(LIMIT, "a", NOW) for _ in range(5)]
    assert waits == [timedelta()] * 3 + [timedelta(minutes=10)] * 2
    assert throttle.take(LIMIT, "a", NOW + timedelta(minutes=4)) == timedelta(minutes=6)
    assert not throttle.take(LIMIT, "a", NOW + timedelta(minutes=10))
    assert throttle.take(LIMIT, "a", NOW + timedelta(minutes=10)) == timedelta(minutes=10)
    assert not throttle.take(LIMIT, "b", NOW)
    for _ in range(50):
        throttle.take(LIMIT, "c", NOW)
    assert not throttle.take(LIMIT, "c", NOW + timedelta(minutes=10)), (
        "More attempts do not make the wait longer."
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_moment_count_together() -> None:
    def take(_: int) -> bool:
        try:
            return not throttle.take(LIMIT, "a", NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(40))) == LIMIT.burst


def test_after_too_many_failures_the_right_password_has_to_wait_too(merchant: User) -> None:
    use_up()
    answer = attempt("a-password")
    assert answer.status_code == 429
    assert "Please try again in 10 min." in answer.content.decode()
    assert answer.headers["Retry-After"] == "600"
    assert attempt("a-password", address=HOME).status_code == 302, "The owner is elsewhere."
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        assert attempt("a-password").status_code == 302


def known_browser(email: str = "merchant@example.com") -> Client:
    """Return a browser in which the account's owner has logged in before."""
    browser = Client()
    attempt("a-password", email=email, client=browser)
    browser.post("/logout/")
    return browser


def test_the_owners_browser_gets_in_from_the_attackers_network_and_is_throttled_too(
    merchant: User,
) -> None:
    owners = known_browser()
    use_up()
    assert attempt("a-password").status_code == 429
    assert attempt("a-password", client=owners).status_code == 302
    owners.post("/logout/")
    use_up(client=owners)
    assert attempt("a-password", client=owners).status_code == 429


def test_a_browser_is_known_for_its_own_account_only(merchant: User) -> None:
    UserFactory.create(email="attacker@example.com")
    browser = known_browser("attacker@example.com")
    use_up(client=browser)
    assert attempt("wrong").status_code == 429
    browser.cookies[COOKIE] = browser.cookies[COOKIE].value[:-3] + "abc"
    assert attempt("wrong", client=browser).status_code == 429


def test_trying_many_accounts_from_one_network_is_throttled(merchant: User) -> None:
    for number in range(attempts.FROM_ONE_NETWORK.burst):
        assert attempt("wrong", email=f"nobody-{number}@example.com").status_code == 200
    assert attempt("a-password").status_code == 429
    assert attempt("a-password", address=HOME).status_code == 302


@pytest.fixture
def owners(merchant: User) -> Client:
    return known_browser()


@pytest.fixture
def attacked(merchant: User) -> User:
    """Passwords of the merchant's are guessed from many networks."""
    for number in range(attempts.BY_STRANGERS.burst):
        assert attempt("wrong", address=f"198.51.100.{number}").status_code == 200
    assert attempt("wrong", address="203.0.113.1").status_code == 429
    return merchant


def test_guesses_from_many_networks_leave_the_owners_browser_alone(
    owners: Client, attacked: User
) -> None:
    assert attempt("a-password", address=HOME).status_code == 429
    assert attempt("a-password", address=HOME, client=owners).status_code == 302


def test_under_attack_the_owner_gets_in_by_a_mail(attacked: User) -> None:
    owners = Client(REMOTE_ADDR=HOME)
    assert (
        "A mailed code logs you in immediately."
        in attempt("a-password", address=HOME).content.decode()
    )
    owners.post("/login/code/", {"email": attacked.email})
    code = links.login_code(Message.objects.get(kind="login_code").context["seed"])
    assert owners.post("/login/code/enter/", {"code": code}).status_code == 302
    assert owners.get("/products/").status_code == 200


def test_codes_that_an_attacker_asks_for_leave_the_owner_the_reset(attacked: User) -> None:
    for number in range(MAILS_TO_ONE.burst):
        Client(REMOTE_ADDR=f"198.51.100.{number}").post("/login/code/", {"email": attacked.email})
    owners = Client(REMOTE_ADDR=HOME)
    assert owners.post("/login/code/", {"email": attacked.email}).status_code == 429
    owners.post("/forgotten/", {"email": attacked.email})
    assert Message.objects.filter(kind="password_reset").count() == 1


def test_unknown_accounts_are_throttled_like_known_ones(merchant: User) -> None:
    def answers(email: str) -> list[Any]:
        responses = [
            attempt("wrong", email=email) for _ in range(attempts.AT_ONE_ACCOUNT.burst + 2)
        ]
        return [
            (response.status_code, response.context["form"].non_field_errors())
            for response in responses
        ]

    known, unknown = answers("merchant@example.com"), answers("nobody@example.com")
    assert known == unknown
    assert unknown[-1][0] == 429


def test_a_login_to_any_account_takes_one_hash(
    merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    for email, active in (
        ("merchant@example.com", True),
        ("merchant@example.com", False),
        ("nobody@example.com", True),
    ):
        User.objects.update(is_active=active)
        hashed.clear()
        attempt("wrong", email=email)
        assert hashed == ["wrong"], (email, active)
