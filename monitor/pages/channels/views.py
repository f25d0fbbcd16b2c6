"""The channels of a user: a list, a new one after a test message, and the page of one."""

from dataclasses import asdict

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from monitor.accounts import channels as writes
from monitor.delivery import channel_outbox
from monitor.delivery.channels import SPECS
from monitor.delivery.channels.parts import ChannelTarget
from monitor.delivery.examples import example
from monitor.models import Channel, Watchlist
from monitor.pages.channels.preview import Preview, preview
from monitor.pages.shared.answers import PageRequest, needs_proof, page, proof_wanted, signed_in
from monitor.pages.shared.channel_forms import ChannelAddressForm, ChannelForm, NewChannelForm, ending_of

#: Messages in the log of a channel.
SHOWN = 20


@signed_in("GET", "POST")
@sensitive_post_parameters("url", "secret")
def channels(request: PageRequest) -> HttpResponse:
    """The list, and the form of a new channel: it is saved, after the password, when a test message has arrived."""
    if request.method == "POST" and (wanted := proof_wanted(request, then=request.path)):
        return wanted
    own = request.user.channels.all()
    form = NewChannelForm(request.POST or None, taken=own)
    if request.method == "POST" and form.is_valid() and form.add(request.user, request.now):
        messages.success(request, _("A test message has arrived. Alerts follow."))
        if not form.made_secret:
            return redirect("monitor:channels")
        assert form.target is not None
        # Not in a redirect: it is shown once, and kept nowhere but encrypted.
        return _list(request, NewChannelForm(taken=own), secret=form.target.secret)
    return _list(request, form)


@signed_in("GET", "POST")
def channel(request: PageRequest, pk: int) -> HttpResponse:
    """What goes to one channel, and its last messages."""
    own = get_object_or_404(request.user.channels, pk=pk)
    form = ChannelForm(request.POST or None, instance=own, lists=_lists_of(request))
    if request.method == "POST" and form.is_valid():
        writes.change(form.save(commit=False), form.left_out(), request.now)
        messages.success(request, _("Saved."))
        return redirect("monitor:channel", pk)
    return _show(request, own, form=form, address_form=ChannelAddressForm())


@signed_in("POST")
@sensitive_post_parameters("url", "secret")
def mend(request: PageRequest, pk: int) -> HttpResponse:
    """A new address, or the old one after the robot was mended: used when a test message has arrived."""
    own = get_object_or_404(request.user.channels, pk=pk)
    if wanted := proof_wanted(request, then=reverse("monitor:channel", args=[pk])):
        return wanted
    form = ChannelAddressForm(request.POST, kind=own.kind)
    if form.is_valid() and form.arrives(own.kind, request.user, request.now):
        assert form.target is not None
        writes.mend(own, asdict(form.target), ending_of(form.target), request.now)
        messages.success(request, _("A test message has arrived. Alerts follow."))
        return redirect("monitor:channel", pk)
    return _show(request, own, form=ChannelForm(instance=own, lists=_lists_of(request)), address_form=form)


@signed_in("POST")
def again(request: PageRequest, pk: int, message: int) -> HttpResponse:
    """Send a message once more, with its old ID."""
    own = get_object_or_404(request.user.channels, pk=pk)
    get_object_or_404(own.messages, pk=message)
    channel_outbox.send_again(own, message, request.now)
    messages.success(request, _("It is sent again."))
    return redirect("monitor:channel", pk)


@signed_in("POST")
def remove(request: PageRequest, pk: int) -> HttpResponse:
    own = get_object_or_404(request.user.channels, pk=pk)
    writes.remove(own)
    messages.success(request, _("“%(channel)s” was removed.") % {"channel": own.name})
    return redirect("monitor:channels")


def _list(request: PageRequest, form: NewChannelForm, secret: str = "") -> HttpResponse:
    own = request.user.channels.order_by("pk")
    where = [(label, SPECS[kind]) for kind, label in Channel.Kind.choices if SPECS[kind].example]
    context = {"channels": own, "form": form, "secret": secret, "where": where, "needs_proof": needs_proof(request)}
    return page(request, "channels.html", {**context, "nav": "settings"})


def _lists_of(request: PageRequest) -> QuerySet[Watchlist]:
    return Watchlist.objects.for_user(request.user).order_by("name", "pk")


def _show(request: PageRequest, own: Channel, *, form: ChannelForm, address_form: ChannelAddressForm) -> HttpResponse:
    sent = own.messages.order_by("-created_at", "-pk")[:SHOWN]
    context = {"channel": own, "form": form, "address_form": address_form, "sent": sent, "nav": "settings"}
    extra = {"preview": _preview(request, own.kind), "needs_proof": needs_proof(request)}
    return page(request, "channel.html", {**context, **extra})


def _preview(request: PageRequest, kind: str) -> Preview | None:
    """None for kinds without a typed address, whose messages are encrypted for one receiver."""
    spec = SPECS[kind]
    if not spec.example:
        return None
    # Without the address: a preview shows no secret.
    return preview(spec.write(ChannelTarget(""), example(request.user, request.now), request.now))
