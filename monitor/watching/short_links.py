"""The products behind the short links of an import: remembered, or followed outside any
transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import batched

from django.conf import settings

from monitor.models import ShortLink, User
from monitor.people import throttle
from monitor.provider.links import SHORTEST_USUAL_ID, Problem
from monitor.provider.short_links import Follower
from monitor.watching.imports import Source
from monitor.watching.uploads.lines import UploadLine

#: One import follows at most this many; the user is told to try again with the others.
MOST_AT_ONCE = 30
LIMIT = throttle.Limit("short links", burst=60, every=timedelta(seconds=30))
_CODES_A_QUERY = 500

follower = Follower()


def with_products(source: Source, by: User, now: datetime) -> Source:
    """Return `source` with the products of its short links, as far as they are known or can be
    followed now."""
    codes = list(dict.fromkeys(line.code for line in (*source.lines, *source.rows) if line.code))
    if not codes or settings.SHARE_LINKS == "REFUSE":
        return source
    products: dict[str, str] = {}
    for batch in batched(codes, _CODES_A_QUERY):
        products |= dict(ShortLink.objects.filter(code__in=batch).values_list("code", "num_iid"))
    unknown = [code for code in codes if code not in products][:MOST_AT_ONCE]
    permitted = [code for code in unknown if not throttle.take(LIMIT, str(by.pk), now)]
    followed = follower.products_of(permitted) if permitted else {}
    ShortLink.objects.bulk_create(
        [
            ShortLink(code=code, num_iid=num_iid, followed_at=now)
            for code, num_iid in followed.items()
        ],
        ignore_conflicts=True,
    )
    products |= followed
    return replace(
        source, lines=_filled(source.lines, products), rows=_filled(source.rows, products)
    )


def _filled(lines: Sequence[UploadLine], products: Mapping[str, str]) -> tuple[UploadLine, ...]:
    return tuple(
        _with_product(line, products.get(line.code)) if line.code else line for line in lines
    )


def _with_product(line: UploadLine, num_iid: str | None) -> UploadLine:
    if num_iid is None:
        return replace(line, problem=Problem.SHORT_LINK_LATER)
    if not num_iid:
        return replace(line, problem=Problem.NO_ID_IN_LINK)
    return replace(
        line,
        num_iid=num_iid,
        problem=Problem.TOO_SHORT if len(num_iid) < SHORTEST_USUAL_ID else None,
    )
