"""The rows of the inbox as HTML. They are written here and not in a template, as those of the products are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from monitor import formatting
from monitor.clock import spoken
from monitor.dashboard.mails import Told
from monitor.marks import icon, move_mark, number_move, thumb, unwatched_mark, when
from monitor.markup import constant, escaped, joined, markup
from monitor.models import Alert
from monitor.views.addresses import Addresses
from monitor.views.evidence import Words, evidence

#: So much of a value, or of a title that is read out, fits.
LONGEST = 60
_UNREAD = constant(" unread")


@dataclass(frozen=True, slots=True)
class AlertDay:
    """A day of the user's clock, in words, and the rows of its alerts."""

    label: str
    rows: list[SafeString]


def days_of(alerts: Iterable[Alert], writer: AlertWriter) -> list[AlertDay]:
    """Alerts, in their order, under their days."""
    today = timezone.localdate()
    groups = groupby(alerts, key=lambda alert: timezone.localdate(alert.created_at))
    return [AlertDay(formatting.day_in_words(at, today), [writer.write(one) for one in group]) for at, group in groups]


class AlertWriter:
    """Writes the rows of one page; `state` is the query string that leads back to it, `told` their mails by alert."""

    def __init__(self, state: str, told: Mapping[int, Told]) -> None:
        self._told = told
        self._product, self._shop = Addresses("monitor:product"), Addresses("monitor:shop")
        self._mute, self._unmute = (Addresses(f"monitor:{verb}", f"alerts=1&{state}") for verb in ("mute", "unmute"))
        self._alone = escaped(f"{reverse('monitor:alerts')}?show=all&product=")
        self._read = _button(reverse("monitor:alerts-read"), state, "data-read", gettext("Mark as read"), icon("check"))
        back = icon("arrow-back-up")
        self._unread = _button(reverse("monitor:alerts-unread"), state, "data-unread", gettext("Mark as unread"), back)
        self._evidence = gettext("Evidence")

    def write(self, alert: Alert) -> SafeString:
        before, after = self._unread if alert.is_read else self._read  # type: ignore[attr-defined]
        words = Words.of(alert)
        return markup(
            '<li class="alert-row{}" id="alert-{}" tabindex="-1">{}<div class="said"><div class="headline">{}</div>{}'
            '<div class="quiet small">{}</div><details class="evidence"><summary>{}</summary>{}</details></div>'
            '<div class="does">{}{}</div></li>',
            "" if alert.is_read else _UNREAD,  # type: ignore[attr-defined]
            alert.pk,
            _picture(alert),
            _headline(alert, words),
            self._subject(alert),
            _circumstances(alert, words),
            self._evidence,
            evidence(alert, self._told[alert.pk], words),
            markup("{}{}{}", before, alert.pk, after),
            self._menu(alert) if alert.product else "",
        )

    def _subject(self, alert: Alert) -> SafeString:
        """What the alert is about: a link to its page while the reader has one."""
        name = formatting.one_line(alert.subject)
        if alert.is_of_many:
            return markup('<span class="subject">{}</span>', name)
        if not alert.is_watched:  # type: ignore[attr-defined]
            return markup('<span class="subject">{}</span> {}', name, unwatched_mark())
        address = self._product.of(alert.product.num_iid) if alert.product else self._shop.of(alert.shop_id)
        return markup('<a class="subject" data-open href="{}">{}</a>', address, name)

    def _menu(self, alert: Alert) -> SafeString:
        """What else can be done: keep the product quiet, or see its alerts alone."""
        product = alert.product
        assert product is not None
        title = formatting.one_line(product.title or product.num_iid, LONGEST)
        alone = markup("{}{}", self._alone, product.num_iid)
        return markup(
            '<details class="menu"><summary class="ghost" data-quiet title="{}" aria-label="{}">{}</summary>'
            '<div class="menu-body">{}<a href="{}" hx-get="{}" hx-target="#inbox" hx-swap="outerHTML">{}{}</a></div>'
            "</details>",
            *self._menu_head(alert, title),
            self._mutes(alert, product.num_iid) if alert.is_watched else "",  # type: ignore[attr-defined]
            alone,
            alone,
            icon("search"),
            gettext("Only this product's alerts"),
        )

    def _menu_head(self, alert: Alert, title: str) -> tuple[str, str, SafeString]:
        """Title, label and icon; what nobody watches any more keeps quiet anyway."""
        if alert.is_watched:  # type: ignore[attr-defined]
            return gettext("Mute"), gettext("Mute or narrow down: %(title)s") % {"title": title}, icon("bell-off")
        return gettext("Narrow down"), gettext("Narrow down: %(title)s") % {"title": title}, icon("search")

    def _mutes(self, alert: Alert, num_iid: str) -> SafeString:
        if alert.muted_until:  # type: ignore[attr-defined]
            return markup(
                '<button type="submit" form="act" formaction="{}">{}{}</button>',
                self._unmute.of(num_iid),
                icon("bell"),
                gettext("Unmute"),
            )
        lengths = (("day", gettext("Mute for a day")), ("week", gettext("Mute for a week")))
        return joined(
            markup(
                '<button type="submit" form="act" formaction="{}" name="for" value="{}">{}{}</button>',
                self._mute.of(num_iid),
                value,
                icon("bell-off"),
                text,
            )
            for value, text in lengths
        )


def _headline(alert: Alert, words: Words) -> SafeString:
    before, after = (formatting.one_line(value, LONGEST) for value in (words.before, words.after))
    moved, muted_until = number_move(alert), alert.muted_until  # type: ignore[attr-defined]
    quiet: SafeString | str = ""
    if muted_until:
        until = gettext("muted until %(until)s") % {"until": spoken(muted_until)}
        quiet = markup('<span class="mark">{}{}</span>', icon("bell-off"), until)
    return markup(
        '{}<span>{}</span><span class="num">{}{}</span>{}{}{}',
        "" if alert.is_read else markup('<span class="visually-hidden">{}</span>', gettext("Unread:")),  # type: ignore[attr-defined]
        capfirst(alert.get_field_display()),
        f"{before} → " if alert.change_id or alert.before is not None else "",
        after,
        move_mark(moved) if moved else "",
        markup('<span class="mark num">{}</span>', _times(alert.count)) if alert.is_repeated else "",
        quiet,
    )


def _times(count: int) -> str:
    return ngettext("%(count)d time", "%(count)d times", count) % {"count": count}


def _circumstances(alert: Alert, words: Words) -> SafeString:
    """The shop, the list, the rule and the time."""
    shop = formatting.one_line(alert.product.shop.name or "") if alert.product and alert.product.shop else None
    because = gettext("because %(rule)s") % {"rule": words.rule}
    return markup(
        "{}{} · {} · {}",
        "" if shop is None else f"{shop} · ",
        formatting.one_line(alert.watchlist.name),
        because,
        when(alert.created_at),
    )


def _button(address: str, state: str, mark: str, text: str, icon_: SafeString) -> tuple[SafeString, SafeString]:
    """What stands before and after an alert's key in a button of each row."""
    before = markup(
        '<button type="submit" class="ghost" form="act" formaction="{}?{}" name="alert" value="', address, state
    )
    return before, markup('" {} title="{}" aria-label="{}">{}</button>', constant(mark), text, text, icon_)


def _picture(alert: Alert) -> SafeString:
    if alert.product:
        return thumb(alert.product, "s")
    return _tile("list-details" if alert.is_of_many else "building-store")


@cache
def _tile(name: str) -> SafeString:
    return markup('<span class="thumb thumb-s tile-5" aria-hidden="true">{}</span>', icon(name))
