"""A webhook on this machine, whose answers a test sets."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

from tests.provider.listening import HERE, QuietHandler, listening

type Answer = tuple[int, dict[str, str], bytes]

OK: Answer = (200, {}, b"ok")
DOWN: Answer = (503, {}, b"down")


@dataclass
class Hook:
    """Answers each call with the next of `answers`, then with `default`. `calls` are headers and
    bodies, `bodies` what came."""

    url: str = ""
    answers: list[Answer | Callable[[], Answer]] = field(default_factory=list)
    default: Answer | Callable[[], Answer] = OK
    calls: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    called: threading.Event = field(default_factory=threading.Event)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _body in self.calls]


@contextmanager
def hook() -> Iterator[Hook]:
    state = Hook()

    class Handler(QuietHandler):
        def do_POST(self) -> None:  # noqa: N802 # The server looks for this name.
            content = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(content)
            with state.lock:
                state.bodies.append(content)
                state.calls.append(
                    ({name.lower(): value for name, value in self.headers.items()}, body)
                )
                state.called.set()
                answer = state.answers.pop(0) if state.answers else state.default
            status, headers, content = answer() if callable(answer) else answer
            self.send(status, content, headers)

    with listening(ThreadingHTTPServer(HERE, Handler)) as url:
        state.url = f"{url}/hook"
        yield state
