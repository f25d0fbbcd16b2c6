"""Products of which nothing is heard are told of once in each silence, and many of them at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.models import Alert, Product, Rule, Watch
from monitor.provider.errors import NetworkError
from monitor.recording.silence import raise_silence_alerts
from monitor.rules.kinds import Kind
from monitor.watchlists.services import pause, resume
from tests.story import Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DOWN = NetworkError("Nobody answers.")


def silent(products: int = 1, **fields: object) -> Story:
    """A list with one rule: no check succeeds for six hours."""
    story = Story(products=products)
    Rule.objects.all().delete()
    story.rule(Kind.SILENT, 6, **fields)
    return story


def told(story: Story, after: timedelta) -> int:
    story.now += after
    return raise_silence_alerts(story.now)


def test_it_tells_when_no_check_has_succeeded_for_so_long_and_only_once() -> None:
    story = silent()
    story.hears()
    heard = story.now
    story.hears(DOWN)
    assert told(story, 4 * HOUR) == 0
    assert told(story, HOUR) == 1
    assert told(story, 12 * HOUR) == 0
    alert = Alert.objects.get()
    assert (alert.product, alert.field, alert.data_time) == (story.product, "checks", heard)
    assert alert.rule_in_words == "6 小时没有成功检查"


def test_it_tells_again_of_the_next_silence() -> None:
    story = silent()
    story.hears()
    assert told(story, 6 * HOUR) == 1
    story.hears()
    assert told(story, 5 * HOUR) == 0
    assert told(story, HOUR) == 1


def test_looking_for_silence_reads_no_alert_however_many_its_rules_have_made() -> None:
    story = silent(products=3)
    told(story, 6 * HOUR)
    assert Alert.objects.count() == 3
    for after, made, statements in ((HOUR / 12, 0, 2), (HOUR / 2, 0, 2)):
        with CaptureQueriesContext(connection) as queries:
            assert told(story, after) == made
        texts = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        assert not [text for text in texts if "monitor_alert" in text]
        assert len(texts) <= statements + 1


def test_a_rule_that_told_of_silence_rests_though_its_alerts_are_gone() -> None:
    story = silent(products=2)
    story.hears()
    assert told(story, 5 * HOUR + HOUR / 2) == 1
    Alert.objects.all().delete()
    assert told(story, HOUR / 2) == 0
    assert told(story, HOUR / 2) == 1
    assert Alert.objects.get().product == story.product


@pytest.mark.parametrize("checked", [{"interval": 24 * HOUR}, {"interval": 24 * HOUR, "last_outcome": "not_found"}])
def test_what_is_asked_for_once_a_day_is_not_silent_between_two_checks(checked: dict[str, Any]) -> None:
    story = silent()
    story.hears()
    Product.objects.update(**checked)
    assert told(story, 24 * HOUR) == 0
    assert told(story, HOUR) == 1


def test_what_nobody_answers_from_the_start_is_silent_since_it_is_watched() -> None:
    story = silent()
    assert told(story, 5 * HOUR) == 0
    assert told(story, HOUR) == 1


def test_a_pause_is_no_silence() -> None:
    story = silent()
    story.hears()
    pause(Watch.objects.all(), story.now)
    assert told(story, 24 * HOUR) == 0
    resume(Watch.objects.all(), story.now)
    assert told(story, 5 * HOUR) == 0
    assert told(story, HOUR) == 1


def test_many_products_are_one_alert_and_those_that_follow_wait_an_hour() -> None:
    story = silent(products=6)
    products = Product.objects.order_by("pk")
    Product.objects.filter(pk__in=products.values("pk")[:4]).update(answered_at=story.now)
    Product.objects.exclude(pk__in=products.values("pk")[:4]).update(answered_at=story.now + HOUR / 2)
    assert told(story, 6 * HOUR) == 1
    assert told(story, HOUR / 2) == 0
    assert told(story, HOUR / 2) == 2
    first, *others = Alert.objects.order_by("pk")
    assert (first.product, first.count) == (None, 4)
    assert [alert.product for alert in others] == list(products[4:])


def test_a_product_with_rules_of_its_own_is_told_of_by_those() -> None:
    story = silent()
    story.hears()
    story.rule(Kind.PRICE_CHANGED, watch=Watch.objects.get())
    assert told(story, 24 * HOUR) == 0
