"""The JSON API for programs, below /api/v1/: the reads and writes of the pages, with a token instead of a session.

`docs/api.md` explains it to its users, and `/api/v1/openapi.json` describes every address.
"""

from ninja import NinjaAPI

from monitor.api import alerts, products, rules, shops, usage, watchlists
from monitor.api.auth import TokenAuth
from monitor.api.errors import handle_errors

api = NinjaAPI(
    title="Stallwatch",
    version="1",
    description="Watch products, and read what changed.",
    # Its page of documentation loads scripts from elsewhere, which our CSP forbids.
    docs_url=None,
    urls_namespace="api",
    auth=TokenAuth(),
)
handle_errors(api)
for noun in (products, shops, watchlists, rules, alerts, usage):
    api.add_router("", noun.router)
