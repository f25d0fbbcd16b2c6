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

from monitor.admin.base import link, link_to_list
from monitor.admin.values import answer_in_words, short
from monitor.budget.ledger import NO_ROOM, QUOTA_EXCEEDED, left
from monitor.budget.limit import DailyBudget, daily_budget
from monitor.doubts import most_at_once
from monitor.history.polling import LATE
from monitor.models import (
    Budget,
    Channel,
    DoubtedReading,
    Heartbeat,
    Message,
    Product,
    ProviderAccount,
    ScheduleFit,
    Usage,
    Watchlist,
)
from monitor.models.clock import future_from
from monitor.pages.shared.health import clock_set_back
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
#: Refused channels that are named.
CHANNELS_SHOWN = 3
#: Older failures of messages are not counted.
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
    """Return the health of every part, the worst first. At most 16 queries.

    A fault of one part may explain those of later ones.
    """
    account = ProviderAccount.objects.select_related("halted_by").first() or ProviderAccount()
    budget, products = daily_budget(now), _counted(now)
    parts = [
        _database(),
        _broker(broker_fault),
        _clock(now, workers),
        _workers(now, workers, broker_fault),
        _polling(now, account),
        _budget(now, account, budget),
        _schedule(products),
        _pace(now),
        _failing(products["watched"]),
        _in_doubt(products["in_doubt"], products["watched"]),
        _outbox(now),
    ]
    return sorted(parts, key=lambda finding: list(HealthState).index(finding.state), reverse=True)


def troubles(now: datetime) -> list[Finding]:
    every_finding = findings(now, Heartbeat.objects.all(), broker_fault())
    return [finding for finding in every_finding if finding.state is not GOOD]


def _counted(now: datetime) -> dict[str, Any]:
    """Return the numbers of watched products, and of those being checked or `stuck`: their claim has run out."""
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
    """Return the database's version: the page itself proves that it answers."""
    version = ".".join(map(str, connection.get_database_version()))
    says = _("%(name)s %(version)s answers.") % {"name": connection.display_name, "version": version}
    return Finding(_("Database"), GOOD, says)


def _broker(fault: str) -> Finding:
    if not fault:
        return Finding(_("Broker"), GOOD, _("Accepting messages."))
    if fault == "OutOfMemoryError":
        says = _("Out of memory: it accepts no messages.")
        return Finding(_("Broker"), BAD, says, _("Give Redis more memory (maxmemory). No work is lost."))
    says = _("Cannot be reached: %(fault)s.") % {"fault": fault}
    todo = _("Start it, or correct CELERY_BROKER_URL. No work is lost.")
    return Finding(_("Broker"), BAD, says, todo)


def _clock(now: datetime, workers: Collection[Heartbeat]) -> Finding:
    ahead = max((worker.seen_at for worker in workers if worker.seen_at > future_from(now)), default=now) - now
    by = max(clock_set_back(now), ahead)
    if not by:
        return Finding(_("System clock"), GOOD, _("Not set back today."))
    says = _("Set back by about %(by)s today. Checks go on.") % {"by": duration(by)}
    return Finding(_("System clock"), WARN, says, _("Check that all machines use NTP."))


def _workers(now: datetime, workers: Collection[Heartbeat], broker_fault: str) -> Finding:
    title = _("Workers and beat")
    if broker_fault:
        return Finding(title, WAIT, _("No tasks reach them until the broker accepts messages."))
    if not workers:
        todo = _("Start a worker and beat: celery -A config worker, celery -A config beat.")
        if _has_just_started(now):
            says = _("Just started: waiting for a worker.")
            return Finding(title, WAIT, says)
        return Finding(title, BAD, _("No worker has ever run."), todo)
    alive = [worker for worker in workers if worker.is_alive(now)]
    if not alive:
        says = _("No worker has run since %(when)s.") % {"when": moment(_last_seen(workers))}
        return Finding(title, BAD, says, _("Restart the workers and beat."))
    if not any(worker.is_of_checks for worker in alive):
        if _has_just_started(now):
            return Finding(title, WAIT, _("Waiting for the checks worker."))
        todo = _("Start it as the Procfile does: celery -A config worker -Q stallwatch-checks.")
        return Finding(title, BAD, _("The checks worker is down: no product is checked."), todo)
    if all(worker.is_of_checks for worker in alive):
        says = _("The upkeep worker is down: no mail goes out, and no checks are scheduled.")
        todo = _("Start it as the Procfile does: celery -A config worker -Q stallwatch.")
        return Finding(title, BAD, says, todo)
    ticks = [worker for worker in workers if worker.work == "tick" and worker.seen_at <= future_from(now)]
    if not ticks:
        return Finding(title, WARN, _("A worker runs, but beat sends it nothing."), _("Check that beat runs."))
    words = {"tick": ago(_last_seen(ticks)), "life": ago(_last_seen(alive))}
    says = _("Last tick %(tick)s, last heartbeat %(life)s.") % words
    if now - _last_seen(ticks) > TICKS_WITHIN:
        return Finding(title, WARN, says, _("Check that beat runs."))
    return Finding(title, GOOD, says)


def _has_just_started(now: datetime) -> bool:
    return timedelta(0) <= now - STARTED_AT < FIRST_SIGN


def _last_seen(workers: Iterable[Heartbeat]) -> datetime:
    return max(worker.seen_at for worker in workers)


def _polling(now: datetime, account: ProviderAccount) -> Finding:
    title = _("Checks")
    buttons = {"close": _("Start checks again"), "probe": _("Make a trial call")}
    links = (link_to_list(ProviderAccount, _("The provider account")),)
    if account.halted_at:
        words = {"who": account.halted_by or _("a deleted user"), "when": moment(account.halted_at)}
        says = _("Stopped by %(who)s since %(when)s, manual checks too.") % words
        todo = _("Start checks again when you want to.")
        return Finding(title, WARN, says, todo, links, {"resume": _("Start checks again")})
    stop = {"halt": _("Stop all checks…")}
    if account.circuit_code == NO_ROOM:
        says = _("Stopped since %(when)s: the database's disk is full.") % {"when": moment(account.circuit_opened_at)}
        todo = _("Free up disk space. Checks resume by themselves.")
        return Finding(title, BAD, says, todo, links, buttons | stop)
    if account.circuit_opened_at:
        words = {"when": moment(account.circuit_opened_at), "code": account.circuit_code}
        says = _("Stopped since %(when)s by code %(code)s: %(reason)s") % {**words, "reason": account.circuit_reason}
        todo = _("Solve it with the provider, then start checks again. A trial call is made every hour.")
        return Finding(title, BAD, says, todo, links, buttons | stop)
    if account.paused_until and account.paused_until > now:
        words = {"when": moment(account.paused_until), "code": account.pause_code}
        says = _("Paused until %(when)s by code %(code)s.") % words
        todo = _("Nothing: it resumes by itself. Start it now if the quota was raised.")
        if account.pause_code != QUOTA_EXCEEDED:
            del buttons["probe"]
        return Finding(title, WARN, says, todo, links, buttons | stop)
    return Finding(title, GOOD, _("Running."), "", links, stop)


def _budget(now: datetime, account: ProviderAccount, budget: DailyBudget) -> Finding:
    title, calls_left = _("Calls of the day"), left(now, budget)
    links = (link_to_list(Usage, _("All calls")), link_to_list(Budget, _("Budget history")))
    if not budget.calls:
        if budget.is_capped:
            says = cap_in_words(budget) + space() + _("No product is checked.")
            return Finding(title, WARN, says, _("Ask the provider to raise its cap."), links)
        says = _("The budget is 0: no product is checked.")
        return Finding(title, WARN, says, _("Raise the budget to check again."), links)
    is_used_up = account.rests(now) and account.pause_code == QUOTA_EXCEEDED
    words = {"left": f"{0 if is_used_up else calls_left.of_day:,}", "budget": f"{budget.calls:,}"}
    says = _("%(left)s of %(budget)s calls are left today.") % words
    if budget.is_capped:
        says += space() + cap_in_words(budget)
    if account.is_halted or account.circuit_is_open:
        return Finding(title, GOOD, says + space() + _("No calls now."), "", links)
    if is_used_up or not calls_left.of_day:
        if budget.is_capped:
            todo = _("Checks resume at midnight in China. Have the cap raised, or lengthen intervals.")
        else:
            todo = _("Checks resume at midnight in China. Raise the budget, or lengthen intervals.")
        return Finding(title, WARN, says, todo, links)
    if account.rests(now):
        says += space() + _("Checks pause until %(when)s.") % {"when": moment(account.paused_until)}
    elif not calls_left.of_schedule:
        says += space() + _("The schedule has used its share so far; more calls follow every minute.")
    return Finding(title, GOOD, says, "", links)


def cap_in_words(budget: DailyBudget) -> str:
    """Return what limits the calls when the provider's cap is lower than the budget."""
    words = {"cap": f"{budget.calls:,}", "budget": f"{budget.set_calls:,}"}
    return _("Limited by the provider's cap of %(cap)s; the budget is %(budget)s.") % words


def _schedule(products: dict[str, Any]) -> Finding:
    title, words = _("Schedule"), {name: f"{products[name]:,}" for name in ("watched", "due", "late", "checked")}
    says = _("Watched: %(watched)s. Due: %(due)s. Late: %(late)s. Being checked: %(checked)s.") % words
    links = (link_to_list(Product, _("Products by due time"), o="9"),)
    if products["stuck"]:
        says += space() + _("Expired claims: %(count)d.") % {"count": products["stuck"]}
    if not products["late"]:
        return Finding(title, GOOD, says, "", links)
    says += space() + _("Longest wait: %(since)s.") % {"since": lasting(products["oldest_due_at"])}
    todo = _("Too few workers or too few calls: see above.")
    return Finding(title, WARN, says, todo, links)


def _pace(now: datetime) -> Finding:
    """Return whether the checks are fitted to the budget, and whether the budget is enough for all watchlists."""
    title = _("Check plan")
    fit = ScheduleFit.objects.only("fitted_at", "calls", "products", "needs").first()
    if fit is None or fit.fitted_at is None:
        return Finding(title, GOOD, _("Not planned yet; ready within a minute."))
    says = ngettext(
        "Planned %(when)s for %(count)s product and %(calls)s calls a day.",
        "Planned %(when)s for %(count)s products and %(calls)s calls a day.",
        fit.products,
    )
    says %= {"count": f"{fit.products:,}", "calls": f"{fit.calls:,}", "when": ago(fit.fitted_at)}
    if now - fit.fitted_at > FITTED_WITHIN:
        todo = _("Check that beat runs: new products and budgets are not planned for yet.")
        return Finding(title, WARN, says, todo)
    needs = math.ceil(fit.needs)
    if needs > fit.calls:
        words = {"needs": f"{needs:,}"}
        says += space() + _("Watchlists need at least %(needs)s: intervals are stretched.") % words
        todo = _("Raise the budget, or lengthen intervals.")
        return Finding(title, WARN, says, todo, (link_to_list(Watchlist, _("Watchlists")),))
    return Finding(title, GOOD, says)


def _failing(watched: int) -> Finding:
    failing = Product.objects.watched().filter(failing_since__isnull=False)
    by_outcome = failing.values_list("last_outcome").annotate(n=Count("pk")).order_by("-n", "last_outcome")
    title, total = _("Failing products"), sum(n for _outcome, n in by_outcome)
    if not total:
        return Finding(title, GOOD, _("No product is failing."))
    words = dict(Product._meta.get_field("last_outcome").flatchoices)
    links = tuple(
        link_to_list(Product, f"{words.get(outcome, outcome)} {n:,}", last_outcome__exact=outcome, failing="yes")
        for outcome, n in by_outcome
    )
    says = ngettext("%(count)s product is failing.", "%(count)s products are failing.", total)
    todo = _("A few are normal; if many fail, look at the code.")
    state = WARN if total * 10 > watched else GOOD
    return Finding(title, state, says % {"count": f"{total:,}"}, todo, links)


def _in_doubt(count: int, watched: int) -> Finding:
    title, links = _("Doubtful readings"), (link_to_list(DoubtedReading, _("Earlier readings")),)
    if not count:
        return Finding(title, GOOD, _("Nothing to confirm."), "", links)
    says = ngettext(
        "%(count)s product has an odd reading and waits for a second one.",
        "%(count)s products have odd readings and wait for a second one.",
        count,
    )
    todo = _("Many of them point to a fault at the provider. A reading repeated for three hours is accepted.")
    state = WARN if count > most_at_once(watched) else GOOD
    return Finding(title, state, says % {"count": f"{count:,}"}, todo, links)


def _outbox(now: datetime) -> Finding:
    title, status = _("Outbox"), Message.Status
    is_due = Q(channel=None) | Q(channel__in=Channel.objects.due(now - LATE))
    is_overdue = is_due & Q(next_attempt_at__lte=now - LATE)
    box = Message.objects.filter(status=status.PENDING).aggregate(
        pending=Count("pk"), overdue=Count("pk", filter=is_overdue), oldest=Min("next_attempt_at", filter=is_overdue)
    )
    box |= Message.objects.filter(created_at__gte=now - MAIL_DAYS).aggregate(
        failed=Count("pk", filter=Q(status=status.FAILED)),
        refused=Count("pk", filter=Q(status=status.REFUSED)),
        last_sent_at=Max("sent_at"),
    )
    refusing = Channel.objects.refusing().filter(owner__is_active=True)
    is_held = Q(messages__status__in=(status.HELD, status.PENDING))
    box |= refusing.aggregate(channels=Count("pk", distinct=True), held=Count("messages", filter=is_held))
    says = _("Waiting messages: %(pending)s.") % {"pending": f"{box['pending']:,}"}
    if box["last_sent_at"]:
        says += space() + _("Last one sent %(when)s.") % {"when": ago(box["last_sent_at"])}
    links: list[str] = [
        link_to_list(Message, f"{kind.label} {box[kind]:,}", status__exact=kind.value)
        for kind in (status.PENDING, status.FAILED, status.REFUSED)
        if box[kind]
    ]
    if box["channels"]:
        counts = {name: f"{box[name]:,}" for name in ("channels", "held")}
        says += space() + _("Refused channels: %(channels)s; messages held for them: %(held)s.") % counts
        newest = refusing.select_related("owner").order_by("-refused_at")
        links += map(_channel, newest[:CHANNELS_SHOWN])
        links.append(link_to_list(Channel, refused="yes"))
    if box["overdue"]:
        says += space() + _("Longest wait: %(since)s.") % {"since": lasting(box["oldest"])}
        return Finding(title, BAD, says, _("Check the upkeep worker and EMAIL_URL."), links)
    if box["failed"] or box["refused"]:
        todo = _("Read the server's answers, solve the problem, then send again from the list.")
        return Finding(title, WARN, says, todo, links)
    if box["channels"]:
        return Finding(title, WARN, says, _("Their owners have been told to fix them."), links)
    return Finding(title, GOOD, says, "", links)


def _channel(channel: Channel) -> str:
    """Return a link to a channel, with its owner and last answer."""
    name = " ".join(filter(None, [channel.get_kind_display(), short(channel.name) if channel.name else ""]))
    return link(channel, lambda _row: f"{name} – {channel.owner}: {short(answer_in_words(channel.answer))}")
