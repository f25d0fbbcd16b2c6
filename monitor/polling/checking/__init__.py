"""Checks of products: claim what is due, fetch it concurrently outside any transaction, hand it to
recording."""

from monitor.polling.checking.backlog import check_due, check_products, work_off

__all__ = ["check_due", "check_products", "work_off"]
