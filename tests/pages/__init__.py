"""The pages, requested as a browser requests them."""

from typing import TYPE_CHECKING

from django.test import Client

if TYPE_CHECKING:
    from monitor.models import User

#: The header of requests that HTMX sends.
HTMX = {"HX-Request": "true"}


def seen_by(user: "User", language: str = "en") -> Client:
    """Return a browser in which `user` is signed in, in `language`."""
    user.language = language
    user.save(update_fields=["language"])
    client = Client()
    client.force_login(user)
    return client
