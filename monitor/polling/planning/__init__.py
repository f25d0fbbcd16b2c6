"""The hourly fit of the schedule, fair shares, and what checks will cost."""
