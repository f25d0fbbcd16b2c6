"""The product-data API: one call out, one parsed observation back.

Nothing here knows Django, a database or a clock other than the one it is handed. `client` sends one
call and returns its envelope, `parse` reads the envelope's record, `codes` says what a status code
means and what to do about it, `errors` are the only exceptions that leave.

A call goes `config` and `request` (what to ask), `transport`, `adapter` and `connection` (there and back by `requests`
and `urllib3`, within the limits of `call`), `failures` where it failed, `body` (bytes to JSON), `envelope` (success or
which error), and then `raw_record`, `normalised_record` or `search` (the provider's keys), which read single values
with `text`, `numbers`, `sales` and `times`. What cannot be believed is `None`, with a flag.
"""
