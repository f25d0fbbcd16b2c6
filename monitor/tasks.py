"""Celery only: identifiers in, one call out. The rows say what is to be done; a message is but a hint.

Losing a message loses no work: the claim it carried runs out, and the next tick finds its products due again.
A message that comes twice finds its claim taken. No task waits for a time: due times are columns.
"""

import uuid
from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone

from monitor import checking
from monitor.delivery import outbox


@shared_task
def tick() -> None:
    """Hand out what is due, as far as the budget and the workers' queue allow."""
    _hand_out(checking.claim_batches(timezone.now()))


@shared_task
def check_batch(lease: str, product_ids: list[int]) -> None:
    """Check the products of one claim, then hand out another: while there is a backlog the queue stays filled."""
    finished = checking.check_claimed(checking.Claim(uuid.UUID(lease), tuple(product_ids)))
    _hand_out(checking.claim_another(finished, timezone.now()))


@shared_task
def send_outbox() -> None:
    """One pass of the outbox."""
    outbox.send_due()


def _hand_out(claims: Iterable[checking.Claim]) -> None:
    for claim in claims:
        check_batch.delay(str(claim.lease), list(claim.product_ids))
