"""The product-data API: one call out, one parsed observation back.

Nothing here knows Django, a database or a clock other than the one it is handed. `client` sends one call, `body` reads
its bytes as JSON, `envelope` tells success from error, `record` reads the product's fields, and `parse` makes them an
`observation`. What cannot be believed is `None`, with a flag. `codes` says what a status code means and what to do
about it; `errors` are the only exceptions that leave.
"""
