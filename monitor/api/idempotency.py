"""A write that a program sends twice, because it got no answer, is done once."""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any

from django.db import transaction
from ninja import Header

from monitor.api.auth import ApiRequest
from monitor.api.errors import RequestError
from monitor.models import KeptAnswer
from monitor.models.api_tokens import LONGEST_KEY

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", pattern=rf"^[!-~]{{1,{LONGEST_KEY}}}$")]


@transaction.atomic
def once(request: ApiRequest, key: str | None, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer of `act`, which is ready for JSON; with a key that was sent before, the answer that it got then.

    Of two such requests at once the second waits for the first. If `act` raises, the key stays free. Raises
    `RequestError` if the key was sent with another request.
    """
    if key is None:
        return act()
    asked = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    caller = request.auth
    kept, is_new = KeptAnswer.objects.get_or_create(
        token=caller.token,
        key=key,
        defaults={"request_hash": sha256(asked).hexdigest(), "created_at": caller.now},
    )
    if not is_new:
        if kept.request_hash != sha256(asked).hexdigest():
            raise RequestError(422, "Idempotency-Key: It was sent with another request.")
        answer: dict[str, Any] = kept.answer
        return answer
    kept.answer = act()
    kept.save(update_fields=["answer"])
    return dict(kept.answer)
