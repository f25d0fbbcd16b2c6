"""Pairings: a program chooses a product's rivals, and reads where it stands, as on the page."""

import pytest

from monitor.models import User, Watchlist
from tests.api import Program, problem_of
from tests.models.factories import NOW, ProductFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db


def test_a_program_pairs_a_product_and_reads_where_it_stands(
    writer: Program, merchant: User, watchlist: Watchlist
) -> None:
    def sold(title: str, price: int, owned: Watchlist = watchlist) -> str:
        product = ProductFactory.create(
            title=title, price=price, status="on_sale", checked_at=NOW, answered_at=NOW
        )
        return str(WatchFactory.create(watchlist=owned, product=product).product.num_iid)

    mine, cheap, dear = sold("Mine", 7200), sold("Cheap", 6900), sold("Dear", 8100)
    elsewhere = sold("Elsewhere", 100, WatchlistFactory.create(owner=merchant))
    strangers = sold("Secret", 100, WatchlistFactory.create())
    path = f"/watchlists/{watchlist.pk}/watches/{mine}/rivals"
    assert writer.get(path)["rivals"] == []
    writer.post(path, {"rivals": [cheap]})
    answer = writer.post(path, {"rivals": [dear]})
    assert answer == writer.get(path)
    assert answer == {
        "currency": "CNY",
        "price": 7200,
        "index": 96.0,
        "position": 2,
        "places": 3,
        "lowest": 6900,
        "mean": 7500,
        "highest": 8100,
        "rivals": [
            {"num_iid": cheap, "title": "Cheap", "price": 6900},
            {"num_iid": dear, "title": "Dear", "price": 8100},
        ],
    }
    writer.post(path, {"rivals": [elsewhere]})
    assert Program.of(merchant, watchlist=watchlist).get(path) == answer, (
        "A token for one list sees its products alone."
    )
    narrow = Program.of(merchant, scope="write", watchlist=watchlist)
    problem_of(narrow.send("DELETE", f"{path}/{elsewhere}"), 404)
    assert writer.send("DELETE", f"{path}/{elsewhere}").status_code == 204
    assert writer.send("DELETE", f"{path}/{cheap}").status_code == 204
    assert [rival["num_iid"] for rival in writer.get(path)["rivals"]] == [dear]
    problem_of(writer.send("DELETE", f"{path}/{cheap}"), 404)
    problem_of(writer.send("POST", path, {"rivals": [strangers]}), 404)
    problem_of(writer.send("POST", path, {"rivals": [mine]}), 422)
