"""What messages about watchlists say: alerts and digests, as mails and on channels."""
