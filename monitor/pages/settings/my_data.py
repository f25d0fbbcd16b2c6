"""A user's data as a file: a ZIP with a CSV file for each table, sent while it is written.

It holds what the user has written and what Stallwatch holds about them. Of other people it holds no
more than the pages show: neither addresses of members, nor what they compare with."""

import zipfile
from collections.abc import Iterator
from typing import Any

import orjson
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from monitor.models import (
    Alert,
    AuditEvent,
    ChannelChoice,
    Follow,
    Invitation,
    Pairing,
    Rule,
    User,
    Watch,
    Watchlist,
    WatchTag,
)
from monitor.models.assortments import ADDING
from monitor.pages.shared.answers import PageRequest, proof_wanted, signed_in
from monitor.pages.shared.sheets import attached, csv_lines, of_today

#: Rows and their columns, under the name of a table.
type Table = tuple[str, QuerySet[Any], tuple[str, ...]]

ROWS_READ = 500


@signed_in("GET", is_file=True)
def my_data(request: PageRequest) -> HttpResponseBase:
    """Send the ZIP file to its user, who confirms the password long after the login."""
    if wanted := proof_wanted(request, then=request.path):
        return wanted
    response = StreamingHttpResponse(archive(request.user), content_type="application/zip")
    name = of_today("my-data", request.now)
    return attached(response, "", name, "zip", row=request.user)


class _Written:
    """What `ZipFile` has written since it was taken last."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def take(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data


def archive(user: User) -> Iterator[bytes]:
    """Yield the ZIP file in pieces, so that it needs no memory, however large it is."""
    written: Any = _Written()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, query, columns in tables(user):
            with file.open(f"{name}.csv", "w") as member:
                for lines in csv_lines(_rows(query, columns)):
                    member.write(lines.encode())
                    yield written.take()
    yield written.take()


def _rows(query: QuerySet[Any], columns: tuple[str, ...]) -> Iterator[list[Any]]:
    yield [*columns]
    for row in query.order_by("pk").values_list(*columns).iterator(chunk_size=ROWS_READ):
        yield [
            orjson.dumps(value).decode() if isinstance(value, dict | list) else value
            for value in row
        ]


def tables(user: User) -> Iterator[Table]:
    """Yield all data of the user, a table at a time."""
    profile = (
        *("email", "name", "language", "time_zone", "date_joined", "last_login"),
        *("consent_version", "consent_at"),
        *("digest_hour", "digest_weekday", "quiet_from", "quiet_to"),
    )
    yield "profile", User.objects.filter(pk=user.pk), profile
    yield from _tables_of_lists(user)
    yield from _tables_of_account(user)


def _tables_of_lists(user: User) -> Iterator[Table]:
    lists = Watchlist.objects.filter(owner=user) | Watchlist.objects.for_user(user)
    of_list, of_product = "watchlist__name", "product__num_iid"
    settings = ("interval", "soonest", "pace", "priority", "is_paused", "created_at")
    yield "watchlists", lists, ("id", "name", *settings, "deleted_at")
    yield "roles_in_others_lists", user.memberships.all(), (of_list, "role")
    own = ("shown_note", "shown_cost", "shown_profit")
    watches = Watch.objects.with_shown_costs(user).filter(watchlist__in=lists)
    yield "products", watches, (of_list, of_product, "product__title", *own, *settings)
    in_lists: dict[str, Any] = {"watch__watchlist__in": lists}
    of_watch = ("watch__watchlist__name", "watch__product__num_iid")
    yield "tags", WatchTag.objects.filter(**in_lists), (*of_watch, "name")
    pairings = Pairing.objects.filter(**in_lists)
    yield "pairings", pairings, ("watch__watchlist__name", of_product, "rival__num_iid")
    shop = (of_list, "shop__shop_id", "shop__name", "interval", *ADDING, "created_at")
    yield "followed_shops", Follow.objects.filter(watchlist__in=lists), shop
    rule = ("kind", "threshold", "days", "also", "cooldown", "is_urgent", "is_active", "is_target")
    rules = Rule.objects.filter(watchlist__in=lists)
    yield "rules", rules, (of_list, "watch__product__num_iid", *rule)
    # Without what a rule compared with: only another member may see that.
    alert = (
        *(of_list, of_product, "product__title", "shop__name"),
        *("rule_as_it_was__kind", "rule_as_it_was__threshold", "rule_as_it_was__days"),
        *("field", "before", "after", "data_time", "request_id", "count", "created_at"),
        *("change__last_seen_before", "change__first_seen_after"),
    )
    yield "alerts", Alert.objects.for_user(user), alert
    file = ("created_at", "file_name", "text", "saved_at", "finished_at", "undone_at")
    yield "imports", user.imports.all(), (of_list, *file)
    yield "sheets", user.sheet_updates.all(), ("created_at", "stored_rows")
    invited = Invitation.objects.waiting().filter(invited_by=user)
    yield "invitations", invited, (of_list, "email", "role", "created_at", "expires_at")
    yield "mutes", user.mutes.all(), (of_product, "product__title", "until")
    yield "saved_views", user.saved_views.all(), ("name", "query", "created_at")


def _tables_of_account(user: User) -> Iterator[Table]:
    message = ("created_at", "kind", "address", "channel__name", "status", "sent_at")
    yield "messages", user.received.all(), message
    state = ("is_paused", "confirmed_at", "refused_at")
    yield "channels", user.channels.all(), ("kind", "name", "ending", "how", "only_urgent", *state)
    choices = ChannelChoice.objects.filter(channel__owner=user)
    of_choice = ("channel__name", "channel__kind", "watchlist__name", "how", "is_off")
    yield "channel_choices", choices, of_choice
    yield "sessions", user.sessions.all(), ("user_agent", "address", "seen_at", "expire_date")
    factors = Authenticator.objects.filter(user=user)
    yield "second_factors", factors, ("type", "created_at", "last_used_at")
    sites = SocialAccount.objects.filter(user=user)
    yield "ways_to_log_in", sites, ("provider", "date_joined")
    token = ("name", "last_four", "scope", "created_at", "expires_at", "last_used_at", "ended_at")
    yield "api_tokens", user.api_tokens.all(), ("watchlist__name", *token)
    events = AuditEvent.objects.of_person(user)
    yield "activity", events, ("at", "kind", "subject", "details", "network")
    # In thousandths of a check.
    yield "checks_by_day", user.charges.all(), ("day", "reason", "parts")
