"""How polling goes, in the sentences of a digest."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.utils.translation import gettext, ngettext

from monitor.delivery.notices import STOPS
from monitor.history.checked import AnsweredCalls, Checked
from monitor.history.polling import Trouble
from monitor.planning.frame import Shell
from monitor.text import formatting

#: Ways of failing that are told one by one.
_WAYS = 3


@dataclass(frozen=True, slots=True)
class Polling:
    """What is known of it at the end of a digest's span."""

    checked: Checked
    calls: AnsweredCalls
    trouble: Trouble
    shell: Shell

    @property
    def failing(self) -> int:
        return sum(one.count for one in self.trouble.failing)


def sentences(polling: Polling, now: datetime, zone: tzinfo) -> list[str]:
    """What stands still first, then what fails and since when, then what was done."""
    return [*_stopped(polling.shell, zone), *_failing(polling, now), *_done(polling)]


def _stopped(shell: Shell, zone: tzinfo) -> Iterator[str]:
    if shell.halted_at:
        yield gettext("The operator has stopped all checks at %(time)s.") % {
            "time": formatting.instant(shell.halted_at, zone)
        }
    elif shell.circuit_code:
        meaning = str(STOPS[shell.circuit_code][0]) if shell.circuit_code in STOPS else shell.circuit_code
        yield gettext("Polling has stopped at %(time)s: %(meaning)s.") % {
            "time": formatting.instant(shell.circuit_opened_at, zone),
            "meaning": meaning,
        }
    elif shell.paused_until:
        yield gettext("Polling rests until %(time)s.") % {"time": formatting.instant(shell.paused_until, zone)}


def _failing(polling: Polling, now: datetime) -> Iterator[str]:
    for way in polling.trouble.failing[:_WAYS]:
        yield ngettext(
            "%(count)d product fails for %(time)s: %(reason)s.",
            "%(count)d products fail, the first for %(time)s: %(reason)s.",
            way.count,
        ) % {"count": way.count, "time": formatting.duration(now - way.since), "reason": way.reason}
    gone = polling.checked.gone
    if gone:
        yield ngettext(
            "%(count)d product is not found: compare its ID with the link on Douyin, or remove it.",
            "%(count)d products are not found: compare their IDs with the links on Douyin, or remove them.",
            gone,
        ) % {"count": gone}
    late = polling.trouble.late
    if late:
        yield ngettext("%(count)d product waits for its check.", "%(count)d products wait for their checks.", late) % {
            "count": late
        }


def _done(polling: Polling) -> Iterator[str]:
    told, shell = polling.checked, polling.shell
    words = {"products": f"{told.products:,}", "checked": f"{told.checked:,}", "answered": f"{told.answered:,}"}
    if told.products:
        yield (
            ngettext(
                "Of %(products)s product, %(checked)s was checked and %(answered)s answered.",
                "Of %(products)s products, %(checked)s were checked and %(answered)s answered.",
                told.products,
            )
            % words
        )
    else:
        yield gettext("No product is watched.")
    if polling.calls.ended:
        yield gettext("The account's calls of these days: %(count)s, %(share)s answered.") % {
            "count": f"{polling.calls.ended:,}",
            "share": formatting.percent(polling.calls.share),
        }
    yield gettext("Calls today: %(calls)s of %(budget)s.") % {
        "calls": f"{shell.calls:,}",
        "budget": f"{shell.budget:,}",
    }
