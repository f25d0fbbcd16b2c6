"""Checks of products: claim what is due, fetch it concurrently outside any transaction, hand it to
recording."""

from monitor.polling.checking.backlog import work_off

__all__ = ["work_off"]
