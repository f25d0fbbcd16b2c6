"""A user's data as a file: a ZIP with a JSON and a CSV file for each table.

It holds what the user has written and what Stallwatch holds about them. Of other people it holds no
more than the pages show: neither addresses of members, nor what they compare with."""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain
from typing import IO, Any, NamedTuple

import orjson
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import QuerySet

from monitor.models import (
    Alert,
    AuditEvent,
    AuditKind,
    ChannelChoice,
    DataExport,
    DataExportPart,
    Follow,
    Invitation,
    Message,
    Pairing,
    Rule,
    User,
    Watch,
    Watchlist,
    WatchTag,
)
from monitor.models.data_exports import EXPORT_KEPT
from monitor.models.ranges import ADDING
from monitor.people import audit, mail_limits, throttle
from monitor.text.formatting import csv_text

#: Exports that one user may ask for.
ASKED_BY_ONE = throttle.Limit("my-data", burst=3, every=timedelta(hours=8))
#: The largest file. It is for people with years of alerts; an operator can give them a dump of the
#: database.
MOST_BYTES = 200 * 1024 * 1024
PART_BYTES = 1024 * 1024
#: Longer than the largest file takes.
LEASE = timedelta(minutes=30)
#: After as many attempts the export itself is what kills the workers.
MOST_ATTEMPTS = 3
ROWS_READ = 500
#: Marks a file as UTF-8, which spreadsheets need to read Chinese.
BOM = b"\xef\xbb\xbf"


class TooLargeError(Exception):
    """The file would be larger than `MOST_BYTES`."""


class Table(NamedTuple):
    """Rows under one name. `columns`: the field of each column, by its name."""

    name: str
    query: QuerySet[Any]
    columns: Mapping[str, str]

    def rows(self) -> Iterator[Sequence[Any]]:
        """Read the rows, a few hundred at a time. Each value is ready for JSON or a time."""
        return (
            self.query.order_by("pk")
            .values_list(*self.columns.values())
            .iterator(chunk_size=ROWS_READ)
        )


@transaction.atomic
def ask(user: User, now: datetime) -> timedelta:
    """Ask for an export, in place of an earlier one, unless that is still to be made. Returns how
    long to wait."""
    if DataExport.objects.filter(user=user, ended_at__isnull=True).exists():
        return timedelta()
    if wait := throttle.take(ASKED_BY_ONE, str(user.pk), now):
        return wait
    DataExport.objects.filter(user=user).delete()
    export = DataExport.objects.create(user=user, asked_at=now)
    audit.record(AuditKind.EXPORTED, actor=user, person=user, row=export, what="ZIP")
    return timedelta()


def make_waiting(now: datetime) -> int:
    """Make all exports that wait; returns how many."""
    count = 0
    while export := _claim(now):
        _make(export, now)
        count += 1
    return count


@transaction.atomic
def _claim(now: datetime) -> DataExport | None:
    export = (
        DataExport.objects.waiting(now).select_for_update(skip_locked=True, of=("self",)).first()
    )
    if export is not None:
        export.claimed_until, export.attempts = now + LEASE, export.attempts + 1
        export.save(update_fields=["claimed_until", "attempts"])
    return export


def _make(export: DataExport, now: datetime) -> None:
    """Write the file to the disk, then to the database in pieces: neither needs much memory."""
    export.parts.all().delete()
    size: int | None = None
    if export.attempts <= MOST_ATTEMPTS:
        with tempfile.TemporaryFile() as file:
            try:
                write_zip(file, export.user, now)
            except TooLargeError:
                pass
            else:
                size = file.tell()
                file.seek(0)
                for number, piece in enumerate(iter(lambda: file.read(PART_BYTES), b"")):
                    DataExportPart.objects.create(export=export, number=number, data=piece)
    with transaction.atomic():
        ended = DataExport.objects.filter(
            pk=export.pk, ended_at__isnull=True, attempts=export.attempts
        )
        if ended.update(ended_at=now, size=size):
            with suppress(throttle.TooOftenError):  # The page shows the file in any case.
                mail_limits.post(Message.to(export.user, now, kind=Message.Kind.DATA_READY))


def pieces(export: DataExport) -> Iterator[bytes]:
    """Return the file, one part in memory at a time."""
    for number in export.parts.order_by("number").values_list("number", flat=True):
        yield bytes(export.parts.values_list("data", flat=True).get(number=number))


def purge(now: datetime) -> int:
    """Delete files that can no longer be downloaded; return how many rows."""
    return DataExport.objects.filter(ended_at__lt=now - EXPORT_KEPT).delete()[0]


def write_zip(file: IO[bytes], user: User, now: datetime) -> None:
    """Write the archive. Raises `TooLargeError`."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables(user, now):
            # The rows are read twice, so that only one file is open at a time.
            for ending, lines in (("json", _json_lines), ("csv", _csv_lines)):
                with archive.open(f"{table.name}.{ending}", "w") as member:
                    _write(file, member, lines(table))


def _write(file: IO[bytes], member: IO[bytes], lines: Iterator[bytes]) -> None:
    for line in lines:
        member.write(line)
        if file.tell() > MOST_BYTES:
            raise TooLargeError


def _json_lines(table: Table) -> Iterator[bytes]:
    before = b"[\n"
    for row in table.rows():
        yield before + orjson.dumps(
            dict(zip(table.columns, row, strict=True)), default=str, option=orjson.OPT_UTC_Z
        )
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def _csv_lines(table: Table) -> Iterator[bytes]:
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    yield BOM
    for row in chain([table.columns], table.rows()):
        write([_cell(value) for value in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict | list):
        value = orjson.dumps(value).decode()
    return csv_text(value.isoformat() if isinstance(value, datetime) else str(value))


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def tables(user: User, now: datetime) -> Iterator[Table]:
    """Yield all data of the user, a table at a time."""
    lists = Watchlist.objects.for_user(user)
    kept = Watchlist.objects.filter(owner=user) | lists
    profile = (
        *(
            "email",
            "name",
            "language",
            "time_zone",
            "date_joined",
            "last_login",
            "consent_version",
            "consent_at",
        ),
        *("digest_hour", "digest_weekday", "quiet_from", "quiet_to"),
    )
    yield Table("profile", User.objects.filter(pk=user.pk), _same(*profile))
    settings = ("interval", "soonest", "pace", "priority", "is_paused")
    yield Table("watchlists", kept, _same("id", "name", *settings, "created_at", "deleted_at"))
    roles = user.memberships.all()
    yield Table("roles_in_others_lists", roles, {"list": "watchlist__name", "role": "role"})
    of_list, of_product = (
        {"list": "watchlist__name"},
        {"product": "product__num_iid", "title": "product__title"},
    )
    watches = Watch.objects.with_shown_costs(user).filter(watchlist__in=kept)
    own = {name: f"shown_{name}" for name in ("note", "cost", "profit")}
    yield Table(
        "products", watches, {**of_list, **of_product, **own, **_same(*settings, "created_at")}
    )
    tags = WatchTag.objects.filter(watch__watchlist__in=kept)
    yield Table(
        "tags",
        tags,
        {"list": "watch__watchlist__name", "product": "watch__product__num_iid", "tag": "name"},
    )
    adding = _same("interval", *ADDING, "created_at")
    follows = Follow.objects.filter(watchlist__in=kept)
    yield Table(
        "followed_shops",
        follows,
        {**of_list, "shop": "shop__shop_id", "name": "shop__name", **adding},
    )
    pairings = Pairing.objects.filter(watch__watchlist__in=kept)
    rival = {
        "list": "watch__watchlist__name",
        "product": "product__num_iid",
        "rival": "rival__num_iid",
    }
    yield Table("pairings", pairings, rival)
    rule = _same(
        "kind", "threshold", "days", "also", "cooldown", "is_urgent", "is_active", "is_target"
    )
    yield Table(
        "rules",
        Rule.objects.filter(watchlist__in=kept),
        {**of_list, "product": "watch__product__num_iid", **rule},
    )
    yield _alerts(user)
    yield Table(
        "messages",
        user.received.all(),
        {
            **_same("created_at", "kind", "address"),
            "channel": "channel__name",
            **_same("status", "sent_at"),
        },
    )
    kept_of_channels = _same(
        "kind", "name", "ending", "how", "only_urgent", "is_paused", "confirmed_at", "refused_at"
    )
    yield Table("channels", user.channels.all(), kept_of_channels)
    yield Table(
        "sessions", user.sessions.all(), _same("user_agent", "address", "seen_at", "expire_date")
    )
    yield Table(
        "second_factors",
        Authenticator.objects.filter(user=user),
        _same("type", "created_at", "last_used_at"),
    )
    yield Table(
        "ways_to_log_in", SocialAccount.objects.filter(user=user), _same("provider", "date_joined")
    )
    tokens = ("name", "last_four", "scope", "created_at", "expires_at", "last_used_at", "ended_at")
    yield Table("api_tokens", user.api_tokens.all(), {**of_list, **_same(*tokens)})
    yield Table("saved_views", user.saved_views.all(), _same("name", "query", "created_at"))
    yield Table("mutes", user.mutes.all(), {**of_product, "until": "until"})
    choices = ChannelChoice.objects.filter(channel__owner=user)
    of_channel = {"channel": "channel__name", "kind": "channel__kind"}
    yield Table("channel_choices", choices, {**of_channel, **of_list, **_same("how", "is_off")})
    imports = _same("created_at", "file_name", "text", "saved_at", "finished_at", "undone_at")
    yield Table("imports", user.imports.all(), {**of_list, **imports})
    yield Table(
        "sheets", user.sheet_updates.all(), {"created_at": "created_at", "rows": "stored_rows"}
    )
    invited = Invitation.objects.waiting().filter(invited_by=user)
    yield Table(
        "invitations", invited, {**of_list, **_same("email", "role", "created_at", "expires_at")}
    )
    yield Table(
        "address_changes",
        user.address_changes.all(),
        _same("old", "new", "changed_at", "undone_at"),
    )
    events = AuditEvent.objects.filter(
        pk__in=AuditEvent.objects.of_person(user).order_by().values("pk")
    )
    yield Table("activity", events, _same("at", "kind", "subject", "details", "network"))
    yield Table(
        "checks_by_day",
        user.charges.all(),
        {"day": "day", "reason": "reason", "thousandths_of_checks": "parts"},
    )


def _alerts(user: User) -> Table:
    """Return alerts with their evidence, without what a rule compared with: only another member may
    see that."""
    columns = {
        "list": "watchlist__name",
        "product": "product__num_iid",
        "title": "product__title",
        "shop": "shop__name",
        "rule": "rule_as_it_was__kind",
        "threshold": "rule_as_it_was__threshold",
        "days": "rule_as_it_was__days",
        **_same("field", "before", "after", "data_time", "request_id", "count", "created_at"),
        "last_seen_before": "change__last_seen_before",
        "first_seen_after": "change__first_seen_after",
    }
    return Table("alerts", Alert.objects.for_user(user), columns)
