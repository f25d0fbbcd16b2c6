"""The health of the system in words: what runs, what does not, and what to do about it."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitor.admin.base import link_to_list
from monitor.models import (
    Budget,
    Channel,
    Message,
    Product,
    ProviderAccount,
    Usage,
    Watchlist,
)
from monitor.polling.budget.ledger import QUOTA_EXCEEDED
from monitor.polling.budget.limit import DailyBudget
from monitor.showing.reads.health import GOOD, Health, HealthState, last_seen, read_health
from monitor.tasks import broker_fault
from monitor.text.clock import ago, lasting, moment
from monitor.text.formatting import duration, space


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


type Told = Callable[..., Finding]


def findings(health: Health) -> list[Finding]:
    """Return the health of every part in words, the worst first. At most 5 queries.

    A fault of one part may explain those of later ones.
    """
    parts = {
        "database": (_("Database"), _database),
        "broker": (_("Broker"), _broker),
        "clock": (_("System clock"), _clock),
        "workers": (_("Workers and beat"), _workers),
        "checks": (_("Checks"), _checks),
        "budget": (_("Calls of the day"), _budget),
        "schedule": (_("Schedule"), _schedule),
        "plan": (_("Check plan"), _plan),
        "failing": (_("Failing products"), _failing),
        "doubts": (_("Doubtful readings"), _doubts),
        "outbox": (_("Outbox"), _outbox),
    }
    unsorted = (
        tell(health, verdict.reason, partial(Finding, title, verdict.state))
        for part, verdict in health.verdicts().items()
        for title, tell in [parts[part]]
    )
    return sorted(unsorted, key=lambda finding: finding.state.severity, reverse=True)


def troubles() -> list[Finding]:
    every_finding = findings(read_health(timezone.now(), broker_fault()))
    return [finding for finding in every_finding if finding.state is not GOOD]


def _database(health: Health, reason: str, finding: Told) -> Finding:
    """Return the database's version: the page itself proves that it answers."""
    version = ".".join(map(str, connection.get_database_version()))
    says = _("%(name)s %(version)s answers.") % {
        "name": connection.display_name,
        "version": version,
    }
    if not health.pending_migrations:
        return finding(says)
    says += space() + _("Its tables are of an older version.")
    return finding(says, _("Run manage.py migrate."))


def _broker(health: Health, reason: str, finding: Told) -> Finding:
    if not health.broker_fault:
        return finding(_("Accepting messages."))
    if health.broker_fault == "OutOfMemoryError":
        says = _("Out of memory: it accepts no messages.")
        return finding(says, _("Give Redis more memory (maxmemory). No work is lost."))
    says = _("Cannot be reached: %(fault)s.") % {"fault": health.broker_fault}
    todo = _("Start it, or correct CELERY_BROKER_URL. No work is lost.")
    return finding(says, todo)


def _clock(health: Health, reason: str, finding: Told) -> Finding:
    by = health.clock_set_back
    if not by:
        return finding(_("Not set back today."))
    says = _("Set back by about %(by)s today. Checks go on.") % {"by": duration(by)}
    return finding(says, _("Check that all machines use NTP."))


def _workers(health: Health, reason: str, finding: Told) -> Finding:
    none_since = _("No worker has run since %(when)s.") % {
        "when": moment(last_seen(health.workers))
    }
    start = _("Start a worker and beat: celery -A config worker, celery -A config beat.")
    start_checks = _("Start it as the Procfile does: celery -A config worker -Q stallwatch-checks.")
    upkeep_is_down = _("The upkeep worker is down: no mail goes out, and no checks are scheduled.")
    start_upkeep = _("Start it as the Procfile does: celery -A config worker -Q stallwatch.")
    sentences = {
        "broker": (_("No tasks reach them until the broker accepts messages."),),
        "started": (_("Just started: waiting for a worker."),),
        "checks_started": (_("Waiting for the checks worker."),),
        "never_ran": (_("No worker has ever run."), start),
        "none": (none_since, _("Restart the workers and beat.")),
        "no_checks_worker": (_("The checks worker is down: no product is checked."), start_checks),
        "no_upkeep_worker": (upkeep_is_down, start_upkeep),
        "no_tick": (_("A worker runs, but beat sends it nothing."), _("Check that beat runs.")),
    }
    if reason in sentences:
        return finding(*sentences[reason])
    words = {"tick": ago(health.last_tick_at), "life": ago(last_seen(health.alive))}
    says = _("Last tick %(tick)s, last heartbeat %(life)s.") % words
    return finding(says, _("Check that beat runs.") if reason else "")


def _checks(health: Health, reason: str, finding: Told) -> Finding:
    account = health.account
    buttons = {"close": _("Start checks again"), "probe": _("Make a trial call")}
    links = (link_to_list(ProviderAccount, _("The provider account")),)
    stop, until = (
        {"halt": _("Stop all checks…")},
        {"when": moment(account.circuit_opened_at or account.paused_until)},
    )
    match health.polling:
        case "running":
            return finding(_("Running."), "", links, stop)
        case "halted":
            words = {
                "who": account.halted_by or _("a deleted user"),
                "when": moment(account.halted_at),
            }
            says = _("Stopped by %(who)s since %(when)s, manual checks too.") % words
            todo = _("Start checks again when you want to.")
            return finding(says, todo, links, {"resume": _("Start checks again")})
        case "no_room":
            says = _("Stopped since %(when)s: the database's disk is full.") % until
            todo = _("Free up disk space. Checks resume by themselves.")
        case "circuit_open":
            words = {**until, "code": account.circuit_code, "reason": account.circuit_reason}
            says = _("Stopped since %(when)s by code %(code)s: %(reason)s") % words
            todo = _(
                "Solve it with the provider, then start checks again. A trial call is made "
                "every hour."
            )
        case _:
            says = _("Paused until %(when)s by code %(code)s.") % {
                **until,
                "code": account.pause_code,
            }
            todo = _("Nothing: it resumes by itself. Start it now if the quota was raised.")
            if account.pause_code != QUOTA_EXCEEDED:
                del buttons["probe"]
    return finding(says, todo, links, buttons | stop)


def _budget(health: Health, reason: str, finding: Told) -> Finding:
    account, budget, calls_left = health.account, health.budget, health.calls_left
    links = (link_to_list(Usage, _("All calls")), link_to_list(Budget, _("Budget history")))
    finding = partial(finding, links=links)
    if reason == "none":
        if budget.is_capped:
            says = cap_in_words(budget) + space() + _("No product is checked.")
            return finding(says, _("Ask the provider to raise its cap."))
        says = _("The budget is 0: no product is checked.")
        return finding(says, _("Raise the budget to check again."))
    left = 0 if health.is_quota_used_up else calls_left.of_day
    says = _("%(left)s of %(budget)s calls are left today.") % {
        "left": f"{left:,}",
        "budget": f"{budget.calls:,}",
    }
    if budget.is_capped:
        says += space() + cap_in_words(budget)
    if account.is_halted or account.circuit_is_open:
        return finding(says + space() + _("No calls now."))
    if reason == "used_up":
        capped = _(
            "Checks resume at midnight in China. Have the cap raised, or lengthen intervals."
        )
        ours = _("Checks resume at midnight in China. Raise the budget, or lengthen intervals.")
        return finding(says, capped if budget.is_capped else ours)
    if account.rests(health.now):
        says += space() + _("Checks pause until %(when)s.") % {"when": moment(account.paused_until)}
    elif not calls_left.of_schedule:
        says += space() + _(
            "The schedule has used its share so far; more calls follow every minute."
        )
    return finding(says)


def cap_in_words(budget: DailyBudget) -> str:
    """Return what limits the calls when the provider's cap is lower than the budget."""
    words = {"cap": f"{budget.calls:,}", "budget": f"{budget.set_calls:,}"}
    return _("Limited by the provider's cap of %(cap)s; the budget is %(budget)s.") % words


def _schedule(health: Health, reason: str, finding: Told) -> Finding:
    claimed = Product.objects.filter(claimed_until__isnull=False).aggregate(
        checked=Count("pk", filter=Q(claimed_until__gt=health.now)),
        stuck=Count("pk", filter=Q(claimed_until__lte=health.now)),
    )
    counts = {
        "watched": health.watched,
        "due": health.due["count"],
        "late": health.due["late"],
        **claimed,
    }
    says = _("Watched: %(watched)s. Due: %(due)s. Late: %(late)s. Being checked: %(checked)s.")
    says %= {name: f"{count:,}" for name, count in counts.items()}
    links = (link_to_list(Product, _("Products by due time"), o="8"),)
    if counts["stuck"]:
        says += space() + _("Expired claims: %(count)d.") % {"count": counts["stuck"]}
    if not reason:
        return finding(says, "", links)
    says += space() + _("Longest wait: %(since)s.") % {"since": lasting(health.due["oldest"])}
    todo = _("Too few workers or too few calls: see above.")
    return finding(says, todo, links)


def _plan(health: Health, reason: str, finding: Told) -> Finding:
    """Return whether the checks are fitted to the budget, and whether the budget is enough for all
    watchlists."""
    fit = health.fit
    if fit is None or fit.fitted_at is None:
        return finding(_("Not planned yet; ready within a minute."))
    says = ngettext(
        "Planned %(when)s for %(count)s product and %(calls)s calls a day.",
        "Planned %(when)s for %(count)s products and %(calls)s calls a day.",
        fit.products,
    )
    says %= {"count": f"{fit.products:,}", "calls": f"{fit.calls:,}", "when": ago(fit.fitted_at)}
    if reason == "old":
        return finding(
            says, _("Check that beat runs: new products and budgets are not planned for yet.")
        )
    if reason == "over_budget":
        words = {"needs": f"{math.ceil(fit.needs):,}"}
        says += space() + _("Watchlists need at least %(needs)s: intervals are stretched.") % words
        todo = _("Raise the budget, or lengthen intervals.")
        return finding(says, todo, (link_to_list(Watchlist, _("Watchlists")),))
    return finding(says)


def _failing(health: Health, reason: str, finding: Told) -> Finding:
    total = sum(health.failing.values())
    if not total:
        return finding(_("No product is failing."))
    words = dict(Product._meta.get_field("last_outcome").flatchoices)
    links = tuple(
        link_to_list(
            Product,
            f"{words.get(outcome, outcome)} {n:,}",
            last_outcome__exact=outcome,
            failing_since__isempty=0,
        )
        for outcome, n in health.failing.items()
    )
    says = ngettext("%(count)s product is failing.", "%(count)s products are failing.", total)
    todo = _("A few are normal; if many fail, look at the code.")
    return finding(says % {"count": f"{total:,}"}, todo, links)


def _doubts(health: Health, reason: str, finding: Told) -> Finding:
    if not health.in_doubt:
        return finding(_("Nothing to confirm."))
    says = ngettext(
        "%(count)s product has an odd reading and waits for a second one.",
        "%(count)s products have odd readings and wait for a second one.",
        health.in_doubt,
    )
    todo = _(
        "Many of them point to a fault at the provider. A reading repeated for three hours is "
        "accepted."
    )
    return finding(says % {"count": f"{health.in_doubt:,}"}, todo)


def _outbox(health: Health, reason: str, finding: Told) -> Finding:
    status = Message.Status
    counts = {kind: health.written_with(kind) for kind in (status.FAILED, status.REFUSED)}
    counts = {status.PENDING: sum(row.pending for row in health.waiting), **counts}
    says = _("Waiting messages: %(pending)s.") % {"pending": f"{counts[status.PENDING]:,}"}
    if sent := [row.last_sent_at for row in health.written if row.last_sent_at]:
        says += space() + _("Last one sent %(when)s.") % {"when": ago(max(sent))}
    links: list[str] = [
        link_to_list(Message, f"{kind.label} {count:,}", status__exact=kind.value)
        for kind, count in counts.items()
        if count
    ]
    if health.refused_channels:
        refusing = Channel.objects.refusing().filter(owner__is_active=True)
        held = Message.objects.filter(
            channel__in=refusing, status__in=(status.HELD, status.PENDING)
        ).count()
        words = {"channels": f"{health.refused_channels:,}", "held": f"{held:,}"}
        says += (
            space() + _("Refused channels: %(channels)s; messages held for them: %(held)s.") % words
        )
        links.append(link_to_list(Channel, refused_at__isempty=0))
    if reason == "overdue":
        oldest = min(row.oldest for row in health.waiting if row.overdue)
        says += space() + _("Longest wait: %(since)s.") % {"since": lasting(oldest)}
    todo = {
        "overdue": _("Check the upkeep worker and EMAIL_URL."),
        "failed": _("Read the server's answers, solve the problem, then send again from the list."),
    }
    return finding(says, todo.get(reason, ""), links)
