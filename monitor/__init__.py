"""Stallwatch: what changed on the products a merchant watches, on a page and by e-mail.

Celery beat starts `tasks.tick`, which asks `checking` to claim the products that are due.
`provider` makes one billed call for each and parses the reply to an `Observation`.
`changes` compares the observation with what is known (pure) and names the differences.
`rules` decides which differences deserve an alert (pure).
`recording` writes snapshots, changes, outages and alerts, one transaction for a batch.
`schedule` says when to look again within the day's budget (pure).
`delivery` turns alerts into e-mails and sends the outbox.
`uploads` finds product IDs in what people paste and upload (pure).
`dashboard` reads it all for the pages, the admin and the exports.
"""
