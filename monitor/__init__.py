"""Stallwatch: what changed on the products a merchant watches, on a page, by e-mail and on
channels.

A room imports only what stands above it here (`pyproject.toml`, import-linter):

- `provider`: one billed call to the product-data API, and its reply parsed to an `Observation`;
  HTTP out; product IDs in links. No Django. `provider.sandbox` is a stand-in for the demo and the
  tests.
- `judging`: pure: `changes`, `doubts`, `rules`, `schedule`, `margins`, `likeness`, `mail_times`,
  `sales_pace`. No Django.
- `text`: values and sentences as people read them.
- `models`: the tables, a noun a file.
- `people`: accounts, sign-in, allowances, throttles, the audit log, when a person wants to be
  told.
- `polling`: checks, and what they record. `budget`: may we call? `recording`: observations
  become rows, one transaction a batch. `planning`: the hourly fit of the schedule, fair shares,
  and what checks will cost. `checking`: claims what is due, fetches it, hands it to `recording`.
- `watching`: lists, their products, follows, pairings, imports, sheets, rules: the writes that
  pages, admin and commands share.
- `showing`: `history`: the past made ready. `reads`: queries that pages, the API and mails share.
  `templatetags`: the filters and tags of templates, those of mails too.
- `telling`: alerts become messages, and the outbox is sent.
- `tasks`: what Celery runs: one call each.
- `pages`: a room a page, with `views`, `forms` and `reads`; `shared` is for what several pages
  need.
- `telemetry`: what runs, for programs: probes and metrics.
- `api`: the same as the pages for programs, as JSON, a file a noun.
- `mcp`: the API as tools for an assistant.
- `middleware`, `admin`, `management`, `urls`: Django's own places.
"""
