"""The health of the system in words: what runs, what does not, and what to do about it."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitor.admin.base import link_to_list
from monitor.budget.ledger import QUOTA_EXCEEDED
from monitor.budget.limit import DailyBudget
from monitor.models import Budget, DoubtedReading, Email, Heartbeat, Product, ProviderAccount, Usage, User, Watchlist
from monitor.models.system_clock import CLOCK_TOLERANCE
from monitor.pages.usage.operation import Operation, operation
from monitor.recording.doubts import most_at_once
from monitor.tasks import broker_fault
from monitor.text.clock import ago, lasting, moment
from monitor.text.formatting import duration, space

#: The workers usually start together with this process, and give their first sign of life after a few seconds.
STARTED_AT = timezone.now()
FIRST_SIGN = timedelta(minutes=1)
#: Ticks come every ten seconds, unless the worker is busy.
TICKS_WITHIN = timedelta(minutes=10)
#: The pace is fitted once an hour.
FITTED_WITHIN = timedelta(hours=3)


class HealthState(StrEnum):
    GOOD = "good"
    #: Too early to say.
    WAIT = "wait"
    WARN = "warn"
    BAD = "bad"


GOOD, WAIT, WARN, BAD = HealthState


@dataclass(frozen=True, slots=True)
class Finding:
    """The health of one part. `todo` is empty if there is nothing to do."""

    title: str
    state: HealthState
    says: str
    todo: str = ""
    links: tuple[str, ...] = ()
    #: The actions that buttons post, and the buttons' texts.
    buttons: dict[str, str] = field(default_factory=dict)


def findings(now: datetime, seen: Operation, broker_fault: str) -> list[Finding]:
    """The health of every part. A fault of one part may explain those of later ones."""
    return [
        _database(seen),
        _broker(broker_fault),
        _clock(seen),
        _workers(now, seen),
        _polling(now, seen.account),
        _budget(now, seen),
        _schedule(seen),
        _pace(now, seen),
        _failing(seen),
        _in_doubt(seen),
        _outbox(seen),
    ]


def troubles(now: datetime) -> list[Finding]:
    return [finding for finding in findings(now, operation(now), broker_fault()) if finding.state is not GOOD]


def _database(seen: Operation) -> Finding:
    """The page itself proves that the database answers."""
    version = ".".join(map(str, connection.get_database_version()))
    says = _("%(name)s %(version)s answers.") % {"name": connection.display_name, "version": version}
    if seen.disk_is_short:
        says += space() + _("Its disk is nearly full: checks wait.")
        return Finding(_("Database"), BAD, says, _("Make room on the disk. Checks go on by themselves."))
    return Finding(_("Database"), GOOD, says)


def _broker(fault: str) -> Finding:
    if not fault:
        return Finding(_("Broker"), GOOD, _("It takes messages."))
    says = _("It cannot be reached: %(fault)s.") % {"fault": fault}
    todo = _("Start it, or correct CELERY_BROKER_URL. Nothing is lost: the next tick finds all work in the database.")
    return Finding(_("Broker"), BAD, says, todo)


def _clock(seen: Operation) -> Finding:
    title = _("System clock")
    if seen.clock is None:
        return Finding(title, GOOD, _("It was not set back in the last day."))
    words, todo = {"by": duration(seen.clock.by)}, _("See that the clocks of all machines are kept right (NTP).")
    if seen.clock.at is None:
        says = _("It was set back by about %(by)s. Times are put right with the next tick.") % words
        return Finding(title, BAD, says, todo)
    says = _("It was set back by about %(by)s, found at %(when)s. Times were put right.")
    return Finding(title, WARN, says % {**words, "when": moment(seen.clock.at)}, todo)


def _workers(now: datetime, seen: Operation) -> Finding:
    title = _("Workers and beat")
    if not seen.workers:
        todo = _("Start a worker and beat: celery -A config worker, celery -A config beat.")
        if _has_just_started(now):
            says = _("Waiting for the first sign of a worker: Stallwatch has been running for less than a minute.")
            return Finding(title, WAIT, says)
        return Finding(title, BAD, _("No worker has ever been heard of."), todo)
    alive = [worker for worker in seen.workers if worker.is_alive(now)]
    if not alive:
        says = _("No worker has been heard of since %(when)s.") % {"when": moment(_last_seen(seen.workers))}
        return Finding(title, BAD, says, _("See whether the workers and beat still run, and restart them."))
    if not any(worker.is_of_checks for worker in alive):
        if _has_just_started(now):
            return Finding(title, WAIT, _("Waiting for the first sign of the worker for checks."))
        todo = _("Start it as the Procfile does: celery -A config worker -Q stallwatch-checks.")
        return Finding(title, BAD, _("The worker for checks gives no sign of life. No product is checked."), todo)
    if all(worker.is_of_checks for worker in alive):
        says = _("The worker for mail and upkeep gives no sign of life. No mail goes out, and nothing new is checked.")
        todo = _("Start it as the Procfile does: celery -A config worker -Q stallwatch.")
        return Finding(title, BAD, says, todo)
    latest = now + CLOCK_TOLERANCE
    ticks = [worker for worker in seen.workers if worker.work == "tick" and worker.seen_at <= latest]
    if not ticks:
        return Finding(title, WARN, _("A worker runs, but no tick has come."), _("See whether beat runs."))
    words = {"tick": ago(_last_seen(ticks)), "life": ago(_last_seen(alive))}
    says = _("The last tick was %(tick)s, the last sign of life %(life)s.") % words
    if now - _last_seen(ticks) > TICKS_WITHIN:
        return Finding(title, WARN, says, _("See whether beat runs."))
    return Finding(title, GOOD, says)


def _has_just_started(now: datetime) -> bool:
    return timedelta(0) <= now - STARTED_AT < FIRST_SIGN


def _last_seen(workers: Iterable[Heartbeat]) -> datetime:
    return max(worker.seen_at for worker in workers)


def _polling(now: datetime, account: ProviderAccount) -> Finding:
    title = _("Checks")
    buttons = {"close": _("Start checks again"), "probe": _("Make one trial call now")}
    links = (link_to_list(ProviderAccount, _("The provider account")),)
    if account.halted_at:
        words = {"who": account.halted_by or _("a former user"), "when": moment(account.halted_at)}
        says = _("Stopped by %(who)s since %(when)s. Nothing is called, not even what people ask for.") % words
        todo = _("Start checks again when you want to. Products wait meanwhile, none is forgotten.")
        return Finding(title, WARN, says, todo, links, {"resume": _("Start checks again")})
    stop = {"halt": _("Stop all checks…")}
    if account.circuit_opened_at:
        words = {"when": moment(account.circuit_opened_at), "code": account.circuit_code}
        says = _("Stopped since %(when)s by code %(code)s: %(reason)s") % {**words, "reason": account.circuit_reason}
        todo = _("Settle it with the provider, then start checks again. One trial call an hour is made by itself.")
        return Finding(title, BAD, says, todo, links, buttons | stop)
    if account.paused_until and account.paused_until > now:
        words = {"when": moment(account.paused_until), "code": account.pause_code}
        says = _("It rests until %(when)s, by code %(code)s.") % words
        todo = _("Nothing: it goes on by itself. If the provider has raised the quota, start it now.")
        if account.pause_code != QUOTA_EXCEEDED:
            del buttons["probe"]
        return Finding(title, WARN, says, todo, links, buttons | stop)
    return Finding(title, GOOD, _("It goes on."), "", links, stop)


def _budget(now: datetime, seen: Operation) -> Finding:
    title, budget, account = _("Calls of the day"), seen.budget, seen.account
    links = (link_to_list(Usage, _("The ledger")), link_to_list(Budget, _("The budget and its history")))
    if not budget.calls:
        if budget.is_capped:
            says = cap_in_words(budget) + space() + _("No product is checked.")
            return Finding(title, WARN, says, _("Have the provider raise its cap. A budget cannot."), links)
        says = _("The budget is 0: no product is checked.")
        return Finding(title, WARN, says, _("Raise the budget when products are to be checked again."), links)
    is_used_up = account.rests(now) and account.pause_code == QUOTA_EXCEEDED
    words = {"left": f"{0 if is_used_up else seen.left.of_day:,}", "budget": f"{budget.calls:,}"}
    says = _("%(left)s of %(budget)s calls are left today.") % words
    if budget.is_capped:
        says += space() + cap_in_words(budget)
    if account.is_halted or account.circuit_is_open:
        return Finding(title, GOOD, says + space() + _("None is made now."), "", links)
    if is_used_up or not seen.left.of_day:
        if budget.is_capped:
            todo = _("Checks go on at midnight in China. Have the cap raised, or lengthen intervals of watchlists.")
        else:
            todo = _("Checks go on at midnight in China. Raise the budget, or lengthen intervals of watchlists.")
        return Finding(title, WARN, says, todo, links)
    if account.rests(now):
        says += space() + _("Checks pause until %(when)s.") % {"when": moment(account.paused_until)}
    elif not seen.left.of_schedule:
        says += space() + _("The schedule has had its share of the day so far. More go out by the minute.")
    return Finding(title, GOOD, says, "", links)


def cap_in_words(budget: DailyBudget) -> str:
    """What limits the calls when the provider's cap is lower than the budget."""
    words = {"cap": f"{budget.calls:,}", "budget": f"{budget.set_calls:,}"}
    return _("The provider's cap of %(cap)s governs: the budget is set to %(budget)s.") % words


def _schedule(seen: Operation) -> Finding:
    schedule, title = seen.schedule, _("Schedule")
    says = _("Watched products: %(watched)s. Due: %(due)s, of which late: %(late)s. Being checked: %(checked)s.") % {
        "watched": f"{schedule.watched:,}",
        "due": f"{schedule.due:,}",
        "late": f"{schedule.late:,}",
        "checked": f"{schedule.being_checked:,}",
    }
    links = (link_to_list(Product, _("Products by due time"), o="9"),)
    if schedule.stuck:
        says += space() + _("Claims that ran out and wait for a worker: %(count)d.") % {"count": schedule.stuck}
    if not schedule.late:
        return Finding(title, GOOD, says, "", links)
    says += space() + _("The longest wait so far: %(since)s.") % {"since": lasting(schedule.oldest_due_at)}
    todo = _("If workers run, there are too few of them or of calls: see above. Products wait, none is forgotten.")
    return Finding(title, WARN, says, todo, links)


def _pace(now: datetime, seen: Operation) -> Finding:
    """Whether the checks are fitted to the budget, and whether the budget is enough for all watchlists."""
    title, fit = _("Pace of the checks"), seen.fit
    if fit is None or fit.fitted_at is None:
        return Finding(title, GOOD, _("It has not been fitted yet. The clock does it within a minute."))
    says = ngettext(
        "Fitted to %(count)s product and %(calls)s calls a day %(when)s.",
        "Fitted to %(count)s products and %(calls)s calls a day %(when)s.",
        fit.products,
    )
    says %= {"count": f"{fit.products:,}", "calls": f"{fit.calls:,}", "when": ago(fit.fitted_at)}
    if now - fit.fitted_at > FITTED_WITHIN:
        todo = _("See whether beat runs: until then new products and another budget are not reckoned with.")
        return Finding(title, WARN, says, todo)
    needs = math.ceil(fit.needs)
    if needs > fit.calls:
        words = {"needs": f"{needs:,}"}
        says += space() + _("What watchlists ask for at least takes %(needs)s: waits are stretched.") % words
        todo = _("Raise the budget, or lengthen intervals of watchlists. What matters least waits longest.")
        return Finding(title, WARN, says, todo, (link_to_list(Watchlist, _("Watchlists")),))
    return Finding(title, GOOD, says)


def _failing(seen: Operation) -> Finding:
    title, total = _("Failing products"), sum(n for _outcome, n in seen.failing)
    if not total:
        return Finding(title, GOOD, _("The last check of every product was answered."))
    words = dict(Product._meta.get_field("last_outcome").flatchoices)
    links = tuple(
        link_to_list(Product, f"{words.get(outcome, outcome)} {n:,}", last_outcome__exact=outcome, failing="yes")
        for outcome, n in seen.failing
    )
    says = ngettext("The checks of %(count)s product fail.", "The checks of %(count)s products fail.", total)
    todo = _("They are tried again ever less often. A few always fail; when many do, look at the code.")
    state = WARN if total * 10 > seen.schedule.watched else GOOD
    return Finding(title, state, says % {"count": f"{total:,}"}, todo, links)


def _in_doubt(seen: Operation) -> Finding:
    title, count = _("Readings in doubt"), seen.schedule.in_doubt
    links = (link_to_list(DoubtedReading, _("What became of others")),)
    if not count:
        return Finding(title, GOOD, _("None waits to be confirmed."), "", links)
    says = ngettext(
        "%(count)s product was read too oddly to be believed, and waits for another reading.",
        "%(count)s products were read too oddly to be believed, and wait for another reading.",
        count,
    )
    todo = _("When many do, the provider has a bad day. What it tells for three hours is believed.")
    state = WARN if count > most_at_once(seen.budget.calls) else GOOD
    return Finding(title, state, says % {"count": f"{count:,}"}, todo, links)


def _outbox(seen: Operation) -> Finding:
    box, title = seen.outbox, _("Outbox")
    says = _("Waiting e-mails: %(pending)s.") % {"pending": f"{box.pending:,}"}
    if box.last_sent_at:
        says += space() + _("The last one was sent %(when)s.") % {"when": ago(box.last_sent_at)}
    if box.refusing:
        counts = {"people": f"{box.refusing:,}", "held": f"{box.held:,}"}
        says += space() + _("Addresses that refuse mail: %(people)s; e-mails held for them: %(held)s.") % counts
    links = tuple(_mail_links(seen))
    if box.overdue:
        says += space() + _("The longest wait so far: %(since)s.") % {"since": lasting(box.oldest_due_at)}
        return Finding(title, BAD, says, _("See whether a worker runs and EMAIL_URL is right."), links)
    if box.failed or box.refused:
        todo = _("Read the server's answers. What you have mended can be sent again from the list.")
        return Finding(title, WARN, says, todo, links)
    return Finding(title, GOOD, says, "", links)


def _mail_links(seen: Operation) -> Iterator[str]:
    counts = {
        Email.Status.PENDING: seen.outbox.pending,
        Email.Status.FAILED: seen.outbox.failed,
        Email.Status.REFUSED: seen.outbox.refused,
        Email.Status.HELD: seen.outbox.held,
    }
    for status, n in counts.items():
        if n:
            yield link_to_list(Email, f"{status.label} {n:,}", status__exact=status.value)
    if seen.outbox.refusing:
        yield link_to_list(User, _("Their owners"), refuses="yes")
