"""The inbox as CSV and Excel: the newest alerts that pass the filters, a row each."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.pages.alerts.views import filter_form
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.sheets import (
    Cell,
    field_cell,
    file_answer,
    names,
    of_today,
    on_clock,
    percent,
    table,
)
from monitor.showing.history.moves import move
from monitor.showing.reads.alerts import matching
from monitor.text.formatting import one_line

#: Older alerts are left out; filters reach them.
MOST_ROWS = 20_000
CHUNK = 500
HEADS = (
    *(
        _("Time"),
        _("Watchlist"),
        _("Product ID"),
        _("Title"),
        _("Shop"),
        _("What changed"),
        _("Before"),
        _("After"),
    ),
    *(_("Counted from"), _("Change in %"), _("Rule"), _("Read")),
)


@signed_in("GET", is_file=True)
def as_file(request: PageRequest, extension: str) -> HttpResponseBase:
    """Send the filtered inbox as a file: prices in yuan, times on the user's clock."""
    user, now = request.user, request.now
    chosen = matching(user, filter_form(request).filters, now).for_reader(user, now).newest_first()
    rows = table(HEADS, _cells, chosen[:MOST_ROWS].iterator(CHUNK))
    return file_answer(rows, gettext("Alerts"), of_today("alerts", now), extension)


def _cells(alert: Any) -> list[Cell]:
    return [
        on_clock(alert.created_at),
        one_line(alert.watchlist.name),
        *names(alert.product, alert.shop),
        alert.get_field_display(),
        field_cell(alert.field, alert.before),
        field_cell(alert.field, alert.after),
        field_cell(alert.field, alert.counted_from),
        percent(move(alert.counted_from, alert.after)),
        one_line(alert.rule_in_words),
        gettext("yes") if alert.is_read else gettext("no"),
    ]
