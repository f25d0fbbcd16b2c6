"""What an alert rests on and what became of its mails, as a list of terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext

from monitor import formatting
from monitor.clock import moment
from monitor.dashboard.mails import Told
from monitor.markup import joined, markup
from monitor.models import Alert
from monitor.rules import OWN_KINDS, Kind
from monitor.views import mail_words


@dataclass(frozen=True, slots=True)
class Words:
    """An alert's values and its rule, as it was when it fired, in the reader's language."""

    before: str
    after: str
    rule: str

    @classmethod
    def of(cls, alert: Alert) -> Words:
        language = get_language() or "en"
        before, after = (formatting.field_value(alert.field, one, language) for one in (alert.before, alert.after))
        return cls(formatting.one_line(before), formatting.one_line(after), alert.rule_in_words)


def evidence(alert: Alert, told: Told, words: Words | None = None) -> SafeString:
    """All of it, in the reader's language."""
    words = words or Words.of(alert)
    terms = [
        *_of_rule(alert, words),
        *_of_values(alert, words),
        _term(gettext("Data time"), moment(alert.data_time), "num"),
        _term(gettext("Request ID"), alert.request_id or formatting.NOT_TOLD),
        _term(gettext("E-mail to you"), mail_words.own(alert, told)),
        *(_term(gettext("E-mail to %(name)s") % {"name": name}, said) for name, said in mail_words.of_others(told)),
    ]
    return markup("<dl>{}</dl>", joined(terms))


def _of_rule(alert: Alert, words: Words) -> Iterator[SafeString]:
    """The rule as it was: its condition and how it tells of what it finds."""
    yield _term(gettext("Rule"), words.rule)
    if cooldown := alert.rule_as_it_was.get("cooldown"):
        yield _term(gettext("At most one alert in"), formatting.duration(timedelta(seconds=cooldown)))
    if alert.rule_as_it_was.get("is_urgent"):
        yield _term(gettext("Urgent"), gettext("mailed at once, also in quiet hours"))


def _of_values(alert: Alert, words: Words) -> Iterator[SafeString]:
    """What was seen, when, and what it was compared with."""
    kind = alert.rule_as_it_was.get("kind")
    if kind == Kind.SILENT:
        yield _term(gettext("Last success"), moment(alert.data_time), "num")
        return
    yield _term(gettext("Before → after"), f"{words.before} → {words.after}")
    if alert.is_repeated:
        yield _term(gettext("Repeated"), _repeated(alert))
    if (compared := alert.compared_with) is not None:
        name = gettext("My product") if kind in OWN_KINDS else gettext("Compared with")
        yield _term(name, formatting.field_value(alert.field, compared, get_language() or "en"), "num")
    if alert.change:
        yield _term(gettext("Old value last seen"), moment(alert.change.last_seen_before), "num")
        yield _term(gettext("New value first seen"), moment(alert.change.first_seen_after), "num")
    else:
        yield _term(pgettext("noun", "Change"), _without_change(alert))


def _without_change(alert: Alert) -> str:
    """Why there is an alert though the field did not change just then."""
    kind, also = alert.rule_as_it_was.get("kind"), alert.rule_as_it_was.get("also")
    if kind in OWN_KINDS or also:
        return gettext("none: something else that the rule asks for came about")
    return gettext("none: it was so when the rule was made")


def _repeated(alert: Alert) -> SafeString:
    """How often and since when, and the last times with their values."""
    times = ngettext("%(count)d time since %(when)s", "%(count)d times since %(when)s", alert.count)
    language = get_language() or "en"
    rows = joined(
        markup(
            '<li class="num">{} {}</li>',
            moment(datetime.fromisoformat(at)),
            "" if value is None else formatting.field_value(alert.field, value, language),
        )
        for at, value in alert.moments
    )
    began = moment(alert.began_at) if alert.began_at else formatting.NOT_TOLD
    return markup("{}<ul>{}</ul>", times % {"count": alert.count, "when": began}, rows)


def _term(name: str, text: str, css: str = "") -> SafeString:
    return markup("<dt>{}</dt><dd{}>{}</dd>", name, markup(' class="{}"', css) if css else "", text)
