"""The form of a rule: it is filled in, saved, shown in words, changed, and refused with a
reason."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Product, Rule, Watch, Watchlist
from tests.pages import HTMX
from tests.pages.rules.rule_forms import newest, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("alerts_on_any_change")]


@pytest.mark.parametrize(
    ("kind", "filled", "condition"),
    [
        (Kind.PRICE_ROSE, {"threshold": "7.5%"}, Condition(Kind.PRICE_ROSE, 750)),
        (Kind.PRICE_LOWEST, {"days": ""}, Condition(Kind.PRICE_LOWEST)),
        (Kind.PRICE_HIGHEST, {"days": "７"}, Condition(Kind.PRICE_HIGHEST, days=7)),
        (
            Kind.SALES_GREW_BY,
            {"threshold": "1,500 件", "days": "7"},
            Condition(Kind.SALES_GREW_BY, 1500, 7),
        ),
        (Kind.SILENT, {"threshold": "6 小时"}, Condition(Kind.SILENT, 6)),
    ],
)
def test_a_kind_with_its_blanks_is_tried_saved_and_changed(
    web: Client,
    watchlist: Watchlist,
    watch: Watch,
    kind: Kind,
    filled: dict[str, str],
    condition: Condition,
) -> None:
    watchlist.rules.all().delete()
    # The hidden fields of other kinds may hold anything.
    hidden = {"threshold": "x", "days": "0"} | filled
    assert "in the last 30 days" in post(web, watchlist, "trial/", kind=kind.value, **hidden)
    post(web, watchlist, kind=kind.value, **hidden)
    rule = newest(watchlist)
    assert (rule.condition, rule.cooldown) == (condition, timedelta(hours=1))
    post(web, rule, kind=kind.value, **filled, is_urgent="on", cooldown="86400")
    rule.refresh_from_db()
    assert (rule.condition, rule.is_urgent, rule.cooldown) == (condition, True, timedelta(days=1))


@pytest.mark.parametrize(
    ("filled", "complaint"),
    [
        ({"kind": "nonsense"}, "Select a valid choice."),
        ({"kind": "price_changed"}, "This rule exists already."),
        (
            {"kind": "price_dropped", "threshold": ""},
            "This kind of rule needs a threshold above zero.",
        ),
        ({"kind": "price_below", "threshold": "NaN"}, "Enter a number."),
        (
            {"kind": "price_below", "threshold": "9" * 20},
            "This number is too large: at most 10,000,000.",
        ),
        (
            {"kind": "price_below", "threshold": "10 %"},
            "“%” does not fit here: this kind of rule counts in yuan.",
        ),
        ({"kind": "price_dropped", "threshold": "100"}, "A price never drops by 100%"),
        (
            {"kind": "shop_score_fell", "threshold": "101"},
            "A score cannot fall by more points than there are.",
        ),
        (
            {"kind": "sales_grew", "threshold": "20", "days": "0"},
            "needs a number of days from 1 to 365",
        ),
        (
            {
                "kind": "price_below",
                "threshold": "9",
                "also_0_kind": "price_below",
                "also_0_threshold": "8",
            },
            "This condition is there twice: remove one.",
        ),
        ({"kind": "status_changed", "also_0_kind": "title_changed"}, "Select a valid choice."),
    ],
)
def test_nonsense_is_refused_with_a_reason(
    web: Client, watchlist: Watchlist, watch: Watch, filled: dict[str, str], complaint: str
) -> None:
    for tail in ("", "trial/"):
        text = post(web, watchlist, tail, **filled)
        assert complaint in text
        assert text.count('class="field-error"') == (0 if tail else 1)
        assert ('<details class="rule-new" open>' in text) is not bool(tail)
    assert watchlist.rules.count() == 3


def test_conditions_are_added_and_removed(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    text = post(
        web,
        watchlist,
        kind="price_dropped",
        threshold="10",
        also_1_kind="price_lowest",
        also_1_days="90",
        also_0_kind="on_sale",
    )
    assert "drops ≥ 10% and on sale and lowest price in 90 days" in text
    rule = newest(watchlist)
    assert [*rule.condition.also] == [
        Condition(Kind.ON_SALE),
        Condition(Kind.PRICE_LOWEST, days=90),
    ]
    post(
        web,
        rule,
        kind="price_dropped",
        threshold="10",
        also_0_kind="",
        also_1_kind="price_lowest",
        also_1_days="",
    )
    rule.refresh_from_db()
    assert [*rule.condition.also] == [Condition(Kind.PRICE_LOWEST)]
    # Some kinds take no further conditions; the form's are ignored.
    post(
        web,
        rule,
        kind="shop_score_fell",
        threshold="0.5",
        also_0_kind="price_below",
        also_0_threshold="x",
    )
    rule.refresh_from_db()
    assert rule.condition == Condition(Kind.SHOP_SCORE_FELL, 50)


def test_cooldown_and_urgency_are_shown_and_changed_without_a_new_alert(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    text = post(
        web, watchlist, kind="price_below", threshold="60", cooldown="604800", is_urgent="on"
    )
    assert "· at most once a week</span>" in text
    assert '<span class="mark bad">urgent</span>' in text
    rule = newest(watchlist)
    Rule.objects.filter(pk=rule.pk).update(cooldown=timedelta(hours=2))
    page = web.get(f"/rules/{rule.pk}/").content.decode()
    assert '<option value="7200" selected>at most once in 2 h</option>' in page
    Product.objects.update(price=5000)
    post(web, rule, kind="price_below", threshold="60", cooldown="0")
    rule.refresh_from_db()
    assert (rule.cooldown, rule.is_urgent) == (timedelta(0), False)
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("sales-surge", ["sales_grew", "20", "7"]),
        ("silence", ["silent", "6"]),
    ],
)
def test_a_template_fills_in_the_form(
    web: Client, watch: Watch, template: str, filled: list[str]
) -> None:
    kind, *values = filled
    for headers in (HTMX, {}):
        text = web.get(
            f"/watches/{watch.pk}/rules/?template={template}", headers=headers
        ).content.decode()
        new = text[text.index('<details class="rule-new" open>') :]
        assert re.search(rf'<option value="{kind}"[^>]*\bselected\b[^>]*>', new)
        for value in values:
            assert f'value="{value}"' in new
        assert new.count('aria-current="true"') == 1
    assert not watch.rules.exists()
