"""A mail tells of a new device; 'this was not me' gives the account back to its owner."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.accounts import channels, links, people
from monitor.delivery.message import build
from monitor.models import AuditEvent, AuditKind, Message, Session, User
from tests.factories import NOW

pytestmark = pytest.mark.django_db
CREDENTIALS = {"username": "merchant@example.com", "password": "a-password"}
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


def log_in(client: Client | None = None, address: str = "203.0.113.7") -> Client:
    client = client or Client(REMOTE_ADDR=address, headers={"User-Agent": WINDOWS})
    assert client.post("/login/", CREDENTIALS).status_code == 302
    return client


def letters() -> int:
    return Message.objects.filter(kind=Message.Kind.NEW_DEVICE).count()


@pytest.fixture
def owner(merchant: User) -> Client:
    """The browser of the first log-in, of which no mail tells."""
    owner = log_in()
    assert letters() == 0
    return owner


def disown_link() -> str:
    login = AuditEvent.objects.filter(kind=AuditKind.LOGIN).order_by("-pk")[0]
    return f"/account/not-me/{links.disown_token(login)}/"


def test_only_a_new_device_is_told_of(owner: Client, merchant: User) -> None:
    owner.post("/logout/")
    log_in(owner)
    assert letters() == 0
    log_in(address="198.51.100.2")
    mail = Message.objects.get(kind=Message.Kind.NEW_DEVICE)
    message = build(mail)
    assert mail.address == merchant.email
    assert "2026-11-25 12:00 (Asia/Shanghai): Chrome on Windows, network 198.51.100.2." in message.body
    assert disown_link() in message.body


def test_a_failed_login_and_a_login_by_mail_are_not(owner: Client, merchant: User) -> None:
    Client().post("/login/", {**CREDENTIALS, "password": "wrong"})
    merchant.refresh_from_db()
    Client().post(f"/forgotten/{links.reset_token(merchant)}/", {"new_password": "correct-horse-battery"})
    assert letters() == 0


def test_whoever_has_the_password_cannot_fill_the_mailbox(owner: Client) -> None:
    for number in range(8):
        log_in(address=f"198.51.100.{number}")
    assert letters() == 5


def test_the_link_locks_the_account_and_leads_to_a_new_password(owner: Client, merchant: User) -> None:
    thief = log_in(address="198.51.100.2")
    address = disown_link()
    reader = Client(headers={"Accept-Language": "en"})
    page = reader.get(address).content.decode()
    assert merchant.email in page
    assert "2026-11-25 12:00 (Asia/Shanghai): Chrome on Windows, network 198.51.100.2." in page
    assert Session.objects.filter(user=merchant).count() == 2
    assert "Your account is locked" in reader.post(address).content.decode()
    assert not Session.objects.filter(user=merchant).exists()
    assert thief.get("/").status_code == owner.get("/").status_code == 302
    assert Client().post("/login/", CREDENTIALS).status_code == 200
    reset = Message.objects.get(kind=Message.Kind.PASSWORD_RESET)
    assert reset.address == merchant.email
    assert "/forgotten/" in build(reset).body
    assert "You locked your account. The old password no longer works." in build(reset).body
    assert "ignore this e-mail" not in build(reset).body
    assert AuditEvent.objects.filter(kind=AuditKind.NOT_ME, person=merchant).count() == 1
    assert reader.post(address).status_code == 404, "The link works once."


def test_it_pauses_all_channels_and_says_so(owner: Client, merchant: User) -> None:
    channel = channels.add(merchant, "webhook", "ERP", {"url": "https://thief.example.com"}, "…com", NOW)
    log_in(address="198.51.100.2")
    address = disown_link()
    reader = Client(headers={"Accept-Language": "en"})
    words = "API tokens end and channels are paused."
    assert words in reader.get(address).content.decode()
    reader.post(address)
    channel.refresh_from_db()
    assert channel.is_paused
    assert AuditEvent.objects.filter(kind="channel_changed", person=merchant).count() == 1
    letter = build(Message.objects.get(kind=Message.Kind.PASSWORD_RESET))
    assert "your channels are paused" in letter.body


def test_it_undoes_changes_of_the_address_since_then(owner: Client, merchant: User) -> None:
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        people.change_address(merchant, "moved@example.com", NOW - timedelta(days=1))
        people.change_address(merchant, "merchant@example.com", NOW - timedelta(days=1))
    log_in(address="198.51.100.2")
    address = disown_link()
    merchant.refresh_from_db()
    later = NOW + timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        people.change_password(merchant, "thiefs-own-password", later)
        people.change_address(merchant, "thief@example.com", later)
        people.change_address(merchant, "thief2@example.com", later)
        assert Client().post(address).status_code == 200
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"
    assert not merchant.has_usable_password()
    assert (
        Message.objects.filter(kind=Message.Kind.PASSWORD_RESET).values_list("address", flat=True)[0] == merchant.email
    )


def test_a_forged_or_late_link_does_nothing(owner: Client) -> None:
    log_in(address="198.51.100.2")
    address = disown_link()
    assert Client().post("/account/not-me/forged/").status_code == 404
    with time_machine.travel(NOW + links.DISOWN_LASTS + timedelta(minutes=1), tick=False):
        assert Client().post(address).status_code == 404
    assert Session.objects.count() == 2
