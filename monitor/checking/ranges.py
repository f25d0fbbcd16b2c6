"""Reads the ranges of followed shops: one billed call a page, one page a claim."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from monitor.budget import charges, ledger
from monitor.budget.answers import PageAnswer, PageResult
from monitor.budget.ledger import Grant
from monitor.checking import claims, confirming
from monitor.checking.batch import apply_errors
from monitor.checking.fetch import ending, provider_client
from monitor.models import ShopRange
from monitor.provider.errors import BadReply, NotFound, ProviderError
from monitor.provider.listing import SHOP_API, ListingPage
from monitor.recording import ranges, record
from monitor.retry import retried

logger = logging.getLogger(__name__)

#: How long a task goes on with pages that are due.
CONTINUE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class PageClaim:
    """A range whose next page may be called for."""

    shop_range: ShopRange
    grant: Grant
    is_asked: bool


def read_due(wake_another: Callable[[], object], clock: Callable[[], datetime] = timezone.now) -> int:
    """Read due pages one after another for `CONTINUE_SECONDS`: a worker's task. Return how many were read.

    What users ask for comes first; other readings spend what the schedule may spend. After a failure the rest waits
    for the next tick, after the time is over `wake_another` goes on.
    """
    ends, pages = time.monotonic() + CONTINUE_SECONDS, 0
    while not ending.is_set() and (claim := begin(clock)):
        if not _read(claim, clock):
            return pages
        pages += 1
        if time.monotonic() >= ends:
            wake_another()
            break
    return pages


@retried
@transaction.atomic
def begin(clock: Callable[[], datetime] = timezone.now) -> PageClaim | None:
    """Claim the range whose next page is called for, and reserve the call; None without one, or without budget."""
    now = clock()
    left = ledger.left(now, catches_up=True)
    claimed = claims.claim(ShopRange.objects.asked(now), now, min(1, left.calls))
    claimed = claimed or claims.claim(ShopRange.objects.due(now), now, min(1, left.of_schedule))
    if not claimed:
        return None
    grant = ledger.reserve(1, now)
    if not grant.calls:
        ShopRange.objects.filter(pk=claimed[0].pk).update(claim=None, claimed_until=None)
        return None
    ranges.begin_reading(claimed[0], now)
    return PageClaim(claimed[0], grant, claimed[0].asked_at is not None)


def _read(claim: PageClaim, clock: Callable[[], datetime]) -> bool:
    """Call for one page and record it; return whether another call may follow at once."""
    result = PageResult(claim.shop_range, _ask(claim.shop_range, clock), clock())
    _finish(claim, result, clock)
    apply_errors([result.answer], clock())
    is_answered = isinstance(result.answer, ListingPage | NotFound)
    if claim.grant.is_probe and is_answered and ledger.end_trial(clock()):
        logger.warning("Polling goes on: a trial call was answered.")
    return is_answered


def _ask(shop_range: ShopRange, clock: Callable[[], datetime]) -> PageAnswer:
    try:
        return provider_client().list_shop(shop_range.shop.shop_id, shop_range.next_page, now=clock)
    except ProviderError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever a reply breaks, the call is paid and must be booked
        logger.error("Shop %s: reading the reply failed: %s", shop_range.shop.shop_id, type(error).__name__)  # noqa: TRY400
        return BadReply("The reply could not be read.")


@retried
@transaction.atomic
def _finish(claim: PageClaim, result: PageResult, clock: Callable[[], datetime]) -> None:
    """Book the call and record the page, both or neither."""
    now, answer = clock(), result.answer
    ledger.settle([result], api=SHOP_API, day=claim.grant.day)
    ledger.refund(0, claim.grant.day, asked=int(claim.is_asked))
    charges.charge_page(claim.shop_range, claim.grant.day)
    if isinstance(answer, ListingPage):
        listed = ranges.products_of_page(claim.shop_range, answer, now)
        # Odd readings are held in doubt until the next reading agrees: no rule reads them, so no call confirms them.
        record(confirming.settled(listed, lambda products: [], clock), now=now)
    ranges.record_page(claim.shop_range, result, now)
