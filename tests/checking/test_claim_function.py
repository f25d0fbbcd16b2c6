"""What PostgreSQL reads for a claim, and that it finds the same however it goes about it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from monitor.checking import claim_function, claims
from monitor.checking.candidates import Wanted
from monitor.models.catalog import CANNOT_WAIT
from monitor.models.watchlists import Priority
from tests.checking.due import due_since
from tests.planner import plan, planned_awkwardly, rows_read
from tests.story import Story

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("strict", "suffices"), [(2, True), (1, False)])
def test_no_queue_is_looked_at_that_a_claim_needs_nothing_of(strict: int, suffices: bool) -> None:
    story = Story(products=4)
    for number in range(4):
        due_since(story, number, 1, CANNOT_WAIT if number < strict else Priority.NORMAL)
    planned_awkwardly()
    assert (rows_claimed_from(story, 2) == strict) is suffices


def rows_claimed_from(story: Story, limit: int) -> int:
    """How many products' rows a claim of so many reads. It is made."""
    until, again = story.now + MINUTE, story.now - MINUTE
    given = {"lease": uuid4(), "now": story.now, "until": until, "again": again, "limit": limit, "soon": False}
    return rows_read(plan(claim_function.statement(Wanted.DUE), given))["product"]


def test_a_claim_reads_little_more_than_it_takes() -> None:
    """Next to nothing of queues that the last one took nothing of; where their turn comes, what it needs."""
    story = Story(products=80)
    for number in range(80):
        due_since(story, number, 60 if number % 2 else 300 - number, Priority.NORMAL if number % 2 else Priority.LOW)
    planned_awkwardly()
    assert rows_claimed_from(story, 20) >= 36, "it does not know yet"
    assert 20 <= rows_claimed_from(story, 20) <= 28
    taken = [claims.claim_due(story.now, 20).product_ids for _ in range(3)]
    assert list(map(len, taken)) == [20, 20, 0]


def test_it_claims_no_more_than_asked_for_whatever_the_plan() -> None:
    story = Story(products=12)
    planned_awkwardly()
    assert len(claims.claim_due(story.now, 5).product_ids) == 5
    assert len(claims.take_due(story.now, 4, lasts=MINUTE)) == 4
    assert len(claims.claim_due(story.now, 5).product_ids) == 3
