"""`manage.py import_products`: put the products that a file names on somebody's watchlist."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from monitor.management.command import MonitorCommand, count
from monitor.management.text_files import read_lines
from monitor.models import User, Watch, Watchlist
from monitor.watchlists import add_products, create_watchlist, links
from monitor.watchlists.links import Line, Problem

#: Products added in one step, between two moves of the progress bar.
STEP = 500
REASONS = {
    Problem.SHORT_LINK: "a short link does not tell the product's ID: open it, and give the ID or the long link",
    Problem.TOO_LONG: "a product ID has 1 to 19 digits and is not 0",
    Problem.ROUNDED: "a spreadsheet has rounded this ID: format the column as text and enter the ID again",
    Problem.NOT_UNDERSTOOD: "no product ID or Douyin product link was found",
}


class Command(MonitorCommand):
    help = (
        "Puts products on a watchlist, which is made with the default rules if it is not there. Each line of FILE is "
        "a product ID, a product link, a share text or a CSV row; lines that name no product are reported with their "
        "number and stop nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="whose watchlist it is")
        parser.add_argument("--watchlist", required=True, metavar="NAME", help="the watchlist's name")
        parser.add_argument(
            "file",
            metavar="FILE",
            help="text in UTF-8, UTF-16 or GB18030, up to 10 MB and 100,000 lines; - is standard input",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        owner = _owner(options["owner"])
        lines = list(links.read_lines(read_lines(options["file"])))
        wanted = list(dict.fromkeys(line.num_iid for line in lines if line.num_iid))
        added: set[str] = set()
        watchlist = _watchlist(owner, options["watchlist"], make=bool(wanted))
        if watchlist is not None:
            added = self._add(watchlist, wanted)
        if self.as_json:
            self._write_rows(lines, added)
        else:
            self._tell(options["watchlist"], watchlist, lines, wanted, added)

    def _add(self, watchlist: Watchlist, wanted: list[str]) -> set[str]:
        added: set[str] = set()
        with self.progress("Adding products", len(wanted)) as advance:
            for start in range(0, len(wanted), STEP):
                chunk = wanted[start : start + STEP]
                added.update(add_products(watchlist, chunk, timezone.now()))
                advance(len(chunk))
        return added

    def _write_rows(self, lines: Iterable[Line], added: set[str]) -> None:
        new = set(added)
        for line in lines:
            result, reason = "bad", None
            if line.problem:
                reason = REASONS[line.problem]
            elif line.num_iid in new:
                result = "added"
                new.discard(line.num_iid)
            else:
                result = "already"
            self.row(line=line.number, text=line.text, num_iid=line.num_iid, result=result, reason=reason)

    def _tell(
        self, name: str, watchlist: Watchlist | None, lines: list[Line], wanted: list[str], added: set[str]
    ) -> None:
        bad = [line for line in lines if line.problem]
        for line in bad:
            assert line.problem is not None
            self.stderr.write(f"line {line.number}: {line.text!r}: {REASONS[line.problem]}")
        self.stdout.write(
            f"{count(len(added), 'product')} added to “{name}”, {len(wanted) - len(added):,} on it already,"
            f" {count(len(bad), 'line')} not understood."
        )
        if watchlist is not None:
            self.stdout.write(f"Checking this list takes up to {count(_calls_a_day(watchlist), 'call')} a day.")


def _owner(email: str) -> User:
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise CommandError(
            f"Nobody has the e-mail address {email}. Make an account with `manage.py createsuperuser --email {email}`,"
            " or add a user in the admin."
        ) from None


def _watchlist(owner: User, name: str, *, make: bool) -> Watchlist | None:
    """The owner's list of that name, made with the default rules where there is none and `make` says so."""
    found = Watchlist.objects.kept().filter(owner=owner, name=name).first()
    if found is not None or not make:
        return found
    try:
        Watchlist(owner=owner, name=name).full_clean()
    except ValidationError as error:
        raise CommandError(f"A watchlist cannot be called that: {' '.join(error.messages)}") from None
    return create_watchlist(owner, name)


def _calls_a_day(watchlist: Watchlist) -> int:
    intervals = Watch.objects.active().filter(watchlist=watchlist).values_list("interval", flat=True)
    return round(sum(timedelta(days=1) / (interval or watchlist.interval) for interval in intervals))
