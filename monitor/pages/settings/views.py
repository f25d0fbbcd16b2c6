"""The user's settings: name and language, password, address, sessions."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRedirect

from monitor.models import AuditKind, User
from monitor.pages.settings.forms import NewAddressForm, NewPasswordForm, ProfileForm
from monitor.pages.settings.security import security
from monitor.pages.settings.sessions import sessions_of
from monitor.pages.shared.answers import (
    PageRequest,
    behind_link,
    page,
    page_before,
    signed_in,
    wants_region,
)
from monitor.people import audit, links, people, throttle
from monitor.people.sessions import end_other_sessions, end_session
from monitor.people.visitors import Visitor


@signed_in("GET", "POST")
def settings(request: PageRequest) -> HttpResponse:
    """Show the settings; a POST saves name, language and time zone."""
    if request.method != "POST":
        return _settings(request)
    # A model form changes its instance even if the data is invalid.
    form = ProfileForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _settings(request, "profile", profile_form=form)
    was, saved = request.user, form.save(commit=False)
    people.save_settings(saved, form.cleaned_data, request.now)
    translation.activate(saved.language)
    request.user = saved
    if wants_region(request) and (was.language, was.time_zone) != (saved.language, saved.time_zone):
        # The whole page changes.
        messages.success(request, _("Saved."))
        return HttpResponseClientRedirect(reverse("monitor:settings"))
    return _done(request, _("Saved."), "profile")


@signed_in("GET", "POST")
@sensitive_post_parameters()
def password(request: PageRequest) -> HttpResponse:
    """Save a new password, which ends all other sessions."""
    if request.method != "POST":
        return redirect("monitor:settings")
    form = NewPasswordForm(request.POST, user=request.user)
    if not form.is_valid():
        return _settings(request, "password", password_form=form)
    chosen, key = form.cleaned_data["new_password"], request.session.session_key
    people.change_password(request.user, chosen, request.now, key)
    update_session_auth_hash(request, request.user)
    request.session.save()  # Under its new key it counts among the devices only once it is saved.
    return _done(request, _("Password changed. Your other devices are logged out."), "password")


@signed_in("GET", "POST")
@sensitive_post_parameters()
def new_address(request: PageRequest) -> HttpResponse:
    """Ask for another address: only the link in the mail to it changes anything."""
    if request.method != "POST":
        return redirect("monitor:settings")
    form = NewAddressForm(request.POST, user=request.user, prefix="address")
    if not form.is_valid():
        return _settings(request, "address", address_form=form)
    email = form.cleaned_data["email"]
    if wait := people.ask_for_address(
        request.user, email, Visitor.of(request).network, request.now
    ):
        form.add_error("email", throttle.wait_in_words(wait))
        return _settings(request, "address", status=429, address_form=form)
    return _done(
        request,
        _("Open the link in the mail to %(email)s to confirm.") % {"email": email},
        "address",
    )


@signed_in("POST")
def try_address(request: PageRequest) -> HttpResponse:
    """Send a mail to the user's address after a refusal: if it is accepted, mails of alerts go
    on."""
    if not request.user.channels.mail().refusing().exists():
        messages.success(request, _("Mails to %(email)s arrive.") % {"email": request.user.email})
    elif wait := people.try_address(request.user, Visitor.of(request).network, request.now):
        messages.warning(request, throttle.wait_in_words(wait))
    else:
        text = _("A test mail goes to %(email)s. Once it is accepted, this warning disappears.")
        messages.success(request, text % {"email": request.user.email})
    return redirect(page_before(request) or "monitor:settings")


@behind_link(links.change_of_address)
def address(request: HttpRequest, change: tuple[User, str]) -> HttpResponse:
    """Show the page behind that link, in any browser; a POST changes the address."""
    user, email = change
    session_key = request.session.session_key if request.user.pk == user.pk else None
    if request.method != "POST":
        return render(request, "doors/address.html", {"email": email, "old": user.email})
    try:
        people.change_address(user, email, timezone.now(), session_key)
    except people.AddressTakenError:
        return render(request, "doors/over.html", status=404)
    messages.success(request, _("From now on you log in with %(email)s.") % {"email": email})
    return redirect("monitor:settings")


@signed_in("POST")
def end_sessions(request: PageRequest) -> HttpResponse:
    """End the session named in `session`, or all but this one."""
    handle = request.POST.get("session", "")
    if not handle:
        if end_other_sessions(request.user, request.session.session_key):
            audit.record(AuditKind.SESSIONS_ENDED, person=request.user)
        return _done(request, _("You are logged out everywhere else."), "sessions")
    if not end_session(request.user, handle, request.now):
        return _done(request, _("That device was logged out already."), "sessions")
    audit.record(AuditKind.SESSIONS_ENDED, person=request.user)
    return _done(request, _("That device is logged out."), "sessions")


def _settings(
    request: PageRequest, part: str = "", *, said: str = "", status: int = 200, **forms: BaseForm
) -> HttpResponse:
    """Return the page or, for HTMX, one part of it; `said` is the message in that part."""
    context: dict[str, Any] = {
        "nav": "settings",
        "profile_form": ProfileForm(instance=request.user),
        "password_form": NewPasswordForm(user=request.user),
        "address_form": NewAddressForm(user=request.user, prefix="address"),
        "security": security(request.user),
        "sessions": sessions_of(request.user, request.session.session_key, request.now),
        "said": {part: said},
        **forms,
    }
    # HTMX does not swap in error responses.
    return page(
        request,
        "settings.html",
        context,
        region=part,
        status=200 if wants_region(request) else status,
    )


def _done(request: PageRequest, said: str, part: str) -> HttpResponse:
    """Show a message in the part; without HTMX at the top of the reloaded page."""
    if wants_region(request):
        return _settings(request, part, said=said)
    messages.success(request, said)
    return redirect(reverse("monitor:settings", fragment=part if part == "sessions" else None))
