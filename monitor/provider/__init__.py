"""The product-data API: one call out, one parsed observation back. No Django, no database.

`client` sends one call, `body` reads its bytes as JSON, `envelope` tells success from error,
`record` reads the product's fields, and `parse` makes them an `observation`; `listing` reads a page
of many products. A value that cannot be right becomes `None` with a flag. `codes` says what a
status code means and what to do about it; only exceptions of `errors` leave the package."""
