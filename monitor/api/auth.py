"""Who calls: the token that a request sends, and what it may see."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from ninja.security import HttpBearer
from structlog.contextvars import bind_contextvars

from monitor.api.errors import RequestError
from monitor.models import ApiToken, Product, User, Watchlist
from monitor.people import audit, throttle
from monitor.people.api_tokens import note_use, valid_token
from monitor.showing.history.reads import product_for
from monitor.showing.reads.alerts import hide_own_elsewhere
from monitor.showing.reads.watchlists import editable, unread_count

#: Requests of one token: 120 at once, then two a second.
LIMIT = throttle.Limit("api", burst=120, every=timedelta(milliseconds=500))
#: The same as `RateLimit-Policy`: all are there again after a minute.
_POLICY = f'"token";q={LIMIT.burst};w={LIMIT.burst * LIMIT.every // timedelta(seconds=1)}'
READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Caller:
    """The token of a request, and when the request came."""

    token: ApiToken
    now: datetime

    @property
    def user(self) -> User:
        return self.token.user

    @property
    def sees_all(self) -> bool:
        """Whether the token is for all of the user's lists."""
        return self.token.watchlist_id is None

    @property
    def lists(self) -> QuerySet[Watchlist]:
        """The lists that the token sees. Everything is reached through them."""
        lists = Watchlist.objects.for_user(self.user)
        return (
            lists if self.token.watchlist_id is None else lists.filter(pk=self.token.watchlist_id)
        )

    def list_keys(self, narrowed_to: str | None = None) -> list[int]:
        """Return the keys of the lists, or of the one that a filter names. One query. Raises
        `Http404`."""
        keys = list(self.lists.values_list("pk", flat=True))
        if narrowed_to is None:
            return keys
        if int(narrowed_to) not in keys:
            raise Http404
        return [int(narrowed_to)]

    def watchlist(self, key: str) -> Any:
        """Return a list with its owner, `editable` and the number of `unread` alerts. One query.
        Raises `Http404`."""
        lists = self.lists.select_related("owner")
        lists = lists.annotate(editable=editable(self.user, "pk"), unread=unread_count(self.user))
        return get_object_or_404(lists, pk=int(key))

    def editable_list(self, key: str) -> Any:
        """Return a list as `watchlist` does. Raises `RequestError` if the user may only view it."""
        watchlist = self.watchlist(key)
        if not watchlist.editable:
            raise RequestError("view-only", "You may view this watchlist, not edit it.")
        return watchlist

    def product(self, num_iid: str) -> Product:
        """Return a product of the lists as `product_for` reads it. At most two queries. Raises
        `Http404`, or `Product.DoesNotExist`."""
        product = product_for(self.user, num_iid, self.now)
        if not self.sees_all and not product.watches.filter(watchlist__in=self.lists).exists():
            raise Http404
        return product

    def hide_own_elsewhere(self, alerts: list[Any]) -> None:
        """Hide from a token for one list which products are the user's own on other lists."""
        if not self.sees_all:
            hide_own_elsewhere(alerts, self.lists)

    def refuse_one_list(self) -> None:
        """Raise `RequestError` if the token is for one list. For what concerns all lists of the
        user."""
        if not self.sees_all:
            words = "This concerns all your watchlists, and the token is for one of them."
            raise RequestError("one-list-token", words)


class ApiRequest(HttpRequest):
    """A request with a valid token."""

    auth: Caller


class TokenAuth(HttpBearer):
    """`Authorization: Bearer sw_...`. Whoever calls gets texts in the language of the token's
    user."""

    def authenticate(self, request: Any, token: str) -> Caller | None:
        """Return who calls, or None for an unknown token. At most five queries.

        Raises `RequestError` for too many requests, and for a write without the right.
        """
        now = timezone.now()
        api_token = valid_token(token, now)
        if api_token is None:
            return None
        _count(request, api_token, now)
        if request.method not in READS and api_token.scope != ApiToken.Scope.WRITE:
            raise RequestError("read-only-token", "This token may only read.")
        note_use(api_token, now)
        translation.activate(api_token.user.language)
        bind_contextvars(user=api_token.user_id)
        audit.name_actor(api_token.user, str(api_token))
        return Caller(api_token, now)


def _count(request: Any, token: ApiToken, now: datetime) -> None:
    """Take one request from the token's limit, and note for the answer what is left. Raises
    `RequestError`."""
    wait = throttle.take(LIMIT, str(token.pk), now)
    left, until_full = throttle.left(LIMIT, str(token.pk), now)
    seconds = math.ceil((wait or until_full).total_seconds())
    request.rate_limit = {"RateLimit-Policy": _POLICY, "RateLimit": f'"token";r={left};t={seconds}'}
    if wait:
        raise RequestError(
            "too-many-requests", "Too many requests.", headers={"Retry-After": str(seconds)}
        )
