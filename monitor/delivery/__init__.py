"""From alerts to messages: `compose` writes the rows of the outbox, `message` builds the message, `outbox` sends it.

A digest is a row that is due later: alerts join it until then. Another channel would be a sibling of `outbox` with its
own rows.
"""
