"""The inbox as CSV and Excel: the newest alerts that pass the filters, a row each."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from monitor.changes import Json
from monitor.history.moves import move
from monitor.models import Alert
from monitor.pages.alerts.views import filter_form
from monitor.pages.shared.alert_reads import matching
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.sheets import Cell, attached, csv_answer, of_today, on_clock, percent, xlsx_answer, yuan
from monitor.pages.shared.words import value_in_words
from monitor.text.formatting import one_line

#: Older alerts are left out; filters reach them.
MOST_ROWS = 20_000
CHUNK = 500
HEADS = (
    *(_("Time"), _("Watchlist"), _("Product ID"), _("Title"), _("Shop"), _("What changed"), _("Before"), _("After")),
    *(_("Change in %"), _("Rule"), _("Read")),
)
_IN_FEN = ("price", "list_price")


@signed_in("GET")
def as_csv(request: PageRequest) -> HttpResponseBase:
    return attached(csv_answer(_table(request)), _("Alerts"), of_today("alerts", request.now), "csv")


@signed_in("GET")
def as_xlsx(request: PageRequest) -> HttpResponseBase:
    return attached(
        xlsx_answer(_table(request), gettext("Alerts")), _("Alerts"), of_today("alerts", request.now), "xlsx"
    )


def _table(request: PageRequest) -> Iterator[list[Cell]]:
    """Prices in yuan, times on the user's clock. Rows are made while they are sent, when the user's language and zone
    are no longer active: both are read here."""
    user, now = request.user, request.now
    chosen = matching(user, filter_form(request).filters, now).for_reader(user, now).newest_first()
    language, zone = get_language() or "en", timezone.get_current_timezone()

    def line(alert: Any) -> list[Cell]:
        with override(language), timezone.override(zone):
            return [on_clock(alert.created_at, zone), *_cells(alert)]

    return chain([[str(head) for head in HEADS]], map(line, chosen[:MOST_ROWS].iterator(CHUNK)))


def _cells(alert: Any) -> list[Cell]:
    product, shop = alert.product, alert.shop or (alert.product and alert.product.shop)
    return [
        one_line(alert.watchlist.name),
        product.num_iid if product else "",
        one_line(product.title or "") if product else "",
        one_line(shop.name or shop.shop_id) if shop else "",
        alert.get_field_display(),
        _value(alert, alert.before),
        _value(alert, alert.after),
        percent(move(alert.before, alert.after)),
        one_line(alert.rule_in_words),
        gettext("yes") if alert.is_read else gettext("no"),
    ]


def _value(alert: Alert, value: Json) -> Cell:
    if value is None:
        return None
    if type(value) is int and alert.field in _IN_FEN:
        return yuan(value)
    return value if type(value) is int and alert.field == "sales" else one_line(value_in_words(alert.field, value))
