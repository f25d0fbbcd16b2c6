"""Who calls: the token that a request sends, and what it may see."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone, translation
from ninja.security import HttpBearer

from monitor import audit
from monitor.accounts.api_tokens import note_use, valid_token
from monitor.api.errors import RequestError
from monitor.budget import throttle
from monitor.history.reads import product_for
from monitor.models import ApiToken, Product, User, Watchlist
from monitor.pages.shared.alert_reads import hide_own_elsewhere
from monitor.pages.shared.watchlist_reads import editable, unread_count

#: Requests of one token: 120 at once, then two a second.
LIMIT = throttle.Limit("api", burst=120, every=timedelta(milliseconds=500))
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
        return lists if self.token.watchlist_id is None else lists.filter(pk=self.token.watchlist_id)

    def list_keys(self, narrowed_to: str | None = None) -> list[int]:
        """One query: the keys of the lists, or of the one that a filter names. Raises `Http404` if it is not theirs."""
        keys = list(self.lists.values_list("pk", flat=True))
        if narrowed_to is None:
            return keys
        if int(narrowed_to) not in keys:
            raise Http404
        return [int(narrowed_to)]

    def watchlist(self, key: str) -> Any:
        """One query: a list with its owner, `editable` and the number of `unread` alerts. Raises `Http404`."""
        lists = self.lists.select_related("owner")
        lists = lists.annotate(editable=editable(self.user, "pk"), unread=unread_count(self.user))
        if (watchlist := lists.filter(pk=int(key)).first()) is None:
            raise Http404
        return watchlist

    def editable_list(self, key: str) -> Any:
        """As `watchlist`; a `RequestError` if the user may only view it."""
        watchlist = self.watchlist(key)
        if not watchlist.editable:
            raise RequestError(403, "You may view this watchlist, not edit it.")
        return watchlist

    def product(self, num_iid: str) -> Product:
        """At most two queries: a product as `product_for` reads it. Raises `Http404` if it is on none of the lists."""
        try:
            product = product_for(self.user, num_iid, self.now)
        except Product.DoesNotExist:
            raise Http404 from None
        if not self.sees_all and not product.watches.filter(watchlist__in=self.lists).exists():
            raise Http404
        return product

    def hide_own_elsewhere(self, alerts: list[Any]) -> None:
        """A token for one list does not tell whether a product is the user's own on another."""
        if not self.sees_all:
            hide_own_elsewhere(alerts, self.lists)

    def refuse_one_list(self) -> None:
        """A `RequestError` if the token is for one list: for what concerns all lists of the user."""
        if not self.sees_all:
            raise RequestError(403, "This concerns all your watchlists, and the token is for one of them.")


class ApiRequest(HttpRequest):
    """A request with a valid token."""

    auth: Caller


class TokenAuth(HttpBearer):
    """`Authorization: Bearer sw_...`. Whoever calls gets texts in the language of the token's user."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """At most four queries. Raises `RequestError` for too many requests, and for a write without the right."""
        now = timezone.now()
        api_token = valid_token(token, now)
        if api_token is None:
            return None
        if wait := throttle.take(LIMIT, str(api_token.pk), now):
            seconds = math.ceil(wait.total_seconds())
            raise RequestError(429, "Too many requests.", headers={"Retry-After": str(seconds)})
        if api_token.scope == ApiToken.Scope.FEED:
            raise RequestError(403, "This token opens the feed of alerts only.")
        if request.method not in READS and api_token.scope != ApiToken.Scope.WRITE:
            raise RequestError(403, "This token may only read.")
        note_use(api_token, now)
        translation.activate(api_token.user.language)
        audit.name_actor(api_token.user, str(api_token))
        return Caller(api_token, now)
