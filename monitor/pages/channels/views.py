"""The channels of a user: a list with the hours of messages, a new one after a test message, and
the page of one."""

import re
from dataclasses import asdict
from datetime import datetime
from itertools import count

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from monitor.judging.mail_times import next_slot
from monitor.models import Channel, ChannelKind, User, Watchlist
from monitor.pages.channels.forms import (
    BrowserForm,
    ChannelAddressForm,
    ChannelForm,
    HoursForm,
    NewChannelForm,
    TargetForm,
    addresses,
)
from monitor.pages.shared.answers import PageRequest, needs_proof, page, proof_wanted, signed_in
from monitor.people import channels as writes
from monitor.people import people
from monitor.people.timing.times import scheduled, times_of
from monitor.people.visitors import Visitor
from monitor.telling import outbox
from monitor.telling.channels import POSTS, browser, webhook
from monitor.telling.channels.parts import BadTargetError, ChannelTarget
from monitor.text.devices import device

#: Messages in the log of a channel.
SHOWN = 20


@signed_in("GET", "POST")
@sensitive_post_parameters("url", "secret")
def channels(request: PageRequest) -> HttpResponse:
    """Show the channels, and the form of a new one. It is saved, after the password, when a test
    message arrived."""
    form = NewChannelForm(request.POST or None)
    # Without the proof the page asks for it, and keeps what was entered.
    if request.method == "POST" and not needs_proof(request) and form.is_ready():
        given = form.cleaned_data
        if form.add(given["kind"], given["name"], request.user, request.now):
            return _arrived(request, reverse("monitor:channels"))
    return _list(request, form)


@signed_in("POST")
def hours(request: PageRequest) -> HttpResponse:
    """Save when digests come, and when only urgent alerts do, on all channels."""
    # A model form changes its instance even if the data is invalid.
    form = HoursForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _list(request, NewChannelForm(), hours_form=form)
    people.save_settings(form.save(commit=False), HoursForm.Meta.fields, request.now)
    messages.success(request, _("Saved."))
    return redirect(reverse("monitor:channels", fragment="hours"))


@signed_in("POST")
@sensitive_post_parameters("subscription")
def add_browser(request: PageRequest) -> HttpResponse:
    """Add the browser that sends this when a test message has arrived, or test it again if it is a
    channel."""
    if wanted := proof_wanted(request, then=reverse("monitor:channels")):
        return wanted
    form, kind = BrowserForm(request.POST), ChannelKind.BROWSER
    if form.is_valid():
        if known := _known_browser(request, form.target):
            return _mend(request, known, form)
        if form.add(kind, _browser_name(request), request.user, request.now):
            return _arrived(request, reverse("monitor:channels"))
    return _list(request, NewChannelForm(), browser_form=form)


@signed_in("GET", "POST")
def channel(request: PageRequest, pk: int) -> HttpResponse:
    """Show or change what goes to one channel, and show its last messages."""
    own = _own(request, pk)
    form = ChannelForm(request.POST or None, instance=own, lists=_lists_of(request))
    if request.method == "POST" and form.is_valid() and form.change(request.now):
        messages.success(request, _("Saved."))
        return redirect("monitor:channel", pk)
    # A form that is not valid has changed it, too.
    return _show(request, _own(request, pk), form=form)


@signed_in("POST")
@sensitive_post_parameters("url", "secret", "subscription")
def mend(request: PageRequest, pk: int) -> HttpResponse:
    """Use a new address, or the old one after the robot was mended, when a test message has
    arrived."""
    own = get_object_or_404(request.user.channels.added(), pk=pk)
    if own.kind == ChannelKind.BROWSER:
        return _mend(
            request, own, BrowserForm(request.POST, others=request.user.channels.exclude(pk=pk))
        )
    return _mend(request, own, ChannelAddressForm(request.POST, stored=own))


@csrf_exempt
@signed_in("POST")
@sensitive_post_parameters("old", "subscription")
def renew_browser(request: PageRequest) -> HttpResponse:
    """Take the other address that the push service has given a browser. The browser's worker has no
    CSRF token: the old address, which no page of another site knows, protects this."""
    own = addresses(request.user.channels.all()).get(request.POST.get("old", ""))
    if own is None:
        raise Http404
    try:
        target = browser.renew(ChannelTarget(**own.target), request.POST.get("subscription", ""))
        writes.mend(own, asdict(target), own.ending, request.now)
    except (BadTargetError, Channel.DoesNotExist):
        raise Http404 from None
    return HttpResponse(status=204)


@signed_in("POST")
def new_secret(request: PageRequest, pk: int) -> HttpResponse:
    """Make another signing secret, and show it once."""
    own = get_object_or_404(request.user.channels, pk=pk, kind=ChannelKind.WEBHOOK)
    if wanted := proof_wanted(request, then=reverse("monitor:channel", args=[pk])):
        return wanted
    form = ChannelAddressForm(stored=own)
    form.made_secret = webhook.new_secret()
    writes.rotate_secret(own, form.made_secret, request.now)
    return _show(request, own, address_form=form)


@signed_in("GET")
def message(request: PageRequest, pk: int, message: int) -> HttpResponse:
    """Show one message: its request, if it went to a program, and the answers."""
    own = _own(request, pk)
    row = get_object_or_404(own.messages, pk=message)
    is_repeatable = not own.is_mail and own.messages.repeatable(request.now).contains(row)
    context = {"channel": own, "message": row, "is_repeatable": is_repeatable, "nav": "settings"}
    return page(
        request, "channel_message.html", context | {"tries": row.tries.order_by("-pk")[:SHOWN]}
    )


@signed_in("POST")
def again(request: PageRequest, pk: int, message: int) -> HttpResponse:
    """Send a message once more, with its old ID."""
    own = get_object_or_404(request.user.channels.added(), pk=pk)
    get_object_or_404(own.messages, pk=message)
    if outbox.send_again(own, message, request.now):
        messages.success(request, _("Sending again."))
    return redirect("monitor:channel", pk)


@signed_in("POST")
def remove(request: PageRequest, pk: int) -> HttpResponse:
    own = get_object_or_404(request.user.channels.added(), pk=pk)
    writes.remove(own)
    messages.success(request, _("“%(channel)s” was removed.") % {"channel": own.name})
    return redirect("monitor:channels")


def _arrived(request: PageRequest, address: str) -> HttpResponse:
    messages.success(request, _("A test message has arrived. Alerts follow."))
    return redirect(address)


def _mend(request: PageRequest, own: Channel, form: TargetForm) -> HttpResponse:
    try:
        if not needs_proof(request) and form.is_ready() and form.mend(own, request.now):
            return _arrived(request, reverse("monitor:channel", args=[own.pk]))
    except Channel.DoesNotExist:
        raise Http404 from None
    return _show(request, own, address_form=form)


def _known_browser(request: PageRequest, target: ChannelTarget) -> Channel | None:
    """Return the user's channel with that address, since a second one would show every alert twice.
    Otherwise a refused one of this device, whose subscription has ended."""
    if own := addresses(request.user.channels.all()).get(target.url):
        return own
    refused = request.user.channels.filter(
        kind=ChannelKind.BROWSER, refused_at__isnull=False
    ).order_by("pk")
    return next((own for own in refused if _is_named_after(request, own)), None)


def _is_named_after(request: PageRequest, own: Channel) -> bool:
    """Return whether `_browser_name` may have named the channel for the browser that sends the
    request, in any language."""
    name = re.sub(r" \d+$", "", own.name)
    return any(name == _device(request, language) for language, _name in settings.LANGUAGES)


def _device(request: PageRequest, language: str) -> str:
    with translation.override(language):
        return device(Visitor.of(request).user_agent)


def _browser_name(request: PageRequest) -> str:
    """'Chrome on Windows', with a number if the user has such a channel already."""
    name, taken = (
        _device(request, request.user.language),
        set(request.user.channels.values_list("name", flat=True)),
    )
    names = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(free for free in names if free not in taken)


def _list(
    request: PageRequest,
    form: NewChannelForm,
    *,
    browser_form: BrowserForm | None = None,
    hours_form: HoursForm | None = None,
) -> HttpResponse:
    own = request.user.channels.oldest_first().select_related("owner")
    context = {
        "channels": own,
        "form": form,
        "browser_form": browser_form,
        "hours_form": hours_form or HoursForm(instance=request.user),
        "kinds": [(radio, POSTS[radio.data["value"]]) for radio in form["kind"]],
    }
    return page(request, "channels.html", context | _shared(request, own))


def _own(request: PageRequest, pk: int) -> Channel:
    """Return the user's channel, with its choices."""
    return get_object_or_404(
        request.user.channels.select_related("owner").prefetch_related("choices"), pk=pk
    )


def _lists_of(request: PageRequest) -> QuerySet[Watchlist]:
    return Watchlist.objects.for_user(request.user).select_related("owner").order_by("name", "pk")


def _next_digest(own: Channel, now: datetime) -> datetime | None:
    """Return when the next daily or weekly digest comes, if any does without alerts."""
    hows = scheduled(own) if own.is_mail and not own.is_paused else []
    return min((next_slot(times_of(own.owner), how, now) for how in hows), default=None)


def _show(
    request: PageRequest,
    own: Channel,
    *,
    form: ChannelForm | None = None,
    address_form: TargetForm | None = None,
) -> HttpResponse:
    form = form or ChannelForm(instance=own, lists=_lists_of(request))
    context = {
        "channel": own,
        "form": form,
        "next_digest": _next_digest(own, request.now),
        "address_form": address_form or (None if own.is_mail else ChannelAddressForm(stored=own)),
        "sent": own.messages.order_by("-created_at", "-pk")[:SHOWN],
        "is_this_browser": own.kind == ChannelKind.BROWSER and _is_named_after(request, own),
    }
    # Its own subscription has ended or failed: the browser gets a new one.
    return page(
        request,
        "channel.html",
        context | _shared(request, request.user.channels.exclude(pk=own.pk)),
    )


def _shared(request: PageRequest, kept: QuerySet[Channel]) -> dict[str, object]:
    """Return what both pages need. A browser that is one of the channels `kept` keeps its
    subscription, if that has not ended."""
    return {
        "needs_proof": needs_proof(request),
        "push_key": browser.public_key(browser.site_key()),
        "push_own": " ".join(map(browser.digest, addresses(kept.filter(refused_at=None)))),
        "nav": "settings",
    }
