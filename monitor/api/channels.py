"""The channels of the token's user: where alerts go. Their addresses and secrets are never told."""

from typing import Any

from django.http import Http404
from ninja import Router, Status

from monitor.accounts import channels as writes
from monitor.api.auth import ApiRequest
from monitor.api.errors import RequestError, refused
from monitor.api.schemas import ChannelChanges, ChannelGiven, ChannelTold, Id
from monitor.delivery.channels import webhook
from monitor.models import Channel, Watchlist
from monitor.pages.shared.channel_forms import ChannelForm, NewChannelForm

router = Router(tags=["channels"])


@router.get("/channels", response=list[ChannelTold])
def channels(request: ApiRequest) -> Any:
    """All channels, the oldest first."""
    request.auth.refuse_one_list()
    own = request.auth.user.channels.order_by("pk").prefetch_related("left_out")
    return list(own)


# Without an `Idempotency-Key`: a name is taken only once.
@router.post("/channels", response={201: ChannelTold})
def add_channel(request: ApiRequest, body: ChannelGiven) -> Any:
    """Add a channel, if a test message arrives."""
    caller = request.auth
    caller.refuse_one_list()
    if body.kind == Channel.Kind.WEBHOOK and not body.secret:
        # The form would make one, and ask for it to be given to the receiver.
        words = str(webhook.BAD_SECRET)
        raise RequestError(422, f"body.secret: {words}", errors=[{"where": "body.secret", "what": words}])
    form = NewChannelForm(body.model_dump())
    channel = form.add(body.kind, body.name, caller.user, caller.now) if form.is_valid() else None
    if channel is None:
        raise refused(("body", form))
    return Status(201, channel)


@router.get("/channels/{channel}", response=ChannelTold)
def channel(request: ApiRequest, channel: Id) -> Any:
    """One channel."""
    return _own(request, channel)


@router.patch("/channels/{channel}", response=ChannelTold)
def alter_channel(request: ApiRequest, channel: Id, body: ChannelChanges) -> Any:
    """Pause a channel, or change its name and what it gets."""
    own = _own(request, channel)
    lists = Watchlist.objects.for_user(request.auth.user)
    keys = set(lists.values_list("pk", flat=True))
    values = {name: getattr(own, name) for name in ChannelForm.Meta.fields}
    values |= body.model_dump(exclude_unset=True)
    left_out = set(map(int, values.pop("left_out", own.left_out.values_list("pk", flat=True))))
    if "left_out" in body.model_fields_set and not left_out <= keys:
        raise Http404
    form = ChannelForm({**values, "lists": list(keys - left_out)}, instance=own, lists=lists)
    if not (form.is_valid() and form.change(request.auth.now)):
        raise refused(("body", form))
    return own


@router.delete("/channels/{channel}", response={204: None})
def remove_channel(request: ApiRequest, channel: Id) -> Any:
    """Remove a channel, with its address."""
    writes.remove(_own(request, channel))
    return Status(204, None)


def _own(request: ApiRequest, key: str) -> Channel:
    request.auth.refuse_one_list()
    if (own := request.auth.user.channels.filter(pk=int(key)).first()) is None:
        raise Http404
    return own
