"""The rows of the table beside a product's chart as HTML. As those of the products, they are not a template's."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from monitor import formatting
from monitor.clock import moment
from monitor.dashboard.history import Row, State
from monitor.markup import joined, markup
from monitor.models import Outage


def history_rows(rows: Iterable[Row]) -> SafeString:
    """A state that held, checks that failed, or no checks, line by line."""
    language, from_cache = get_language() or "en", gettext("from the provider's cache")
    nothing, failed = gettext("not checked"), gettext("checks failed")
    return joined(
        _row(row.since, row.until, "", _state(row.state, language, from_cache))
        if row.state
        else _row(row.since, row.until, "quiet", _without(row.outage, failed, nothing))
        for row in rows
    )


def _row(since: datetime, until: datetime, css: str, cells: SafeString) -> SafeString:
    return markup(
        '<tr{}><th scope="row" class="num">{}</th><td class="num">{}</td>{}</tr>',
        markup(' class="{}"', css) if css else "",
        moment(since),
        moment(until),
        cells,
    )


def _state(state: State, language: str, from_cache: str) -> SafeString:
    least, most = formatting.money(state.sku_min_price), formatting.money(state.sku_max_price)
    return markup(
        '<td class="num">{}</td><td class="num">{}</td><td class="num">{}</td><td class="num">{}</td><td>{}{}</td>',
        formatting.money(state.price),
        formatting.money(state.list_price),
        least if least == most else f"{least} – {most}",
        formatting.sales(state.sales, state.sales_step or 1, language),
        formatting.field_value("status", state.status, language),
        f" · {from_cache}" if state.from_cache else "",
    )


def _without(outage: Outage | None, failed: str, nothing: str) -> SafeString:
    if outage is None:
        return markup('<td colspan="5">{}</td>', nothing)
    return markup('<td colspan="5">{}: {}</td>', failed, outage.failure)
