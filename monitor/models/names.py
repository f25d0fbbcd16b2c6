"""Which names of users and watchlists are allowed."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitor.text.formatting import has_web_address


def refuse_web_addresses(name: str) -> None:
    """Raise `ValidationError` if a name, which other users see in mails, contains a web address."""
    if has_web_address(name):
        raise ValidationError(_("Leave out web addresses such as example.com."), code="web_address")
