"""Checks of products: claim what is due, fetch it concurrently outside any transaction, hand it to recording."""

from monitor.checking.backlog import check_due, check_products, claim_batches, work_off
from monitor.checking.claims import Claim, claim_due
from monitor.checking.clock_jump import read_clock

__all__ = ["Claim", "check_due", "check_products", "claim_batches", "claim_due", "read_clock", "work_off"]
