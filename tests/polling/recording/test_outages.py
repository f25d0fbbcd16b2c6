"""A series of failed checks is an outage with its reason, never a change."""

from datetime import timedelta

import pytest

from monitor.models import Outage
from monitor.provider.codes import Action, Outcome
from monitor.provider.errors import ApiError, CallTimeout, NetworkError
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_an_outage_is_written_when_it_is_over() -> None:
    story = Story()
    story.hears()
    story.hears(CallTimeout("too slow"))
    began = story.now
    story.hears(CallTimeout("too slow"))
    assert not Outage.objects.exists()
    story.hears()
    outage = Outage.objects.get()
    assert (outage.outcome, outage.began_at, outage.ended_at, outage.checks) == (
        "timeout",
        began,
        story.now,
        2,
    )
    assert (story.product.failing_since, story.product.failures) == (None, 0)


def test_another_reason_starts_another_outage_and_no_call_is_no_reason() -> None:
    story = Story()
    story.hears(NetworkError("refused"))
    story.now += HOUR
    story.records([Outcome.CIRCUIT_OPEN])
    story.hears(NetworkError("refused"))
    story.hears(ApiError("server error", code="4000", action=Action.RETRY))
    story.hears()
    spans = Outage.objects.order_by("began_at").values_list("outcome", "code", "checks")
    assert list(spans) == [("network", "", 2), ("provider_error", "4000", 1)]
