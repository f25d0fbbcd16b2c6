"""Every address of the API asks for a token, and is 404 for a stranger. A new address comes in by itself."""

from typing import Any

import pytest
from django.test import Client

from monitor.api import api
from monitor.models import Alert, User, Watch, Watchlist
from tests.api import ROOT, Program, problem_of
from tests.factories import AlertFactory, MembershipFactory, UserFactory, WatchFactory

pytestmark = pytest.mark.django_db
OPERATIONS = [
    (method.upper(), path.removeprefix(ROOT))
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method in methods
]
#: Bodies that the writes take. Here stands one for each address that needs it.
BODIES: dict[str, Any] = {
    "/alerts/read": {"all": True},
    "/watchlists/{watchlist}/products": {"products": ["3514453298386183303"]},
}
of_each_address = pytest.mark.parametrize(("method", "path"), OPERATIONS)


@pytest.fixture
def alert(watchlist: Watchlist) -> Alert:
    return AlertFactory.create(watchlist=watchlist, product=WatchFactory.create(watchlist=watchlist).product)


def filled(path: str, alert: Alert) -> str:
    """The address of the merchant's own things. A new parameter needs its value here."""
    assert alert.product is not None
    ids = {
        "alert": alert.pk,
        "num_iid": alert.product.num_iid,
        "shop": alert.product.shop_id,
        "watchlist": alert.watchlist_id,
    }
    return path.format(**ids)


@of_each_address
def test_it_asks_for_a_token(method: str, path: str, alert: Alert) -> None:
    problem_of(Client().generic(method, ROOT + filled(path, alert)), 401)


@of_each_address
def test_its_user_may_use_it_and_a_token_that_reads_may_only_read(
    method: str, path: str, alert: Alert, reader: Program, writer: Program
) -> None:
    address, body = filled(path, alert), BODIES.get(path, {})
    assert writer.send(method, address, body).status_code == 200
    if method == "GET":
        reader.get(address)
    else:
        problem_of(reader.send(method, address, body), 403)


@pytest.mark.parametrize(("method", "path"), [operation for operation in OPERATIONS if "{" in operation[1]])
def test_a_stranger_does_not_find_it(method: str, path: str, alert: Alert) -> None:
    stranger = Program.of(UserFactory.create(is_staff=True), scope="write")
    problem_of(stranger.send(method, filled(path, alert), BODIES.get(path, {})), 404)


@of_each_address
def test_a_viewer_changes_nothing_of_the_list(method: str, path: str, alert: Alert, merchant: User) -> None:
    viewer = UserFactory.create()
    MembershipFactory.create(watchlist=alert.watchlist, user=viewer)
    response = Program.of(viewer, scope="write").send(method, filled(path, alert), BODIES.get(path, {}))
    is_own = method == "GET" or path.startswith(("/alerts/", "/products/"))
    assert response.status_code == (200 if is_own else 403)
    assert Watch.objects.count() == 1
