"""While there is a backlog each finished batch hands out the next, so that no worker waits for the tick."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor import checking
from monitor.models import ProviderAccount
from monitor.provider.codes import Outcome
from tests.servers import ProviderServer, error, item
from tests.story import Story

pytestmark = pytest.mark.django_db


def test_it_claims_another_batch_after_a_finished_one(provider: ProviderServer) -> None:
    Story(products=70)
    now = timezone.now()
    provider.default = lambda query: item(query["num_iid"], int(now.timestamp()))
    finished = checking.check_claimed(checking.claim_due(now, 64))
    [claim] = checking.claim_another(finished, now)
    assert len(claim.product_ids) == 6
    assert list(checking.claim_another(checking.check_claimed(claim), now)) == []


def test_it_leaves_the_rest_to_the_tick_when_calls_were_refused(provider: ProviderServer, settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 10
    Story(products=20)
    now = timezone.now()
    provider.default = lambda query: item(query["num_iid"], int(now.timestamp()))
    finished = checking.check_claimed(checking.claim_due(now, 16))
    assert [one.outcome for one in finished].count(Outcome.BUDGET) == 6
    assert list(checking.claim_another(finished, now)) == []


def test_it_claims_nothing_after_the_account_was_stopped(provider: ProviderServer) -> None:
    Story(products=20)
    now = timezone.now()
    provider.default = error("4005")
    finished = checking.check_claimed(checking.claim_due(now, 4))
    assert ProviderAccount.objects.get().circuit_is_open
    assert list(checking.claim_another(finished, now)) == []


def test_it_claims_nothing_after_a_message_that_came_twice(provider: ProviderServer) -> None:
    Story(products=20)
    now = timezone.now()
    claim = checking.claim_due(now, 4)
    checking.take(claim, now, lasts=timedelta(minutes=1))
    assert list(checking.claim_another(checking.check_claimed(claim), now)) == []
