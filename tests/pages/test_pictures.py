"""The demo's products have pictures, which the sandbox draws."""

import pytest
from django.test import Client

from monitor.models import Watchlist
from monitor.provider.sandbox.records import picture
from tests.factories import ProductFactory, WatchFactory

pytestmark = pytest.mark.django_db


def test_pages_show_the_sandboxs_own_pictures_and_others_as_they_are(
    web: Client, watchlist: Watchlist
) -> None:
    product, other = ProductFactory.create(), ProductFactory.create()
    product.image, other.image = (
        picture(product.num_iid, "main", 0),
        "https://p3-aio.ecombdimg.com/obj/a",
    )
    for each in (product, other):
        each.save()
        WatchFactory.create(watchlist=watchlist, product=each)
    page = web.get("/products/").content.decode()
    address = f"/sandbox/pictures/{product.num_iid}.svg"
    assert f'src="{address}"' in page
    assert f'src="{other.image}"' in page
    assert web.get(address).status_code == 200
