"""The pages, requested as a browser requests them."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from monitor.models import User

#: The header of requests that HTMX sends.
HTMX = {"HX-Request": "true"}


class Browser(Client):
    """A client that reads answers as text."""

    def page(self, address: str, **headers: str) -> str:
        return self.get(address, headers=headers).content.decode()

    def words(self, address: str) -> str:
        """Return a page's text without its tags."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.page(address)).split())

    def region(self, address: str, target: str = "") -> str:
        """Return what HTMX gets for the region `target`."""
        return self.page(address, **HTMX, **{"HX-Target": target})

    def send(self, address: str, data: Mapping[str, Any] | None = None, target: str = "") -> str:
        """Return what HTMX gets for a form."""
        headers = HTMX | {"HX-Target": target}
        return self.post(address, dict(data or {}), headers=headers).content.decode()


def seen_by(user: "User", language: str = "en") -> Browser:
    """Return a browser in which `user` is signed in, in `language`."""
    user.language = language
    user.save(update_fields=["language"])
    browser = Browser()
    browser.force_login(user)
    return browser
