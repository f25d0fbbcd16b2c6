"""Ends with 0 if the web process of this machine is healthy: the image's health check."""

import os
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

SITE = urlsplit(os.environ.get("SITE_URL", "http://localhost:8000"))
# As the proxy sends it: other hosts are refused, and http is redirected.
HEADERS = {"Host": SITE.netloc, "X-Forwarded-Proto": SITE.scheme}
urlopen(
    Request(f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz", headers=HEADERS),
    timeout=5,
).close()
