"""The hourly fit of the schedule, quotas, and what checks will cost."""
