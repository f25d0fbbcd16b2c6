"""Tells whether what an open page shows still holds, without reading it again.

A page carries a version: a digest of what it depends on beside the data, and the newest row, of anybody's, of each
table that only grows. The version holds while the digest is the same and no newer row is about the reader's lists.
So asking costs as much as there is new, and not as much as is watched. Page bodies would make no such version: they
tell of every call ("123 left today"), so that none would stand for long, and each costs a whole page to make.

What leaves no row (a list renamed by another member, another release of the site) and a row whose transaction ended
after that of a later one are seen when the version is too old.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple, Self

from django.core import signing
from django.db.models import Exists, Subquery

from monitor.models import Alert, Outage, Product, ShopScore, Snapshot, User, Watch, Watchlist

#: No page stays as it is for longer, in view of its reader.
MOST_AGE = timedelta(minutes=10)
#: A check's failure counts from its reply, and is recorded with the rest of its batch.
RECORDED_WITHIN = timedelta(minutes=1)
#: The tables that only grow and what pages tell of.
GROWING = (Snapshot, ShopScore, Outage, Alert, Watch)
_SALT = "page version"


class PageVersion(NamedTuple):
    """A digest, and of a page that tells of news `Shell.newest`, which is read before the page's data."""

    digest: str
    newest: Sequence[int] = ()

    @classmethod
    def parse(cls, etag: str) -> Self | None:
        """What `etag` says; None for what is no version, or too old."""
        try:
            digest, *newest = signing.loads(etag.removeprefix('W/"').removesuffix('"'), salt=_SALT, max_age=MOST_AGE)
        except signing.BadSignature:
            return None
        return cls(digest, newest)

    def __str__(self) -> str:
        return signing.dumps([self.digest, *self.newest], salt=_SALT)


def digest_of(*facts: object) -> str:
    return blake2b(repr(facts).encode(), digest_size=10).hexdigest()


def newest_rows() -> dict[str, Subquery]:
    """The key of the newest row of each table that only grows, by name: for the columns of a query."""
    return {
        f"newest_{model._meta.model_name}": Subquery(model._default_manager.order_by("-pk").values("pk")[:1])
        for model in GROWING
    }


def has_news(user: User, newest: Sequence[int]) -> bool:
    """Whether something on the user's lists is newer than `Shell.newest` told. One query."""
    second, snapshot, score, outage, alert, watch = newest
    lists = Watchlist.objects.for_user(user)
    mine = Watch.objects.filter(watchlist__in=lists).values("product")
    began = datetime.fromtimestamp(second, UTC) - RECORDED_WITHIN
    news = (
        Exists(Snapshot.objects.filter(pk__gt=snapshot, product__in=mine))
        | Exists(ShopScore.objects.filter(pk__gt=score, shop__products__in=mine))
        | Exists(Outage.objects.filter(pk__gt=outage, product__in=mine))
        | Exists(Product.objects.filter(failing_since__gt=began, next_check_at__isnull=False, pk__in=mine))
        | Exists(Alert.objects.filter(pk__gt=alert, watchlist__in=lists))
        | Exists(Watch.objects.filter(pk__gt=watch, watchlist__in=lists))
    )
    return User.objects.filter(news, pk=user.pk).exists()
