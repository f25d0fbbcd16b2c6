"""Tells whether an open page is still up to date, without reading its data again.

A page has a version: a digest of what it depends on beside the data, and the newest key, of any
user, of each table that only grows. It is up to date while the digest is the same and no newer row
concerns the reader's lists. So the check costs as much as there is new, not as much as is watched.
A hash of the page itself would not do: it changes with every call ("123 left today"), and needs the
whole page.

Changes without a new row (a list renamed by another member, a new release of the site), and rows
committed after a later one, are noticed when the version expires."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple, Self

from django.core import signing
from django.db.models import Exists, Q, Subquery

from monitor.models import Alert, Outage, Product, ShopScore, Snapshot, User, Watch, Watchlist

#: A version expires after this time.
MOST_AGE = timedelta(minutes=10)
#: A failure counts from its reply, and is recorded later, with the rest of its batch.
RECORDED_WITHIN = timedelta(minutes=1)
#: The tables that only grow, and the paths to the products or the lists that a row concerns.
GROWING = (Snapshot, ShopScore, Outage, Alert, Watch)
PATHS = ("product__in", "shop__products__in", "product__in", "watchlist__in", "watchlist__in")
_SALT = "page version"


class PageVersion(NamedTuple):
    """`newest` is `PageFrame.newest`, read before the page's data; empty for a page that shows no
    news."""

    digest: str
    newest: Sequence[int] = ()

    @classmethod
    def parse(cls, etag: str) -> Self | None:
        """Return the version that an ETag names; None if it names none, or an expired one."""
        try:
            digest, *newest = signing.loads(
                etag.removeprefix('W/"').removesuffix('"'), salt=_SALT, max_age=MOST_AGE
            )
        except signing.BadSignature:
            return None
        return cls(digest, newest)

    def __str__(self) -> str:
        return signing.dumps([self.digest, *self.newest], salt=_SALT)


def digest_of(*facts: object) -> str:
    return blake2b(repr(facts).encode(), digest_size=10).hexdigest()


def newest_rows() -> dict[str, Subquery]:
    """Return columns for a query: the newest key of each table that only grows."""
    return {
        f"newest_{model._meta.model_name}": Subquery(
            model._default_manager.order_by("-pk").values("pk")[:1]
        )
        for model in GROWING
    }


def has_news(user: User, known: Sequence[int], newest: Sequence[int]) -> bool:
    """Return whether something on the user's lists is newer than `known`; `newest` is what is known
    now. One query."""
    lists = Watchlist.objects.for_user(user)
    mine = Watch.objects.filter(watchlist__in=lists).values("product")
    began = datetime.fromtimestamp(known[0], UTC) - RECORDED_WITHIN
    news = Q(
        Exists(
            Product.objects.filter(
                failing_since__gt=began, next_check_at__isnull=False, pk__in=mine
            )
        )
    )
    for model, path, known_key, newest_key in zip(
        GROWING, PATHS, known[1:], newest[1:], strict=True
    ):
        if newest_key > known_key:
            rows = {path: lists if path == "watchlist__in" else mine}
            news |= Q(Exists(model._default_manager.filter(pk__gt=known_key, **rows)))
    return User.objects.filter(news, pk=user.pk).exists()
