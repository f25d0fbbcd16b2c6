"""The user's settings: name and language, mails, password, address, sessions."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from monitor import audit
from monitor.accounts import links, people
from monitor.accounts.sessions import end_other_sessions, end_session
from monitor.accounts.visitors import Visitor
from monitor.models import AuditKind, User
from monitor.pages.settings.security import security
from monitor.pages.settings.sessions import valid_sessions
from monitor.pages.shared.account_forms import NewAddressForm, NewPasswordForm, ProfileForm, too_often
from monitor.pages.shared.answers import PageRequest, page, page_before, signed_in, wants_region
from monitor.pages.shared.mail_forms import MailsForm
from monitor.pages.shared.watchlist_reads import mail_lists, next_digest
from monitor.watchlists.mails import save_plan


@signed_in("GET", "POST")
def settings(request: PageRequest) -> HttpResponse:
    """The page; a POST saves name, language and time zone."""
    if request.method != "POST":
        return _settings(request)
    # A model form changes its instance even if the data is invalid.
    form = ProfileForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _settings(request, "profile", profile_form=form)
    was, saved = request.user, form.save(commit=False)
    save_plan(saved, form.cleaned_data, {}, request.now)  # The hours of mails depend on the zone.
    translation.activate(saved.language)
    request.user = saved
    if wants_region(request) and (was.language, was.time_zone) != (saved.language, saved.time_zone):
        # The whole page changes.
        messages.success(request, _("Saved."))
        return HttpResponseClientRedirect(reverse("monitor:settings"))
    return _done(request, _("Saved."), "profile")


@signed_in("GET", "POST")
def mails(request: PageRequest) -> HttpResponse:
    """Whether and when alerts are mailed, and the exceptions of single lists."""
    if request.method != "POST":
        return redirect(reverse("monitor:settings", fragment="mails"))
    lists = mail_lists(request.user)
    form = MailsForm(request.POST, instance=User.objects.get(pk=request.user.pk), lists=lists)
    if not form.is_valid():
        return _settings(request, "mails", mails_form=form)
    request.user = form.save(commit=False)
    save_plan(request.user, MailsForm.Meta.fields, form.chosen(), request.now)
    return _done(request, _("Saved."), "mails")


@signed_in("GET", "POST")
@sensitive_post_parameters()
def password(request: PageRequest) -> HttpResponse:
    """A new password, which ends all other sessions."""
    if request.method != "POST":
        return redirect("monitor:settings")
    form = NewPasswordForm(request.POST, user=request.user)
    if not form.is_valid():
        return _settings(request, "password", password_form=form)
    people.change_password(request.user, form.cleaned_data["new_password"], request.now, request.session.session_key)
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
    if wait := people.ask_for_address(request.user, email, Visitor.of(request).network, request.now):
        form.add_error("email", too_often(wait))
        return _settings(request, "address", status=429, address_form=form)
    return _done(request, _("Open the link in the mail to %(email)s to confirm.") % {"email": email}, "address")


@signed_in("POST")
def try_address(request: PageRequest) -> HttpResponse:
    """Send a mail to the user's address after a refusal: if it is accepted, mails of alerts go on."""
    if not request.user.refuses_mail:
        messages.success(request, _("Mails to %(email)s arrive.") % {"email": request.user.email})
    elif wait := people.try_address(request.user, Visitor.of(request).network, request.now):
        messages.warning(request, too_often(wait).messages[0])
    else:
        text = _("A test mail goes to %(email)s. Once it is accepted, this warning disappears.")
        messages.success(request, text % {"email": request.user.email})
    return redirect(page_before(request) or "monitor:settings")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind that link, in any browser: a POST changes the address."""
    change = links.change_of_address(token)
    if change is None:
        return render(request, "doors/over.html", status=404)
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take_address_back(request: HttpRequest, back_token: str) -> HttpResponse:
    """The page behind the link in the mail to the old address; a POST restores it and asks for a new password."""
    change = links.change_to_take_back(back_token)
    if change is None:
        return render(request, "doors/over.html", status=404)
    if request.method != "POST":
        return render(request, "doors/address_back.html", {"old": change.old, "current": change.user.email})
    try:
        user = people.take_address_back(change, timezone.now())
    except people.AddressTakenError:
        return render(request, "doors/over.html", status=404)
    return redirect("monitor:reset", links.reset_token(user))


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
    """The page or, for HTMX, one part of it; `said` is the message in that part."""
    lists = mail_lists(request.user)
    context: dict[str, Any] = {
        "nav": "settings",
        "mails_form": MailsForm(instance=request.user, lists=lists),
        "next_digest": next_digest(request.user, lists, request.now),
        "profile_form": ProfileForm(instance=request.user),
        "password_form": NewPasswordForm(user=request.user),
        "address_form": NewAddressForm(user=request.user, prefix="address"),
        "security": security(request.user),
        "sessions": valid_sessions(request.user, request.session.session_key, request.now),
        "said": {part: said},
        **forms,
    }
    # HTMX does not swap in error responses.
    return page(request, "settings.html", context, region=part, status=200 if wants_region(request) else status)


def _done(request: PageRequest, said: str, part: str) -> HttpResponse:
    """Show a message in the part; without HTMX at the top of the reloaded page."""
    if wants_region(request):
        return _settings(request, part, said=said)
    messages.success(request, said)
    return redirect(reverse("monitor:settings", fragment=part if part in ("mails", "sessions") else None))
