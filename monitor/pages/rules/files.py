"""The rules of a list and of its products as CSV and Excel: a row each, as a sentence and in its
parts."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, F
from django.http.response import HttpResponseBase
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.models import Alert, Rule
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.sheets import Cell, file_answer, of_today, table
from monitor.reads.watchlists import watchlist_for
from monitor.rules.conditions import Condition
from monitor.text.formatting import one_line
from monitor.text.rule_words import UNIT_WORDS, WORDS, besides_in_words

COUNTED = timedelta(days=30)
CHUNK = 2000
HEADS = (
    *(
        _("Watchlist"),
        _("Product ID"),
        _("Title"),
        _("Rule"),
        _("When"),
        _("Threshold"),
        _("Unit"),
        _("Days"),
    ),
    *(_("And"), _("Pause between alerts"), _("Urgent"), _("On"), _("Alerts in 30 days")),
)


@signed_in("GET", is_file=True)
def as_file(request: PageRequest, watchlist: int, ending: str) -> HttpResponseBase:
    """Send the list's rules as a file, those of the whole list first. Two queries after the list's
    own."""
    name = watchlist_for(request.user, watchlist).name
    alerts = Alert.objects.filter(
        watchlist=watchlist, created_at__gte=request.now - COUNTED, rule__isnull=False
    )
    counts = dict(alerts.order_by().values_list("rule").annotate(n=Count("pk")))
    rules = Rule.objects.filter(watchlist=watchlist).select_related("watch__product")

    def line(rule: Rule) -> list[Cell]:
        return [one_line(name), *_cells(rule), counts.get(rule.pk, 0)]

    rows = table(
        HEADS, line, rules.order_by(F("watch").asc(nulls_first=True), "pk").iterator(CHUNK)
    )
    return file_answer(rows, _("Rules"), of_today("rules", request.now), ending)


def _cells(rule: Rule) -> list[Cell]:
    product, condition = rule.watch and rule.watch.product, rule.condition
    return [
        product.num_iid if product else "",
        one_line(product.title or "") if product else "",
        one_line(capfirst(str(rule))),
        str(WORDS[condition.kind].name),
        *_threshold(condition),
        condition.days,
        besides_in_words(condition),
        rule.cooldown_words,
        gettext("yes") if rule.is_urgent else gettext("no"),
        gettext("yes") if rule.is_active else gettext("no"),
    ]


def _threshold(condition: Condition) -> tuple[Cell, str]:
    unit, threshold = condition.spec.unit, condition.threshold
    if threshold is None:
        return None, ""
    return Decimal(threshold).scaleb(-2) if unit.is_hundredths else threshold, str(UNIT_WORDS[unit])
