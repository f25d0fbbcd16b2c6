"""From alerts to messages, on the way to mailboxes and channels.

`compose` writes the rows of the outbox. `outbox` sends mails, which `message` builds; `channel_outbox` sends to group
robots, apps, webhooks and browsers, in the forms of `channels`. A digest is a row that is due later: alerts join it
until then.
"""
