"""Sessions: their user and origin, their last visit, and their end."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as site
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from monitor.models import Session, Throttle, User
from monitor.text.devices import device
from monitor.watching.upkeep import clean_up
from tests.models.factories import NOW, UserFactory
from tests.pages import Browser, seen_by

pytestmark = pytest.mark.django_db
CREDENTIALS = {"username": "merchant@example.com", "password": "a-password"}
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50"


def signed_in(address: str = "203.0.113.7") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": PHONE})
    assert client.post("/login/", CREDENTIALS).status_code == 302
    return client


def key_of(client: Client) -> str:
    return client.cookies[site.SESSION_COOKIE_NAME].value


def test_a_login_gets_a_new_session(merchant: User) -> None:
    client = Client()
    session = client.session
    session["language"] = "en"
    session.save()
    client.cookies[site.SESSION_COOKIE_NAME] = str(session.session_key)
    client.post("/login/", CREDENTIALS)
    assert key_of(client) != session.session_key
    assert not Session.objects.filter(pk=session.session_key).exists()


def test_a_session_has_its_user_and_origin_and_notes_visits(merchant: User) -> None:
    client = signed_in()
    session = Session.objects.get(pk=key_of(client))
    assert (session.user, session.address, session.user_agent) == (merchant, "203.0.113.7", PHONE)
    assert session.seen_at == NOW
    for minutes, noted in ((4, 0), (6, 6), (9, 6), (12, 12)):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            client.get("/products/", REMOTE_ADDR="198.51.100.2")
            session.refresh_from_db()
            assert session.seen_at == NOW + timedelta(minutes=noted)
    assert session.address == "198.51.100.2"


def handles_on(page: str) -> list[str]:
    return re.findall(r'name="session" value="(\w+)"', page)


def test_it_lists_sessions_and_ends_one_or_all_others(web: Browser, merchant: User) -> None:
    others = [signed_in() for _ in range(3)]
    page = web.page("/settings/")
    for shown in ("WeChat on iPhone", "203.0.113.7"):
        assert shown in page
    assert page.count("this device") == 1
    for session in Session.objects.all():
        assert session.pk not in page
    handles = handles_on(page)
    assert len(handles) == 3
    form = {"session": handles[0]}
    seen_by(UserFactory.create()).post("/settings/sessions/", form)
    statuses = [client.get("/products/").status_code for client in (web, *others)]
    assert statuses == [200] * 4, "Strangers end nothing."
    web.post("/settings/sessions/", form)
    assert sorted(client.get("/products/").status_code for client in others) == [200, 200, 302]
    web.post("/settings/sessions/")
    statuses = [client.get("/products/").status_code for client in (web, *others)]
    assert statuses == [200, 302, 302, 302]


@pytest.mark.parametrize(
    ("trusted", "forwarded", "peer", "address"),
    [
        (False, "203.0.113.7", "10.0.0.1", "10.0.0.1"),
        (True, "203.0.113.7", "10.0.0.1", "203.0.113.7"),
        (True, "1.1.1.1, 203.0.113.7", "10.0.0.1", "203.0.113.7"),
        (True, "", "10.0.0.1", "10.0.0.1"),
        (True, "unknown", "10.0.0.1", None),
        (False, "", "::ffff:203.0.113.7", "203.0.113.7"),
        (False, "", "fe80::1%eth0", "fe80::1"),
    ],
)
def test_only_a_trusted_proxys_header_counts(
    merchant: User,
    settings: Settings,
    trusted: bool,
    forwarded: str,
    peer: str,
    address: str | None,
) -> None:
    settings.TRUST_PROXY = trusted
    client = Client(REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    client.post("/login/", CREDENTIALS)
    assert Session.objects.get().address == address


def test_expired_sessions_and_throttles_are_deleted(merchant: User) -> None:
    Client().post("/login/", {**CREDENTIALS, "password": "wrong"})
    signed_in()
    assert clean_up(NOW) == 0
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        signed_in(address="198.51.100.2")
    clean_up(NOW + timedelta(seconds=site.SESSION_COOKIE_AGE + 60))
    assert Session.objects.get().address == "198.51.100.2"
    assert not Throttle.objects.exists()


WINDOWS, CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36", "Chrome/131.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{WINDOWS} {CHROME}", "Chrome on Windows"),
        (f"{WINDOWS} {CHROME} Edg/131.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Version/18 Safari/605.1", "Safari on Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) Version/18 Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 14) {CHROME} MicroMessenger/8", "WeChat on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Firefox/133.0", "Firefox on Linux"),
        ("python-requests/2.32", "a program"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_devices_have_names_that_people_know(user_agent: str, words: str) -> None:
    with translation.override("en"):
        assert device(user_agent) == words
