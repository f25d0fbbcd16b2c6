"""Stallwatch: what changed on the products a merchant watches, on a page, by e-mail and on
channels.

Each room, in the data's order; a room imports only what stands above it here (`pyproject.toml`,
import-linter):

- `http`: one HTTP call out: one deadline, one size; checked addresses for what people type. No
  Django.
- `provider`: one billed call to the product-data API, and its reply parsed to an `Observation`. No
  Django.
- `schedule`: how often to check, when next, how a day's calls are shared out. Pure.
- `changes`: what differs between two states. `doubts`: is a reading too odd to be believed at once?
  Both pure.
- `margins`: what a seller keeps of a price. Pure.
- `likeness`: which products are like mine, and why. Pure.
- `mail_times`: when a mail of alerts is due, by a person's clock and hours. Pure.
- `uploads`: product IDs and new values in what people paste and upload. Pure, in a process of its
  own.
- `sealing`: encrypts secrets that are stored. `retry`: repeats writes that the database aborted.
- `short_links`: the products behind the short links of share texts, by where these redirect. No
  Django.
- `rules`: kinds, conditions, cool-down, the replay over history. Pure.
- `text`: values and sentences as people read them.
- `models`: the tables, a noun a file.
- `throttle`: limits how often something may be done.
- `audit`: writes the audit log. `timing`: when a person wants to be told. `history`: the past made
  ready for people.
- `budget`: may we call? Calls reserved and settled, the circuit breaker, allowances.
- `recording`: observations become rows, one transaction a batch.
- `checking`: claims what is due, fetches it, hands it to `recording`: products, and pages of shops
  and searches.
- `accounts`, `watchlists`: the writes that pages, admin and commands share.
- `account_deletion`: an account with its lists, hidden at once and purged later.
- `sandbox`: a stand-in for the provider, for the demo and the tests.
- `planning`: the hourly fit of the schedule, fair shares, and what checks will cost.
- `reads`: queries that pages, the API and mails share, the frame of every page, and the words of
  values.
- `templatetags`: the filters and tags of templates, those of mails too.
- `delivery`: alerts become messages, and the outbox is sent.
- `tasks`: what Celery runs: one call each.
- `telemetry`: what runs, for programs: probes and metrics.
- `pages`: a room a page, with `views`, `forms` and `reads`; `shared` is for what several pages
  need.
- `api`: the same for programs, as JSON, a file a noun; it uses `reads`.
- `mcp`: the API as tools for an assistant.
- `middleware`, `admin`, `management`, `urls`: Django's own places.
"""
