"""The report of an hour, a day or a week: alerts, what else changed, and how polling goes, even
without changes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from monitor.judging.mail_times import How
from monitor.models import Change, Channel, Message, Product, ProviderAccount, User, Watch
from monitor.people.timing.times import HOWS
from monitor.provider.observation import GONE
from monitor.showing.history.moves import move
from monitor.showing.history.news import (
    SHOWN as SHOWN_NEWS,
)
from monitor.showing.history.news import (
    News,
    Part,
    ProductNews,
    Reported,
    ScoreNews,
    by_share,
    happenings,
    lists_told_by,
    news,
    watches_of,
)
from monitor.showing.history.polling import Trouble, trouble
from monitor.showing.reads.briefing import Beside, Briefing, Novelty, briefing
from monitor.showing.reads.sold import units_in_words
from monitor.showing.reads.words import value_in_words
from monitor.telling import leaving
from monitor.telling.entries import (
    LONGEST_NAME,
    entries,
    link_of,
    move_in_words,
    name_of,
    tone,
)
from monitor.telling.links import link
from monitor.telling.notices import STOPS, meaning_of
from monitor.telling.report.alerts import entries_context, leaving_context, lists_of
from monitor.telling.report.contents import read
from monitor.telling.report.subjects import LONGEST_SUBJECT, subject, under
from monitor.text import formatting
from monitor.text.formatting import one_line, without_web_addresses

#: How many entries are shown: a digest has other sections, too.
SHOWN = 20
#: Names of lists in a row.
_LISTS = 3
#: How many kinds of failures are shown.
_WAYS = 3


@dataclass(frozen=True, slots=True)
class Polling:
    """The state of polling at the end of a digest's span. `checks` are of `count_checks`."""

    checks: Mapping[str, int]
    trouble: Trouble
    account: ProviderAccount


class DigestRow(NamedTuple):
    """What happened to a product or shop. `move` is in words; its `tone` is of `entries.tone`."""

    name: str
    note: str
    link: str
    move: str
    tone: str = ""
    before: str = ""
    after: str = ""


def message(email: Message, zone: tzinfo) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. A fixed number of queries."""
    mailbox = email.channel
    assert mailbox is not None
    recipient, period = mailbox.owner, Message.Period(email.context["period"])
    since, until = (datetime.fromisoformat(email.context[key]) for key in ("since", "until"))
    contents = read(email)
    rows = entries(contents.alerts, zone, contents.prices)
    reported = {
        (row.alert.product_id or row.alert.shop_id, line.field)
        for row in rows[:SHOWN]
        for line in row.lines
    }
    answers, changes = _read(mailbox, HOWS[period], since, until, reported)
    account = ProviderAccount.objects.first() or ProviderAccount()
    polling = Polling(count_checks(recipient, since), trouble(recipient, until), account)
    name, nothing = capfirst(str(period.label)), gettext("Nothing changed")
    counts, state = _counts(answers, changes), sentences(polling, until, zone)
    context = {
        **entries_context(rows, SHOWN),
        "title": name if rows or counts else nothing,
        "since": formatting.instant(since, zone),
        "until": formatting.instant(until, zone),
        "changes": counts,
        "sections": sections(answers, changes, reported),
        "polling": state,
        "today_link": link("monitor:today"),
        **leaving_context(mailbox, lists_of(contents.alerts)),
        # A digest is of all lists, even if only one of them had alerts: one click ends them all.
        "headers": leaving.headers(recipient, ()),
    }
    if rows:
        return subject(rows, name), context
    text = under(name, ", ".join(counts)) if counts else under(nothing, state[0])
    return one_line(text, LONGEST_SUBJECT), context


def _read(
    mailbox: Channel, how: How, since: datetime, until: datetime, reported: Reported
) -> tuple[Briefing, News]:
    """Return the three answers and the other news of the lists whose alerts come in this way."""
    user, lists = mailbox.owner, lists_told_by(mailbox, how)
    changed = happenings(Watch.objects.filter(watchlist__in=lists), since, until)
    moved = [*by_share(changed, "fall")[:SHOWN_NEWS], *by_share(changed, "rise")[:SHOWN_NEWS]]
    watches = watches_of(Watch.objects.for_user(user), [*changed.left, *changed.back, *moved])
    answers = briefing(user, lists, changed, watches, since, until, shown=SHOWN_NEWS)
    return answers, news(changed, watches, reported=reported)


def _counts(answers: Briefing, news: News) -> list[str]:
    """Return the number of changes of each kind, in words."""
    drops, rises, fallen = news.drops.count, news.rises.count, news.fallen.count
    words = (
        (ngettext("%(count)d price down", "%(count)d prices down", drops), drops),
        (ngettext("%(count)d price up", "%(count)d prices up", rises), rises),
        *(
            (gettext("%%(count)d %(kind)s") % {"kind": kind}, count)
            for kind, count in answers.kinds
        ),
        (ngettext("%(count)d score fell", "%(count)d scores fell", fallen), fallen),
        (ngettext("%(count)d price swings", "%(count)d prices swing", news.swings), news.swings),
    )
    return [text % {"count": count} for text, count in words if count]


def sections(answers: Briefing, news: News, reported: Reported) -> list[dict[str, Any]]:
    """Return the three answers, and the changes by kind: a `title`, the `rows`, and how many are
    `hidden`, '5+' if counting stopped."""
    new = [each for each in answers.new if (each.product.pk, "status") not in reported]
    parts = [
        _section(gettext("Below my price now"), Part.of(answers.below), _undercut),
        _section(gettext("What is new"), Part.of(new), _novelty),
        _section(gettext("Rivals that sell more"), Part.of(answers.outsold), _outsold),
        _section(gettext("Biggest price drops"), news.drops, _of_product),
        _section(gettext("Biggest price rises"), news.rises, _of_product),
        _section(gettext("Lower shop scores"), news.fallen, _of_shop),
    ]
    return [part for part in parts if part["rows"]]


def _section[Item](
    title: str, part: Part[Item], row_of: Callable[[Item], DigestRow]
) -> dict[str, Any]:
    hidden = f"{part.hidden}{'+' if part.or_more else ''}" if part.hidden > 0 else ""
    return {"title": title, "rows": list(map(row_of, part.shown)), "hidden": hidden}


def _undercut(item: Beside) -> DigestRow:
    notes = [gettext("“%(rival)s” is cheaper") % {"rival": name_of(item.rival)}]
    if item.matched:
        kept, share = item.matched
        words = {"kept": formatting.money(kept), "share": formatting.signed_percent(share)}
        notes.append(gettext("margin if matched %(kept)s (%(share)s)") % words)
    return DigestRow(
        name_of(item.product),
        " · ".join(notes),
        link_of(item.product),
        move_in_words("price", item.gap),
        item.gap.direction,
        formatting.money(item.mine),
        formatting.money(item.theirs),
    )


def _novelty(item: Novelty) -> DigestRow:
    price = formatting.money(item.product.current_price)
    shop = one_line(str(item.shop), LONGEST_NAME) if item.shop else ""
    note = " · ".join(filter(None, (price, shop)))
    return DigestRow(name_of(item.product), note, link_of(item.product), item.words, item.tone)


def _outsold(item: Beside) -> DigestRow:
    mine = {"own": name_of(item.product), "units": units_in_words(item.product)}
    note = gettext("mine “%(own)s”: %(units)s") % mine
    return DigestRow(name_of(item.rival), note, link_of(item.rival), units_in_words(item.rival))


def _of_product(item: ProductNews) -> DigestRow:
    product, lists = item.watches[0].product, [watch.watchlist.name for watch in item.watches]
    notes = [without_web_addresses(name, LONGEST_NAME) for name in lists[:_LISTS]]
    return DigestRow(name_of(product), " · ".join(notes), link_of(product), *_values(item.change))


def _of_shop(item: ScoreNews) -> DigestRow:
    name, note = one_line(item.name, LONGEST_NAME), capfirst(item.change.get_field_display())
    return DigestRow(name, note, link("monitor:shop", str(item.pk)), *_values(item.change))


def _values(change: Change) -> tuple[str, str, str, str]:
    """Return how far the values are apart, the tone, and the values before and after."""
    field, before, after = change.field, change.before, change.after
    return (
        move_in_words(field, move(before, after)),
        tone(field, before, after),
        value_in_words(field, before),
        value_in_words(field, after),
    )


def count_checks(user: User, since: datetime) -> dict[str, int]:
    """Count the active `products` that the user watches, by one query.

    Of these, count those that were `checked` and `answered` since, and that are `gone` or were
    never found."""
    mine = Watch.objects.looked_up_for(user).values("product")
    counts: dict[str, int] = (
        Product.objects.watched()
        .filter(pk__in=mine)
        .aggregate(
            products=Count("pk"),
            checked=Count("pk", filter=Q(checked_at__gt=since)),
            answered=Count("pk", filter=Q(answered_at__gt=since)),
            gone=Count("pk", filter=Q(status__in=GONE)),
        )
    )
    return counts


def sentences(polling: Polling, now: datetime, zone: tzinfo) -> list[str]:
    """First what has stopped, then what fails and since when, then what was done."""
    return [*_stopped(polling.account, now, zone), *_failing(polling, now), *_done(polling)]


def _stopped(account: ProviderAccount, now: datetime, zone: tzinfo) -> Iterator[str]:
    if account.is_halted:
        time = formatting.instant(account.halted_at, zone)
        yield gettext("An operator stopped all checks at %(time)s.") % {"time": time}
    elif account.circuit_is_open:
        meaning = (
            meaning_of(account.circuit_code)
            if account.circuit_code in STOPS
            else account.circuit_code
        )
        time = formatting.instant(account.circuit_opened_at, zone)
        yield gettext("Checks stopped at %(time)s: %(meaning)s.") % {
            "time": time,
            "meaning": meaning,
        }
    elif account.rests(now):
        yield gettext("Checks are paused until %(time)s.") % {
            "time": formatting.instant(account.paused_until, zone)
        }


def _failing(polling: Polling, now: datetime) -> Iterator[str]:
    for group in polling.trouble.failing[:_WAYS]:
        yield ngettext(
            "%(count)d product failing for %(time)s: %(reason)s.",
            "%(count)d products failing, the first for %(time)s: %(reason)s.",
            group.count,
        ) % {
            "count": group.count,
            "time": formatting.duration(now - group.since),
            "reason": group.reason,
        }
    if gone := polling.checks["gone"]:
        yield ngettext(
            "%(count)d product is not found: compare its ID with the link on Douyin, or remove it.",
            "%(count)d products are not found: compare their IDs with the links on Douyin, or "
            "remove them.",
            gone,
        ) % {"count": gone}
    if late := polling.trouble.late:
        text = ngettext(
            "%(count)d product waits for its check.",
            "%(count)d products wait for their checks.",
            late,
        )
        yield text % {"count": late}


def _done(polling: Polling) -> Iterator[str]:
    checks = polling.checks
    if checks["products"]:
        text = ngettext(
            "%(products)s product: %(checked)s checked, %(answered)s answered.",
            "%(products)s products: %(checked)s checked, %(answered)s answered.",
            checks["products"],
        )
        yield text % {name: f"{count:,}" for name, count in checks.items()}
    else:
        yield gettext("No products are watched.")
