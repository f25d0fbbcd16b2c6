"""An operator makes rules of every kind on a list's page, in the units in which people write
them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Rule, Watchlist
from monitor.watching.services import rule_changed
from tests.admin.test_watchlists import form, save
from tests.polling.story import Story

pytestmark = pytest.mark.django_db


def page_of(watchlist: Watchlist) -> str:
    return reverse("admin:monitor_watchlist_change", args=[watchlist.pk])


def with_rule(watchlist: Watchlist, **fields: str) -> dict[str, Any]:
    """Return the form of a list's page with one more rule."""
    data = form(watchlist)
    number = int(data["rules-TOTAL_FORMS"])
    row = {"cooldown": "6:00:00", "is_active": "on", **fields}
    data["rules-TOTAL_FORMS"] = str(number + 1)
    return data | {f"rules-{number}-{name}": value for name, value in row.items()}


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
    watchlist = Story().watchlist
    save(admin, page_of(watchlist), with_rule(watchlist, kind=kind, is_urgent="on", **typed))
    rule = Rule.objects.get(kind=kind)
    assert (rule.condition, rule.cooldown, rule.is_urgent) == (condition, timedelta(hours=6), True)
    page = admin.get(page_of(watchlist)).content.decode()
    shown = {Kind.SALES_GREW_BY: "1500", Kind.SILENT: "6", Kind.PRICE_BELOW_HIGH: "12.50"}.get(
        condition.kind, ""
    )
    assert not shown or f'-threshold" value="{shown}"' in page


def test_a_rule_shows_and_keeps_its_further_conditions(admin: Client) -> None:
    story = Story()
    further = [{"kind": "on_sale"}, {"kind": "price_lowest", "days": 7}]
    rule = story.rule(Kind.PRICE_DROPPED, 1000, also=further)
    page = admin.get(page_of(story.watchlist)).content.decode()
    assert str(rule) in page
    assert "on sale" in str(rule)
    data = form(story.watchlist)
    [number] = [name.split("-")[1] for name, value in data.items() if value == str(rule.pk)]
    changed = {f"rules-{number}-kind": "rival_cheaper", f"rules-{number}-threshold": "5"}
    save(admin, page_of(story.watchlist), data | changed)
    rule.refresh_from_db()
    assert (rule.condition.kind, rule.threshold, rule.also) == (Kind.RIVAL_CHEAPER, 500, further)


def test_changing_urgency_or_cooldown_makes_no_second_alert(admin: Client) -> None:
    story = Story()
    story.watchlist.rules.all().delete()
    story.hears(price=7200)
    rule = story.rule(Kind.PRICE_BELOW, 8000)
    rule_changed(rule, story.now)
    assert rule.alerts.count() == 1
    story.hears(price=7100)
    options = {"rules-0-is_urgent": "on", "rules-0-cooldown": "6:00:00"}
    save(admin, page_of(story.watchlist), form(story.watchlist) | options)
    rule.refresh_from_db()
    assert (rule.is_urgent, rule.cooldown, rule.alerts.count()) == (True, timedelta(hours=6), 1)
    changed = form(story.watchlist) | options | {"rules-0-threshold": "90"}
    save(admin, page_of(story.watchlist), changed)
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
    watchlist = Story().watchlist
    data = with_rule(watchlist, kind=kind, threshold=threshold)
    response = admin.post(page_of(watchlist), {**data, "_save": "Save"})
    assert message in response.content.decode()
    assert not Rule.objects.filter(kind=kind, threshold__isnull=False).exists()
