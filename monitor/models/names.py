"""What the names of people and watchlists may hold."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitor.text.formatting import has_web_address


def refuse_web_addresses(name: str) -> None:
    """Raise `ValidationError` where a name, which goes out in mails to others, holds a web address."""
    if has_web_address(name):
        raise ValidationError(_("Leave out web addresses such as example.com."), code="web_address")
