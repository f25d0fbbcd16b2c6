"""Products that an import did not find, or could not check, can be removed at once, and put
back."""

import pytest
from django.test import Client

from monitor.models import Product, Watchlist
from tests.factories import NOW
from tests.pages import HTMX
from tests.pages.imports.importing import ONE, THREE, TWO, add, look, paste, squeezed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("trouble", ["missing", "failing"])
def test_products_without_a_first_check_are_removed_at_once_and_put_back(
    web: Client, watchlist: Watchlist, trouble: str
) -> None:
    address = paste(web, f"{ONE}\n{TWO}\n{THREE}", watchlist)
    add(web, address)
    checked = {"checked_at": NOW, "answered_at": NOW, "status": "on_sale"}
    troubles: dict[str, dict[str, object]] = {
        "missing": {**checked, "status": "not_found"},
        "failing": {"checked_at": NOW, "failing_since": NOW, "last_outcome": "timeout"},
    }
    Product.objects.filter(num_iid=ONE).update(**checked)
    Product.objects.filter(num_iid__in=[TWO, THREE]).update(**troubles[trouble])
    page = squeezed(look(web, address))
    assert {"missing": "Not found", "failing": "First check failed"}[trouble] in page
    assert "Remove all 2" in page
    page = squeezed(
        web.post(f"{address}remove/", {"trouble": trouble}, follow=True).content.decode()
    )
    assert "2 products were removed." in page
    assert "1 product added to “Rivals”" in page
    assert "Remove all" not in page
    assert list(watchlist.watches.values_list("product__num_iid", flat=True)) == [ONE]
    assert "were removed." not in look(web, address)
    page = squeezed(web.post(f"{address}put-back/", follow=True).content.decode())
    assert "Undone: 2 products were removed." in page
    assert "3 products added to “Rivals”" in page
    assert "Remove all 2" in page
    assert "Undone" not in look(web, address)
    assert watchlist.watches.count() == 3
    page = web.post(f"{address}put-back/", follow=True).content.decode()
    assert "Not undone: too late" in page


def test_products_that_were_not_found_are_counted_and_linked(
    web: Client, watchlist: Watchlist
) -> None:
    address = paste(web, "\n".join(str(int(ONE) + number) for number in range(30)), watchlist)
    add(web, address)
    checked = {"checked_at": NOW, "answered_at": NOW}
    Product.objects.update(**checked, status="on_sale")
    page = squeezed(look(web, address))
    assert ('id="checks" class="poor"' in page, 'id="missing-title"' in page) == (False, False)
    assert "icons.svg#circle-check" in page.partition("</h2>")[0].partition('id="added-title"')[2]
    Product.objects.exclude(num_iid=ONE).update(status="not_found")
    page = squeezed(look(web, address))
    assert 'Not found <span class="quiet num">29</span>' in page
    assert f'href="/products/?list={watchlist.pk}&amp;status=not_found">and 9 more</a>' in page
    assert 'id="checks" class="poor"' in page
    page = look(web, f"/products/?list={watchlist.pk}&status=not_found&size=50")
    assert all(f'href="/products/{int(ONE) + number}/"' in page for number in range(1, 30))


def test_a_removal_from_an_import_can_be_undone_on_the_products_page(
    web: Client, watchlist: Watchlist
) -> None:
    address = paste(web, f"{ONE}\n{TWO}", watchlist)
    add(web, address)
    Product.objects.filter(num_iid=ONE).update(checked_at=NOW, answered_at=NOW, status="not_found")
    web.post(f"{address}remove/", {"trouble": "missing"}, headers=HTMX)
    web.post("/products/undo/")
    assert watchlist.watches.count() == 2
    assert "2 products added" in look(web, address)


def test_only_products_without_a_first_check_can_be_removed_from_an_import(
    web: Client, watchlist: Watchlist
) -> None:
    address = paste(web, f"{ONE}\n12", watchlist)
    assert web.post(f"{address}remove/", {"trouble": "missing"}).status_code == 404
    add(web, address)
    assert web.post(f"{address}remove/", {"trouble": "new"}).status_code == 404
    web.post(f"{address}remove/", {"trouble": "missing"})
    assert watchlist.watches.count() == 1
