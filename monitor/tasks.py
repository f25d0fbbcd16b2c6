"""Celery only: identifiers in, one call out. The rows say what is to be done; a message is but a hint.

Losing a message loses no work: the claim it carried runs out, and the next tick finds its products due again.
A message that comes twice finds its claim taken. No task waits for a time: due times are columns.
"""

import uuid

from celery import current_app, shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from monitor import checking
from monitor.accounts import upkeep
from monitor.delivery import outbox
from monitor.delivery import upkeep as outbox_upkeep
from monitor.planning import fit as fitting
from monitor.planning import quotas
from monitor.recording import past_prices, silence
from monitor.watchlists import deletion


@shared_task
def tick() -> None:
    """Hand out what is due, as far as the budget and the workers' queue allow."""
    now = timezone.now()
    checking.read_clock(now)
    for claim in checking.claim_batches(now):
        _hand_out(claim)


@shared_task
def check_batch(claim: str, product_ids: list[int]) -> None:
    """Check the products of one claim and, while there is a backlog, others; hand out what then follows."""
    following = checking.work_off(checking.Claim(uuid.UUID(claim), tuple(product_ids)))
    if following.product_ids:
        _hand_out(following)


@shared_task
def stand_by() -> None:
    """Do nothing: a worker leaves a sign of life around each task, and this one comes when nothing is due, too."""


@shared_task
def fit_schedule() -> None:
    """Fit the schedule to the products and the budget, where it is time to, and heed the quotas of lists."""
    now = timezone.now()
    if fitting.fit_if_due(now):
        quotas.heed_quotas(now)


@shared_task
def send_outbox() -> None:
    """One pass of the outbox."""
    outbox.send_due()


@shared_task
def look_back() -> None:
    """Bring the prices of a day and a week ago up to date where time has moved them."""
    past_prices.look_back(timezone.now())


@shared_task
def tell_of_silence() -> None:
    """Tell of products of which nothing has been heard for as long as a rule says."""
    silence.raise_silence_alerts(timezone.now())


def broker_fault() -> str:
    """Why the broker cannot be reached, or ''. Waits a second at most."""
    options = {**current_app.conf.broker_transport_options, "socket_connect_timeout": 1, "socket_timeout": 1}
    try:
        with current_app.connection_for_write(connect_timeout=1, transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_max=0, timeout=1)
    except (OperationalError, OSError) as error:
        return type(error.__cause__ or error).__name__
    return ""


@shared_task
def clean_up() -> None:
    """Delete what says nothing any more: sessions that are over, throttles that have emptied."""
    upkeep.clean_up(timezone.now())


@shared_task
def purge_watchlists() -> None:
    """Delete for good the lists that were deleted long ago."""
    deletion.purge(timezone.now())


@shared_task
def purge_mails() -> None:
    """Delete what the outbox has kept long enough."""
    outbox_upkeep.purge(timezone.now())


def _hand_out(claim: checking.Claim) -> None:
    check_batch.delay(str(claim.key), list(claim.product_ids))
