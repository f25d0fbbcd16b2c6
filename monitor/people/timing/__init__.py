"""When a user gets mails of alerts: at once, in digests, never in quiet hours."""
