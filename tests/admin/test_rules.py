"""An operator makes rules of every kind, in the units in which people write them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from monitor.models import Rule
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.services import rule_changed
from tests.admin.test_watchlists import form, save
from tests.story import Story

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "typed", "condition"),
    [
        (
            "price_below_high",
            {"threshold": "12.5", "days": "30"},
            Condition(Kind.PRICE_BELOW_HIGH, 1250, 30),
        ),
        (
            "sales_grew_by",
            {"threshold": "1,500", "days": "7"},
            Condition(Kind.SALES_GREW_BY, 1500, 7),
        ),
        ("silent", {"threshold": "6 小时"}, Condition(Kind.SILENT, 6)),
        ("price_lowest", {"days": ""}, Condition(Kind.PRICE_LOWEST)),
    ],
)
def test_a_rule_of_any_kind_is_made_and_shown_as_it_is_typed(
    admin: Client, kind: str, typed: dict[str, str], condition: Condition
) -> None:
    story = Story()
    fields = {
        "watchlist": str(story.watchlist.pk),
        "cooldown_0": "6",
        "cooldown_1": "hours",
        "is_urgent": "on",
    }
    save(
        admin, reverse("admin:monitor_rule_add"), fields | {"kind": kind, "is_active": "on"} | typed
    )
    rule = Rule.objects.get(kind=kind)
    assert (rule.condition, rule.cooldown, rule.is_urgent) == (condition, timedelta(hours=6), True)
    page = admin.get(reverse("admin:monitor_rule_change", args=[rule.pk])).content.decode()
    shown = {Kind.SALES_GREW_BY: "1500", Kind.SILENT: "6", Kind.PRICE_BELOW_HIGH: "12.50"}.get(
        condition.kind, ""
    )
    assert not shown or f'name="threshold" value="{shown}"' in page


def test_a_rule_shows_and_keeps_its_further_conditions(admin: Client) -> None:
    story = Story()
    further = [{"kind": "on_sale"}, {"kind": "price_lowest", "days": 7}]
    rule = story.rule(Kind.PRICE_DROPPED, 1000, also=further)
    address = reverse("admin:monitor_rule_change", args=[rule.pk])
    assert "on sale, lowest price in 7 days" in admin.get(address).content.decode()
    save(
        admin,
        address,
        {"kind": "rival_cheaper", "threshold": "5", "cooldown_0": "0", "cooldown_1": "hours"},
    )
    rule.refresh_from_db()
    assert (rule.condition.kind, rule.threshold, rule.also) == (Kind.RIVAL_CHEAPER, 500, further)


def test_changing_urgency_or_cooldown_makes_no_second_alert(admin: Client) -> None:
    story = Story()
    story.hears(price=7200)
    rule = story.rule(Kind.PRICE_BELOW, 8000)
    rule_changed(rule, story.now)
    assert rule.alerts.count() == 1
    condition = {"kind": "price_below", "threshold": "80", "is_active": "on"}
    options = {"is_urgent": "on", "cooldown_0": "6", "cooldown_1": "hours"}
    story.hears(price=7100)
    save(admin, reverse("admin:monitor_rule_change", args=[rule.pk]), condition | options)
    # The list's form does not tick it as urgent.
    save(
        admin,
        reverse("admin:monitor_watchlist_change", args=[story.watchlist.pk]),
        form(story.watchlist),
    )
    rule.refresh_from_db()
    assert (rule.is_urgent, rule.cooldown, rule.alerts.count()) == (False, timedelta(hours=6), 1)
    save(
        admin,
        reverse("admin:monitor_rule_change", args=[rule.pk]),
        condition | options | {"threshold": "90"},
    )
    assert rule.alerts.count() == 2


@pytest.mark.parametrize(
    ("kind", "threshold", "message"),
    [
        ("silent", "1.5", "Enter a whole number"),
        ("sales_grew_by", "10 %", "counts in units"),
        ("price_below", "1e9", "Enter a number."),
        ("price_changed", "5", "has no threshold"),
        ("price_below", "", "needs a threshold above zero"),
        ("price_below", "0.001", "At most two digits after the point"),
        ("price_dropped", "100", "never drops by 100%"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused(
    admin: Client, kind: str, threshold: str, message: str
) -> None:
    fields = {"watchlist": str(Story().watchlist.pk), "cooldown_0": "0", "cooldown_1": "hours"}
    response = admin.post(
        reverse("admin:monitor_rule_add"), fields | {"kind": kind, "threshold": threshold}
    )
    assert message in response.content.decode()
    assert not Rule.objects.filter(kind=kind, threshold__isnull=False).exists()


def test_in_a_lists_form_an_incomplete_rule_is_refused_with_a_reason(admin: Client) -> None:
    story = Story()
    data = form(story.watchlist) | {
        "rules-0-kind": "rival_cheaper",
        "rules-0-threshold": "",
        "_save": "Save",
    }
    response = admin.post(
        reverse("admin:monitor_watchlist_change", args=[story.watchlist.pk]), data
    )
    assert "This kind of rule needs a threshold above zero." in response.content.decode()
    assert not Rule.objects.filter(kind="rival_cheaper").exists()
    data |= {"rules-0-threshold": "5", "rules-0-cooldown_0": "6", "rules-0-cooldown_1": "hours"}
    page = save(admin, reverse("admin:monitor_watchlist_change", args=[story.watchlist.pk]), data)
    assert "was changed" in page
    rule = Rule.objects.get(kind="rival_cheaper")
    assert (rule.threshold, rule.cooldown) == (500, timedelta(hours=6))


def test_similar_kinds_have_different_labels_and_the_cooldown_is_in_words(admin: Client) -> None:
    story = Story()
    story.rule(Kind.PRICE_DROPPED, 1000, cooldown=timedelta(hours=1))
    page = admin.get(reverse("admin:monitor_rule_changelist")).content.decode()
    assert "at most once an hour" in page
    for html in (page, admin.get(reverse("admin:monitor_rule_add")).content.decode()):
        assert html.count("price drops by … %<") == html.count("price drops by ¥ …<") == 1
