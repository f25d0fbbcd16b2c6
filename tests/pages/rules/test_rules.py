"""Rules of a list and of a product, in percent, yuan and points."""

import pytest
from django.test import Client

from monitor.judging.rules.kinds import Unit
from monitor.models import Alert, Rule, RuleMemory, User, Watch, Watchlist
from monitor.pages.shared.thresholds import read_threshold
from monitor.watching.targets import set_targets
from tests.models.factories import NOW, MembershipFactory, WatchFactory
from tests.pages import HTMX
from tests.pages.rules.rule_forms import post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("alerts_on_any_change")]


def add(web: Client, target: Watch | Watchlist, kind: str, threshold: str = "", **more: str) -> str:
    """Post a new rule and return the answered region."""
    return post(web, target, kind=kind, threshold=threshold, **more)


def rules(target: Watch | Watchlist) -> list[tuple[str, int | None]]:
    own_rules = target.rules.filter(watch__isnull=isinstance(target, Watchlist)).order_by("pk")
    return list(own_rules.values_list("kind", "threshold"))


def test_a_list_gets_another_rule(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    text = add(web, watchlist, "price_dropped", "12.5")
    assert "Price drops ≥ 12.50%" in text
    assert rules(watchlist)[-1] == ("price_dropped", 1250)
    assert RuleMemory.objects.get(rule__kind="price_dropped").memory["references"] == {
        "price": 7200
    }


@pytest.mark.parametrize(
    ("unit", "written", "threshold"),
    [
        (Unit.FEN, "¥1,299", 129900),
        (Unit.FEN, "９９.9元", 9990),
        (Unit.PERCENT, "10%", 1000),
        (Unit.HOURS, "6 小时", 6),
    ],
)
def test_it_reads_numbers_as_people_write_them(unit: Unit, written: str, threshold: int) -> None:
    assert read_threshold(written, unit) == threshold


def test_a_rule_that_is_true_already_alerts_where_it_applies(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    apart = WatchFactory.create(watchlist=watchlist)
    add(web, apart, "status_changed")
    WatchFactory.create(watchlist=watchlist, is_paused=True)
    add(web, watchlist, "price_below", "80")
    assert rules(watchlist)[-1] == ("price_below", 8000)
    assert Alert.objects.get().product == watch.product


def test_a_products_first_rule_can_keep_the_lists_rules(web: Client, watch: Watch) -> None:
    assert (
        "Keep the list&#x27;s rules too" in web.get(f"/watches/{watch.pk}/rules/").content.decode()
    )
    add(web, watch, "price_dropped", "5", keep_lists="on")
    assert rules(watch) == [
        ("price_changed", None),
        ("status_changed", None),
        ("shop_score_fell", 1),
        ("price_dropped", 500),
    ]


def test_the_target_price_stays_what_it_is_beside_the_rules_of_its_product(
    web: Client, watch: Watch
) -> None:
    set_targets({watch.pk: 5000}, NOW)
    [target] = watch.rules.all()
    text = web.get(f"/watches/{watch.pk}/rules/").content.decode()
    assert "The list's rules apply:" in text
    assert "Keep the list&#x27;s rules too" in text
    form = {f"rule-{target.pk}-kind": "price_changed", f"rule-{target.pk}-threshold": ""}
    assert (
        "This is the target price"
        in web.post(f"/rules/{target.pk}/", form, headers=HTMX).content.decode()
    )
    add(web, watch, "price_dropped", "5")
    web.post(f"/watches/{watch.pk}/rules/reset/", headers=HTMX)
    assert rules(watch) == [("price_below", 5000)]
    web.post(f"/rules/{target.pk}/delete/", headers=HTMX)
    set_targets({watch.pk: 4000}, NOW)
    web.post("/rules/undo/", headers=HTMX)
    assert rules(watch) == [("price_below", 4000)], "There is one target price."


def test_resetting_to_the_lists_rules_can_be_undone(web: Client, watch: Watch) -> None:
    add(web, watch, "price_dropped", "5")
    text = web.post(f"/watches/{watch.pk}/rules/reset/", headers=HTMX).content.decode()
    assert "The list's rules apply:" in text
    assert rules(watch) == []
    web.post("/rules/undo/", headers=HTMX)
    assert rules(watch) == [("price_dropped", 500)]


def test_a_changed_rule_counts_from_now(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    add(web, watchlist, "price_dropped", "10")
    rule = Rule.objects.get(kind="price_dropped")
    RuleMemory.objects.update(memory={"references": {"price": 9900}, "met": False})
    address = f"/rules/{rule.pk}/"
    web.post(
        address,
        {f"rule-{rule.pk}-kind": "price_dropped", f"rule-{rule.pk}-threshold": "10"},
        headers=HTMX,
    )
    assert RuleMemory.objects.get().memory["references"] == {"price": 9900}
    web.post(
        address,
        {f"rule-{rule.pk}-kind": "price_dropped", f"rule-{rule.pk}-threshold": "20"},
        headers=HTMX,
    )
    rule.refresh_from_db()
    assert rule.threshold == 2000
    assert RuleMemory.objects.get().memory["references"] == {"price": 7200}


def test_a_rule_is_paused_and_resumed(web: Client, watchlist: Watchlist) -> None:
    rule = watchlist.rules.order_by("pk")[0]
    text = web.post(f"/rules/{rule.pk}/pause/", {"paused": "1"}, headers=HTMX).content.decode()
    assert "Resume: price changes" in text
    assert Rule.objects.filter(is_active=False).get() == rule
    web.post(f"/rules/{rule.pk}/pause/", {"paused": "0"}, headers=HTMX)
    assert not Rule.objects.filter(is_active=False).exists()


def test_a_deleted_rule_is_restored_and_counts_from_now(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    add(web, watchlist, "price_dropped", "10")
    RuleMemory.objects.update(memory={"references": {"price": 9900}, "met": False})
    rule = Rule.objects.get(kind="price_dropped")
    text = web.post(f"/rules/{rule.pk}/delete/", headers=HTMX).content.decode()
    assert "The rule was deleted." in text
    assert len(rules(watchlist)) == 3
    text = web.post("/rules/undo/", headers=HTMX).content.decode()
    assert "The rule was deleted." not in text
    assert rules(watchlist)[-1] == ("price_dropped", 1000)
    assert RuleMemory.objects.get().memory["references"] == {"price": 7200}


def test_everything_works_without_scripts(web: Client, watch: Watch) -> None:
    address = f"/watches/{watch.pk}/rules/"
    assert "Rules for this product" in web.get(address).content.decode()
    form = {f"new-rules-of-watch-{watch.pk}-kind": "price_changed"}
    assert web.post(address, form).headers["Location"] == address
    assert "This rule exists already." in web.post(address, form).content.decode()
    assert web.post(f"{address}reset/").headers["Location"] == address
    assert "The rule was deleted." in web.get(address).content.decode()
    assert web.post("/rules/undo/").headers["Location"] == address


def test_a_viewer_sees_the_rules_without_a_form(watch: Watch) -> None:
    client = Client()
    client.force_login(MembershipFactory.create(watchlist=watch.watchlist).user)
    for address in (f"/watches/{watch.pk}/rules/", f"/watchlists/{watch.watchlist_id}/rules/"):
        text = client.get(address, headers=HTMX).content.decode()
        assert "Price changes" in text
        assert "<form" not in text


def test_a_former_editor_cannot_restore_a_rule(web: Client, merchant: User, watch: Watch) -> None:
    watch.watchlist.owner = MembershipFactory.create(watchlist=watch.watchlist, role="editor").user
    watch.watchlist.save()
    membership = MembershipFactory.create(watchlist=watch.watchlist, user=merchant, role="editor")
    rule = watch.watchlist.rules.order_by("pk")[0]
    web.post(f"/rules/{rule.pk}/delete/")
    membership.delete()
    assert web.post("/rules/undo/").status_code == 404
    assert len(rules(watch.watchlist)) == 2
