"""From alerts to messages: `compose` writes the rows of the outbox, `message` puts one into words, `outbox` sends it.

Another channel is a sibling of `outbox` with rows of its own. A digest is an unsent row whose time is later: alerts
join it until then.
"""
