"""Mails tell of a new device, another address and a deletion; their links give the account back to
its owner."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from monitor.models import AuditEvent, AuditKind, Message, Session, User, Watchlist
from monitor.models.users import ACCOUNT_KEPT
from monitor.people import channels, links, people
from monitor.people.mail_limits import LETTERS
from monitor.people.recovery import LOCK_LASTS, recovery_token
from monitor.telling.message import build
from monitor.watching import account_deletion
from tests.api import Program
from tests.models.factories import NOW, UserFactory, WatchlistFactory
from tests.people.authenticators import App, Passkey

pytestmark = pytest.mark.django_db
CREDENTIALS = {"username": "merchant@example.com", "password": "a-password"}
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
LATER = NOW + timedelta(minutes=5)
KIND = Message.Kind


def log_in(client: Client | None = None, address: str = "203.0.113.7") -> Client:
    client = client or Client(REMOTE_ADDR=address, headers={"User-Agent": WINDOWS})
    assert client.post("/login/", CREDENTIALS).status_code == 302
    return client


def last_link(kind: Message.Kind) -> str:
    """Return the link of the last mail of this kind."""
    return f"/account/recover/{recovery_token(Message.objects.filter(kind=kind).latest('pk'))}/"


def move(merchant: User, email: str) -> str:
    """Change the address, as one who has opened the link in the mail to it; return the link that
    undoes it."""
    merchant.refresh_from_db()
    people.change_address(merchant, email, NOW)
    return last_link(KIND.ADDRESS_CHANGED)


def letters() -> int:
    return Message.objects.filter(kind=KIND.NEW_DEVICE).count()


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
    mail = Message.objects.get(kind=KIND.NEW_DEVICE)
    body = build(mail).body
    assert mail.address == merchant.email
    assert "2026-11-25 12:00 (Asia/Shanghai): Chrome on Windows, network 198.51.100.2." in body
    assert last_link(KIND.NEW_DEVICE) in body
    merchant.refresh_from_db()
    reset = f"/forgotten/{links.reset_token(merchant)}/"
    Client().post(reset, {"new_password": "correct-horse-battery"})
    assert letters() == 1, "Who has opened a mail needs no other one."


def test_a_reported_login_locks_the_account_and_leads_to_a_new_password(
    owner: Client, merchant: User, reader: Client
) -> None:
    program = Program.of(merchant)
    values = {"url": "https://thief.example.com"}
    channel = channels.add(merchant, "webhook", "ERP", values, "…com", NOW)
    thief = log_in(address="198.51.100.2")
    address = last_link(KIND.NEW_DEVICE)
    page = reader.get(address).content.decode()
    assert merchant.email in page
    assert "2026-11-25 12:00 (Asia/Shanghai): Chrome on Windows, network 198.51.100.2." in page
    assert Session.objects.filter(user=merchant).count() == 2, "To open the page changes nothing."
    assert "Your account is locked" in reader.post(address).content.decode()
    assert thief.get("/").status_code == owner.get("/").status_code == 302
    assert Client().post("/login/", CREDENTIALS).status_code == 200
    assert program.send("GET", "/watchlists").status_code == 401
    channel.refresh_from_db()
    assert channel.is_paused
    assert AuditEvent.objects.filter(person=merchant, kind=AuditKind.NOT_ME).count() == 1
    reset = Message.objects.get(kind=KIND.PASSWORD_RESET)
    assert reset.address == merchant.email
    assert "You locked your account. The old password no longer works." in build(reset).body
    assert reader.post(address).status_code == 404, "The link works once."


def test_a_reported_login_undoes_changes_of_the_address_since_then(
    owner: Client, merchant: User
) -> None:
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        people.change_address(merchant, "moved@example.com", NOW - timedelta(days=1))
        people.change_address(merchant, "merchant@example.com", NOW - timedelta(days=1))
    log_in(address="198.51.100.2")
    address = last_link(KIND.NEW_DEVICE)
    merchant.refresh_from_db()
    with time_machine.travel(LATER, tick=False):
        people.change_password(merchant, "thiefs-own-password", LATER)
        people.change_address(merchant, "thief@example.com", LATER)
        people.change_address(merchant, "thief2@example.com", LATER)
        assert Client().post(address).status_code == 200
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"
    assert not merchant.has_usable_password()
    assert Message.objects.get(kind=KIND.PASSWORD_RESET).address == merchant.email


def test_a_thief_cannot_keep_the_owner_out_by_using_up_the_letters(
    owner: Client, merchant: User
) -> None:
    """Accounts of the thief fill the mailbox of the new address; changes of the password fill the
    owner's."""
    log_in(address="198.51.100.2")
    address = last_link(KIND.NEW_DEVICE)
    for number in range(LETTERS.burst):
        people.change_password(merchant, f"thiefs-own-{number}", NOW, "thiefs-session")
    people.change_address(merchant, "thief@example.com", NOW, "thiefs-session")
    for number in range(LETTERS.burst):
        account = UserFactory.create(email=f"thief+{number}@example.com")
        people.change_address(account, f"{number}@example.com", NOW)
    assert Client().post(address).status_code == 200
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"
    reset = f"/forgotten/{links.reset_token(merchant)}/"
    assert Client().post(reset, {"new_password": "correct-horse-battery"}).status_code == 302
    told = Message.objects.filter(kind__in=["password_changed", "address_changed"]).order_by("-pk")
    assert [letter.address for letter in told[:2]] == ["merchant@example.com", "thief@example.com"]


def test_the_old_address_takes_the_account_back(merchant: User, reader: Client) -> None:
    phone = Passkey().stored("Phone")
    Authenticator.objects.create(user=merchant, type="webauthn", data=phone)
    Authenticator.objects.update(created_at=NOW - timedelta(days=1))
    thief = Client()
    thief.force_login(merchant)
    address = move(merchant, "thief@example.com")
    assert address in build(Message.objects.get(kind=KIND.ADDRESS_CHANGED)).body
    App.of(merchant)
    SocialAccount.objects.create(user=merchant, provider="weixin", uid="of-the-thief")
    page = reader.get(address).content.decode()
    assert "You log in with merchant@example.com again instead of thief@example.com." in page
    assert "Your account is locked" in reader.post(address).content.decode()
    merchant.refresh_from_db()
    assert (merchant.email, merchant.has_usable_password()) == ("merchant@example.com", False)
    assert thief.get("/products/").status_code == 302
    assert Authenticator.objects.get().data == phone, "The owner's own stays."
    assert not SocialAccount.objects.exists()
    told = Message.objects.order_by("-pk").values_list("kind", "address")[:2]
    assert [*told] == [
        ("password_reset", "merchant@example.com"),
        ("address_changed", "thief@example.com"),
    ]
    assert reader.get(address).status_code == reader.post(address).status_code == 404


def test_a_thief_who_changes_the_address_twice_does_not_keep_the_account(merchant: User) -> None:
    first, second = move(merchant, "thief@example.com"), move(merchant, "thief2@example.com")
    waiting = f"/settings/address/{links.address_token(merchant, 'thief3@example.com')}/"
    forgotten = f"/forgotten/{links.reset_token(merchant)}/"
    assert Client().post(first).status_code == 200
    for dead in (second, waiting, forgotten):
        assert Client().post(dead).status_code == 404
    merchant.refresh_from_db()
    assert merchant.email == "merchant@example.com"


def test_a_thief_who_takes_an_address_back_leaves_the_owner_the_first_link(merchant: User) -> None:
    first, second = move(merchant, "thief@example.com"), move(merchant, "other@example.com")
    for undone, email in ((second, "thief@example.com"), (first, "merchant@example.com")):
        assert Client().post(undone).status_code == 200
        merchant.refresh_from_db()
        assert merchant.email == email


def test_an_address_that_another_account_has_now_cannot_be_taken_back(merchant: User) -> None:
    address = move(merchant, "new@example.com")
    UserFactory.create(email="merchant@example.com")
    assert Client().post(address).status_code == 404
    merchant.refresh_from_db()
    assert merchant.email == "new@example.com"
    assert merchant.check_password("a-password")


def test_a_deleted_account_comes_back_with_its_lists(
    merchant: User, watchlist: Watchlist, reader: Client
) -> None:
    before = NOW - timedelta(days=3)
    earlier = WatchlistFactory.create(owner=merchant, name="Deleted before", deleted_at=before)
    account_deletion.delete_account(merchant, NOW)
    address = last_link(KIND.ACCOUNT_DELETED)
    assert address in build(Message.objects.get(kind=KIND.ACCOUNT_DELETED)).body
    assert merchant.email in reader.get(address).content.decode()
    assert not User.objects.get().is_active
    assert "Your account is back." in reader.post(address, follow=True).content.decode()
    merchant.refresh_from_db()
    assert (merchant.is_active, merchant.deleted_at) == (True, None)
    assert merchant.check_password("a-password")
    assert list(Watchlist.objects.kept()) == [watchlist]
    assert Watchlist.objects.get(pk=earlier.pk).deleted_at is not None
    assert reader.post(address).status_code == 404


@pytest.mark.parametrize(
    ("kind", "lasts"), [(KIND.ADDRESS_CHANGED, LOCK_LASTS), (KIND.ACCOUNT_DELETED, ACCOUNT_KEPT)]
)
def test_a_link_works_as_long_as_its_mail_says(
    merchant: User, reader: Client, kind: Message.Kind, lasts: timedelta
) -> None:
    if kind == KIND.ADDRESS_CHANGED:
        move(merchant, "new@example.com")
    else:
        account_deletion.delete_account(merchant, NOW)
    address, minute = last_link(kind), timedelta(minutes=1)
    with time_machine.travel(NOW + lasts - minute, tick=False):
        assert reader.get(address).status_code == 200
    with time_machine.travel(NOW + lasts + minute, tick=False):
        late = reader.post(address)
    assert late.status_code == 404
    assert "It was used, has expired, or is incomplete." in late.content.decode()


@pytest.mark.parametrize("token", ["x", "a:b:c", "ImEi:1abc:def", "%00", "é" * 50])
def test_a_made_up_link_does_nothing(merchant: User, token: str) -> None:
    for address in ("/account/recover", "/settings/address", "/forgotten"):
        form = {"new_password": "correct-horse-battery"}
        assert Client().get(f"{address}/{token}/").status_code == 404
        assert Client().post(f"{address}/{token}/", form).status_code == 404
