"""The product-data API: one call out, one parsed observation back.

Nothing here knows Django, a database or a clock other than the one it is handed. `client` sends one
call and returns its envelope, `parse` reads the envelope's record, `codes` says what a status code
means and what to do about it, `errors` are the only exceptions that leave.
"""
