"""The note and the tags of a product, on its page."""

import pytest
from django.test import Client

from monitor.models import User, Watch, Watchlist
from monitor.watchlists.tags import set_tags
from tests.factories import MembershipFactory, WatchFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    return WatchFactory.create(watchlist=watchlist)


def write(web: Client, watch: Watch, note: str, tags: str) -> str:
    form = {f"watch-{watch.pk}-note": note, f"watch-{watch.pk}-tags": tags}
    return web.post(f"/watches/{watch.pk}/words/", form, follow=True).content.decode()


def tags(watch: Watch) -> list[str]:
    return list(watch.tags.values_list("name", flat=True))


def test_a_merchant_writes_a_note_and_tags(web: Client, watch: Watch) -> None:
    text = write(web, watch, " Ask Lin ", "爆款、秋装, new；hot hot")
    watch.refresh_from_db()
    assert (watch.note, tags(watch)) == ("Ask Lin", ["爆款", "秋装", "new", "hot"])
    assert "Ask Lin" in text
    assert 'value="hot, new, 爆款, 秋装"' in text
    write(web, watch, "", "new")
    watch.refresh_from_db()
    assert (watch.note, tags(watch)) == ("", ["new"])


@pytest.mark.parametrize(
    ("written", "advice"),
    [(" ".join("abcdefghijk"), "more than 10 tags"), ("t" * 31, "longer than 30 characters")],
)
def test_what_is_too_much_is_not_saved_and_not_lost(web: Client, watch: Watch, written: str, advice: str) -> None:
    set_tags({watch.pk: ["hot"]})
    text = write(web, watch, "", written)
    assert advice in text
    assert f'value="{written}"' in text
    assert tags(watch) == ["hot"]


def test_a_viewer_reads_them_and_changes_nothing(web: Client, merchant: User) -> None:
    shared = WatchFactory.create(note="Ask Lin")
    set_tags({shared.pk: ["hot"]})
    MembershipFactory.create(watchlist=shared.watchlist, user=merchant)
    text = web.get(f"/products/{shared.product.num_iid}/").content.decode()
    assert "Ask Lin" in text
    assert "hot" in text
    assert f"/watches/{shared.pk}/words/" not in text
    form = {f"watch-{shared.pk}-tags": "mine"}
    assert web.post(f"/watches/{shared.pk}/words/", form).status_code == 404
    assert tags(shared) == ["hot"]
