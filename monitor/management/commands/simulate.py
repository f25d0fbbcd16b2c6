"""`manage.py simulate`: what the adaptive schedule is worth, on the sandbox's products and without one paid call."""

import argparse
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from monitor.dashboard.simulation import rounded_delay
from monitor.formatting import NOT_TOLD, duration
from monitor.management.command import MonitorCommand, count
from monitor.management.proof import CALLS_A_PRODUCT, calls_to_play, keep
from monitor.models.usage import provider_day
from monitor.sandbox.world import SEED
from monitor.simulation import WARM_UP, Figures, Proof, Score, Setting, prove, world_of

MOST_DAYS = 90
MOST_NUMBER = 10**9 - 1
#: Years that the sandbox has a calendar of sales for, and that leave room for what is played before and after.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 1, 1)
COLUMNS = ("median", "mean", "p95", "missed", "calls")
WIDTH = 9


class Command(MonitorCommand):
    help = (
        "Plays some days of the sandbox's products twice, once looked at as the adaptive schedule decides and once all "
        "alike, with the same calls a day, and tells how long their changes waited to be found. The schedule may look "
        "as a new watchlist has it: once a day at least, every five minutes at most; where calls are few, at least a "
        "quarter as often as evenly. Every change of the products "
        f"is known, so nothing is called and nothing is paid. {WARM_UP} days before those that are told let the "
        "schedule learn. The same options give the same figures on any day, if --start is among them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--days", type=_days, default=7, metavar="N", help="how many days to tell; 7 if not given")
        parser.add_argument(
            "--calls",
            type=_whole,
            metavar="N",
            help=f"calls a day; if not given, {CALLS_A_PRODUCT} for each product, or the budget in force if it is less",
        )
        parser.add_argument(
            "--start",
            type=_day,
            metavar="DAY",
            help="the first day, as 2026-11-18; if not given, the last days are told",
        )
        parser.add_argument(
            "--seed", type=_whole, default=SEED, metavar="N", help="other products than the sandbox's own, by a number"
        )

    def run(self, options: Mapping[str, Any]) -> None:
        if not settings.PROVIDER_SANDBOX:
            raise CommandError(
                "The simulation knows when the sandbox's products change, and no others: a real provider charges for"
                " every look. It runs only on the sandbox: with DEBUG=1 and no PROVIDER_KEY."
            )
        now = timezone.now()
        days, seed = options["days"], options["seed"]
        first = options["start"] or provider_day(now) - timedelta(days=days)
        products = len(world_of(seed).products())
        setting = Setting(first, days, calls_to_play(options["calls"], products, now), seed)
        with self.progress("Playing the days twice", 2 * setting.days_played) as advance:
            proof = prove(setting, advance)
        keep(proof, now)
        if self.as_json:
            self._write_rows(proof)
        else:
            self._tell(proof)

    def _write_rows(self, proof: Proof) -> None:
        setting = proof.setting
        for name, score in (("adaptive", proof.adaptive), ("even", proof.even)):
            for number, figures in enumerate(score.days):
                day = setting.first + timedelta(days=number)
                self.row(type="day", policy=name, day=day.isoformat(), **_row(figures))
            self.row(type="summary", policy=name, **_row(score.overall), seldom=_row(score.seldom))
        own, even = proof.adaptive.overall, proof.even.overall
        self.row(
            type="comparison",
            first=setting.first.isoformat(),
            days=setting.days,
            warm_up_days=WARM_UP,
            seed=setting.seed,
            products=proof.products,
            calls_a_day=setting.calls,
            median_ratio=_ratio(own.median, even.median),
            mean_ratio=_ratio(own.mean, even.mean),
            p95_ratio=_ratio(own.p95, even.p95),
            missed_ratio=_ratio(own.missed, even.missed),
        )

    def _tell(self, proof: Proof) -> None:
        setting = proof.setting
        self.stdout.write(
            f"{count(proof.products, 'product')} of the sandbox, {count(setting.days, 'day')} from {setting.first} on,"
            f" {count(setting.calls, 'call')} a day ({setting.calls / proof.products:.3g} for each product). The"
            f" {WARM_UP} days before are for the schedule to learn.\n"
            "Minutes from a change to the look that shows it; missed are changes that another overwrote before that."
            " Seldom:\nof products that change less than once a day.\n"
        )
        self._tell_table(proof)
        own, even = proof.adaptive, proof.even
        self.stdout.write(
            f"\nChanges are found after {_words(own.overall)} in the median; evenly spent, the same"
            f" {count(setting.calls, 'call')} a day would take {_words(even.overall)}."
        )
        if own.seldom.changes:
            self.stdout.write(
                f"Products that change less than once a day leave calls to the others: their"
                f" {count(own.seldom.changes, 'change')} are found after {_words(own.seldom)}, evenly after"
                f" {_words(even.seldom)}."
            )

    def _tell_table(self, proof: Proof) -> None:
        own, even = proof.adaptive, proof.even
        policies = "".join(f"{title:^{WIDTH * len(COLUMNS)}}" for title in ("adaptive", "even"))
        self.stdout.write(f"{'':<19}{policies}".rstrip())
        self.stdout.write(f"{'day':<10}{'changes':>9}" + 2 * "".join(f"{title:>{WIDTH}}" for title in COLUMNS))
        days = [(proof.setting.first + timedelta(days=number)).isoformat() for number in range(proof.setting.days)]
        rows = zip([*days, "all", "seldom"], [*_all(own)], [*_all(even)], strict=True)
        for name, figures, beside in rows:
            self.stdout.write(f"{name:<10}{figures.changes:>9,}{_cells(figures)}{_cells(beside)}")


def _all(score: Score) -> Iterator[Figures]:
    yield from (*score.days, score.overall, score.seldom)


def _cells(figures: Figures) -> str:
    delays = [NOT_TOLD if one is None else f"{one:,.1f}" for one in (figures.median, figures.mean, figures.p95)]
    missed = NOT_TOLD if figures.missed is None else f"{figures.missed:.0%}"
    return "".join(f"{cell:>{WIDTH}}" for cell in (*delays, missed, f"{figures.calls:,}"))


def _row(figures: Figures) -> dict[str, int | float | None]:
    """Figures as JSON has them; delays to the hundredth of a minute."""
    return {
        "changes": figures.changes,
        "median_minutes": _rounded(figures.median, 2),
        "mean_minutes": _rounded(figures.mean, 2),
        "p95_minutes": _rounded(figures.p95, 2),
        "missed": _rounded(figures.missed, 4),
        "calls": figures.calls,
    }


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)


def _ratio(own: float | None, even: float | None) -> float | None:
    return round(own / even, 4) if own is not None and even else None


def _words(figures: Figures) -> str:
    """The median delay, to the minute; below one, to the second."""
    delay = rounded_delay(figures.median)
    return NOT_TOLD if delay is None else duration(delay)


def _days(text: str) -> int:
    days = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_DAYS)) else 0
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 to {MOST_DAYS}")
    return days


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_NUMBER))):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number up to {MOST_NUMBER}")
    return int(text)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= LAST_DAY:
        raise argparse.ArgumentTypeError(f"{text!r} is no day from {FIRST_DAY} to {LAST_DAY}")
    return day
