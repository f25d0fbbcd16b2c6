"""An operator changes single products on watchlists."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import Alert, Rule, Watch
from monitor.watching.services import create_watchlist
from tests.admin.test_watchlists import RULES, save
from tests.polling.story import Story

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(db: None) -> Story:
    return Story()


def watches() -> list[Watch]:
    return list(Watch.objects.order_by("pk"))


def data(**changed: Any) -> dict[str, Any]:
    return {
        **RULES,
        **changed,
    }


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"interval": "0:02:00"}, "interval", timedelta(minutes=2)),
        ({"interval": "0:02:00", "is_paused": "on"}, "next_check_at", None),
        ({"pace": "adaptive"}, "soonest", timedelta(minutes=5)),
    ],
)
def test_what_is_set_reaches_the_product(
    admin: Client,
    url: Callable[..., str],
    story: Story,
    fields: dict[str, str],
    column: str,
    value: object,
) -> None:
    save(admin, url(watches()[0]), data(**fields))
    assert getattr(story.product, column) == value


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"interval": "soon"}, "Enter a valid duration."),
        ({"interval": "0:00:30"}, "The shortest interval is one minute."),
        # The list's interval is one hour.
        (
            {"pace": "adaptive", "soonest": "2:00:00"},
            "The longest interval is 1 h",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    admin: Client, url: Callable[..., str], story: Story, fields: dict[str, str], message: str
) -> None:
    [watch] = watches()
    page = admin.post(url(watch), data(**fields, _save="Save")).content.decode()
    assert page.count(message) == 1
    watch.refresh_from_db()
    assert (watch.interval, watch.soonest) == (None, None)


def test_it_gets_a_rule_but_no_other_product_or_list(
    admin: Client, url: Callable[..., str]
) -> None:
    story = Story(products=2)
    story.hears()
    first, second = watches()
    other = create_watchlist(story.user, "供应商")
    rule_form = {
        "rules-TOTAL_FORMS": "1",
        "rules-0-kind": "price_below",
        "rules-0-threshold": "80",
        "rules-0-cooldown": "0",
        "rules-0-is_active": "on",
    }
    save(admin, url(first), data(product=second.product_id, watchlist=other.pk, **rule_form))
    saved = Watch.objects.get(pk=first.pk)
    assert (saved.product_id, saved.watchlist) == (first.product_id, story.watchlist)
    rule = Rule.objects.get(watch=first)
    assert (rule.watchlist, rule.threshold) == (story.watchlist, 8000)
    assert Alert.objects.get().rule == rule
