"""The page of a channel shows what its messages look like, about the owner's latest alerts or an example."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.accounts import channels as writes
from monitor.delivery.channels import SPECS
from monitor.models import Channel, Product, User, Watchlist
from tests.factories import NOW, AlertFactory, ProductFactory, UserFactory, WatchFactory

pytestmark = pytest.mark.django_db
HOSTILE = "<img src=x onerror=alert(1)> [cheap](https://evil.test) **b** <font color='red'>x</font> <at id=all></at>"


def add(owner: User, kind: str) -> Channel:
    return writes.add(owner, kind, kind, {"url": "https://x.test/s3cret-key-of-channel", "secret": ""}, "…nnel", NOW)


def page_of(web: Client, owner: User, kind: str) -> str:
    return web.get(f"/channels/{add(owner, kind).pk}/").content.decode()


def preview_of(web: Client, owner: User, kind: str) -> str:
    """The text of the preview, without tags."""
    page = page_of(web, owner, kind)
    part = page.partition('<div class="preview">')[2].partition("</details>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", part).split())


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    return WatchFactory.create(watchlist=watchlist, product=ProductFactory.create(title="Linen dress")).product


@pytest.fixture(params=[kind for kind, spec in SPECS.items() if spec.example])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_without_alerts_it_shows_an_example(web: Client, merchant: User, kind: str) -> None:
    shown = preview_of(web, merchant, kind)
    if kind == "webhook":
        assert "&quot;before&quot;: 7200" in shown
        return
    assert shown.startswith("Price down 12.5%")
    assert "¥72.00 → ¥63.00 ▼ 12.5%" in shown
    assert "· Competitors" in shown


def test_it_shows_the_latest_alerts_of_the_owner_alone(
    web: Client, merchant: User, watchlist: Watchlist, product: Product, kind: str
) -> None:
    AlertFactory.create(watchlist=watchlist, product=product)
    AlertFactory.create(product=ProductFactory.create(title="Another's coat"))
    shown = preview_of(web, merchant, kind)
    assert "Linen dress" in shown
    assert "Another" not in shown
    assert "Brushed cotton shirt" not in shown


def test_foreign_text_stays_text_and_no_secret_is_shown(
    web: Client, merchant: User, watchlist: Watchlist, product: Product, kind: str
) -> None:
    Product.objects.update(title=HOSTILE)
    watchlist.name = HOSTILE[:100]
    watchlist.save()
    AlertFactory.create(watchlist=watchlist, product=product)
    page = page_of(web, merchant, kind)
    assert "<img src=x" not in page
    assert "<font" not in page
    assert 'href="https://evil.test' not in page
    assert "s3cret" not in page


@pytest.mark.parametrize(
    ("kind", "look"),
    [("feishu", "preview-title green"), ("dingtalk", "preview-buttons"), ("wecom", "comment"), ("telegram", "link")],
)
def test_colours_buttons_and_links_look_like_the_platforms(web: Client, merchant: User, kind: str, look: str) -> None:
    page = page_of(web, merchant, kind)
    assert f'class="{look}"' in page


def test_a_card_with_a_picture_shows_it(web: Client, merchant: User, watchlist: Watchlist, product: Product) -> None:
    picture = "https://p3-aio.ecombdimg.com/obj/temai/a.jpg"
    Product.objects.update(image=picture)
    AlertFactory.create(watchlist=watchlist, product=product)
    for name in ("wecom", "dingtalk"):
        assert f'<img src="{picture}"' in page_of(web, merchant, name)
    Product.objects.update(image="https://evil.test/a.jpg")
    Channel.objects.all().delete()
    for name in ("wecom", "dingtalk"):
        assert "evil.test" not in page_of(web, merchant, name)


def test_the_page_has_few_queries_however_many_alerts(web: Client, merchant: User, watchlist: Watchlist) -> None:
    channel = add(merchant, "feishu")
    counts = []
    for number in (1, 30):
        AlertFactory.create_batch(number, watchlist=watchlist)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert web.get(f"/channels/{channel.pk}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_it_is_in_the_owners_language(web: Client) -> None:
    owner = UserFactory.create(language="zh-hans")
    client = Client()
    client.force_login(owner)
    assert preview_of(client, owner, "dingtalk").endswith("依据 抖音 暂停提醒一天 查看全部提醒")
