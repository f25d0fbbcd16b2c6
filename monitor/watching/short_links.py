"""The products behind the short links of an import: remembered, or followed outside any
transaction."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache

from monitor.models import User
from monitor.people import throttle
from monitor.provider.links import SHORTEST_USUAL_ID, Problem
from monitor.provider.short_links import Follower
from monitor.watching.imports import Source
from monitor.watching.uploads.lines import UploadLine

#: Links beyond it are not followed: the user is told to try again with them.
LIMIT = throttle.Limit("short links", burst=60, every=timedelta(seconds=30))
#: A web process follows a link again after this time: an unused one may get a product.
REMEMBERED_SECONDS = 24 * 60 * 60
_KEY = "short-link:{}"

follower = Follower()


def with_products(source: Source, by: User, now: datetime) -> Source:
    """Return `source` with the products of its short links, as far as they are known or can be
    followed now."""
    codes = list(dict.fromkeys(line.code for line in source.lines if line.code))
    if not codes or settings.SHARE_LINKS == "REFUSE":
        return source
    remembered = {code: cache.get(_KEY.format(code)) for code in codes}
    products = {code: num_iid for code, num_iid in remembered.items() if num_iid is not None}
    unknown = [code for code in codes if code not in products]
    permitted = [code for code in unknown if not throttle.take(LIMIT, str(by.pk), now)]
    for code, num_iid in follower.products_of(permitted).items():
        products[code] = num_iid
        cache.set(_KEY.format(code), num_iid, REMEMBERED_SECONDS)
    lines = (
        _with_product(line, products.get(line.code)) if line.code else line for line in source.lines
    )
    return replace(source, lines=tuple(lines))


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
