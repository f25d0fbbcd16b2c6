"""The page that explains the words and figures of the other pages."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_merchant_finds_what_a_figure_means(web: Client) -> None:
    assert 'href="/help/"' in web.get("/settings/").content.decode()
    page = web.get("/help/").content.decode()
    for part in (
        "shops",
        "rivals",
        "adding",
        "checks",
        "prices",
        "sales",
        "rules",
        "alerts",
        "channels",
        "scores",
        "programs",
        "charts",
    ):
        assert f'id="{part}"' in page
    assert "Revenue is units times price: an estimate." in page
