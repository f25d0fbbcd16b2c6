"""Every page denies browser features that no page uses."""

import re

import pytest
from django.test import Client

from monitor.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address", ["/", "/products/", "/login/", "/nowhere/", "/seen/", "/admin/"]
)
def test_every_page_denies_unused_features(web: Client, merchant: User, address: str) -> None:
    User.objects.update(is_staff=True)
    for client in (web, Client()):
        policy = client.get(address).headers["Permissions-Policy"]
        denied = re.findall(r"([a-z-]+)=\(\)", policy)
        assert {"camera", "microphone", "geolocation", "payment", "usb"} < set(denied)
        own = re.findall(r"([a-z-]+)=\(self\)", policy)
        assert own == ["publickey-credentials-create", "publickey-credentials-get"]
        assert policy == ", ".join(
            [*(f"{feature}=()" for feature in denied), *(f"{name}=(self)" for name in own)]
        )
        assert "clipboard-read" not in denied, "The page that adds products pastes from it."
