"""Users cannot see or change other users' lists. `test_every_route.py` tests the same of every
address."""

import pytest
from django.test import Client
from django.urls import reverse

from monitor.models import Alert, AlertRead, Import, User, Watch
from tests.models.factories import AlertFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def foreign(db: None) -> Watch:
    watch = WatchFactory.create(watchlist__name="Secret", product__title="Secret shirt")
    AlertFactory.create(watchlist=watch.watchlist, product=watch.product)
    return watch


def test_no_page_shows_names_from_a_strangers_list(web: Client, foreign: Watch) -> None:
    for address in (
        "/products/",
        f"/products/?list={foreign.watchlist_id}",
        "/alerts/?show=all",
        "/watchlists/",
    ):
        assert "Secret" not in web.get(address).content.decode()


def test_a_strangers_alert_cannot_be_marked_as_read(web: Client, foreign: Watch) -> None:
    alert = Alert.objects.get(watchlist=foreign.watchlist)
    assert web.post(reverse("monitor:alerts-read"), {"alert": [alert.pk]}).status_code == 404
    assert not AlertRead.objects.exists()


def test_products_cannot_be_put_on_a_strangers_list(
    web: Client, merchant: User, foreign: Watch
) -> None:
    target = {"watchlist": foreign.watchlist_id, "text": "3514453298386183303"}
    assert "Select a valid choice" in web.post(reverse("monitor:add"), target).content.decode()
    web.post(reverse("monitor:add"), {"list_name": "Mine", "text": "3514453298386183303"})
    address = reverse("monitor:import", args=[Import.objects.get(owner=merchant).pk])
    web.post(address, target)
    assert foreign.watchlist.watches.count() == 1


def test_a_form_without_its_csrf_token_is_refused(merchant: User) -> None:
    watch = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant))
    client = Client(enforce_csrf_checks=True)
    client.force_login(merchant)
    form = {"act": "remove", "row": watch.product.num_iid}
    response = client.post(reverse("monitor:products-many"), form)
    assert response.status_code == 403
    assert "The page has expired" in response.content.decode()
    assert Watch.objects.filter(pk=watch.pk).exists()
