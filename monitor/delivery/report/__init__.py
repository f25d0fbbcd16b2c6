"""E-mails about watchlists: alerts and digests."""
