"""The second step of a login: codes, recovery codes, passkeys."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from monitor.models import Message, User
from monitor.people import attempts, links
from monitor.telling.message import build
from tests.models.factories import NOW, UserFactory
from tests.people.authenticators import (
    FLAG,
    App,
    Passkey,
    confirm,
    long_after_login,
    recovery_codes,
)

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
HALF_MINUTE = timedelta(seconds=30)


def begin(merchant: User, **more: Any) -> Client:
    """Return a browser in which the password was right."""
    client = Client(headers=ENGLISH, **more)
    answer = client.post(
        "/login/", {"username": merchant.email, "password": "a-password", "next": "/alerts/"}
    )
    assert answer.headers["Location"] == "/login/second-factor/"
    assert client.get("/products/").status_code == 302, "The password alone opens nothing."
    return client


def finish(client: Client, code: str) -> Any:
    return client.post("/login/second-factor/", {"code": code})


def test_an_app_is_set_up_and_asked_for_at_the_next_login(web: Client, merchant: User) -> None:
    other = Client()
    other.force_login(merchant)
    long_after_login(web)
    assert web.get("/settings/security/app/").headers["Location"].startswith("/confirm/?next=")
    confirm(web)
    page = web.get("/settings/security/app/").content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    [secret] = re.findall(r'<code class="secret-key">([\w ]+)</code>', page)
    assert {len(group) for group in secret.split()} == {4}, "People type it group by group."
    app = App(secret.replace(" ", ""))
    assert (
        "This code is wrong"
        in web.post("/settings/security/app/", {"code": "000000"}).content.decode()
    )
    assert (
        web.post("/settings/security/app/", {"code": app.code()}).headers["Location"]
        == "/settings/security/codes/"
    )
    assert (
        "Authenticator app on. Keep these codes."
        in web.get("/settings/security/codes/").content.decode()
    )
    assert "Set up:" in web.get("/settings/").content.decode()
    assert other.get("/products/").status_code == 302, "Who has logged in without it is logged out."
    assert [mail.context["event"] for mail in Message.objects.all()] == ["totp_activated"]

    browser = begin(merchant)
    assert finish(browser, app.code()).status_code == 200, "The code that set it up was used."
    with time_machine.travel(NOW + HALF_MINUTE, tick=False):
        assert finish(browser, app.code()).headers["Location"] == "/alerts/"
    assert browser.get("/products/").status_code == 200


def test_a_code_works_once_in_whatever_process(merchant: User) -> None:
    app = App.of(merchant)
    assert finish(begin(merchant), app.code()).status_code == 302
    cache.clear()  # Each process has its own.
    for code in (app.code(), app.code(-1), f" {app.code()[:3]} {app.code()[3:]} "):
        answer = finish(begin(merchant), code)
        assert "This code is wrong, or was used already." in answer.content.decode()
    assert finish(begin(merchant), app.code(1)).status_code == 302, (
        "Clocks differ by half a minute."
    )


def test_a_recovery_code_works_once(merchant: User) -> None:
    App.of(merchant)
    code = recovery_codes(merchant)[3]
    browser = begin(merchant)
    assert finish(browser, code).status_code == 302
    assert "You used a recovery code; 9 are left." in browser.get("/settings/").content.decode()
    mail = Message.objects.get(kind=Message.Kind.SECOND_FACTOR)
    assert "A recovery code was used. Unused: 9." in build(mail).body
    assert "Password · Recovery code" in browser.get("/settings/activity/").content.decode()
    assert "was used already" in finish(begin(merchant), code).content.decode()
    assert len(recovery_codes(merchant)) == 9


def test_secrets_are_encrypted_and_with_another_key_no_code_is_right(
    merchant: User, settings: Any
) -> None:
    app = App.of(merchant)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert app.secret not in stored
    assert not any(code in stored for code in recovery_codes(merchant))
    settings.SECRET_KEY = "another key of the tests, long enough"
    assert "This code is wrong" in finish(begin(merchant), app.code()).content.decode()


def test_guessing_codes_is_throttled_and_holds_up_no_known_browser(merchant: User) -> None:
    known = Client(headers=ENGLISH)
    known.post("/login/", {"username": merchant.email, "password": "a-password"})
    known.post("/logout/")
    app = App.of(merchant)
    thief = begin(merchant, REMOTE_ADDR="198.51.100.66")
    for _ in range(attempts.CODES.burst):
        assert finish(thief, "000000").status_code == 200
    answer = finish(thief, app.code())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "600")
    for number in range(attempts.CODES_OF_STRANGERS.burst - attempts.CODES.burst):
        finish(begin(merchant, REMOTE_ADDR=f"203.0.113.{number}"), "000000")
    assert finish(begin(merchant, REMOTE_ADDR="192.0.2.1"), app.code()).status_code == 429
    known.post("/login/", {"username": merchant.email, "password": "a-password"})
    assert finish(known, app.code()).status_code == 302


def test_a_lost_password_does_not_lead_past_the_second_step(merchant: User) -> None:
    app = App.of(merchant)
    inside = Client()
    inside.force_login(merchant)
    for client in (Client(), inside):
        link = f"/forgotten/{links.reset_token(User.objects.get())}/"
        answer = client.post(link, {"new_password": "correct-horse-battery"})
        assert answer.headers["Location"] == "/login/second-factor/"
        assert client.get("/products/").status_code == 302
    assert finish(inside, app.code()).status_code == 302


def add(web: Client, passkey: Passkey, **form: str) -> Any:
    confirm(web)
    question = web.get("/settings/security/passkeys/").context["question"]
    return web.post(
        "/settings/security/passkeys/", {"credential": passkey.create(question), **form}
    )


def log_in(client: Client, passkey: Passkey) -> Any:
    question = client.post("/login/passkey/").json()
    return client.post("/login/passkey/", {"credential": passkey.get(question), "next": "/alerts/"})


def test_a_passkey_alone_logs_in(web: Client, merchant: User) -> None:
    passkey = Passkey()
    assert add(web, passkey, name="Lin's phone").headers["Location"] == "/settings/security/codes/"
    assert "Lin&#x27;s phone" in web.get("/settings/").content.decode()
    browser = Client(headers=ENGLISH)
    assert log_in(browser, passkey).headers["Location"] == "/alerts/"
    assert browser.get("/products/").status_code == 200
    assert (
        "A passkey was added: Lin's phone."
        in build(Message.objects.get(kind=Message.Kind.SECOND_FACTOR)).body
    )
    activity = browser.get("/settings/activity/").content.decode()
    assert "Lin&#x27;s phone" in activity
    assert "Two-step verification added" in activity
    assert "webauthn" not in activity


def test_a_passkey_is_a_second_step_after_the_password(web: Client, merchant: User) -> None:
    passkey = Passkey()
    add(web, passkey)
    browser = begin(merchant)
    question = browser.get("/login/second-factor/").context["js_data"]["request_options"]
    answer = browser.post("/login/second-factor/", {"credential": passkey.get(question)})
    assert answer.headers["Location"] == "/alerts/"


def test_a_passkey_of_another_origin_or_key_or_without_a_finger_is_refused(
    web: Client, merchant: User
) -> None:
    for foreign in (
        Passkey(origin="https://evil.example"),
        Passkey(site="evil.example"),
        Passkey(flags=FLAG.UP),
    ):
        assert "could not be added" in add(web, foreign).content.decode()
    assert not Authenticator.objects.exists()
    passkey = Passkey()
    add(web, passkey)
    evil = ("https://evil.example", "http://localhost.evil.example", "https://app.localhost:8000")
    for origin in (*evil, "http://localhost:9000", "https://localhost:8000"):
        passkey.origin = origin
        browser = Client(headers=ENGLISH)
        assert log_in(browser, passkey).headers["Location"] == "/login/?passkey=unknown"
        assert "belongs to no account" in browser.get("/login/?passkey=unknown").content.decode()
        assert browser.get("/products/").status_code == 302
    passkey.origin, passkey.flags = Passkey().origin, FLAG.UP
    for refused in (passkey, Passkey(user_handle=passkey.user_handle)):
        assert log_in(Client(), refused).headers["Location"] == "/login/?passkey=unknown"


@pytest.mark.parametrize("text", ["1", "[]", '{"response": {}}', "[" * 100_000, "9" * 10_000])
def test_made_up_passkeys_are_refused(web: Client, merchant: User, text: str) -> None:
    browser = Client()
    browser.post("/login/passkey/")
    answer = browser.post("/login/passkey/", {"credential": text})
    assert answer.headers["Location"] == "/login/?passkey=unknown"
    confirm(web)
    answer = web.post("/settings/security/passkeys/", {"credential": text})
    assert "could not be added" in answer.content.decode()


def test_a_passkey_is_removed_by_its_owner_alone(web: Client, merchant: User) -> None:
    add(web, Passkey())
    passkey = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
    stranger = Client()
    stranger.force_login(UserFactory.create())
    confirm(stranger)
    address = f"/settings/security/passkeys/{passkey.pk}/remove/"
    assert stranger.post(address).status_code == 404
    assert web.post(address).headers["Location"] == "/settings/security/"
    assert not Authenticator.objects.exists()
    assert log_in(Client(), Passkey()).headers["Location"] == "/login/?passkey=unknown"
