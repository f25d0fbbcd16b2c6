"""Checks of products: claim what is due, fetch it concurrently outside any transaction, hand it to recording."""

from monitor.checking.backlog import check_due, check_products, work_off
from monitor.checking.clock_jump import read_clock

__all__ = ["check_due", "check_products", "read_clock", "work_off"]
