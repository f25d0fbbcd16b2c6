"""When a person wants to be told: at once, in digests, not in quiet hours."""
