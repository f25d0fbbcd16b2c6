"""Sessions: their user and origin, their last visit, and their end."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as site
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.accounts.sessions import handle
from monitor.accounts.upkeep import clean_up
from monitor.models import Session, Throttle, User
from tests.factories import NOW

pytestmark = pytest.mark.django_db
CREDENTIALS = {"username": "merchant@example.com", "password": "a-password"}
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "MicroMessenger/8.0.50"
)


def signed_in(user_agent: str = PHONE, address: str = "203.0.113.7") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": user_agent})
    assert client.post("/login/", CREDENTIALS).status_code == 302
    return client


def key_of(client: Client) -> str:
    return client.cookies[site.SESSION_COOKIE_NAME].value


def test_a_login_gets_a_new_session(merchant: User) -> None:
    client = Client()
    session = client.session
    session["language"] = "en"
    session.save()
    before = session.session_key
    client.cookies[site.SESSION_COOKIE_NAME] = str(before)
    client.post("/login/", CREDENTIALS)
    assert key_of(client) != before
    assert not Session.objects.filter(pk=before).exists()


def test_a_session_has_its_user_and_origin_and_ends_when_it_is_deleted(merchant: User) -> None:
    client = signed_in()
    key = key_of(client)
    session = Session.objects.get(pk=key)
    assert (session.user, session.address, session.user_agent) == (merchant, "203.0.113.7", PHONE)
    assert session.seen_at == NOW
    assert key not in handle(key)
    assert len(handle(key)) == 32
    session.delete()
    assert client.get("/products/").status_code == 302


def test_visits_are_noted_every_few_minutes(merchant: User) -> None:
    client = signed_in()
    for minutes, noted in ((4, 0), (6, 6), (9, 6), (12, 12)):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            client.get("/products/", REMOTE_ADDR="198.51.100.2")
            assert Session.objects.get().seen_at == NOW + timedelta(minutes=noted)
    assert Session.objects.get().address == "198.51.100.2"


@pytest.mark.parametrize(
    ("trusted", "forwarded", "peer", "address"),
    [
        (False, "203.0.113.7", "10.0.0.1", "10.0.0.1"),
        (True, "203.0.113.7", "10.0.0.1", "203.0.113.7"),
        (True, "1.1.1.1, 203.0.113.7", "10.0.0.1", "203.0.113.7"),
        (True, "", "10.0.0.1", "10.0.0.1"),
        (True, "unknown", "10.0.0.1", None),
        (False, "", "", None),
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
    signed_in()
    Client().post("/login/", {**CREDENTIALS, "password": "wrong"})
    assert clean_up(NOW) == 0
    with time_machine.travel(NOW + timedelta(seconds=site.SESSION_COOKIE_AGE - 60), tick=False):
        signed_in(address="198.51.100.2")
        clean_up(NOW + timedelta(seconds=site.SESSION_COOKIE_AGE + 60))
    assert [session.address for session in Session.objects.all()] == ["198.51.100.2"]
    assert clean_up(NOW + timedelta(days=90)) > 0
    assert not Session.objects.exists()
    assert not Throttle.objects.exists()
