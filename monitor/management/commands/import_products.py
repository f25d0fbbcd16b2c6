"""`manage.py import_products`: puts the products of a file on a user's watchlist."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from monitor.management.command import MonitorCommand, count
from monitor.models import User, Watch, Watchlist
from monitor.uploads.files import LARGEST_FILE, UnreadableUpload
from monitor.uploads.links import UploadLine
from monitor.watchlists.reading import read_file
from monitor.watchlists.services import add_products, create_watchlist
from monitor.watchlists.words import PROBLEM_WORDS, REFUSAL_WORDS

#: Products added between two moves of the progress bar.
STEP = 500


class Command(MonitorCommand):
    help = (
        "Puts products on a watchlist, which is made with the default rules if it is not there. Each row of FILE "
        "names products by ID, link or share text; rows that name none are reported with their number and stop nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="whose watchlist it is")
        parser.add_argument("--watchlist", required=True, metavar="NAME", help="the watchlist's name")
        parser.add_argument(
            "file",
            metavar="FILE",
            help="text, CSV or XLSX, up to 5 MB and 50,000 rows; - is standard input",
        )
        parser.add_argument(
            "--doubtful", action="store_true", help="also add IDs that look odd, such as those of few digits"
        )

    def run(self, options: Mapping[str, Any]) -> None:
        owner = _owner(options["owner"])
        lines = _lines(options["file"], doubtful=options["doubtful"])
        wanted = list(dict.fromkeys(line.num_iid for line in lines if line.num_iid))
        added: set[str] = set()
        watchlist = _watchlist(owner, options["watchlist"], make=bool(wanted))
        if watchlist is not None:
            with self.progress("Adding products", len(wanted)) as advance:
                for chunk in batched(wanted, STEP):
                    added.update(add_products(watchlist, chunk, timezone.now(), total=len(wanted)))
                    advance(len(chunk))
        if self.as_json:
            self._write_rows(lines, added)
            return
        bad = [line for line in lines if line.problem]
        for line in bad:
            assert line.problem is not None
            self.stderr.write(f"line {line.number}: {line.text!r}: {PROBLEM_WORDS[line.problem]}")
        self.stdout.write(
            f"{count(len(added), 'product')} added to “{options['watchlist']}”,"
            f" {len(wanted) - len(added):,} on it already, {count(len(bad), 'line')} not understood."
        )
        if watchlist is not None:
            self.stdout.write(f"Checking this list takes at least {count(_calls_a_day(watchlist), 'call')} a day.")

    def _write_rows(self, lines: Iterable[UploadLine], added: set[str]) -> None:
        for line in lines:
            result = "bad" if line.problem else "added" if line.num_iid in added else "already"
            reason = str(PROBLEM_WORDS[line.problem]) if line.problem else None
            added.discard(str(line.num_iid))  # In a later row it is on the list already.
            self.row(line=line.number, text=line.text, num_iid=line.num_iid, result=result, reason=reason)


def _lines(name: str, *, doubtful: bool) -> list[UploadLine]:
    """What the file `name` holds. With `doubtful` an ID that looks odd counts as an ID, without it as a problem."""
    try:
        lines = read_file(_read(name))
    except UnreadableUpload as error:
        raise CommandError(str(REFUSAL_WORDS[error.refusal])) from None
    return [
        (replace(line, problem=None) if doubtful else replace(line, num_iid=None)) if line.is_doubtful else line
        for line in lines
    ]


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(LARGEST_FILE + 1)
        with Path(name).open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandError(f"{name} cannot be read: {reason}.") from None


def _owner(email: str) -> User:
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise CommandError(
            f"Nobody has the e-mail address {email}. Make an account with `manage.py createsuperuser --email {email}`,"
            " or add a user in the admin."
        ) from None


def _watchlist(owner: User, name: str, *, make: bool) -> Watchlist | None:
    """The owner's list of that name. If there is none and `make` is set, a new one with the default rules."""
    watchlist = Watchlist.objects.kept().filter(owner=owner, name=name).first()
    if watchlist is not None or not make:
        return watchlist
    try:
        Watchlist(owner=owner, name=name).full_clean()
    except ValidationError as error:
        raise CommandError(f"A watchlist cannot be called that: {' '.join(error.messages)}") from None
    return create_watchlist(owner, name)


def _calls_a_day(watchlist: Watchlist) -> int:
    intervals = Watch.objects.active().filter(watchlist=watchlist).values_list("interval", flat=True)
    return round(sum(timedelta(days=1) / (interval or watchlist.interval) for interval in intervals))
