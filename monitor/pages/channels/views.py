"""The channels of a user: a list, a new one after a test message, and the page of one."""

from dataclasses import asdict
from datetime import timedelta

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from monitor.accounts import channels as writes
from monitor.budget import throttle
from monitor.delivery import channel_outbox
from monitor.delivery.channels import SPECS
from monitor.delivery.channels.parts import ChannelTarget, SendOutcome
from monitor.delivery.examples import example
from monitor.models import Channel, Watchlist
from monitor.pages.channels.forms import ChannelAddressForm, ChannelForm, NewChannelForm
from monitor.pages.channels.preview import Preview, preview
from monitor.pages.shared.account_forms import too_often
from monitor.pages.shared.answers import PageRequest, page, signed_in

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
        try:
            writes.add(request.user, kind, name, asdict(target), _ending(target), request.now)
        except writes.TooManyChannelsError:
            form.add_error(None, _("You have %(count)d channels: remove one first.") % {"count": writes.MOST_CHANNELS})
        else:
            messages.success(request, _("A test message has arrived. Alerts follow."))
            if not form.made_secret:
                return redirect("monitor:channels")
            # Not in a redirect: it is shown once, and kept nowhere but encrypted.
            return _list(request, NewChannelForm(taken=own), secret=target.secret)
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
    return _show(request, own, form=form, address_form=ChannelAddressForm(kind=own.kind))


@signed_in("POST")
@sensitive_post_parameters("url", "secret")
def mend(request: PageRequest, pk: int) -> HttpResponse:
    """A new address, or the old one after the robot was mended: used when a test message has arrived."""
    own = get_object_or_404(request.user.channels, pk=pk)
    form = ChannelAddressForm(request.POST, kind=own.kind)
    if form.is_valid() and _arrives(request, form, own.kind):
        assert form.target is not None
        writes.mend(own, asdict(form.target), _ending(form.target), request.now)
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


def _arrives(request: PageRequest, form: ChannelAddressForm, kind: str) -> bool:
    """Send a test message. If it does not arrive, the form says what the platform answered, and what to do."""
    assert form.target is not None
    if wait := throttle.take(TESTS, str(request.user.pk), request.now):
        form.add_error(None, too_often(wait))
        return False
    verdict = channel_outbox.try_out(kind, form.target, request.user, request.now)
    if verdict.outcome is SendOutcome.SENT:
        return True
    form.add_error(None, _("The test message did not arrive: %(answer)s") % {"answer": _(verdict.answer)})
    if verdict.advice:
        form.add_error(None, str(verdict.advice))
    return False


def _list(request: PageRequest, form: NewChannelForm, secret: str = "") -> HttpResponse:
    own = request.user.channels.order_by("pk")
    where = [(label, SPECS[kind]) for kind, label in Channel.Kind.choices if SPECS[kind].example]
    context = {"channels": own, "form": form, "secret": secret, "where": where, "nav": "settings"}
    return page(request, "channels.html", context)


def _lists_of(request: PageRequest) -> QuerySet[Watchlist]:
    return Watchlist.objects.for_user(request.user).order_by("name", "pk")


def _ending(target: ChannelTarget) -> str:
    return f"…{target.url.removesuffix('.send')[-_ENDING:]}"


def _show(request: PageRequest, own: Channel, *, form: ChannelForm, address_form: ChannelAddressForm) -> HttpResponse:
    sent = own.messages.order_by("-created_at", "-pk")[:SHOWN]
    context = {"channel": own, "form": form, "address_form": address_form, "sent": sent, "nav": "settings"}
    extra = {"may_repeat": channel_outbox.REPEATABLE, "preview": _preview(request, own.kind)}
    return page(request, "channel.html", {**context, **extra})


def _preview(request: PageRequest, kind: str) -> Preview | None:
    """None for kinds without a typed address, whose messages are encrypted for one receiver."""
    spec = SPECS[kind]
    if not spec.example:
        return None
    # Without the address: a preview shows no secret.
    return preview(spec.write(ChannelTarget(""), example(request.user, request.now), request.now))
