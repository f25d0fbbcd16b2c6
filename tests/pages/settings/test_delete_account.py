"""Deleting one's account: hidden at once, restored by a link, purged later; what stays of it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client

from monitor import account_deletion, audit, tasks
from monitor.accounts import links, people
from monitor.delivery.message import build
from monitor.models import (
    Alert,
    AuditEvent,
    AuditKind,
    Budget,
    Charge,
    Membership,
    Message,
    Product,
    ProviderAccount,
    Session,
    User,
    Watchlist,
)
from tests.factories import NOW, AlertFactory, MembershipFactory, UserFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
PAGE = "/settings/delete/"
SURE = {"password": "a-password"}
KEPT = timedelta(days=30)


def test_an_account_is_hidden_at_once(web: Client, merchant: User, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    page = web.get(PAGE).content.decode()
    assert "1 watchlist with 1 products and 1 alerts is deleted" in page
    assert "Your account was deleted" in web.post(PAGE, SURE).content.decode()
    merchant.refresh_from_db()
    assert (merchant.is_active, merchant.deleted_at) == (False, NOW)
    assert not Session.objects.filter(user=merchant).exists()
    assert not Watchlist.objects.kept().exists()
    assert Product.objects.get(pk=watch.product_id).next_check_at is None
    assert web.get("/").status_code == 302


def test_who_knows_the_password_of_a_deleted_account_gets_the_link_again(web: Client, merchant: User) -> None:
    web.post(PAGE, SURE)
    visitor = Client(headers={"Accept-Language": "en"})
    usual = visitor.post("/login/", {"username": "nobody@example.com", "password": "wrong"}).context["form"]
    wrong = visitor.post("/login/", {"username": merchant.email, "password": "wrong"}).context["form"]
    assert wrong.non_field_errors() == usual.non_field_errors(), "The wrong password tells nothing."
    page = visitor.post("/login/", {"username": merchant.email, **SURE})
    assert "This account was deleted." in page.content.decode()
    token = page.context["restore_mail_token"]
    assert visitor.get(f"/account/restore/{token}/").status_code == 404, "Only the mail restores it."
    answers = [visitor.post("/login/", {"restore": token}).status_code for _ in range(people.MAILS_TO_ONE.burst + 1)]
    assert answers == [200] * people.MAILS_TO_ONE.burst + [302]
    assert Message.objects.filter(kind=Message.Kind.ACCOUNT_DELETED).count() == 1 + people.MAILS_TO_ONE.burst
    assert visitor.post("/login/", {"restore": "forged"}).status_code == 404
    with time_machine.travel(NOW + KEPT, tick=False):
        assert (
            "This account was deleted."
            not in visitor.post("/login/", {"username": merchant.email, **SURE}).content.decode()
        )


def test_the_password_is_asked_for(web: Client, merchant: User) -> None:
    for data in ({}, {"password": "wrong"}):
        assert web.post(PAGE, data).status_code == 200
    assert "autofocus" in str(web.post(PAGE, {"password": "wrong"}).context["form"]["password"])
    assert "Wrong password" in web.get("/settings/activity/").content.decode()
    merchant.refresh_from_db()
    assert merchant.is_active


def test_a_list_can_be_handed_over(web: Client, merchant: User, watchlist: Watchlist) -> None:
    heir = UserFactory.create(name="Lin")
    membership = MembershipFactory.create(watchlist=watchlist, user=heir)
    other = WatchlistFactory.create(owner=merchant, name="Mine alone")
    assert "Hand over to Lin" in web.get(PAGE).content.decode()
    web.post(PAGE, {**SURE, f"list-{watchlist.pk}": membership.pk})
    assert list(Watchlist.objects.kept()) == [watchlist]
    assert Watchlist.objects.kept().get().owner == heir
    account_deletion.purge(NOW + KEPT)
    assert list(Watchlist.objects.all()) == [watchlist]
    assert not Membership.objects.filter(watchlist=watchlist).exists()
    assert not Watchlist.objects.filter(pk=other.pk).exists()


def test_a_list_goes_to_nobody_but_its_members(web: Client, merchant: User, watchlist: Watchlist) -> None:
    MembershipFactory.create(watchlist=watchlist)
    assert "This field is required" in web.post(PAGE, SURE).content.decode(), "Nothing is chosen for the owner."
    foreign = MembershipFactory.create()
    page = web.post(PAGE, {**SURE, f"list-{watchlist.pk}": foreign.pk})
    assert "Select a valid choice" in page.content.decode()
    assert Watchlist.objects.kept().filter(owner=merchant).exists()


def test_the_link_in_the_mail_restores_the_account_once(web: Client, merchant: User, watchlist: Watchlist) -> None:
    earlier = WatchlistFactory.create(owner=merchant, name="Deleted before", deleted_at=NOW - timedelta(days=3))
    web.post(PAGE, SURE)
    mail = Message.objects.get(kind=Message.Kind.ACCOUNT_DELETED)
    assert mail.address == merchant.email
    merchant.refresh_from_db()
    address = f"/account/restore/{links.restore_token(merchant)}/"
    assert address in build(mail).body
    guest = Client(headers={"Accept-Language": "en"})
    assert merchant.email in guest.get(address).content.decode()
    merchant.refresh_from_db()
    assert not merchant.is_active
    assert "Your account is back." in guest.post(address, follow=True).content.decode()
    merchant.refresh_from_db()
    assert (merchant.is_active, merchant.deleted_at) == (True, None)
    assert list(Watchlist.objects.kept()) == [watchlist]
    assert Watchlist.objects.get(pk=earlier.pk).deleted_at is not None
    assert guest.post(address).status_code == 404


def test_a_deleted_account_gets_no_other_mail(web: Client, merchant: User, watchlist: Watchlist) -> None:
    Message.to(merchant, NOW, kind=Message.Kind.ALERTS).save()
    web.post(PAGE, SURE)
    Client().post("/forgotten/", {"email": merchant.email})
    assert [mail.kind for mail in Message.objects.exclude(kind="alerts")] == ["account_deleted"]
    from monitor.delivery.errors import NotWantedError

    with pytest.raises(NotWantedError):
        build(Message.objects.get(kind="alerts"))


def test_members_no_longer_see_a_deleted_account(web: Client, merchant: User) -> None:
    shared = WatchlistFactory.create(name="Shared")
    MembershipFactory.create(watchlist=shared, user=merchant)
    owner = Client()
    owner.force_login(shared.owner)
    assert merchant.email in owner.get(f"/watchlists/{shared.pk}/").content.decode()
    web.post(PAGE, SURE)
    assert merchant.email not in owner.get(f"/watchlists/{shared.pk}/").content.decode()


def test_the_last_operator_stays(web: Client, merchant: User) -> None:
    User.objects.filter(pk=merchant.pk).update(is_staff=True, is_superuser=True)
    assert "You are the last operator" in web.get(PAGE).content.decode()
    web.post(PAGE, SURE)
    merchant.refresh_from_db()
    assert merchant.is_active
    get_user_model().objects.create_superuser("other@example.com", "a-password")
    web.post(PAGE, SURE)
    merchant.refresh_from_db()
    assert not merchant.is_active


def test_after_a_month_everything_is_gone_but_nameless_lines_of_the_log(
    web: Client, merchant: User, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_deletion, "CHUNK", 2)
    watch = WatchFactory.create(watchlist=watchlist)
    for _ in range(3):
        alert = AlertFactory.create(watchlist=watchlist, product=watch.product)
        alert.reads.create(user=merchant)
        Message.to(merchant, NOW).save()
    Charge.objects.create(day=NOW.date(), person=merchant, reason="schedule", parts=4500)
    budget = Budget.objects.create(calls=9000, begins_at=NOW, set_by=merchant)
    ProviderAccount.objects.create(halted_by=merchant, halted_at=NOW)
    audit.record(AuditKind.BUDGET_SET, actor=merchant, row=budget, changes={"calls": (11000, 9000)})
    web.post(PAGE, SURE)
    assert account_deletion.purge(NOW + KEPT - timedelta(minutes=1)) == 0
    assert account_deletion.purge(NOW + KEPT) == 1
    assert not User.objects.filter(pk=merchant.pk).exists()
    assert not Alert.objects.exists()
    assert not Message.objects.exists()
    assert not Charge.objects.exists()
    assert Product.objects.filter(pk=watch.product_id).exists()
    assert Budget.objects.get().set_by is None
    assert ProviderAccount.objects.get().halted_by is None
    lines = AuditEvent.objects.order_by("pk")
    assert {"login", "budget_set", "list_deleted", "account_deleted", "account_purged"} <= {line.kind for line in lines}
    for line in lines.values():
        assert merchant.email not in str(line)
        assert "merchant" not in str(line)


def test_an_operator_who_activates_the_account_stops_the_purge(web: Client, merchant: User) -> None:
    web.post(PAGE, SURE)
    User.objects.update(is_active=True)
    tasks.purge_accounts()
    assert account_deletion.purge(NOW + 2 * KEPT) == 0
