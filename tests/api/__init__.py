"""The API, used as programs use it: with a token, in JSON."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.utils import timezone

if TYPE_CHECKING:
    from monitor.models import User, Watchlist

ROOT = "/api/v1"


@dataclass
class Program:
    """A program with a token of a user."""

    secret: str
    client: Client = field(default_factory=Client)

    @classmethod
    def of(
        cls, user: "User", *, scope: str = "read", watchlist: "Watchlist | None" = None
    ) -> "Program":
        from monitor.models import ApiToken
        from monitor.people.api_tokens import make_token

        lasts = timedelta(days=365)
        _token, secret = make_token(
            user,
            "A program",
            lasts,
            timezone.now(),
            scope=ApiToken.Scope(scope),
            watchlist=watchlist,
        )
        return cls(secret)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> Any:
        """Return the response."""
        send = getattr(self.client, method.lower())
        headers = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        address = ROOT + path
        if method in ("GET", "HEAD"):
            return send(address, query, headers=headers)
        return send(
            address,
            body,
            content_type="application/json",
            headers=headers,
            query_params=query or None,
        )

    def get(self, path: str, **query: Any) -> Any:
        """Return the answer to a read that succeeds."""
        response = self.send("GET", path, **query)
        assert response.status_code == 200, response.content
        return response.json()

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Return the answer to a write that succeeds."""
        response = self.send("POST", path, body, headers=headers)
        assert response.status_code in (200, 201, 202), response.content
        return response.json()

    def pages(self, path: str, **query: Any) -> list[Any]:
        """Return the items of all pages."""
        items, cursor = [], ""
        while cursor is not None:
            page = self.get(path, cursor=cursor, **query)
            items += page["items"]
            cursor = page["next"]
        return items


def problem_of(response: Any, status: int) -> Any:
    """Return the problem that an answer describes, which has this status."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    return problem
