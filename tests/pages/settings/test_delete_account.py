"""Deleting one's account: hidden at once, restored by a link, purged later; what stays of it."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry

from monitor.models import (
    Alert,
    AuditEvent,
    AuditKind,
    Budget,
    Charge,
    Message,
    Product,
    Session,
    User,
    Watchlist,
)
from monitor.people import audit
from monitor.watching import account_deletion, deletion
from tests.models.factories import NOW, AlertFactory, MembershipFactory, UserFactory, WatchFactory
from tests.pages import Browser, seen_by

pytestmark = pytest.mark.django_db
PAGE = "/settings/delete/"
SURE = {"password": "a-password"}
KEPT = timedelta(days=30)
OLD = "merchant@old.example"


def test_an_account_is_hidden_at_once(web: Browser, merchant: User, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    shared = MembershipFactory.create(user=merchant).watchlist
    owner, theirs = seen_by(shared.owner), f"/watchlists/{shared.pk}/"
    assert merchant.email in owner.page(theirs)
    assert "1 watchlist with 1 products and 1 alerts is deleted" in web.page(PAGE)
    for form in ({}, {"password": "wrong"}):
        field = str(web.post(PAGE, form).context["form"]["password"])
    assert "autofocus" in field
    assert "Wrong password" in web.page("/settings/activity/")
    assert User.objects.get(pk=merchant.pk).is_active
    assert "Your account was deleted" in web.send(PAGE, SURE)
    merchant.refresh_from_db()
    assert (merchant.is_active, merchant.deleted_at) == (False, NOW)
    assert not Session.objects.filter(user=merchant).exists()
    assert not Watchlist.objects.kept().filter(owner=merchant).exists()
    assert Product.objects.get(pk=watch.product_id).next_check_at is None
    assert web.get("/").status_code == 302
    assert merchant.email not in owner.page(theirs)


def test_the_last_operator_stays(web: Browser, merchant: User) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    assert "You are the last operator" in web.page(PAGE)
    web.post(PAGE, SURE)
    assert User.objects.get().is_active
    UserFactory.create(is_staff=True, is_superuser=True)
    web.post(PAGE, SURE)
    assert not User.objects.get(pk=merchant.pk).is_active


def test_after_a_month_everything_is_gone_but_nameless_lines_of_the_log(
    web: Browser, merchant: User, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "CHUNK", 2)
    watch = WatchFactory.create(watchlist=watchlist)
    for alert in AlertFactory.create_batch(3, watchlist=watchlist, product=watch.product):
        alert.reads.create(user=merchant)
        Message.of_alerts(merchant.mailbox, NOW).save()
    Charge.objects.create(day=NOW.date(), person=merchant, reason="schedule", parts=4500)
    budget = Budget.objects.create(calls=9000, begins_at=NOW, set_by=merchant)
    audit.record(AuditKind.BUDGET_SET, actor=merchant, row=budget, changes={"calls": (11000, 9000)})
    operator = UserFactory.create(is_staff=True, email="operator@example.com")
    changed, earlier = AuditKind.ADMIN_CHANGED, Watchlist.objects.create(owner=merchant, name="Old")
    renamed = {"email": (OLD, merchant.email)}
    audit.record(changed, actor=operator, person=merchant, row=merchant, changes=renamed)
    of_list = {"name": ("Winter of the merchant", "Spring of the merchant")}
    audit.record(changed, actor=operator, row=earlier, about=of_list["name"][1], changes=of_list)
    LogEntry.objects.log_actions(str(operator.pk), [merchant], CHANGE, f"now {merchant.email}")
    deletion.delete_for_good(earlier, NOW)
    web.post(PAGE, SURE)
    assert account_deletion.purge(NOW + KEPT - timedelta(minutes=1)) == 0
    assert account_deletion.purge(NOW + KEPT) == 1
    assert User.objects.get() == operator
    for model in (Alert, Message, Charge):
        assert not model.objects.exists()
    assert Product.objects.filter(pk=watch.product_id).exists()
    assert Budget.objects.get().set_by is None
    lines = AuditEvent.objects.order_by("pk")
    assert {"budget_set", "account_purged"} <= {line.kind for line in lines}
    for line in lines.values():
        assert "merchant" not in str(line)
        assert watchlist.name not in str(line)
    assert merchant.email not in str(LogEntry.objects.values())
