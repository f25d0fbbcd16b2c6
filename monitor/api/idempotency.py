"""A write that a program sends twice, because it got no answer, is done once."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any

from django.db import transaction
from ninja import Header, Schema

from monitor.api.auth import ApiRequest
from monitor.api.errors import invalid
from monitor.models import KeptAnswer
from monitor.models.api_tokens import LONGEST_KEY
from monitor.people import throttle

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=rf"^[!-~]{{1,{LONGEST_KEY}}}$",
        description="Of your choice: the same request with the same key is done once, for a day",
        example="order-4711",
    ),
]
#: Keys of one user: each answer is kept for a day.
KEYS = throttle.Limit("idempotency-keys", burst=1000, every=timedelta(minutes=1))


@transaction.atomic
def once(request: ApiRequest, key: str | None, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the answer of `act`, which is ready for JSON; for a key that was sent before, the
    answer that it got then.

    `act` also finds what it changes: this may be gone when the request comes again. Of two such
    requests at once the second waits for the first. If `act` raises, the key stays free. Raises
    `RequestError` if the key was sent with another request, and `TooOftenError` for too many keys.
    """
    if key is None:
        return act()
    caller = request.auth
    kept, is_new = KeptAnswer.objects.get_or_create(
        token=caller.token,
        key=key,
        defaults={"request_hash": _hash_of(request), "created_at": caller.now},
    )
    if is_new:
        if wait := throttle.take(KEYS, str(caller.user.pk), caller.now):
            raise throttle.TooOftenError(wait)
        kept.answer = act()
        kept.save(update_fields=["answer"])
    return _checked(kept, request)


def first_answer(request: ApiRequest, key: str | None) -> dict[str, Any] | None:
    """Return the answer that `once` has kept for a key, before work that does not belong into its
    transaction."""
    kept = (
        None
        if key is None
        else KeptAnswer.objects.filter(token=request.auth.token, key=key).first()
    )
    return None if kept is None else _checked(kept, request)


def keepable(schema: type[Schema], row: Any) -> dict[str, Any]:
    """Return what `schema` reads from a row, by the names by which it reads it again from a kept
    answer."""
    return schema.from_orm(row).model_dump(by_alias=True)


def _checked(kept: KeptAnswer, request: ApiRequest) -> dict[str, Any]:
    if kept.request_hash != _hash_of(request):
        raise invalid("header.Idempotency-Key", "It was sent with another request.", "reused-key")
    return dict(kept.answer)


def _hash_of(request: ApiRequest) -> str:
    return sha256(
        f"{request.method} {request.get_full_path()}\n".encode() + request.body
    ).hexdigest()
