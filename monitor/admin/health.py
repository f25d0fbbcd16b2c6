"""The health of the system in words: what runs, what does not, and what to do about it."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitor.admin.base import link_to_list
from monitor.budget.ledger import QUOTA_EXCEEDED, left
from monitor.budget.limit import DailyBudget, daily_budget
from monitor.history.polling import LATE
from monitor.models import (
    Budget,
    DoubtedReading,
    Email,
    Heartbeat,
    Product,
    ProviderAccount,
    ScheduleFit,
    Usage,
    User,
    Watchlist,
)
from monitor.models.system_clock import CLOCK_TOLERANCE
from monitor.pages.shared.health import clock_set_back
from monitor.recording import disk
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
#: Older failures of e-mails are not counted.
MAIL_DAYS = timedelta(days=7)


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
    links: Collection[str] = ()
    #: The actions that buttons post, and the buttons' texts.
    buttons: dict[str, str] = field(default_factory=dict)


def findings(now: datetime, workers: Collection[Heartbeat], broker_fault: str) -> list[Finding]:
    """The health of every part, the worst first. A fault of one part may explain those of later ones. At most sixteen
    queries."""
    account = ProviderAccount.objects.select_related("halted_by").first() or ProviderAccount()
    budget, products = daily_budget(now), _counted(now)
    parts = [
        _database(),
        _broker(broker_fault),
        _clock(now),
        _workers(now, workers),
        _polling(now, account),
        _budget(now, account, budget),
        _schedule(products),
        _pace(now),
        _failing(products["watched"]),
        _in_doubt(products["in_doubt"], budget),
        _outbox(now),
    ]
    return sorted(parts, key=lambda finding: list(HealthState).index(finding.state), reverse=True)


def troubles(now: datetime) -> list[Finding]:
    every_finding = findings(now, Heartbeat.objects.all(), broker_fault())
    return [finding for finding in every_finding if finding.state is not GOOD]


def _counted(now: datetime) -> dict[str, Any]:
    """Numbers of watched products, and of those being checked or `stuck`: their claim has run out."""
    due = Q(next_check_at__lte=now)
    watched = Product.objects.watched().aggregate(
        watched=Count("pk"),
        due=Count("pk", filter=due),
        late=Count("pk", filter=Q(next_check_at__lte=now - LATE)),
        oldest_due_at=Min("next_check_at", filter=due),
        in_doubt=Count("pk", filter=Q(doubted_at__isnull=False)),
    )
    claimed = Product.objects.filter(claimed_until__isnull=False).aggregate(
        checked=Count("pk", filter=Q(claimed_until__gt=now)),
        stuck=Count("pk", filter=Q(claimed_until__lte=now)),
    )
    return watched | claimed


def _database() -> Finding:
    """The page itself proves that the database answers."""
    version = ".".join(map(str, connection.get_database_version()))
    says = _("%(name)s %(version)s answers.") % {"name": connection.display_name, "version": version}
    if disk.is_short():
        says += space() + _("Its disk is nearly full: checks wait.")
        return Finding(_("Database"), BAD, says, _("Make room on the disk. Checks go on by themselves."))
    return Finding(_("Database"), GOOD, says)


def _broker(fault: str) -> Finding:
    if not fault:
        return Finding(_("Broker"), GOOD, _("It takes messages."))
    says = _("It cannot be reached: %(fault)s.") % {"fault": fault}
    todo = _("Start it, or correct CELERY_BROKER_URL. Nothing is lost: the next tick finds all work in the database.")
    return Finding(_("Broker"), BAD, says, todo)


def _clock(now: datetime) -> Finding:
    title, clock = _("System clock"), clock_set_back(now)
    if clock is None:
        return Finding(title, GOOD, _("It was not set back in the last day."))
    words, todo = {"by": duration(clock.by)}, _("See that the clocks of all machines are kept right (NTP).")
    if clock.at is None:
        says = _("It was set back by about %(by)s. Times are put right with the next tick.") % words
        return Finding(title, BAD, says, todo)
    says = _("It was set back by about %(by)s, found at %(when)s. Times were put right.")
    return Finding(title, WARN, says % {**words, "when": moment(clock.at)}, todo)


def _workers(now: datetime, workers: Collection[Heartbeat]) -> Finding:
    title = _("Workers and beat")
    if not workers:
        todo = _("Start a worker and beat: celery -A config worker, celery -A config beat.")
        if _has_just_started(now):
            says = _("Waiting for the first sign of a worker: Stallwatch has been running for less than a minute.")
            return Finding(title, WAIT, says)
        return Finding(title, BAD, _("No worker has ever been heard of."), todo)
    alive = [worker for worker in workers if worker.is_alive(now)]
    if not alive:
        says = _("No worker has been heard of since %(when)s.") % {"when": moment(_last_seen(workers))}
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
    ticks = [worker for worker in workers if worker.work == "tick" and worker.seen_at <= latest]
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


def _budget(now: datetime, account: ProviderAccount, budget: DailyBudget) -> Finding:
    title, calls_left = _("Calls of the day"), left(now, budget)
    links = (link_to_list(Usage, _("The ledger")), link_to_list(Budget, _("The budget and its history")))
    if not budget.calls:
        if budget.is_capped:
            says = cap_in_words(budget) + space() + _("No product is checked.")
            return Finding(title, WARN, says, _("Have the provider raise its cap. A budget cannot."), links)
        says = _("The budget is 0: no product is checked.")
        return Finding(title, WARN, says, _("Raise the budget when products are to be checked again."), links)
    is_used_up = account.rests(now) and account.pause_code == QUOTA_EXCEEDED
    words = {"left": f"{0 if is_used_up else calls_left.of_day:,}", "budget": f"{budget.calls:,}"}
    says = _("%(left)s of %(budget)s calls are left today.") % words
    if budget.is_capped:
        says += space() + cap_in_words(budget)
    if account.is_halted or account.circuit_is_open:
        return Finding(title, GOOD, says + space() + _("None is made now."), "", links)
    if is_used_up or not calls_left.of_day:
        if budget.is_capped:
            todo = _("Checks go on at midnight in China. Have the cap raised, or lengthen intervals of watchlists.")
        else:
            todo = _("Checks go on at midnight in China. Raise the budget, or lengthen intervals of watchlists.")
        return Finding(title, WARN, says, todo, links)
    if account.rests(now):
        says += space() + _("Checks pause until %(when)s.") % {"when": moment(account.paused_until)}
    elif not calls_left.of_schedule:
        says += space() + _("The schedule has had its share of the day so far. More go out by the minute.")
    return Finding(title, GOOD, says, "", links)


def cap_in_words(budget: DailyBudget) -> str:
    """What limits the calls when the provider's cap is lower than the budget."""
    words = {"cap": f"{budget.calls:,}", "budget": f"{budget.set_calls:,}"}
    return _("The provider's cap of %(cap)s governs: the budget is set to %(budget)s.") % words


def _schedule(products: dict[str, Any]) -> Finding:
    title, words = _("Schedule"), {name: f"{products[name]:,}" for name in ("watched", "due", "late", "checked")}
    says = (
        _("Watched products: %(watched)s. Due: %(due)s, of which late: %(late)s. Being checked: %(checked)s.") % words
    )
    links = (link_to_list(Product, _("Products by due time"), o="9"),)
    if products["stuck"]:
        says += space() + _("Claims that ran out and wait for a worker: %(count)d.") % {"count": products["stuck"]}
    if not products["late"]:
        return Finding(title, GOOD, says, "", links)
    says += space() + _("The longest wait so far: %(since)s.") % {"since": lasting(products["oldest_due_at"])}
    todo = _("If workers run, there are too few of them or of calls: see above. Products wait, none is forgotten.")
    return Finding(title, WARN, says, todo, links)


def _pace(now: datetime) -> Finding:
    """Whether the checks are fitted to the budget, and whether the budget is enough for all watchlists."""
    title = _("Pace of the checks")
    fit = ScheduleFit.objects.only("fitted_at", "calls", "products", "needs").first()
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


def _failing(watched: int) -> Finding:
    failing = Product.objects.watched().filter(failing_since__isnull=False)
    by_outcome = failing.values_list("last_outcome").annotate(n=Count("pk")).order_by("-n", "last_outcome")
    title, total = _("Failing products"), sum(n for _outcome, n in by_outcome)
    if not total:
        return Finding(title, GOOD, _("The last check of every product was answered."))
    words = dict(Product._meta.get_field("last_outcome").flatchoices)
    links = tuple(
        link_to_list(Product, f"{words.get(outcome, outcome)} {n:,}", last_outcome__exact=outcome, failing="yes")
        for outcome, n in by_outcome
    )
    says = ngettext("The checks of %(count)s product fail.", "The checks of %(count)s products fail.", total)
    todo = _("They are tried again ever less often. A few always fail; when many do, look at the code.")
    state = WARN if total * 10 > watched else GOOD
    return Finding(title, state, says % {"count": f"{total:,}"}, todo, links)


def _in_doubt(count: int, budget: DailyBudget) -> Finding:
    title, links = _("Readings in doubt"), (link_to_list(DoubtedReading, _("What became of others")),)
    if not count:
        return Finding(title, GOOD, _("None waits to be confirmed."), "", links)
    says = ngettext(
        "%(count)s product was read too oddly to be believed, and waits for another reading.",
        "%(count)s products were read too oddly to be believed, and wait for another reading.",
        count,
    )
    todo = _("When many do, the provider has a bad day. What it tells for three hours is believed.")
    state = WARN if count > most_at_once(budget.calls) else GOOD
    return Finding(title, state, says % {"count": f"{count:,}"}, todo, links)


def _outbox(now: datetime) -> Finding:
    title, status = _("Outbox"), Email.Status
    box = Email.objects.filter(status=status.PENDING).aggregate(
        pending=Count("pk"),
        overdue=Count("pk", filter=Q(next_attempt_at__lte=now - LATE)),
        oldest_due_at=Min("next_attempt_at", filter=Q(next_attempt_at__lte=now)),
    )
    box |= Email.objects.filter(created_at__gte=now - MAIL_DAYS).aggregate(
        failed=Count("pk", filter=Q(status=status.FAILED)),
        refused=Count("pk", filter=Q(status=status.REFUSED)),
        last_sent_at=Max("sent_at"),
    )
    box |= User.objects.refusing_mail().aggregate(
        people=Count("pk", distinct=True), held=Count("emails", filter=Q(emails__status=status.HELD))
    )
    says = _("Waiting e-mails: %(pending)s.") % {"pending": f"{box['pending']:,}"}
    if box["last_sent_at"]:
        says += space() + _("The last one was sent %(when)s.") % {"when": ago(box["last_sent_at"])}
    links = [
        link_to_list(Email, f"{kind.label} {box[kind]:,}", status__exact=kind.value)
        for kind in (status.PENDING, status.FAILED, status.REFUSED, status.HELD)
        if box[kind]
    ]
    if box["people"]:
        counts = {name: f"{box[name]:,}" for name in ("people", "held")}
        says += space() + _("Addresses that refuse mail: %(people)s; e-mails held for them: %(held)s.") % counts
        links.append(link_to_list(User, _("Their owners"), refuses="yes"))
    if box["overdue"]:
        says += space() + _("The longest wait so far: %(since)s.") % {"since": lasting(box["oldest_due_at"])}
        return Finding(title, BAD, says, _("See whether a worker runs and EMAIL_URL is right."), links)
    if box["failed"] or box["refused"]:
        todo = _("Read the server's answers. What you have mended can be sent again from the list.")
        return Finding(title, WARN, says, todo, links)
    return Finding(title, GOOD, says, "", links)
