"""Products without a successful check alert once for each silence; many products share one
alert."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Product, Rule, Watch
from monitor.polling.recording.silence import raise_silence_alerts
from monitor.provider.errors import NetworkError
from monitor.watching.services import pause
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DOWN = NetworkError("Nobody answers.")


def silent(products: int = 1, **fields: object) -> Story:
    """Return a list with one rule: alert when no check has succeeded for six hours."""
    story = Story(products=products)
    Rule.objects.all().delete()
    story.rule(Kind.SILENT, 6, **fields)
    return story


def alerts_after(story: Story, after: timedelta) -> int:
    story.now += after
    return raise_silence_alerts(story.now)


def test_it_alerts_once_when_no_check_has_succeeded_for_six_hours() -> None:
    story = silent()
    story.hears()
    heard = story.now
    story.hears(DOWN)
    assert alerts_after(story, 4 * HOUR) == 0
    assert alerts_after(story, HOUR) == 1
    with CaptureQueriesContext(connection) as queries:
        assert alerts_after(story, 12 * HOUR) == 0
    assert len(queries) <= 5
    alert = Alert.objects.get()
    assert (alert.product, alert.field, alert.data_time) == (story.product, "checks", heard)
    assert alert.rule_in_words == "6 小时没有成功检查"
    story.hears()
    assert alerts_after(story, 5 * HOUR) == 0
    assert alerts_after(story, HOUR) == 1, "the next silence"


def test_a_rule_keeps_its_cooldown_when_its_alerts_are_deleted() -> None:
    """A product that never had a reply is silent since it was added."""
    story = silent(products=2)
    story.hears()
    assert alerts_after(story, 5 * HOUR + HOUR / 2) == 1
    Alert.objects.all().delete()
    assert alerts_after(story, HOUR / 2) == 0
    assert alerts_after(story, HOUR / 2) == 1
    assert Alert.objects.get().product == story.product


@pytest.mark.parametrize(
    "checked", [{"interval": 24 * HOUR}, {"interval": 24 * HOUR, "last_outcome": "not_found"}]
)
def test_a_product_that_is_checked_daily_is_not_silent_between_two_checks(
    checked: dict[str, Any],
) -> None:
    story = silent()
    story.hears()
    Product.objects.update(**checked)
    assert alerts_after(story, 24 * HOUR) == 0
    assert alerts_after(story, HOUR) == 1


def test_a_paused_product_is_not_silent() -> None:
    story = silent()
    story.hears()
    pause(Watch.objects.all(), story.now)
    assert alerts_after(story, 24 * HOUR) == 0
    pause(Watch.objects.all(), story.now, paused=False)
    assert alerts_after(story, 5 * HOUR) == 0
    assert alerts_after(story, HOUR) == 1


def test_many_silent_products_are_one_alert_and_later_ones_wait_an_hour() -> None:
    story = silent(products=6)
    products = Product.objects.order_by("pk")
    Product.objects.filter(pk__in=products.values("pk")[:4]).update(answered_at=story.now)
    Product.objects.exclude(pk__in=products.values("pk")[:4]).update(
        answered_at=story.now + HOUR / 2
    )
    assert alerts_after(story, 6 * HOUR) == 1
    assert alerts_after(story, HOUR / 2) == 0
    assert alerts_after(story, HOUR / 2) == 2
    first, *others = Alert.objects.order_by("pk")
    assert (first.product, first.count) == (None, 4)
    assert [alert.product for alert in others] == list(products[4:])
