"""How many files one user may make: each holds a thread of a web process while it is made and sent."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from monitor import throttle
from monitor.models import User

#: A place is free after `every`, even if the file is still being sent: its process may have died.
AT_ONCE = throttle.Limit("files-at-once", burst=2, every=timedelta(minutes=2))
FILES = throttle.Limit("files", burst=30, every=timedelta(seconds=20))


def download(user: User, now: datetime, make: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Return the answer that `make` makes, a file. Raises `TooOftenError` without making it."""
    key = str(user.pk)
    if wait := throttle.take(AT_ONCE, key, now):
        raise throttle.TooOftenError(wait, _("Wait until your other files have arrived."))
    with ExitStack() as place:
        place.callback(_give_back, key, now)
        if wait := throttle.take(FILES, key, now):
            raise throttle.TooOftenError(wait)
        response = make()
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = _sent(response.streaming_content, place.pop_all())
    return response


def _give_back(key: str, taken_at: datetime) -> None:
    """Free the place, unless it is free already and may be another file's."""
    if timezone.now() < taken_at + AT_ONCE.every:
        throttle.give_back(AT_ONCE, key)


def _sent(pieces: Any, place: ExitStack) -> Iterator[Any]:
    """Keep the place until the file is sent or broken off, or `AT_ONCE.every` is over."""
    with place:
        yield from pieces
