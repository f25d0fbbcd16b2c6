"""From alerts to messages, on the way to channels: mailboxes, group robots, apps, webhooks and
browsers.

`compose` writes the rows of the outbox. `outbox` sends them by one of the `carriers`: mails, which
`message` builds, or `posts` in the forms of `channels`. A digest is a row that is due later: alerts
join it until then."""
