"""Alerts of one product are joined to steps, field by field."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from monitor.models import Alert
from monitor.showing.history.steps import Steps, headline, joined
from tests.models.factories import NOW


@pytest.fixture
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def alert(before: object, after: object, minute: int = 0, **fields: Any) -> Alert:
    at = NOW + timedelta(minutes=minute)
    return Alert(
        **{"field": "price", "rule_as_it_was": {}, "created_at": at, "pk": minute + 1, **fields},
        before=before,
        after=after,
    )


def only(*alerts: Alert) -> Steps:
    [steps] = joined(alerts)
    return steps


def test_they_are_the_oldest_first_and_the_newest_alert_stands_for_them() -> None:
    steps = only(alert(4890, 5100, minute=2), alert(5590, 4890, minute=1))
    assert steps.values == [5590, 4890, 5100]
    assert steps.newest.after == 5100
    assert (steps.headline(str), steps.path(str)) == ("5590 → 5100", "5590 → 4890 → 5100")


def test_a_value_between_two_alerts_is_shown_too() -> None:
    assert only(alert(100, 90, minute=1), alert(95, 80, minute=2)).values == [100, 90, 95, 80]


def test_only_the_first_change_counts_from_what_its_rule_compares_with() -> None:
    counting = {"rule_as_it_was": {"kind": "price_dropped"}, "reference": 12000}
    assert only(
        alert(9900, 7200, change_id=1), alert(9900, 7200, minute=1, change_id=1, **counting)
    ).values == [*(12000, 9900, 7200)]
    assert only(alert(9900, 7200), alert(7200, 6000, minute=1, **counting)).values == [
        9900,
        7200,
        6000,
    ]


@pytest.mark.usefixtures("in_english")
def test_it_says_why_where_the_values_do_not() -> None:
    drop = {"kind": "price_dropped", "threshold": 500, "counts_on": True}
    target = {"kind": "price_below", "threshold": 11900, "is_target": True}
    drift = alert(11980, 11820, change_id=1, rule_as_it_was=drop, reference=12450)
    assert headline(drift).headline(str) == "12450 → 11820"
    assert headline(drift).reason == "since your last alert"
    both = only(drift, alert(11980, 11820, change_id=1, rule_as_it_was=target, reference=11900))
    assert both.reason == "since your last alert · below your target ¥119.00"
    # The last value is not below the target any more.
    back = only(
        drift,
        *both.alerts[1:],
        alert(11820, 12000, minute=1, rule_as_it_was={"kind": "price_changed"}),
    )
    assert back.reason == "since your last alert"
    assert headline(alert(12450, 11820, rule_as_it_was=drop, reference=12450)).reason == ""


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("rule", "reference", "reason"),
    [
        ({"kind": "price_below", "threshold": 9500}, 9500, "below ¥95.00"),
        ({"kind": "price_above", "threshold": 9500}, 9500, "above ¥95.00"),
        ({"kind": "shop_score_below", "threshold": 480}, 480, "below 4.80"),
        (
            {"kind": "price_below_high", "threshold": 1000, "days": 30},
            9900,
            "since the highest of 30 days",
        ),
        ({"kind": "sales_grew", "threshold": 1000, "days": 7}, 100, "within 7 days"),
        ({"kind": "under_mine", "threshold": 500, "own": 1}, 9900, ""),
        ({"kind": "no_longer_a_kind"}, None, ""),
        ({}, None, ""),
    ],
)
def test_the_reason_is_the_rules(rule: dict[str, Any], reference: int | None, reason: str) -> None:
    assert headline(alert(9900, 9000, rule_as_it_was=rule, reference=reference)).reason == reason


def test_gathered_firings_are_steps() -> None:
    moments = [[NOW.isoformat(), value] for value in (6300, None, 7200)]
    assert only(alert(7200, 7200, count=3, began_at=NOW, moments=moments)).values == [
        7200,
        6300,
        7200,
    ]


def test_an_alert_without_values_has_one_empty_step() -> None:
    assert only(alert(None, None)).values == [None]


def test_a_price_that_came_back_has_no_net_move_but_a_largest_one() -> None:
    steps = only(alert(100, 80, minute=1), alert(80, 100, minute=2))
    assert steps.net is None
    assert steps.largest is not None
    assert steps.largest.percent == 25


def test_fields_come_in_order_of_weight() -> None:
    fields = ["title", "service_score", "price", "status"]
    steps = joined(
        alert("a", "b", minute=minute, field=field) for minute, field in enumerate(fields)
    )
    assert [step.newest.field for step in steps] == fields[::-1]
