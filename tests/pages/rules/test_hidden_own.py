"""Members who cannot see the product that a rule compares with see neither its name nor its price."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Alert, Product, Rule, Watch, Watchlist
from tests.factories import NOW, AlertFactory, MembershipFactory, WatchFactory, WatchlistFactory
from tests.pages.rules.rule_forms import post

pytestmark = pytest.mark.django_db

SECRET = "My shirt"
UNSEEN = "under a product that you cannot see"
WAITS = "Waiting: not all members can see the compared product."


@pytest.fixture
def mine(mine: Product) -> Product:
    """At a price that the pages show nowhere else."""
    Product.objects.filter(pk=mine.pk).update(price=8123)
    return mine


def member_of(watchlist: Watchlist, role: str = "editor") -> Client:
    client = Client()
    client.force_login(MembershipFactory.create(watchlist=watchlist, role=role).user)
    return client


def under(watchlist: Watchlist, own: Product) -> Rule:
    return Rule.objects.create(watchlist=watchlist, kind="under_mine", threshold=500, own=own)


def text_of(web: Client, address: str) -> str:
    response = web.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def test_a_product_that_members_cannot_see_is_refused_until_it_is_on_the_list(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product
) -> None:
    filled = {"kind": "under_mine", "threshold": "5", "own": str(mine.pk)}
    MembershipFactory.create(watchlist=watchlist, role="viewer")
    for tail in ("", "trial/"):
        text = post(web, watchlist, tail, **filled)
        assert "Not everyone on this list can see “My shirt”." in text
    assert not Rule.objects.filter(own=mine).exists()
    WatchFactory.create(watchlist=watchlist, product=mine)
    post(web, watchlist, **filled, sure="")
    assert "Not everyone" not in post(web, watchlist, "trial/", **filled)


def test_a_product_on_another_list_of_the_same_members_is_allowed(
    web: Client, watchlist: Watchlist, private: Watchlist, watch: Watch, mine: Product
) -> None:
    member = MembershipFactory.create(watchlist=watchlist).user
    MembershipFactory.create(watchlist=private, user=member)
    rule = under(watchlist, mine)
    own_rule = Rule.objects.for_reader(member).get(pk=rule.pk)
    assert (own_rule.sees_own, own_rule.all_see_own) == (True, True)
    MembershipFactory.create(watchlist=watchlist)
    assert not Rule.objects.for_reader(member).get(pk=rule.pk).all_see_own


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_no_page_shows_it_to_a_member(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product, role: str
) -> None:
    rule = under(watchlist, mine)
    own_rule = Rule.objects.create(watchlist=watchlist, watch=watch, kind="under_mine_by", threshold=500, own=mine)
    alert = Alert.objects.create(
        watchlist=watchlist,
        rule=rule,
        rule_as_it_was={"kind": "under_mine", "threshold": 500, "own": mine.pk, "own_name": SECRET},
        product=watch.product,
        field="price",
        before=8000,
        after=7200,
        reference=8123,
        data_time=NOW,
        created_at=NOW,
    )
    pages = [
        f"/watchlists/{watchlist.pk}/",
        f"/watchlists/{watchlist.pk}/rules/",
        f"/watches/{watch.pk}/rules/",
        f"/products/{watch.product.num_iid}/",
        f"/alerts/{alert.pk}/",
        "/alerts/",
        "/",
        f"/rules/own-products/?of=a&list={watchlist.pk}&a-own={mine.pk}",
    ]
    assert SECRET in text_of(web, f"/watchlists/{watchlist.pk}/")
    owners = text_of(web, f"/alerts/{alert.pk}/")
    assert SECRET in owners
    assert "¥81.23" in owners
    member = member_of(watchlist, role)
    texts = {page: text_of(member, page) for page in pages}
    assert [page for page, text in texts.items() if SECRET in text or "81.23" in text] == []
    for page in pages[:4]:
        assert UNSEEN in texts[page]
        assert WAITS in texts[page]
    assert UNSEEN in texts[f"/alerts/{alert.pk}/"]
    if role == "editor":
        for target, kind in ((rule, "under_mine"), (own_rule, "under_mine_by")):
            for tail in ("", "trial/"):
                text = post(member, target, tail, kind=kind, threshold="1", own=str(mine.pk))
                assert "This product is not on any of your lists" in text
                assert SECRET not in text
                assert "81.23" not in text
    assert SECRET in text_of(web, f"/alerts/{alert.pk}/")


def test_an_alert_whose_rule_names_no_product_is_shown(web: Client, watch: Watch) -> None:
    for own in ({}, {"own": None}):
        rule = {"kind": "under_mine", "threshold": 500, **own}
        alert = AlertFactory.create(watchlist=watch.watchlist, product=watch.product, rule_as_it_was=rule)
        assert UNSEEN in text_of(web, f"/alerts/{alert.pk}/")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"interval": None, "next_check_at": None},
            "Waiting: the compared product is not checked.",
        ),
        ({"answered_at": NOW - timedelta(hours=26)}, "the compared product's last check is too old"),
        ({"price": None}, "the compared product has no price."),
        ({"answered_at": NOW - timedelta(hours=24)}, ""),
    ],
)
def test_a_rule_that_waits_says_why(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product, fields: dict[str, object], expected: str
) -> None:
    under(watchlist, mine)
    Product.objects.filter(pk=mine.pk).update(**fields)
    for page in (f"/watchlists/{watchlist.pk}/", f"/products/{watch.product.num_iid}/", f"/watches/{watch.pk}/rules/"):
        text = text_of(web, page)
        assert ("Waiting:" in text) == bool(expected)
        assert expected in text
    tried = post(web, watchlist, "trial/", kind="under_mine_by", threshold="1", own=str(mine.pk))
    assert ("the rule waits" in tried) == bool(expected)


def test_products_of_the_rules_list_are_offered_first(
    web: Client, watchlist: Watchlist, watch: Watch, mine: Product
) -> None:
    WatchFactory.create(watchlist=WatchlistFactory.create(owner=watchlist.owner, name="A list"), product=watch.product)
    for address in (
        f"/watches/{watch.pk}/rules/?template=protect-price",
        f"/rules/own-products/?of=a&list={watchlist.pk}",
    ):
        [chooser] = re.findall('<select name="[^"]*-own".*?</select>', text_of(web, address))[-1:]
        groups = re.findall('<optgroup label="([^"]*)">', chooser)
        assert groups[:2] == ["Rivals", "My shop"]
