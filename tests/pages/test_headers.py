"""What every page forbids the browser, whatever it shows and whoever asks."""

import re

import pytest
from django.test import Client

from monitor.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/products/", "/login/", "/nowhere/", "/seen/", "/admin/"])
def test_no_page_may_use_what_none_needs(web: Client, merchant: User, address: str) -> None:
    User.objects.update(is_staff=True)
    for client in (web, Client()):
        told = client.get(address).headers["Permissions-Policy"]
        denied = re.findall(r"([a-z-]+)=\(\)", told)
        assert {"camera", "microphone", "geolocation", "payment", "usb"} < set(denied)
        assert told == ", ".join(f"{feature}=()" for feature in denied)
        assert "clipboard-read" not in denied, "The page that adds products pastes from it."
