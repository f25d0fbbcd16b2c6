"""When a user has last proved who they are: by a login, or by a password, code or passkey asked for later."""

import time
from datetime import timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

_LOGGED_IN_AT = "logged_in_at"


@receiver(user_logged_in)
def note_login(request: HttpRequest, **_signal: Any) -> None:
    request.session[_LOGGED_IN_AT] = time.time()


def proved_within(request: HttpRequest, span: timedelta) -> bool:
    """Return whether the user of this session has proved who they are within the last `span`."""
    records = get_authentication_records(request, request.user)
    last = max(request.session.get(_LOGGED_IN_AT, 0), *(record["at"] for record in records), 0)
    return bool(time.time() - last < span.total_seconds())
