"""How many files one user may make: each holds a thread of a web process while it is made and
sent."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from monitor.models import User
from monitor.people import throttle

FILES = throttle.Limit("files", burst=30, every=timedelta(seconds=20))


def download(user: User, now: datetime, make: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Return the answer that `make` makes, a file. Raises `TooOftenError` without making it."""
    key, advice = str(user.pk), _("Wait until your other files have arrived.")
    with ExitStack() as place:
        place.enter_context(throttle.HeldPlace(throttle.SLOW_ANSWERS, key, now, advice))
        if wait := throttle.take(FILES, key, now):
            raise throttle.TooOftenError(wait)
        response = make()
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = _sent(response.streaming_content, place.pop_all())
    return response


def _sent(pieces: Any, place: ExitStack) -> Iterator[Any]:
    """Keep the place until the file is sent or broken off, or `SLOW_ANSWERS.every` is over."""
    with place:
        yield from pieces
