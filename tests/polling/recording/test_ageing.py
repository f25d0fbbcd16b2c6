"""A product's prices of a day and a week ago, and its units a day, follow the time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Product
from monitor.polling.recording.ageing import look_back
from monitor.provider.observation import Sales, Status
from tests.polling.story import TELLS, Story

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def row(story: Story) -> Product:
    return Product.objects.get(pk=story.product.pk)


def test_figures_update_when_a_price_becomes_a_day_or_a_week_old() -> None:
    story = Story()
    story.hears(price=10_000)
    look_back(story.now)
    assert row(story).price_a_day_ago is None
    assert row(story).look_back_at == story.now + DAY
    began = story.now
    story.hears(price=8_000, after=6 * HOUR)
    assert look_back(story.now) == 1
    assert look_back(began + DAY - HOUR) == 0
    assert look_back(began + DAY) == 1
    assert row(story).price_a_day_ago == 10_000
    assert row(story).look_back_at == began + DAY + 6 * HOUR
    look_back(began + DAY + 6 * HOUR)
    assert (row(story).price_a_day_ago, row(story).price_a_week_ago) == (8_000, None)
    assert row(story).look_back_at == began + 2 * DAY + 6 * HOUR
    look_back(began + 8 * DAY)
    assert (row(story).price_a_day_ago, row(story).price_a_week_ago) == (8_000, 8_000)


def test_units_a_day_follow_a_rounded_count_and_the_time_since() -> None:
    story = Story()
    for after in (DAY, 27 * DAY, 27 * DAY):
        story.hears(price=12_000, sales=Sales(row(story).sales or 0, 10_000), after=after - HOUR)
        story.hears(price=12_000, sales=Sales((row(story).sales or 0) + 10_000, 10_000))
    look_back(story.now)
    figures = row(story)
    assert figures.units
    assert figures.units_low is not None
    assert figures.units_high
    assert figures.units == pytest.approx(370, rel=0.01)
    assert figures.units_low < 10_000 / 27 < figures.units_high
    assert figures.revenue == round(figures.units * 12_000)
    assert look_back(story.now + HOUR) == 0
    story.hears(price=12_000, sales=Sales(30_000, 10_000), after=60 * DAY)
    assert look_back(story.now) == 1
    assert (row(story).units or 0) < 370 * 0.7
    story.hears(status=Status.DELETED)
    look_back(story.now)
    assert (row(story).units, row(story).units_high, row(story).revenue) == (None, None, None)


def test_looking_back_takes_as_many_statements_for_many_products(
    django_assert_num_queries: Any,
) -> None:
    story = Story(products=4)
    for number in (1, 4):
        story.records(
            [replace(TELLS, data_time=story.now, sales=Sales(number * 1000, 1000))] * number
        )
        story.now += HOUR
        # Keys, prices, changes, readings, units and rules about them, between a savepoint's two.
        with django_assert_num_queries(8):
            look_back(story.now)
