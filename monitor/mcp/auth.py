"""Connecting needs a valid API token. What the token may do is decided by the API, at each call."""

from django.db import close_old_connections
from django.utils import timezone
from mcp.server.auth.provider import AccessToken, TokenVerifier

from monitor.mcp.calls import in_thread
from monitor.models import ApiToken
from monitor.people.api_tokens import valid_token


class ApiTokenVerifier(TokenVerifier):
    """Without such a token every answer is 401."""

    async def verify_token(self, token: str) -> AccessToken | None:
        row = await in_thread(_valid_token, token)
        return None if row is None else AccessToken(token=token, client_id=str(row.pk), scopes=[])


def _valid_token(token: str) -> ApiToken | None:
    """Return the token, if it is valid. As in a request, broken and old database connections are
    closed."""
    close_old_connections()
    try:
        return valid_token(token, timezone.now())
    finally:
        close_old_connections()
