"""The channels of a user: a list, a new one after a test message, and the page of one."""

from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from itertools import count
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from monitor.accounts import channels as writes
from monitor.accounts.visitors import Visitor
from monitor.budget import throttle
from monitor.delivery import channel_outbox
from monitor.delivery.channels import browser
from monitor.delivery.channels.parts import ChannelTarget, SendOutcome
from monitor.models import Channel, Watchlist
from monitor.pages.channels.forms import BrowserForm, ChannelAddressForm, ChannelForm, NewChannelForm
from monitor.pages.shared.account_forms import too_often
from monitor.pages.shared.answers import PageRequest, page, signed_in
from monitor.sealing import SealError
from monitor.text.devices import device

#: Test messages of one person.
TESTS = throttle.Limit("channel-tests", burst=10, every=timedelta(minutes=6))
#: Messages in the log of a channel.
SHOWN = 20
#: Characters of an address that are shown.
_ENDING = 4


@signed_in("GET", "POST")
@sensitive_post_parameters("url", "secret")
def channels(request: PageRequest) -> HttpResponse:
    """The list, and the form of a new channel: it is saved when a test message has arrived."""
    own = request.user.channels.all()
    form = NewChannelForm(request.POST or None, taken=own)
    if request.method == "POST" and form.is_valid() and _arrives(request, form, form.cleaned_data["kind"]):
        kind, name, target = form.cleaned_data["kind"], form.cleaned_data["name"], form.target
        assert target is not None
        if _add(request, form, kind, name, target):
            if not form.made_secret:
                return redirect("monitor:channels")
            # Not in a redirect: it is shown once, and kept nowhere but encrypted.
            return _list(request, NewChannelForm(taken=own), secret=target.secret)
    return _list(request, form)


@signed_in("POST")
@sensitive_post_parameters("subscription")
def add_browser(request: PageRequest) -> HttpResponse:
    """The browser that sends this: it is added when a test message has arrived, or tested again if it is a channel."""
    form = BrowserForm(request.POST)
    if form.is_valid() and _arrives(request, form, Channel.Kind.BROWSER):
        assert form.target is not None
        if known := _known_browser(request, form.target):
            writes.mend(known, asdict(form.target), _ending(known.kind, form.target), request.now)
            messages.success(request, _("A test message has arrived. Alerts follow."))
            return redirect("monitor:channel", known.pk)
        if _add(request, form, Channel.Kind.BROWSER, _browser_name(request), form.target):
            return redirect("monitor:channels")
    return _list(request, NewChannelForm(taken=request.user.channels.all()), browser_form=form)


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
    is_browser = own.kind == Channel.Kind.BROWSER

    form = BrowserForm(request.POST) if is_browser else ChannelAddressForm(request.POST, kind=own.kind)
    if form.is_valid() and _arrives(request, form, own.kind):
        assert form.target is not None
        writes.mend(own, asdict(form.target), _ending(own.kind, form.target), request.now)
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


def _add(
    request: PageRequest, form: ChannelAddressForm | BrowserForm, kind: str, name: str, target: ChannelTarget
) -> bool:
    """Add a channel on which a test message has arrived; False if the user has too many."""
    try:
        writes.add(request.user, kind, name, asdict(target), _ending(kind, target), request.now)
    except writes.TooManyChannelsError:
        form.add_error(None, _("You have %(count)d channels: remove one first.") % {"count": writes.MOST_CHANNELS})
        return False
    messages.success(request, _("A test message has arrived. Alerts follow."))
    return True


def _known_browser(request: PageRequest, target: ChannelTarget) -> Channel | None:
    """The user's channel with that address: a second one would show every alert twice."""
    for own in request.user.channels.filter(kind=Channel.Kind.BROWSER):
        with suppress(SealError):
            if own.target["url"] == target.url:
                return own
    return None


def _browser_name(request: PageRequest) -> str:
    """'Chrome on Windows', with a number if the user has such a channel already."""
    name, taken = device(Visitor.of(request).user_agent), set(request.user.channels.values_list("name", flat=True))
    names = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(free for free in names if free not in taken)


def _arrives(request: PageRequest, form: ChannelAddressForm | BrowserForm, kind: str) -> bool:
    """Send a test message. If it does not arrive, the form says what the platform answered, and what to do."""
    assert form.target is not None
    if wait := throttle.take(TESTS, str(request.user.pk), request.now):
        form.add_error(None, too_often(wait))
        return False
    verdict = channel_outbox.try_out(kind, form.target, request.user, request.now)
    if verdict.outcome is SendOutcome.SENT:
        return True
    form.add_error(None, _("The test message did not arrive: %(answer)s") % {"answer": verdict.answer})
    if verdict.advice:
        form.add_error(None, str(verdict.advice))
    return False


def _list(
    request: PageRequest, form: NewChannelForm, *, browser_form: BrowserForm | None = None, secret: str = ""
) -> HttpResponse:
    own = request.user.channels.order_by("pk")
    context = {"channels": own, "form": form, "browser_form": browser_form, "secret": secret, "nav": "settings"}
    return page(request, "channels.html", {**context, "push_key": _push_key()})


def _push_key() -> str:
    return browser.public_key(browser.site_key())


def _lists_of(request: PageRequest) -> QuerySet[Watchlist]:
    return Watchlist.objects.for_user(request.user).order_by("name", "pk")


def _ending(kind: str, target: ChannelTarget) -> str:
    """What pages show of an address: of a browser's the push service."""
    return (urlsplit(target.url).hostname or "")[:80] if kind == Channel.Kind.BROWSER else f"…{target.url[-_ENDING:]}"


def _show(
    request: PageRequest, own: Channel, *, form: ChannelForm, address_form: ChannelAddressForm | BrowserForm
) -> HttpResponse:
    sent = own.messages.order_by("-created_at", "-pk")[:SHOWN]
    context = {"channel": own, "form": form, "address_form": address_form, "sent": sent, "nav": "settings"}
    return page(request, "channel.html", {**context, "may_repeat": channel_outbox.REPEATABLE, "push_key": _push_key()})
