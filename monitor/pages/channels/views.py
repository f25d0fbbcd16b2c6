"""The channels of a user: a list, a new one after a test message, and the page of one."""

import re
from dataclasses import asdict
from itertools import count

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from monitor.accounts import channels as writes
from monitor.accounts.visitors import Visitor
from monitor.delivery import channel_outbox
from monitor.delivery.channels import SPECS, browser
from monitor.delivery.channels.parts import ChannelTarget
from monitor.models import Channel, Watchlist
from monitor.pages.channels.example import example
from monitor.pages.channels.forms import BrowserForm, addresses
from monitor.pages.channels.preview import Preview, preview
from monitor.pages.shared.answers import PageRequest, needs_proof, page, proof_wanted, signed_in
from monitor.pages.shared.channel_forms import ChannelAddressForm, ChannelForm, NewChannelForm, TargetForm
from monitor.text.devices import device

#: Messages in the log of a channel.
SHOWN = 20


@signed_in("GET", "POST")
@sensitive_post_parameters("url", "secret")
def channels(request: PageRequest) -> HttpResponse:
    """The list, and the form of a new channel: it is saved, after the password, when a test message has arrived."""
    form = NewChannelForm(request.POST or None)
    # Without the proof the page asks for it, and keeps what was entered.
    if request.method == "POST" and not needs_proof(request) and form.is_valid():
        given = form.cleaned_data
        if form.add(given["kind"], given["name"], request.user, request.now):
            return _arrived(request, reverse("monitor:channels"))
    return _list(request, form)


@signed_in("POST")
@sensitive_post_parameters("subscription")
def add_browser(request: PageRequest) -> HttpResponse:
    """The browser that sends this: it is added when a test message has arrived, or tested again if it is a channel."""
    if wanted := proof_wanted(request, then=reverse("monitor:channels")):
        return wanted
    form, kind = BrowserForm(request.POST), Channel.Kind.BROWSER
    if form.is_valid():
        assert form.target is not None
        if known := _known_browser(request, form.target):
            return _mend(request, known, form)
        if form.add(kind, _browser_name(request), request.user, request.now):
            return _arrived(request, reverse("monitor:channels"))
    return _list(request, NewChannelForm(), browser_form=form)


@signed_in("GET", "POST")
def channel(request: PageRequest, pk: int) -> HttpResponse:
    """What goes to one channel, and its last messages."""
    own = get_object_or_404(request.user.channels, pk=pk)
    form = ChannelForm(request.POST or None, instance=own, lists=_lists_of(request))
    if request.method == "POST" and form.is_valid() and form.change(request.now):
        messages.success(request, _("Saved."))
        return redirect("monitor:channel", pk)
    # A form that is not valid has changed it, too.
    own.refresh_from_db()
    return _show(request, own, form=form)


@signed_in("POST")
@sensitive_post_parameters("url", "secret", "subscription")
def mend(request: PageRequest, pk: int) -> HttpResponse:
    """A new address, or the old one after the robot was mended: used when a test message has arrived."""
    own = get_object_or_404(request.user.channels, pk=pk)
    if own.kind == Channel.Kind.BROWSER:
        return _mend(request, own, BrowserForm(request.POST, others=request.user.channels.exclude(pk=pk)))
    return _mend(request, own, ChannelAddressForm(request.POST, stored=own))


@signed_in("POST")
def again(request: PageRequest, pk: int, message: int) -> HttpResponse:
    """Send a message once more, with its old ID."""
    own = get_object_or_404(request.user.channels, pk=pk)
    get_object_or_404(own.messages, pk=message)
    if channel_outbox.send_again(own, message, request.now):
        messages.success(request, _("It is sent again."))
    return redirect("monitor:channel", pk)


@signed_in("POST")
def remove(request: PageRequest, pk: int) -> HttpResponse:
    own = get_object_or_404(request.user.channels, pk=pk)
    writes.remove(own)
    messages.success(request, _("“%(channel)s” was removed.") % {"channel": own.name})
    return redirect("monitor:channels")


def _arrived(request: PageRequest, address: str) -> HttpResponse:
    messages.success(request, _("A test message has arrived. Alerts follow."))
    return redirect(address)


def _mend(request: PageRequest, own: Channel, form: TargetForm) -> HttpResponse:
    if not needs_proof(request) and form.is_valid() and form.arrives(own.kind, request.user, request.now):
        assert form.target is not None
        try:
            writes.mend(own, asdict(form.target), SPECS[own.kind].ending(form.target), request.now)
        except Channel.DoesNotExist:
            raise Http404 from None
        return _arrived(request, reverse("monitor:channel", args=[own.pk]))
    return _show(request, own, address_form=form)


def _known_browser(request: PageRequest, target: ChannelTarget) -> Channel | None:
    """The user's channel with that address, since a second one would show every alert twice. Otherwise a refused one
    of this device, whose subscription has ended."""
    if own := addresses(request.user.channels.all()).get(target.url):
        return own
    refused = request.user.channels.filter(kind=Channel.Kind.BROWSER, refused_at__isnull=False).order_by("pk")
    return next((own for own in refused if _is_named_after(request, own)), None)


def _is_named_after(request: PageRequest, own: Channel) -> bool:
    """Whether `_browser_name` may have named the channel for the browser that sends the request, in any language."""
    name = re.sub(r" \d+$", "", own.name)
    return any(name == _device(request, language) for language, _name in settings.LANGUAGES)


def _device(request: PageRequest, language: str) -> str:
    with translation.override(language):
        return device(Visitor.of(request).user_agent)


def _browser_name(request: PageRequest) -> str:
    """'Chrome on Windows', with a number if the user has such a channel already."""
    name, taken = _device(request, request.user.language), set(request.user.channels.values_list("name", flat=True))
    names = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(free for free in names if free not in taken)


def _list(request: PageRequest, form: NewChannelForm, browser_form: BrowserForm | None = None) -> HttpResponse:
    own = request.user.channels.order_by("pk")
    kinds = [(radio, SPECS[radio.data["value"]]) for radio in form["kind"]]
    context = {"channels": own, "form": form, "browser_form": browser_form, "kinds": kinds}
    return page(request, "channels.html", context | _shared(request, own))


def _lists_of(request: PageRequest) -> QuerySet[Watchlist]:
    return Watchlist.objects.for_user(request.user).order_by("name", "pk")


def _show(
    request: PageRequest, own: Channel, *, form: ChannelForm | None = None, address_form: TargetForm | None = None
) -> HttpResponse:
    context = {
        "channel": own,
        "form": form or ChannelForm(instance=own, lists=_lists_of(request)),
        "address_form": address_form or ChannelAddressForm(stored=own),
        "sent": own.messages.order_by("-created_at", "-pk")[:SHOWN],
        "preview": _preview(request, own.kind),
        "is_this_browser": own.kind == Channel.Kind.BROWSER and _is_named_after(request, own),
    }
    # Its own subscription has ended or failed: the browser gets a new one.
    return page(request, "channel.html", context | _shared(request, request.user.channels.exclude(pk=own.pk)))


def _shared(request: PageRequest, kept: QuerySet[Channel]) -> dict[str, object]:
    """A browser that is one of the channels `kept` keeps its subscription, if that has not ended."""
    return {
        "needs_proof": needs_proof(request),
        "push_key": browser.public_key(browser.site_key()),
        "push_own": " ".join(map(browser.digest, addresses(kept.filter(refused_at=None)))),
        "nav": "settings",
    }


def _preview(request: PageRequest, kind: str) -> Preview | None:
    """None for kinds without a typed address, whose messages are encrypted for one receiver."""
    spec = SPECS[kind]
    if not spec.example:
        return None
    # Without the address: a preview shows no secret.
    return preview(spec.write(ChannelTarget(""), example(request.user, request.now), request.now))
