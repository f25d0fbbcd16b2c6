"""Deleting one's account: hidden at once, restored by a link, purged later; what stays of it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from monitor import account_deletion, audit, tasks
from monitor.accounts import people
from monitor.models import (
    Alert,
    AuditEvent,
    AuditKind,
    Budget,
    Charge,
    Message,
    Product,
    ProviderAccount,
    Session,
    User,
    Watchlist,
)
from monitor.watchlists import deletion
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db
PAGE = "/settings/delete/"
SURE = {"password": "a-password"}
KEPT = timedelta(days=30)
OLD = "merchant@old.example"


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


def test_who_knows_the_password_of_a_deleted_account_gets_the_link_again(
    web: Client, merchant: User
) -> None:
    web.post(PAGE, SURE)
    visitor = Client(headers={"Accept-Language": "en"})
    sign_in = {"username": merchant.email, **SURE}
    usual = visitor.post(
        "/login/", {"username": "nobody@example.com", "password": "wrong"}
    ).context["form"]
    wrong = visitor.post("/login/", {**sign_in, "password": "wrong"}).context["form"]
    assert wrong.non_field_errors() == usual.non_field_errors(), "The wrong password tells nothing."
    pages = [
        visitor.post("/login/", sign_in).content.decode()
        for _ in range(people.MAILS_TO_ONE.burst + 1)
    ]
    assert ["A mail was sent to restore it." in page for page in pages] == [
        True
    ] * people.MAILS_TO_ONE.burst + [False]
    assert "Too many attempts" in pages[-1]
    assert (
        Message.objects.filter(kind=Message.Kind.ACCOUNT_DELETED).count()
        == 1 + people.MAILS_TO_ONE.burst
    )
    with time_machine.travel(NOW + KEPT, tick=False):
        assert "This account was deleted." not in visitor.post("/login/", sign_in).content.decode()


def test_the_password_is_asked_for(web: Client, merchant: User) -> None:
    for data in ({}, {"password": "wrong"}):
        assert web.post(PAGE, data).status_code == 200
    assert "autofocus" in str(web.post(PAGE, {"password": "wrong"}).context["form"]["password"])
    assert "Wrong password" in web.get("/settings/activity/").content.decode()
    merchant.refresh_from_db()
    assert merchant.is_active


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
    monkeypatch.setattr(deletion, "CHUNK", 2)
    watch = WatchFactory.create(watchlist=watchlist)
    for _ in range(3):
        alert = AlertFactory.create(watchlist=watchlist, product=watch.product)
        alert.reads.create(user=merchant)
        Message.of_alerts(merchant.mailbox, NOW).save()
    Charge.objects.create(day=NOW.date(), person=merchant, reason="schedule", parts=4500)
    budget = Budget.objects.create(calls=9000, begins_at=NOW, set_by=merchant)
    ProviderAccount.objects.create(halted_by=merchant, halted_at=NOW)
    audit.record(AuditKind.BUDGET_SET, actor=merchant, row=budget, changes={"calls": (11000, 9000)})
    operator = UserFactory.create(is_staff=True, email="operator@example.com")
    audit.record(AuditKind.ADMIN_CHANGED, actor=operator, row=watchlist, about=watchlist.name)
    renamed = {"email": (OLD, merchant.email)}
    audit.record(
        AuditKind.ADMIN_CHANGED, actor=operator, person=merchant, row=merchant, changes=renamed
    )
    LogEntry.objects.log_actions(str(operator.pk), [merchant], CHANGE, f"now {merchant.email}")
    of_users = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=operator,
        content_type=of_users,
        object_id=str(merchant.pk),
        object_repr=OLD,
        action_flag=CHANGE,
    )
    earlier = WatchlistFactory.create(owner=merchant, name="Spring of the merchant")
    changes = {"name": ("Winter of the merchant", earlier.name)}
    audit.record(
        AuditKind.ADMIN_CHANGED, actor=operator, row=earlier, about=earlier.name, changes=changes
    )
    deletion.delete_for_good(earlier, NOW)
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
    assert {"login", "budget_set", "list_deleted", "account_deleted", "account_purged"} <= {
        line.kind for line in lines
    }
    for line in lines.values():
        assert merchant.email not in str(line)
        assert "merchant" not in str(line)
        assert watchlist.name not in str(line)
    assert not {merchant.email, OLD} & {*LogEntry.objects.values_list("object_repr", flat=True)}
    assert merchant.email not in str(LogEntry.objects.values())


def test_an_operator_who_activates_the_account_stops_the_purge(web: Client, merchant: User) -> None:
    web.post(PAGE, SURE)
    User.objects.update(is_active=True)
    tasks.purge_accounts()
    assert account_deletion.purge(NOW + 2 * KEPT) == 0
