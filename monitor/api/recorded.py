"""The audit log names each write of a program: the address that it sent, and its token."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from monitor import audit, throttle
from monitor.api.auth import READS, ApiRequest
from monitor.models import AuditKind

#: Recorded writes of one token: a program must not fill the table.
RECORDED = throttle.Limit("api-recorded", burst=100, every=timedelta(minutes=1))


def recorded(view: Callable[..., Any]) -> Callable[..., Any]:
    """Record a request that has changed something."""

    @wraps(view)
    def act(request: ApiRequest, *args: Any, **kwargs: Any) -> Any:
        answer = view(request, *args, **kwargs)
        caller = request.auth
        # Trials change nothing.
        is_write = request.method not in READS and not request.path_info.endswith("/trial")
        if is_write and not throttle.take(RECORDED, str(caller.token.pk), caller.now):
            audit.record(AuditKind.API_WRITE, what=f"{request.method} {request.path_info}")
        return answer

    return act
