"""The report of an hour, a day or a week: what was alerted, what moved, and how polling goes, even when all is calm."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, gettext_noop, ngettext, pgettext

from monitor.changes import Json
from monitor.delivery import leaving
from monitor.delivery.entries import LONGEST_NAME, MailEntry, entries, link_of, name_of
from monitor.delivery.errors import NoMessageError
from monitor.delivery.links import link
from monitor.delivery.report.alerts import about, lines, lists_of, reader, ways_out
from monitor.delivery.report.polling import Polling, sentences
from monitor.delivery.report.reading import MailReading
from monitor.delivery.report.subjects import LONGEST_SUBJECT, subject, under
from monitor.history.checked import Checked, checked
from monitor.history.news import News, Part, ProductNews, ScoreNews, news
from monitor.history.polling import trouble
from monitor.models import Email, User
from monitor.text import formatting
from monitor.text.formatting import one_line, without_web_addresses
from monitor.timing.plans import HOWS

#: Entries that are told in full, and the most that are told: there is more to a digest than alerts.
FULL, SHOWN = 5, 20
#: Names of lists that a row has room for.
_LISTS = 3


@dataclass(frozen=True, slots=True)
class DigestSpan:
    """What a digest is about. `period` is 'hour', 'day' or 'week'."""

    period: str
    since: datetime
    until: datetime

    @property
    def name(self) -> str:
        """What the report is called."""
        return {
            "hour": pgettext("report", "Hourly"),
            "day": pgettext("report", "Daily"),
            "week": pgettext("report", "Weekly"),
        }[self.period]

    @property
    def title(self) -> str:
        return {
            "hour": gettext("What the last hour brought"),
            "day": gettext("What the last day brought"),
            "week": gettext("What the last week brought"),
        }[self.period]

    @property
    def nothing(self) -> str:
        return {
            "hour": gettext("Nothing changed this hour"),
            "day": gettext("Nothing changed today"),
            "week": gettext("Nothing changed this week"),
        }[self.period]


def message(email: Email, zone: tzinfo, reading: MailReading) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. Five queries beside those of `reading`. Raises `NoMessageError`."""
    recipient, span = reader(email), _span(email)
    rows = reading.alerts[email.pk]
    told = entries(rows, zone, lines(email, reading, span.until), FULL)
    known = {(one.product, one.field, *one.values) for one in told[:SHOWN] if one.field in ("price", "status")}
    found = news(recipient, span.since, span.until, mailed=HOWS[Email.Period(span.period)], told=known)
    polling = _polling(recipient, span, reading)
    context = {
        "template": "digest",
        "digest": True,
        **about(told, FULL, SHOWN),
        "title": span.title if told or found else span.nothing,
        "since": formatting.instant(span.since, zone),
        "until": formatting.instant(span.until, zone),
        "sums": sums(found),
        "sections": sections(found, told[:SHOWN]),
        "polling": sentences(polling, span.until, zone),
        "today_link": link("monitor:today"),
        **ways_out(recipient, lists_of(rows)),
        # It is of all lists, also when only one of them brought anything: one click leaves them all.
        "headers": leaving.headers(recipient, ()),
    }
    return _subject(span, told, found, polling), context


def _span(email: Email) -> DigestSpan:
    try:
        since, until = (datetime.fromisoformat(email.context[name]) for name in ("since", "until"))
        span = DigestSpan(email.context["period"], *(one.replace(tzinfo=one.tzinfo or UTC) for one in (since, until)))
        assert span.name
    except (KeyError, TypeError, ValueError):
        raise NoMessageError(gettext_noop("The context tells no span of time.")) from None
    return span


def _polling(recipient: User, span: DigestSpan, reading: MailReading) -> Polling:
    return Polling(
        checked(recipient, span.since),
        reading.calls(span.since, span.until),
        trouble(recipient, span.until),
        reading.account(recipient, span.until),
    )


def _subject(span: DigestSpan, told: list[MailEntry], found: News, polling: Polling) -> str:
    """The first alert, else how much changed; when nothing did, whether that is because all was looked at."""
    if told:
        return subject(told, span.name)
    if found:
        return one_line(under(span.name, ", ".join(sums(found))), LONGEST_SUBJECT)
    if polling.shell.circuit_code or polling.shell.halted_at:
        state = gettext("polling has stopped")
    elif polling.failing:
        state = ngettext("%(count)d product fails", "%(count)d products fail", polling.failing) % {
            "count": polling.failing
        }
    else:
        state = _checked(polling.checked)
    return one_line(f"{span.nothing} · {state}", LONGEST_SUBJECT)


def _checked(told: Checked) -> str:
    """How many of the available products were checked; without any, how many were not found."""
    if told.gone and not told.available:
        return ngettext("%(count)d product not found", "%(count)d products not found", told.gone) % {"count": told.gone}
    all_of = ngettext("%(count)d product checked", "%(count)d products checked", told.available)
    some = gettext("%(answered)d of %(count)d products checked")
    return (all_of if told.found == told.available else some) % {"count": told.available, "answered": told.found}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsRow:
    """A product or shop in a line or two: from what to what it went. `product` is a key, None of a shop."""

    product: int | None
    name: str
    note: str
    link: str
    before: str
    after: str
    move: str
    tone: str


@dataclass(frozen=True, slots=True)
class Section:
    """`hidden`: how many more of the sort there are than its rows tell; '+' stands behind it where counting stopped."""

    title: str
    rows: list[NewsRow]
    hidden: str


def sections(news: News, told: Collection[MailEntry]) -> list[Section]:
    """What moved, left the shelf or came back, and scores that fell, without what `told` says already."""
    known = {(entry.product, entry.before, entry.after) for entry in told}
    parts = [
        _section(gettext("Biggest price drops"), news.drops, _moved, known),
        _section(gettext("Biggest price rises"), news.rises, _moved, known),
        _section(gettext("No longer on sale"), news.left, _placed, known),
        _section(gettext("Back on sale"), news.back, _placed, known),
        _section(gettext("Shop scores that fell"), news.fallen, _scored, known),
    ]
    return [part for part in parts if part.rows]


def _section[Item](
    title: str, part: Part[Item], row_of: Callable[[Item], NewsRow], known: Collection[object]
) -> Section:
    rows = [row for row in map(row_of, part.shown) if (row.product, row.before, row.after) not in known]
    return Section(title, rows, f"{part.hidden}{'+' if part.or_more else ''}" if part.hidden > 0 else "")


def _moved(item: ProductNews) -> NewsRow:
    assert item.move is not None
    sign = "▲" if item.move.direction == "rise" else "▼"
    return _row(
        item,
        formatting.money(item.move.before),
        formatting.money(item.move.after),
        f"{sign} {formatting.percent(item.move.percent)}",
        item.move.direction,
    )


def _placed(item: ProductNews) -> NewsRow:
    def words(status: Json) -> str:
        return formatting.field_value("status", status, get_language() or "en")

    return _row(item, words(item.before), words(item.after), "", "good" if item.after == "on_sale" else "bad")


def _row(item: ProductNews, before: str, after: str, move: str, tone: str) -> NewsRow:
    lists = [without_web_addresses(name, LONGEST_NAME) for name in item.lists[:_LISTS]]
    return NewsRow(
        product=item.product.pk,
        name=name_of(item.product),
        note=" · ".join(lists),
        link=link_of(item.product),
        before=before,
        after=after,
        move=move,
        tone=tone,
    )


def _scored(item: ScoreNews) -> NewsRow:
    before, after = item.change.before, item.change.after
    return NewsRow(
        product=None,
        name=one_line(item.name, LONGEST_NAME),
        note=capfirst(item.change.get_field_display()),
        link=link("monitor:shop", str(item.pk)),
        before=formatting.score(before),
        after=formatting.score(after),
        move=f"▼ {formatting.score(before - after)}",
        tone="bad",
    )


def sums(news: News) -> list[str]:
    """How much of each sort there is, in words."""
    drops, rises, left, back, fallen = (
        part.count for part in (news.drops, news.rises, news.left, news.back, news.fallen)
    )
    told = {
        ngettext("%(count)d price down", "%(count)d prices down", drops): drops,
        ngettext("%(count)d price up", "%(count)d prices up", rises): rises,
        ngettext("%(count)d no longer on sale", "%(count)d no longer on sale", left): left,
        ngettext("%(count)d back on sale", "%(count)d back on sale", back): back,
        ngettext("%(count)d score fell", "%(count)d scores fell", fallen): fallen,
    }
    return [words % {"count": count} for words, count in told.items() if count]
