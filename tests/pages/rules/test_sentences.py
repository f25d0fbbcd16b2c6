"""The form of a rule: it is filled in, saved, shown in words, changed, and refused with a reason."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation

from monitor.models import Alert, Product, Rule, User, Watch, Watchlist
from monitor.pages.shared.rules import own_products as own
from monitor.pages.shared.rules.clauses import KIND_OPTIONS
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from tests.factories import MembershipFactory, ProductFactory, WatchFactory, WatchlistFactory
from tests.pages import HTMX
from tests.pages.rules.rule_forms import EVERY, newest, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    """A shirt that costs ¥72.00, on a list with the default rules."""
    return WatchFactory.create(watchlist=watchlist, product__title="Shirt")


@pytest.fixture
def mine(merchant: User) -> Product:
    """The merchant's own shirt at ¥80.00, on another list."""
    shop = WatchlistFactory.create(owner=merchant, name="My shop")
    return WatchFactory.create(watchlist=shop, product__title="My shirt", product__price=8000).product


def test_the_table_has_every_kind_that_the_form_offers() -> None:
    offered = {Kind(value) for _, kinds in KIND_OPTIONS for value, _ in kinds}
    assert {kind for kind, *_ in EVERY} == offered == set(Kind) - {Kind.ON_SALE}


@pytest.mark.parametrize(("kind", "filled", "condition", "english", "chinese"), EVERY)
def test_every_kind_is_saved_shown_in_words_and_changed(
    web: Client,
    watchlist: Watchlist,
    watch: Watch,
    mine: Product,
    kind: Kind,
    filled: dict[str, str],
    condition: Condition,
    english: str,
    chinese: str,
) -> None:
    watchlist.rules.all().delete()
    if "own" in filled:
        filled, condition = {**filled, "own": str(mine.pk)}, Condition(kind, condition.threshold, own=mine.pk)
    # The hidden fields of other kinds may hold anything.
    hidden = {"threshold": "x", "days": "0", "own": "x"} | filled
    assert english in post(web, watchlist, kind=kind.value, **hidden)
    rule = Rule.objects.for_reader(watchlist.owner).get(pk=newest(watchlist).pk)
    assert rule.condition == condition
    with translation.override("zh-hans"):
        assert chinese in str(rule)
    assert rule.cooldown == timedelta(hours=1)
    post(web, rule, kind=kind.value, **filled, is_urgent="on", cooldown="86400")
    rule.refresh_from_db()
    assert (rule.condition, rule.is_urgent, rule.cooldown) == (condition, True, timedelta(days=1))


@pytest.mark.parametrize(
    ("filled", "complaint"),
    [
        ({"kind": "price_dropped", "threshold": "1e9"}, "Enter a number."),
        ({"kind": "price_dropped", "threshold": "1000000000"}, "This number is too large: at most 100,000."),
        ({"kind": "price_below", "threshold": "1000000000"}, "This number is too large: at most 10,000,000."),
        ({"kind": "price_below", "threshold": "10 %"}, "“%” does not fit here: this kind of rule counts in yuan."),
        ({"kind": "price_dropped", "threshold": "¥10"}, "“¥” does not fit here: this kind of rule counts in %."),
        ({"kind": "silent", "threshold": "3 件"}, "“件” does not fit here: this kind of rule counts in hours."),
        ({"kind": "silent", "threshold": "1.5"}, "Enter a whole number."),
        ({"kind": "silent", "threshold": "1000"}, "This number is too large: at most 720."),
        ({"kind": "sales_grew_by", "threshold": "0.5", "days": "7"}, "Enter a whole number."),
        ({"kind": "sales_grew_by", "threshold": "-3", "days": "7"}, "needs a threshold above zero"),
        ({"kind": "sales_grew_by", "threshold": "1000000000", "days": "7"}, "at most 999,999,999."),
        ({"kind": "sales_grew", "threshold": "20", "days": ""}, "needs a number of days from 1 to 365"),
        ({"kind": "sales_grew", "threshold": "20", "days": "0"}, "needs a number of days from 1 to 365"),
        ({"kind": "price_below_high", "threshold": "20", "days": "366"}, "needs a number of days from 1 to 365"),
        ({"kind": "price_below_high", "threshold": "20", "days": "1.5"}, "needs a number of days from 1 to 365"),
        ({"kind": "sales_pace_doubled", "days": "a week"}, "needs a number of days from 1 to 365"),
        ({"kind": "price_lowest", "days": "-1"}, "1 to 365 days, or leave it empty for all time"),
        ({"kind": "price_below_high", "threshold": "100", "days": "3"}, "A price never drops by 100%"),
        ({"kind": "under_mine", "threshold": "5"}, "Choose your product to compare with."),
        (
            {"kind": "under_mine", "threshold": "5", "own": "x"},
            "This product is not on any of your lists",
        ),
        (
            {"kind": "under_mine", "threshold": "5", "own": "9" * 30},
            "This product is not on any of your lists",
        ),
        ({"kind": "on_sale"}, "Select a valid choice."),
        (
            {"kind": "price_below", "threshold": "50", "also_0_kind": "price_above", "also_0_threshold": "60"},
            "These conditions contradict each other",
        ),
        ({"kind": "gone", "also_0_kind": "on_sale"}, "These conditions contradict each other"),
        (
            {"kind": "price_lowest", "days": "7", "also_0_kind": "price_highest", "also_0_days": ""},
            "These conditions contradict each other",
        ),
        (
            {"kind": "price_changed", "also_0_kind": "on_sale", "also_1_kind": "on_sale"},
            "This condition is there twice: remove one.",
        ),
        (
            {"kind": "price_below", "threshold": "9", "also_0_kind": "price_below", "also_0_threshold": "8"},
            "This condition is there twice: remove one.",
        ),
        ({"kind": "status_changed", "also_0_kind": "price_below"}, "needs a threshold above zero"),
        ({"kind": "status_changed", "also_0_kind": "title_changed"}, "Select a valid choice."),
        ({"kind": "price_lowest", "days": "7", "cooldown": "5"}, "Select a valid choice."),
        ({"kind": "price_lowest", "days": "7", "cooldown": "x"}, "Select a valid choice."),
    ],
)
def test_nonsense_is_refused_with_a_reason(
    web: Client, watchlist: Watchlist, watch: Watch, filled: dict[str, str], complaint: str
) -> None:
    for tail in ("", "trial/"):
        text = post(web, watchlist, tail, **filled)
        assert complaint in text
        assert text.count('class="field-error"') == (0 if tail else 1)
    assert watchlist.rules.count() == 3


def test_a_product_is_not_compared_with_itself(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    filled = {"kind": "under_mine", "threshold": "5", "own": str(watch.product_id)}
    assert "This is the watched product itself" in post(web, watch, **filled)
    assert not watch.rules.exists()
    # A list's rule compares all products of the list.
    post(web, watchlist, **filled)
    assert newest(watchlist).own == watch.product


def test_only_products_on_the_users_lists_are_offered_and_accepted(web: Client, watch: Watch, mine: Product) -> None:
    foreign = WatchFactory.create(product__title="Strange shirt").product
    shared = WatchFactory.create(product__title="Shared shirt")
    MembershipFactory.create(watchlist=shared.watchlist, user=watch.watchlist.owner)
    assert "My shirt" not in web.get(f"/watches/{watch.pk}/rules/").content.decode()
    text = web.get("/rules/own-products/?of=a").content.decode()
    assert text == web.get("/rules/own-products/?of=a&a-own_search=none").content.decode()
    assert f'<option value="{mine.pk}">My shirt</option>' in text
    assert '<optgroup label="My shop">' in text
    assert "Shared shirt" in text
    assert "Strange shirt" not in text
    for product in (foreign, ProductFactory.create(title="Unwatched")):
        filled = {"kind": "under_mine", "threshold": "5", "own": str(product.pk)}
        assert "This product is not on any of your lists" in post(web, watch, **filled)
        assert str(product) not in post(web, watch, "trial/", headers={}, **filled)
    assert not watch.rules.exists()


def test_a_member_can_keep_the_product_that_another_user_chose(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product
) -> None:
    rule = Rule.objects.create(watchlist=watchlist, kind="under_mine", threshold=500, own=mine)
    WatchFactory.create(watchlist=watchlist, product=mine)
    client = Client()
    client.force_login(MembershipFactory.create(watchlist=watchlist, role="editor").user)
    assert "My shirt" in client.get(f"/watchlists/{watchlist.pk}/rules/").content.decode()
    post(client, rule, kind="under_mine", threshold="20", own=str(mine.pk))
    rule.refresh_from_db()
    assert (rule.threshold, rule.own) == (2000, mine)


def test_many_products_can_be_searched(
    web: Client, watch: Watch, mine: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/watches/{watch.pk}/rules/?template=protect-price"
    assert "Search my products" not in web.get(address).content.decode()
    monkeypatch.setattr(own, "MOST_OFFERED", 1)
    assert "Search my products" in web.get(address).content.decode()
    text = web.get("/rules/own-products/", {"of": "a", "a-own_search": "shirt MY", "a-own": ""}).content.decode()
    assert '<select name="a-own"' in text
    assert "My shirt" in text
    assert ">Shirt<" not in text
    text = web.get("/rules/own-products/", {"of": "a", "a-own_search": "none", "a-own": str(mine.pk)}).content.decode()
    assert f'<option value="{mine.pk}" selected>My shirt</option>' in text
    hostile = web.get("/rules/own-products/", {"of": '"><script>'}).content.decode()
    assert "<script>" not in hostile
    assert "of=%22%3E%3Cscript%3E" in hostile


def test_products_on_many_lists_are_offered_once(
    web: Client, merchant: User, watch: Watch, mine: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A1", "A2", "A3", "A4"):
        watchlist = WatchlistFactory.create(owner=merchant, name=name)
        for product in (watch.product, mine):
            WatchFactory.create(watchlist=watchlist, product=product)
    last = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant, name="Z")).product
    monkeypatch.setattr(own, "MOST_OFFERED", 3)
    text = web.get("/rules/own-products/?of=a").content.decode()
    assert [text.count(f'<option value="{product.pk}">') for product in (watch.product, mine, last)] == [1, 1, 1]
    monkeypatch.setattr(own, "MOST_OFFERED", 2)
    assert "Search my products" in web.get("/rules/own-products/?of=a").content.decode()


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
    assert [*rule.condition.also] == [Condition(Kind.ON_SALE), Condition(Kind.PRICE_LOWEST, days=90)]
    post(web, rule, kind="price_dropped", threshold="10", also_0_kind="", also_1_kind="price_lowest", also_1_days="")
    rule.refresh_from_db()
    assert [*rule.condition.also] == [Condition(Kind.PRICE_LOWEST)]
    # Some kinds take no further conditions; the form's are ignored.
    post(web, rule, kind="shop_score_fell", threshold="0.5", also_0_kind="price_below", also_0_threshold="x")
    rule.refresh_from_db()
    assert rule.condition == Condition(Kind.SHOP_SCORE_FELL, 50)


def test_cooldown_and_urgency_are_shown_and_changed_without_a_new_alert(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    text = post(web, watchlist, kind="price_below", threshold="60", cooldown="604800", is_urgent="on")
    assert "· at most once a week</span>" in text
    assert '<span class="mark bad">urgent</span>' in text
    rule = newest(watchlist)
    Rule.objects.filter(pk=rule.pk).update(cooldown=timedelta(hours=2))
    page = web.get(f"/watchlists/{watchlist.pk}/rules/").content.decode()
    assert '<option value="7200" selected>at most once in 2 h</option>' in page
    Product.objects.update(price=5000)
    post(web, rule, kind="price_below", threshold="60", cooldown="0")
    rule.refresh_from_db()
    assert (rule.cooldown, rule.is_urgent) == (timedelta(0), False)
    assert not Alert.objects.exists()


def test_a_products_copies_of_the_lists_rules_keep_cooldown_and_urgency(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    watchlist.rules.update(cooldown=timedelta(hours=6), is_urgent=True)
    post(web, watch, kind="price_lowest", days="7", keep_lists="on")
    copies = watch.rules.order_by("pk")[:3]
    assert [(rule.cooldown, rule.is_urgent) for rule in copies] == [(timedelta(hours=6), True)] * 3


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("sales-surge", ["sales_grew", "20", "7"]),
        ("protect-price", ["under_mine_by", "0.01"]),
        ("out-of-stock", ["left_shelf"]),
        ("promotion", ["price_below_high", "10"]),
        ("lowest-price", ["price_lowest", "90"]),
        ("best-seller", ["sales_pace_doubled", "7"]),
        ("shop-score", ["shop_score_slipped"]),
        ("silence", ["silent", "6"]),
    ],
)
def test_a_template_fills_in_the_form(web: Client, watch: Watch, template: str, filled: list[str]) -> None:
    kind, *values = filled
    for headers in (HTMX, {}):
        text = web.get(f"/watches/{watch.pk}/rules/?template={template}", headers=headers).content.decode()
        new = text[text.index('<details class="rule-new" open>') :]
        assert re.search(rf'<option value="{kind}"[^>]*\bselected\b[^>]*>', new)
        for value in values:
            assert f'value="{value}"' in new
        assert new.count('aria-current="true"') == 1
    assert not watch.rules.exists()


def test_a_surge_of_sales_is_the_first_template(web: Client, watch: Watch) -> None:
    text = web.get(f"/watches/{watch.pk}/rules/").content.decode()
    assert text.index("?template=sales-surge") == text.index("?template=")


def test_more_is_open_for_what_a_rule_has_there(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    text = web.get(f"/watchlists/{watchlist.pk}/rules/").content.decode()
    assert text.count('<details class="rule-more">') == 4
    assert '<details class="rule-more" open>' not in text
    post(web, watchlist, kind="price_below", threshold="60", is_urgent="on")
    text = post(web, watchlist, kind="price_lowest", days="7", also_0_kind="on_sale")
    assert text.count('<details class="rule-more" open>') == 2


def test_an_unknown_template_opens_no_form(web: Client, watch: Watch) -> None:
    assert "rule-new" in (text := web.get(f"/watches/{watch.pk}/rules/?template=x").content.decode())
    assert '<details class="rule-new" open>' not in text
