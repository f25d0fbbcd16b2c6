"""The newest alerts as an Atom feed, for readers that only know an address: its secret is a token
of the scope FEED."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from monitor import throttle
from monitor.accounts.api_tokens import note_use, valid_token
from monitor.delivery.entries import MailEntry
from monitor.delivery.links import link
from monitor.models import Alert, ApiToken, Watchlist
from monitor.reads.alerts import AlertFilters, hide_own_elsewhere, newest
from monitor.timing.plans import zone_of

#: Requests of one feed: readers ask every few minutes.
LIMIT = throttle.Limit("feed", burst=30, every=timedelta(minutes=1))
MOST_ENTRIES = 50


@require_safe
def feed(request: HttpRequest, feed_token: str) -> HttpResponse:
    """Return the feed in the language of the token's user; 404 if the token is none for a feed, or
    has ended."""
    now = timezone.now()
    token = valid_token(feed_token, now)
    if token is None or token.scope != ApiToken.Scope.FEED:
        raise Http404
    if wait := throttle.take(LIMIT, str(token.pk), now):
        raise throttle.TooOftenError(wait)
    note_use(token, now)
    with translation.override(token.user.language):
        response = _answer(request, token, now)
    patch_cache_control(response, private=True, no_store=True)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


@conditional_page
def _answer(request: HttpRequest, token: ApiToken, now: datetime) -> HttpResponse:
    alerts = newest(token.user, AlertFilters(False, token.watchlist_id), now, 0, MOST_ENTRIES)
    if token.watchlist_id is not None:
        hide_own_elsewhere(alerts, Watchlist.objects.filter(pk=token.watchlist_id))
    atom = _Feed(
        title=_("Stallwatch: alerts"),
        link=link("monitor:alerts"),
        description="",
        language=translation.get_language(),
        author_name="Stallwatch",
        feed_guid=_id(f"{link('monitor:alerts')}#{token.pk}"),
        made_at=token.created_at,
    )
    for alert in alerts:
        atom.add_item(**_entry(alert, MailEntry([alert], zone_of(token.user), [])))
    response = HttpResponse(content_type="application/atom+xml; charset=utf-8")
    atom.write(response, "utf-8")
    return response


class _Feed(Atom1Feed):
    """Without alerts it is as old as its token: an unchanged feed must not look new."""

    def latest_post_date(self) -> Any:
        return super().latest_post_date() if self.items else self.feed["made_at"]


def _entry(alert: Alert, entry: MailEntry) -> dict[str, Any]:
    line = entry.first
    return {
        "title": f"{entry.name}: {line.headline}",
        "link": entry.link,
        # Readers take it for HTML, but the title for text.
        "description": escape(" · ".join(filter(None, (line.text, line.path, *entry.facts)))),
        "unique_id": _id(entry.link),
        "pubdate": alert.began_at or alert.created_at,
        "updateddate": alert.created_at,
    }


def _id(address: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, address).urn
