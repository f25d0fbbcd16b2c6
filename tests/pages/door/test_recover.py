"""Mails tell of a new device, another address and a deletion; their links give the account back to
its owner."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import signing
from django.test import Client

from monitor.models import AddressChange, AuditEvent, AuditKind, Message, Session, User, Watchlist
from monitor.models.users import ACCOUNT_KEPT
from monitor.people import channels, links, people
from monitor.people.mail_limits import LETTERS
from monitor.people.recovery import LOCK_LASTS, recovery_token
from monitor.telling.message import build
from monitor.watching import account_deletion
from tests.api import Program
from tests.authenticators import App, Passkey
from tests.factories import NOW, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
CREDENTIALS = {"username": "merchant@example.com", "password": "a-password"}
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
LATER = NOW + timedelta(minutes=5)
type Undone = AuditEvent | AddressChange | User


def log_in(client: Client | None = None, address: str = "203.0.113.7") -> Client:
    client = client or Client(REMOTE_ADDR=address, headers={"User-Agent": WINDOWS})
    assert client.post("/login/", CREDENTIALS).status_code == 302
    return client


def move(merchant: User, email: str) -> AddressChange:
    """Change the address, as one who has opened the link in the mail to it."""
    people.change_address(User.objects.get(pk=merchant.pk), email, NOW)
    return AddressChange.objects.latest("pk")


def link(row: Undone) -> str:
    return f"/account/recover/{recovery_token(row)}/"


def last_login() -> str:
    return link(AuditEvent.objects.filter(kind=AuditKind.LOGIN).order_by("-pk")[0])


def letters() -> int:
    return Message.objects.filter(kind=Message.Kind.NEW_DEVICE).count()


@pytest.fixture
def owner(merchant: User) -> Client:
    """The browser of the first log-in, of which no mail tells."""
    owner = log_in()
    assert letters() == 0
    return owner


@pytest.fixture
def reader() -> Client:
    """Opens a mail, in any browser."""
    return Client(headers={"Accept-Language": "en"})


def test_only_a_new_device_is_told_of(owner: Client, merchant: User) -> None:
    owner.post("/logout/")
    log_in(owner)
    Client().post("/login/", {**CREDENTIALS, "password": "wrong"})
    assert letters() == 0
    log_in(address="198.51.100.2")
    mail = Message.objects.get(kind=Message.Kind.NEW_DEVICE)
    message = build(mail)
    assert mail.address == merchant.email
    assert (
        "2026-11-25 12:00 (Asia/Shanghai): Chrome on Windows, network 198.51.100.2." in message.body
    )
    assert last_login() in message.body
    merchant.refresh_from_db()
    Client().post(
        f"/forgotten/{links.reset_token(merchant)}/", {"new_password": "correct-horse-battery"}
    )
    assert letters() == 1, "Who has opened a mail needs no other one."


def test_a_reported_login_locks_the_account_and_leads_to_a_new_password(
    owner: Client, merchant: User, reader: Client
) -> None:
    program = Program.of(merchant)
    channel = channels.add(
        merchant, "webhook", "ERP", {"url": "https://thief.example.com"}, "…com", NOW
    )
    thief = log_in(address="198.51.100.2")
    address = last_login()
    page = reader.get(address).content.decode()
    assert merchant.email in page
    assert "2026-11-25 12:00 (Asia/Shanghai): Chrome on Windows, network 198.51.100.2." in page
    assert "API tokens end and channels are paused." in page
    assert Session.objects.filter(user=merchant).count() == 2, "To open the page changes nothing."
    assert "Your account is locked" in reader.post(address).content.decode()
    assert not Session.objects.filter(user=merchant).exists()
    assert thief.get("/").status_code == owner.get("/").status_code == 302
    assert Client().post("/login/", CREDENTIALS).status_code == 200
    assert program.send("GET", "/watchlists").status_code == 401
    channel.refresh_from_db()
    assert channel.is_paused
    kinds = [event.kind for event in AuditEvent.objects.filter(person=merchant)]
    assert (kinds.count(AuditKind.NOT_ME), kinds.count(AuditKind.CHANNEL_CHANGED)) == (1, 1)
    reset = Message.objects.get(kind=Message.Kind.PASSWORD_RESET)
    body = build(reset).body
    assert reset.address == merchant.email
    assert "/forgotten/" in body
    assert "You locked your account. The old password no longer works." in body
    assert "your channels are paused" in body
    assert "ignore this e-mail" not in body
    assert reader.post(address).status_code == 404, "The link works once."


def test_a_reported_login_undoes_changes_of_the_address_since_then(
    owner: Client, merchant: User
) -> None:
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        people.change_address(merchant, "moved@example.com", NOW - timedelta(days=1))
        people.change_address(merchant, "merchant@example.com", NOW - timedelta(days=1))
    log_in(address="198.51.100.2")
    address = last_login()
    merchant.refresh_from_db()
    with time_machine.travel(LATER, tick=False):
        people.change_password(merchant, "thiefs-own-password", LATER)
        people.change_address(merchant, "thief@example.com", LATER)
        people.change_address(merchant, "thief2@example.com", LATER)
        assert Client().post(address).status_code == 200
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"
    assert not merchant.has_usable_password()
    assert Message.objects.get(kind=Message.Kind.PASSWORD_RESET).address == merchant.email


def test_a_thief_cannot_keep_the_owner_out_by_using_up_the_letters(
    owner: Client, merchant: User
) -> None:
    """Accounts of the thief fill the mailbox of the new address; changes of the password fill the
    owner's."""
    log_in(address="198.51.100.2")
    address = last_login()
    for number in range(LETTERS.burst):
        people.change_password(merchant, f"thiefs-own-{number}", NOW, "thiefs-session")
    people.change_address(merchant, "thief@example.com", NOW, "thiefs-session")
    for number in range(LETTERS.burst):
        people.change_address(
            UserFactory.create(email=f"thief+{number}@example.com"), f"{number}@example.com", NOW
        )
    assert Client().post(address).status_code == 200
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"
    assert not merchant.has_usable_password()
    reset = f"/forgotten/{links.reset_token(merchant)}/"
    assert Client().post(reset, {"new_password": "correct-horse-battery"}).status_code == 302
    told = Message.objects.filter(kind__in=["password_changed", "address_changed"]).order_by("-pk")
    assert [letter.address for letter in told[:2]] == ["merchant@example.com", "thief@example.com"]


def test_the_old_address_takes_the_account_back(merchant: User, reader: Client) -> None:
    phone = Authenticator.objects.create(
        user=merchant, type="webauthn", data=Passkey().stored("Phone")
    )
    Authenticator.objects.update(created_at=NOW - timedelta(days=1))
    program, thief = Program.of(merchant), Client()
    thief.force_login(merchant)
    address = link(move(merchant, "thief@example.com"))
    assert address in build(Message.objects.get(kind=Message.Kind.ADDRESS_CHANGED)).body
    App.of(merchant)
    SocialAccount.objects.create(user=merchant, provider="weixin", uid="of-the-thief")
    page = reader.get(address).content.decode()
    assert "You log in with merchant@example.com again instead of thief@example.com." in page
    merchant.refresh_from_db()
    assert merchant.email == "thief@example.com"
    assert "Your account is locked" in reader.post(address).content.decode()
    merchant.refresh_from_db()
    assert (merchant.email, merchant.has_usable_password()) == ("merchant@example.com", False)
    assert thief.get("/products/").status_code == 302
    assert program.send("GET", "/watchlists").status_code == 401
    assert Authenticator.objects.get() == phone, "The owner's own stays."
    assert not SocialAccount.objects.exists()
    told = Message.objects.order_by("-pk").values_list("kind", "address")[:2]
    assert [*told] == [
        ("password_reset", "merchant@example.com"),
        ("address_changed", "thief@example.com"),
    ]
    assert reader.get(address).status_code == reader.post(address).status_code == 404, (
        "It works once."
    )


def test_a_thief_who_changes_the_address_twice_does_not_keep_the_account(merchant: User) -> None:
    first, second = (
        move(merchant, "thief@example.com"),
        move(merchant, "other-of-the-thief@example.com"),
    )
    merchant.refresh_from_db()
    waiting = (
        f"/settings/address/{links.address_token(merchant, 'third-of-the-thief@example.com')}/"
    )
    forgotten = f"/forgotten/{links.reset_token(merchant)}/"
    assert Client().post(link(first)).status_code == 200
    assert [Client().post(dead).status_code for dead in (link(second), waiting, forgotten)] == [
        404
    ] * 3
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"


def test_an_address_that_another_account_has_now_cannot_be_taken_back(merchant: User) -> None:
    address = link(move(merchant, "new@example.com"))
    UserFactory.create(email="merchant@example.com")
    assert Client().post(address).status_code == 404
    merchant.refresh_from_db()
    assert merchant.email == "new@example.com"
    assert merchant.check_password("a-password")


def test_a_deleted_account_comes_back_with_its_lists(
    merchant: User, watchlist: Watchlist, reader: Client
) -> None:
    earlier = WatchlistFactory.create(
        owner=merchant, name="Deleted before", deleted_at=NOW - timedelta(days=3)
    )
    account_deletion.delete_account(merchant, NOW)
    mail = Message.objects.get(kind=Message.Kind.ACCOUNT_DELETED)
    assert mail.address == merchant.email
    merchant.refresh_from_db()
    address = link(merchant)
    assert address in build(mail).body
    assert merchant.email in reader.get(address).content.decode()
    merchant.refresh_from_db()
    assert not merchant.is_active
    assert "Your account is back." in reader.post(address, follow=True).content.decode()
    merchant.refresh_from_db()
    assert (merchant.is_active, merchant.deleted_at) == (True, None)
    assert merchant.check_password("a-password")
    assert list(Watchlist.objects.kept()) == [watchlist]
    assert Watchlist.objects.get(pk=earlier.pk).deleted_at is not None
    assert reader.post(address).status_code == 404


def of_login(merchant: User) -> AuditEvent:
    return AuditEvent.objects.create(kind=AuditKind.LOGIN, actor=merchant, person=merchant, at=NOW)


def of_address(merchant: User) -> AddressChange:
    return move(merchant, "new@example.com")


def of_deletion(merchant: User) -> User:
    account_deletion.delete_account(merchant, NOW)
    return User.objects.get(pk=merchant.pk)


@pytest.mark.parametrize(
    ("undone", "old_link", "salt", "lasts"),
    [
        (of_login, "/account/not-me/", "disown", LOCK_LASTS),
        (of_address, "/settings/address/back/", "take-back", LOCK_LASTS),
        (of_deletion, "/account/restore/", "restore", ACCOUNT_KEPT),
    ],
)
def test_a_link_of_an_older_mail_works_as_long_as_it_was_promised(
    merchant: User,
    undone: Callable[[User], Undone],
    old_link: str,
    salt: str,
    lasts: timedelta,
) -> None:
    row = undone(merchant)
    content = [row.pk, str(row.deleted_at)] if isinstance(row, User) else row.pk
    address = f"{old_link}{signing.dumps(content, salt=f'monitor.accounts.{salt}')}/"
    with time_machine.travel(NOW + lasts - timedelta(minutes=1), tick=False):
        assert Client().get(address).status_code == 200
    with time_machine.travel(NOW + lasts + timedelta(minutes=1), tick=False):
        late = Client(headers={"Accept-Language": "en"}).post(address)
    assert late.status_code == 404
    assert "It was used, has expired, or is incomplete." in late.content.decode()
    assert Client().post(address).status_code in (200, 302)


@pytest.mark.parametrize("token", ["x", "a:b:c", "ImEi:1abc:def", "%00", "é" * 50])
def test_a_made_up_link_does_nothing(merchant: User, token: str) -> None:
    for address in ("/account/recover", "/settings/address", "/forgotten"):
        assert Client().get(f"{address}/{token}/").status_code == 404
        assert (
            Client()
            .post(f"{address}/{token}/", {"new_password": "correct-horse-battery"})
            .status_code
            == 404
        )
