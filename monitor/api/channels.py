"""The channels of the token's user: where alerts go. Their addresses and secrets are never told."""

from datetime import datetime
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Status

from monitor.api.auth import ApiRequest
from monitor.api.errors import RequestError, invalid
from monitor.api.paging import KeyColumn, Keyset, PageQuery
from monitor.api.schemas import AnswerPart, ChannelChanges, ChannelGiven, ChannelOut, Id, Page
from monitor.models import Channel, ChannelChoice, ChannelKind, Message, Watchlist
from monitor.people import channels as writes
from monitor.telling import connecting, outbox
from monitor.telling.channels import webhook

router = Router(tags=["channels"])


@router.get("/channels", response=list[ChannelOut])
def channels(request: ApiRequest) -> Any:
    """All channels, the oldest first."""
    request.auth.refuse_one_list()
    own = request.auth.user.channels.oldest_first().prefetch_related("choices")
    return list(own)


@router.post("/channels", response={201: ChannelOut})
def add_channel(request: ApiRequest, body: ChannelGiven) -> Any:
    """Add a channel, if a test message arrives."""
    caller = request.auth
    caller.refuse_one_list()
    if body.kind == ChannelKind.WEBHOOK and not body.secret:
        # The page would make one, and ask for it to be given to the receiver.
        raise invalid("body.secret", str(webhook.BAD_SECRET))
    target = connecting.read_target(body.kind, body.url, body.secret)
    return Status(
        201, connecting.add(caller.user, body.kind, body.name.strip(), target, caller.now)
    )


@router.get("/channels/{channel}", response=ChannelOut)
def channel(request: ApiRequest, channel: Id) -> Any:
    """One channel."""
    return _own(request, channel)


@router.patch("/channels/{channel}", response=ChannelOut)
def alter_channel(request: ApiRequest, channel: Id, body: ChannelChanges) -> Any:
    """Pause a channel, or change its name, what it gets, and its address, on which a test message
    has to arrive."""
    own = _own(request, channel)
    if own.is_mail and (given := sorted({"name", "url", "secret"} & body.model_fields_set)):
        raise invalid(f"body.{given[0]}", _("It belongs to the account."))
    changes = body.model_dump(exclude_unset=True)
    chosen = _chosen(request, own, changes["left_out"]) if "left_out" in changes else {}
    for name in changes.keys() & {"how", "only_urgent", "is_paused"}:
        setattr(own, name, changes[name])
    if "name" in changes:
        own.name = changes["name"].strip()
        writes.check_name(own.owner, own.name, own)
    if body.url or body.secret:
        _mend(request, own, body.url, body.secret)
    writes.change(own, chosen, request.auth.now)
    return _own(request, channel)


@router.post("/channels/{channel}/test", response=ChannelOut)
def test_channel(request: ApiRequest, channel: Id) -> Any:
    """Send a test message. When it arrives, a refused channel is used again, and what waits for it
    is sent."""
    _mend(request, _added(request, channel))
    return _own(request, channel)


class DeliveryOut(AnswerPart):
    """A message to a channel."""

    id: str = Field(alias="pk")
    """The message's ID here."""
    webhook_id: str = Field(alias="uid")
    """As in `webhook-id`."""
    status: str = Field(json_schema_extra={"enum": [*Message.Status.values]})
    """`held`: until the channel is mended"""
    attempts: int
    """How often it was tried."""
    answer: str
    """The last answer, at most 500 characters."""
    created_at: datetime
    """When it was begun."""
    sent_at: datetime | None
    """When it arrived."""


@router.get("/channels/{channel}/deliveries", response=Page[DeliveryOut])
def deliveries(request: ApiRequest, channel: Id, query: Query[PageQuery]) -> Any:
    """The messages to a channel, the newest first. Tests are not among them."""
    own = _own(request, channel)
    order = Keyset(
        [KeyColumn("created_at", descends=True), KeyColumn("pk", descends=True)],
        "deliveries",
        own.pk,
    )
    return order.page(own.messages.all(), query)


@router.post(
    "/channels/{channel}/deliveries/{message}/again",
    response=DeliveryOut,
)
def send_again(request: ApiRequest, channel: Id, message: Id) -> Any:
    """Send a message of the last week once more, with its ID and body."""
    own = _added(request, channel)
    row = own.messages.get(pk=int(message))
    if not outbox.send_again(own, row.pk, request.auth.now):
        raise RequestError(
            "not-possible", "It waits, is too old, or its channel is paused or refused."
        )
    row.refresh_from_db()
    return row


@router.delete("/channels/{channel}", response={204: None})
def remove_channel(request: ApiRequest, channel: Id) -> Any:
    """Remove a channel, with its address."""
    writes.remove(_added(request, channel))
    return Status(204, None)


def _mend(request: ApiRequest, own: Channel, url: str = "", secret: str = "") -> None:
    """Use a channel with this address and secret, or its old ones, if a test message arrives, as on
    its page."""
    target = connecting.read_new_target(own, url, secret or writes.secret_of(own))
    connecting.mend(own, target, request.auth.now)


def _chosen(request: ApiRequest, own: Channel, left_out: list[str]) -> dict[int, str]:
    """Return the choices that leave out exactly these lists. Lists that come back get their earlier
    choice.

    Raises `Http404` for another user's list.
    """
    keys = set(map(int, left_out))
    if not keys <= set(Watchlist.objects.for_user(request.auth.user).values_list("pk", flat=True)):
        raise Http404
    back = {choice.watchlist_id: choice.how for choice in own.choices.all() if choice.is_off}
    return back | dict.fromkeys(keys, ChannelChoice.OFF)


def _own(request: ApiRequest, key: str) -> Channel:
    request.auth.refuse_one_list()
    return get_object_or_404(request.auth.user.channels.prefetch_related("choices"), pk=int(key))


def _added(request: ApiRequest, key: str) -> Channel:
    """Return a channel other than the account's mailbox, which programs cannot test or remove."""
    own = _own(request, key)
    if own.is_mail:
        raise RequestError("account-mailbox", _("It belongs to the account."))
    return own
