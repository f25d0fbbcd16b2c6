"""The sentence of a rule: its blanks are filled in, kept, shown in words, altered, and refused with a reason."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from monitor.dashboard import already, own
from monitor.forms.clauses import KIND_OPTIONS
from monitor.models import Alert, Product, Rule, Shop, User, Watch, Watchlist
from monitor.rules import MAIN_KINDS, Condition, Kind
from tests.factories import NOW, ChangeFactory, MembershipFactory, ProductFactory, WatchFactory, WatchlistFactory
from tests.web import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    """A shirt that costs ¥72.00, on a list with the default rules."""
    return WatchFactory.create(watchlist=watchlist, product__title="Shirt")


@pytest.fixture
def mine(merchant: User) -> Product:
    """A shirt of one's own at ¥80.00, on another list."""
    shop = WatchlistFactory.create(owner=merchant, name="My shop")
    return WatchFactory.create(watchlist=shop, product__title="My shirt", product__price=8000).product


def post(web: Client, target: Watch | Watchlist | Rule, tail: str = "", headers: Any = HTMX, **filled: Any) -> str:
    """Fill in the form of a new rule, or of one that there is; what comes back. Behind an 'and' is `also_0_kind`."""
    if isinstance(target, Rule):
        prefix, address = f"rule-{target.pk}", f"/rules/{target.pk}/"
    else:
        noun, path = ("watch", "watches") if isinstance(target, Watch) else ("list", "watchlists")
        prefix, address = f"new-rules-of-{noun}-{target.pk}", f"/{path}/{target.pk}/rules/"
    form = {
        f"{prefix}-{name.replace('also_0_', 'also-0-').replace('also_1_', 'also-1-')}": v for name, v in filled.items()
    }
    response = web.post(f"{address}{tail}", form, headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def newest(target: Watch | Watchlist) -> Rule:
    rule = target.rules.order_by("pk").last()
    assert rule is not None
    return rule


EVERY = [
    (Kind.PRICE_CHANGED, {}, Condition(Kind.PRICE_CHANGED), "the price changes", "价格变化"),
    (
        Kind.PRICE_DROPPED,
        {"threshold": "10"},
        Condition(Kind.PRICE_DROPPED, 1000),
        "drops by at least 10 %",
        "降价至少 10 %",
    ),
    (
        Kind.PRICE_ROSE,
        {"threshold": "7.5%"},
        Condition(Kind.PRICE_ROSE, 750),
        "rises by at least 7.50 %",
        "涨价至少 7.50 %",
    ),
    (
        Kind.PRICE_MOVED,
        {"threshold": "10"},
        Condition(Kind.PRICE_MOVED, 1000),
        "moves by at least 10 %",
        "价格变动至少 10 %",
    ),
    (
        Kind.PRICE_FELL_BY,
        {"threshold": "¥5"},
        Condition(Kind.PRICE_FELL_BY, 500),
        "drops by at least ¥5.00",
        "降价至少 ¥5.00",
    ),
    (
        Kind.PRICE_ROSE_BY,
        {"threshold": "5元"},
        Condition(Kind.PRICE_ROSE_BY, 500),
        "rises by at least ¥5.00",
        "涨价至少 ¥5.00",
    ),
    (Kind.PRICE_BELOW, {"threshold": "60"}, Condition(Kind.PRICE_BELOW, 6000), "falls below ¥60.00", "价格低于 ¥60.00"),
    (
        Kind.PRICE_ABOVE,
        {"threshold": "1,299"},
        Condition(Kind.PRICE_ABOVE, 129900),
        "rises above ¥1299.00",
        "价格高于 ¥1299.00",
    ),
    (
        Kind.PRICE_LOWEST,
        {"days": "30"},
        Condition(Kind.PRICE_LOWEST, days=30),
        "is the lowest in 30 days",
        "创 30 天内新低",
    ),
    (Kind.PRICE_LOWEST, {"days": ""}, Condition(Kind.PRICE_LOWEST), "lower than ever before", "创历史新低"),
    (
        Kind.PRICE_HIGHEST,
        {"days": "７ 天"},
        Condition(Kind.PRICE_HIGHEST, days=7),
        "is the highest in 7 days",
        "创 7 天内新高",
    ),
    (
        Kind.PRICE_BELOW_HIGH,
        {"threshold": "10", "days": "30"},
        Condition(Kind.PRICE_BELOW_HIGH, 1000, 30),
        "at least 10 % below the highest of 30 days",
        "比 30 天内的最高价低至少 10 %",
    ),
    (
        Kind.PRICE_ABOVE_LOW,
        {"threshold": "10", "days": "1"},
        Condition(Kind.PRICE_ABOVE_LOW, 1000, 1),
        "at least 10 % above the lowest of 1 day",
        "比 1 天内的最低价高至少 10 %",
    ),
    (
        Kind.UNDER_MINE,
        {"threshold": "20", "own": "mine"},
        Condition(Kind.UNDER_MINE, 2000),
        "at least 20 % under that of “My shirt”",
        "比我的商品“My shirt”低至少 20 %",
    ),
    (
        Kind.UNDER_MINE_BY,
        {"threshold": "20", "own": "mine"},
        Condition(Kind.UNDER_MINE_BY, 2000),
        "at least ¥20.00 under that of “My shirt”",
        "比我的商品“My shirt”低至少 ¥20.00",
    ),
    (Kind.LIST_PRICE_CHANGED, {}, Condition(Kind.LIST_PRICE_CHANGED), "the list price changes", "划线价变化"),
    (Kind.SKU_RANGE_CHANGED, {}, Condition(Kind.SKU_RANGE_CHANGED), "range of SKU prices changes", "SKU 价格区间变化"),
    (
        Kind.SALES_GREW,
        {"threshold": "20", "days": "7"},
        Condition(Kind.SALES_GREW, 2000, 7),
        "sales grow by at least 20 % within 7 days",
        "7 天内销量增长至少 20 %",
    ),
    (
        Kind.SALES_GREW_BY,
        {"threshold": "1,500 件", "days": "7"},
        Condition(Kind.SALES_GREW_BY, 1500, 7),
        "at least 1,500 more are sold within 7 days",
        "7 天内多卖出至少 1,500 件",
    ),
    (
        Kind.SALES_PACE_DOUBLED,
        {"days": "7"},
        Condition(Kind.SALES_PACE_DOUBLED, days=7),
        "7 days sell at least twice as many as the 7 days before",
        "近 7 天的销量达到此前 7 天的两倍以上",
    ),
    (Kind.STATUS_CHANGED, {}, Condition(Kind.STATUS_CHANGED), "the status changes", "状态变化"),
    (Kind.LEFT_SHELF, {}, Condition(Kind.LEFT_SHELF), "it is no longer on sale", "商品不再在售"),
    (Kind.CAME_BACK, {}, Condition(Kind.CAME_BACK), "it comes back on sale", "商品重新上架"),
    (Kind.BANNED, {}, Condition(Kind.BANNED), "it is banned", "商品被封禁"),
    (Kind.GONE, {}, Condition(Kind.GONE), "it is deleted or not found", "商品被删除或查询不到"),
    (Kind.TITLE_CHANGED, {}, Condition(Kind.TITLE_CHANGED), "the title changes", "标题变化"),
    (Kind.IMAGES_CHANGED, {}, Condition(Kind.IMAGES_CHANGED), "the images change", "图片变化"),
    (Kind.SPECIFICATION_CHANGED, {}, Condition(Kind.SPECIFICATION_CHANGED), "the specification or", "规格或属性变化"),
    (Kind.FREIGHT_CHANGED, {}, Condition(Kind.FREIGHT_CHANGED), "the freight changes", "运费变化"),
    (Kind.PROMISES_CHANGED, {}, Condition(Kind.PROMISES_CHANGED), "the service promises change", "服务承诺变化"),
    (
        Kind.SHOP_SCORE_FELL,
        {"threshold": "0.1"},
        Condition(Kind.SHOP_SCORE_FELL, 10),
        "falls by at least 0.10",
        "下降至少 0.10",
    ),
    (
        Kind.SHOP_SCORE_BELOW,
        {"threshold": "4.5 分"},
        Condition(Kind.SHOP_SCORE_BELOW, 450),
        "falls below 4.50",
        "评分低于 4.50",
    ),
    (Kind.SHOP_BELOW_AVERAGE, {}, Condition(Kind.SHOP_BELOW_AVERAGE), "turns below average", "转为低于平均"),
    (
        Kind.SILENT,
        {"threshold": "6 小时"},
        Condition(Kind.SILENT, 6),
        "no check succeeds for 6 hours",
        "6 小时没有成功检查",
    ),
]


def test_the_table_has_every_kind_that_the_form_offers() -> None:
    offered = {Kind(value) for _, kinds in KIND_OPTIONS for value, _ in kinds}
    assert {kind for kind, *_ in EVERY} == offered == MAIN_KINDS


@pytest.mark.parametrize(("kind", "filled", "condition", "english", "chinese"), EVERY)
def test_every_kind_is_saved_shown_in_words_and_altered(
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
    # What other kinds need stands in blanks that are hidden, and harms nothing.
    hidden = {"threshold": "x", "days": "0", "own": "x"} | filled
    assert english in post(web, watchlist, kind=kind.value, **hidden)
    rule = newest(watchlist)
    assert rule.condition == condition
    with translation.override("zh-hans"):
        assert chinese in str(rule)
    assert rule.cooldown == timedelta(hours=1)
    again = {"kind": kind.value, **filled}
    post(web, rule, **again, is_urgent="on", cooldown="86400")
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
        ({"kind": "silent", "threshold": "1.5"}, "This counts whole ones: write no fraction."),
        ({"kind": "silent", "threshold": "1000"}, "This number is too large: at most 720."),
        ({"kind": "sales_grew_by", "threshold": "0.5", "days": "7"}, "This counts whole ones: write no fraction."),
        ({"kind": "sales_grew_by", "threshold": "-3", "days": "7"}, "needs a threshold above zero"),
        ({"kind": "sales_grew_by", "threshold": "1000000000", "days": "7"}, "at most 999,999,999."),
        ({"kind": "sales_grew", "threshold": "20", "days": ""}, "needs a number of days from 1 to 365"),
        ({"kind": "sales_grew", "threshold": "20", "days": "0"}, "needs a number of days from 1 to 365"),
        ({"kind": "price_below_high", "threshold": "20", "days": "366"}, "needs a number of days from 1 to 365"),
        ({"kind": "price_below_high", "threshold": "20", "days": "1.5"}, "needs a number of days from 1 to 365"),
        ({"kind": "sales_pace_doubled", "days": "a week"}, "needs a number of days from 1 to 365"),
        ({"kind": "price_lowest", "days": "-1"}, "a number of days from 1 to 365, or nothing for ever"),
        ({"kind": "price_below_high", "threshold": "100", "days": "3"}, "A price never drops by 100 %"),
        ({"kind": "under_mine", "threshold": "5"}, "Choose the product of your own to compare with."),
        ({"kind": "under_mine", "threshold": "5", "own": "x"}, "This product is not on any of your lists."),
        ({"kind": "under_mine", "threshold": "5", "own": "9" * 30}, "This product is not on any of your lists."),
        ({"kind": "on_sale"}, "Select a valid choice."),
        (
            {"kind": "price_below", "threshold": "50", "also_0_kind": "price_above", "also_0_threshold": "60"},
            "No product is as all of this asks",
        ),
        ({"kind": "gone", "also_0_kind": "on_sale"}, "No product is as all of this asks"),
        (
            {"kind": "price_lowest", "days": "7", "also_0_kind": "price_highest", "also_0_days": ""},
            "No product is as all of this asks",
        ),
        (
            {"kind": "price_changed", "also_0_kind": "on_sale", "also_1_kind": "on_sale"},
            "This is asked for twice: one of the two is enough.",
        ),
        (
            {"kind": "price_below", "threshold": "9", "also_0_kind": "price_below", "also_0_threshold": "8"},
            "This is asked for twice: one of the two is enough.",
        ),
        ({"kind": "status_changed", "also_0_kind": "price_below"}, "needs a threshold above zero"),
        ({"kind": "status_changed", "also_0_kind": "title_changed"}, "Select a valid choice."),
        ({"kind": "price_lowest", "days": "7", "cooldown": "5"}, "Select a valid choice."),
        ({"kind": "price_lowest", "days": "7", "cooldown": "x"}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    web: Client, watchlist: Watchlist, watch: Watch, filled: dict[str, str], complaint: str
) -> None:
    for tail in ("", "trial/"):
        text = post(web, watchlist, tail, **filled)
        assert complaint in text
        assert text.count('class="field-error"') == (0 if tail else 1)
    assert watchlist.rules.count() == 3


def test_a_product_is_not_compared_with_itself(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    filled = {"kind": "under_mine", "threshold": "5", "own": str(watch.product_id)}
    assert "This is the product itself: it is never cheaper than itself." in post(web, watch, **filled)
    assert not watch.rules.exists()
    # Of a list it is one of many.
    post(web, watchlist, **filled)
    assert newest(watchlist).own == watch.product


def test_only_what_is_on_ones_own_lists_is_offered_and_taken(web: Client, watch: Watch, mine: Product) -> None:
    strange = WatchFactory.create(product__title="Strange shirt").product
    shared = WatchFactory.create(product__title="Shared shirt")
    MembershipFactory.create(watchlist=shared.watchlist, user=watch.watchlist.owner)
    assert "My shirt" not in web.get(f"/watches/{watch.pk}/rules/").content.decode()
    text = web.get("/rules/own-products/?of=a").content.decode()
    assert text == web.get("/rules/own-products/?of=a&a-own_search=none").content.decode()
    assert f'<option value="{mine.pk}">My shirt</option>' in text
    assert '<optgroup label="My shop">' in text
    assert "Shared shirt" in text
    assert "Strange shirt" not in text
    for product in (strange, ProductFactory.create(title="Unwatched")):
        filled = {"kind": "under_mine", "threshold": "5", "own": str(product.pk)}
        assert "This product is not on any of your lists." in post(web, watch, **filled)
        assert str(product) not in post(web, watch, "trial/", headers={}, **filled)
    assert not watch.rules.exists()


def test_what_somebody_else_has_chosen_stays_when_the_rule_is_altered(
    web: Client, merchant: User, watch: Watch, mine: Product
) -> None:
    rule = Rule.objects.create(watchlist=watch.watchlist, kind="under_mine", threshold=500, own=mine)
    editor = MembershipFactory.create(watchlist=watch.watchlist, role="editor").user
    client = Client()
    client.force_login(editor)
    assert "My shirt" in client.get(f"/watchlists/{watch.watchlist_id}/rules/").content.decode()
    post(client, rule, kind="under_mine", threshold="20", own=str(mine.pk))
    rule.refresh_from_db()
    assert (rule.threshold, rule.own) == (2000, mine)
    filled = {"kind": "under_mine", "threshold": "30", "own": str(mine.pk)}
    assert "This product is not on any of your lists." in post(client, watch.watchlist, **filled)


def test_many_products_are_searched(web: Client, watch: Watch, mine: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"/watches/{watch.pk}/rules/?template=protect-price"
    assert "Search my products" not in web.get(address).content.decode()
    monkeypatch.setattr(own, "MOST_OFFERED", 1)
    assert "Search my products" in web.get(address).content.decode()
    found = web.get("/rules/own-products/", {"of": "a", "a-own_search": "shirt MY", "a-own": ""}).content.decode()
    assert '<select name="a-own"' in found
    assert "My shirt" in found
    assert ">Shirt<" not in found
    found = web.get("/rules/own-products/", {"of": "a", "a-own_search": "none", "a-own": str(mine.pk)}).content.decode()
    assert f'<option value="{mine.pk}" selected>My shirt</option>' in found
    hostile = web.get("/rules/own-products/", {"of": '"><script>'}).content.decode()
    assert "<script>" not in hostile
    assert "of=%22%3E%3Cscript%3E" in hostile


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
    assert "drops by at least 10 % and it is on sale and the price is the lowest in 90 days" in text
    rule = newest(watchlist)
    assert [*rule.condition.also] == [Condition(Kind.ON_SALE), Condition(Kind.PRICE_LOWEST, days=90)]
    post(web, rule, kind="price_dropped", threshold="10", also_0_kind="", also_1_kind="price_lowest", also_1_days="")
    rule.refresh_from_db()
    assert [*rule.condition.also] == [Condition(Kind.PRICE_LOWEST)]
    # A kind that stands alone has none, whatever stands in the form.
    post(web, rule, kind="shop_score_fell", threshold="0.5", also_0_kind="price_below", also_0_threshold="x")
    rule.refresh_from_db()
    assert rule.condition == Condition(Kind.SHOP_SCORE_FELL, 50)


def test_how_often_and_how_urgently_is_marked_and_altered_without_starting_afresh(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    text = post(web, watchlist, kind="price_below", threshold="60", cooldown="604800", is_urgent="on")
    assert "at most once a week</span>" in text
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


def test_a_products_copies_of_the_lists_rules_keep_how_they_tell(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    watchlist.rules.update(cooldown=timedelta(hours=6), is_urgent=True)
    post(web, watch, kind="price_lowest", days="7", keep_lists="on")
    copies = watch.rules.order_by("pk")[:3]
    assert [(rule.cooldown, rule.is_urgent) for rule in copies] == [(timedelta(hours=6), True)] * 3


@pytest.mark.parametrize(
    ("need", "filled"),
    [
        ("protect-price", ["under_mine_by", "0.01"]),
        ("out-of-stock", ["left_shelf"]),
        ("promotion", ["price_below_high", "10"]),
        ("lowest-price", ["price_lowest", "90"]),
        ("best-seller", ["sales_pace_doubled", "7"]),
        ("shop-score", ["shop_score_fell", "0.10"]),
        ("silence", ["silent", "6"]),
    ],
)
def test_a_common_need_fills_in_the_form(web: Client, watch: Watch, need: str, filled: list[str]) -> None:
    kind, *values = filled
    for headers in (HTMX, {}):
        text = web.get(f"/watches/{watch.pk}/rules/?template={need}", headers=headers).content.decode()
        new = text[text.index('<details class="rule-new" open>') :]
        assert re.search(rf'<option value="{kind}"[^>]* selected>', new)
        for value in values:
            assert f'value="{value}"' in new
        assert new.count('aria-current="true"') == 1
    assert not watch.rules.exists()


def test_a_need_that_nobody_knows_opens_nothing(web: Client, watch: Watch) -> None:
    assert "rule-new" in (text := web.get(f"/watches/{watch.pk}/rules/?template=x").content.decode())
    assert '<details class="rule-new" open>' not in text


def moved(product: Product, *steps: tuple[float, str, int, int]) -> None:
    for days, field, before, after in steps:
        at = NOW - timedelta(days=days)
        ChangeFactory.create(product=product, field=field, before=before, after=after, first_seen_after=at)
        Product.objects.filter(pk=product.pk).update(**{field: after})


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"kind": "price_changed"}, ["Now ¥72.00 · lowest of 30 days ¥63.00 · highest ¥89.00"]),
        ({"kind": "price_dropped", "threshold": ""}, ["Now ¥72.00 · lowest of 30 days", "needs a threshold"]),
        ({"kind": "price_dropped", "threshold": "10"}, ["10 % is ¥7.20: it fires at ¥64.80 or less"]),
        ({"kind": "price_moved", "threshold": "10"}, ["it fires at ¥64.80 or less and at ¥79.20 or more"]),
        ({"kind": "price_fell_by", "threshold": "5"}, ["It fires at ¥67.00 or less"]),
        ({"kind": "price_fell_by", "threshold": "500"}, ["it would have to cost nothing"]),
        ({"kind": "price_below", "threshold": "60"}, ["That is ¥12.00 (16.7%) below the price now"]),
        ({"kind": "price_above", "threshold": "90"}, ["That is ¥18.00 (25%) above the price now"]),
        ({"kind": "price_lowest", "days": "30"}, ["lowest of 30 days ¥63.00", "It fires at ¥62.99 or less"]),
        ({"kind": "price_lowest", "days": ""}, ["lowest ever ¥50.00 · highest ¥90.00", "It fires at ¥49.99 or less"]),
        ({"kind": "price_highest", "days": "7"}, ["It fires at ¥72.01 or more"]),
        ({"kind": "price_below_high", "threshold": "20", "days": "30"}, ["20 % is ¥17.80: it fires at ¥71.20 or less"]),
        (
            {"kind": "under_mine", "threshold": "20", "own": "mine"},
            ["Now ¥72.00 · “My shirt” ¥80.00", "¥64.00 or less"],
        ),
        (
            {"kind": "sales_grew_by", "threshold": "500", "days": "7"},
            ["Now 13k+ sold · +400 in 7 days", "It fires at 13,100 sold"],
        ),
        ({"kind": "sales_grew", "threshold": "10", "days": "7"}, ["10 % is 1,260: it fires at 13,860 sold"]),
        ({"kind": "sales_pace_doubled", "days": "7"}, ["+400 in 7 days · +600 in the 7 days before"]),
        ({"kind": "left_shelf"}, ["Now on sale"]),
        ({"kind": "list_price_changed"}, ["Now ¥99.00"]),
        ({"kind": "sku_range_changed"}, ["Now ¥72.00 – ¥89.00"]),
        ({"kind": "title_changed"}, ["Now Shirt"]),
        ({"kind": "shop_score_below", "threshold": "4"}, ["Scores now 4.85 · 5.00 · 4.96"]),
        ({"kind": "shop_score_fell", "threshold": "0.1"}, ["It fires at 4.75 · 4.90 · 4.86 or less"]),
        ({"kind": "shop_below_average"}, ["Scores now above average"]),
        ({"kind": "silent", "threshold": "6"}, ["Last answer 11:59", "Would not have fired"]),
    ],
)
def test_what_is_so_now_stands_beside_the_sentence(
    web: Client, watch: Watch, mine: Product, filled: dict[str, str], said: list[str]
) -> None:
    product = watch.product
    moved(
        product,
        (60, "price", 9000, 5000),
        (40, "price", 5000, 8900),
        (20, "price", 8900, 6300),
        (5, "price", 6300, 7200),
    )
    moved(product, (10, "sales", 12000, 12600), (2, "sales", 12600, 13000))
    Product.objects.filter(pk=product.pk).update(answered_at=NOW - timedelta(minutes=1))
    if "own" in filled:
        filled = {**filled, "own": str(mine.pk)}
    text = post(web, watch, "trial/", **filled)
    for words in said:
        assert words in text


def test_of_a_list_it_tells_the_range_and_an_example(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    WatchFactory.create(watchlist=watchlist, product__title="Shoe", product__price=19900, product__status="off_shelf")
    text = post(web, watchlist, "trial/", kind="price_dropped", threshold="5")
    assert "Now ¥72.00–¥199.00, of 2 products" in text
    assert "For example “Shirt”: now ¥72.00 · lowest of 30 days ¥72.00" in text
    assert "5 % is ¥3.60: it fires at ¥68.40 or less" in text
    assert "For example" not in post(web, watchlist, "trial/", kind="under_mine", threshold="5")
    assert "1 of 2 products are on sale" in post(web, watchlist, "trial/", kind="left_shelf")
    assert "For example “Shop" in post(web, watchlist, "trial/", kind="shop_score_fell", threshold="0.1")


def test_what_a_product_never_tells_is_said(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    Product.objects.update(sales=None, list_price=None, sku_min_price=None)
    for filled, field in (
        ({"kind": "sales_grew_by", "threshold": "500", "days": "7"}, "sales"),
        ({"kind": "list_price_changed"}, "list price"),
        ({"kind": "sku_range_changed"}, "SKU price range"),
        ({"kind": "freight_changed"}, "freight"),
        (
            {
                "kind": "price_lowest",
                "days": "7",
                "also_0_kind": "sales_grew",
                "also_0_threshold": "5",
                "also_0_days": "7",
            },
            "sales",
        ),
    ):
        said = f"This product has never told its {field}: the rule would wait for that."
        assert said in post(web, watch, "trial/", **filled)
    assert "has never told" not in post(web, watch, "trial/", kind="price_lowest", days="7")
    WatchFactory.create(watchlist=watchlist)
    WatchFactory.create(watchlist=watchlist, product__content={"freight": []})
    text = post(web, watchlist, "trial/", kind="sales_grew_by", threshold="5", days="7")
    assert "1 of 3 products has never told its sales: for it the rule would wait." in text
    text = post(web, watchlist, "trial/", kind="freight_changed")
    assert "2 of 3 products have never told their freight: for them the rule would wait." in text
    Shop.objects.update(score_scale=None, product_score=None, logistics_score=None, service_score=None)
    assert "No scores of this product's shop have ever been told" in post(
        web, watch, "trial/", kind="shop_score_below", threshold="4"
    )


def test_of_what_was_never_checked_nothing_is_said_to_be_missing(web: Client, watch: Watch) -> None:
    Product.objects.update(first_data_time=None, data_time=None, price=None)
    text = post(web, watch, "trial/", kind="price_dropped", threshold="5")
    assert "never told" not in text
    assert "no history to try it on yet" in text


def test_ones_own_product_without_a_price_is_waited_for(web: Client, watch: Watch, mine: Product) -> None:
    Product.objects.filter(pk=mine.pk).update(price=None)
    text = post(web, watch, "trial/", kind="under_mine", threshold="5", own=str(mine.pk))
    assert "No price of “My shirt” is known yet: the rule would wait for it." in text


def test_a_trial_rests_as_the_rule_would(web: Client, watch: Watch) -> None:
    steps = [(1 + hour / 24, "price", 7000 + 100 * (hour % 2), 7100 - 100 * (hour % 2)) for hour in range(10)]
    moved(watch.product, *reversed(steps))
    assert "Would have fired 10 times" in post(web, watch, "trial/", kind="price_moved", threshold="1", cooldown="0")
    text = post(web, watch, "trial/", kind="price_moved", threshold="1", cooldown="86400")
    assert "Would have fired 2 times" in text


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"kind": "under_mine", "threshold": "5", "own": "mine"}, "“Shirt” (¥72.00)"),
        ({"kind": "price_below_high", "threshold": "10", "days": "30"}, "“Shirt” (¥72.00)"),
        ({"kind": "price_lowest", "days": "30"}, "“Shirt” (¥72.00)"),
        ({"kind": "sales_grew_by", "threshold": "100", "days": "30"}, "“Shirt” (13,000)"),
        ({"kind": "price_below", "threshold": "80", "also_0_kind": "on_sale"}, "“Shirt” (¥72.00)"),
        ({"kind": "left_shelf", "also_0_kind": "price_below", "also_0_threshold": "80"}, ""),
        ({"kind": "price_below", "threshold": "80", "also_0_kind": "left_shelf"}, ""),
        ({"kind": "under_mine_by", "threshold": "9", "own": "mine"}, ""),
    ],
)
def test_what_looks_back_or_aside_can_be_true_already(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product, filled: dict[str, str], said: str
) -> None:
    moved(watch.product, (20, "price", 9000, 7200), (2, "sales", 12600, 13000))
    filled |= {"own": str(mine.pk)} if "own" in filled else {}
    text = post(web, watchlist, **filled)
    assert ("It is so already" in text) == bool(said)
    if said:
        assert f"It is so already: {said}. The rule fires at once." in text
        word = text.partition('-sure" value="')[2].partition('"')[0]
        post(web, watchlist, **filled, sure=word)
        assert Alert.objects.get().product == watch.product
    assert newest(watchlist).condition.kind == filled["kind"]


def test_of_very_many_products_a_part_is_judged(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    for price in (7300, 7400):
        WatchFactory.create(watchlist=watchlist, product__price=price)
    monkeypatch.setattr(already, "MOST_JUDGED", 2)
    text = post(web, watchlist, kind="under_mine", threshold="5", own=str(mine.pk))
    assert "It is so already of at least 2 products, and the rule fires at once for each: “Shirt” ¥72.00" in text


@pytest.mark.parametrize("tail", ["", "trial/"])
@pytest.mark.parametrize(
    "filled",
    [
        {"kind": "under_mine", "threshold": "5"},
        {"kind": "sales_grew", "threshold": "5", "days": "7", "also_0_kind": "price_lowest", "also_0_days": ""},
        {"kind": "freight_changed"},
    ],
)
def test_it_makes_as_many_queries_for_many_products_as_for_few(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product, tail: str, filled: dict[str, str]
) -> None:
    def queries() -> int:
        watchlist.rules.filter(pk__gt=last).delete()
        with CaptureQueriesContext(connection) as captured:
            post(web, watchlist, tail, **filled)
        return len(captured)

    last = newest(watchlist).pk
    filled = {**filled, "own": str(mine.pk)}
    few = queries()
    for one in WatchFactory.create_batch(12, watchlist=watchlist):
        moved(one.product, (20, "price", 9000, 7200), (2, "sales", 12600, 13000))
    assert queries() <= few + (1 if not tail else 0)
    assert few <= 22
