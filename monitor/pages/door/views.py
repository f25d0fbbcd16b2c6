"""Pages without a login: language, new accounts, forgotten passwords, invitations,
unsubscribing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language

from monitor.models import ChannelKind, Invitation, User
from monitor.pages.door.forms import AddressForm, JoinForm, move_focus
from monitor.pages.shared.account_forms import ChosenPasswordForm
from monitor.pages.shared.answers import behind_link
from monitor.people import links, people, throttle
from monitor.people.allowances import AllowanceError
from monitor.people.channels import want
from monitor.people.library import log_in
from monitor.people.visitors import Visitor
from monitor.polling.planning.fair_shares import takeover
from monitor.showing.reads.words import allowance_in_words
from monitor.telling.leaving import leaving
from monitor.telling.leaving import token as token_of
from monitor.text.formatting import listed
from monitor.watching import invitations

logout = LogoutView.as_view()


@require_safe
def to_login(request: HttpRequest) -> HttpResponse:
    """Redirect the admin's login to the login of all users. A user who may not see the admin gets
    an error."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", ""))


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language: Django's own view keeps it for this browser, the user's row for all."""
    response, chosen = set_language(request), request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        request.user.language = chosen
        request.user.save(update_fields=["language"])
    return response


def signed_out[View: Callable[..., HttpResponse]](view: View) -> View:
    """Protect a page before the login: it holds secrets."""
    return never_cache(
        sensitive_post_parameters()(require_http_methods(["GET", "HEAD", "POST"])(view))
    )


@signed_out
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password."""
    return _ask(request, "doors/forgotten.html", people.ask_for_reset)


@signed_out
@behind_link(links.user_of_reset, again="monitor:forgotten")
def reset(request: HttpRequest, user: User) -> HttpResponse:
    """Show the page behind that link. A new password also logs in: the link was as good as a
    password."""
    form = ChosenPasswordForm(request.POST or None, user=user)
    if request.method != "POST" or not form.is_valid():
        return render(request, "doors/reset.html", {"form": form, "email": user.email})
    people.change_password(user, form.cleaned_data["new_password"], timezone.now())
    return log_in(request, user)


@signed_out
def register(request: HttpRequest) -> HttpResponse:
    """Make an account: by an invitation's link or, if that is allowed, by the link in a mail to an
    address."""
    if request.user.is_authenticated:
        return redirect("monitor:today")
    now = timezone.now()
    if token := request.GET.get("invitation", ""):
        invitation = invitations.find(token, now)
        return _join(request, invitation.email if invitation else None, now, invitation)
    if settings.REGISTRATION != "open":
        return render(request, "doors/closed.html", status=403 if request.method == "POST" else 200)
    if token := request.GET.get("address", ""):
        return _join(request, links.email_of_join(token), now)

    def ask(email: str, network: str, now: datetime) -> Any:
        return people.ask_to_join(email, network, get_language() or "", now)

    return _ask(request, "doors/register.html", ask)


def _ask(
    request: HttpRequest, template: str, ask: Callable[[str, str, datetime], Any]
) -> HttpResponse:
    """Send a mail to an address. The answer never reveals whether it has an account."""
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, template, {"form": form})
    email = form.cleaned_data["email"]
    if wait := ask(email, Visitor.of(request).network, timezone.now()):
        form.add_error(None, throttle.wait_in_words(wait))
        return render(request, template, {"form": form}, status=429)
    return render(request, "doors/sent.html", {"email": email})


def _join(
    request: HttpRequest, email: str | None, now: datetime, invitation: Invitation | None = None
) -> HttpResponse:
    if email is None or User.objects.filter(email=email).exists():
        return render(request, "doors/over.html", status=404)
    user = User(email=email, language=get_language() or settings.LANGUAGE_CODE)
    form = JoinForm(request.POST or None, user=user)
    if request.method != "POST" or not form.is_valid():
        if form.is_bound:
            move_focus(form, "name", "consent" if [*form.errors] == ["consent"] else "new_password")
        return render(
            request, "doors/join.html", {"form": form, "email": email, "invitation": invitation}
        )
    try:
        people.join(
            user, form.cleaned_data["new_password"], invitation.invited_by if invitation else None
        )
    except people.AddressTakenError:
        return render(request, "doors/over.html", status=404)
    if invitation is not None:
        invitations.accept(invitation, user, now)
    return log_in(request, user)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation; the invited user may accept or decline it."""
    now = timezone.now()
    invitation = invitations.find(token, now)
    if invitation is None:
        return _invitation_over(request, token)
    if not request.user.is_authenticated:
        is_answer = request.method == "POST"
        return (
            redirect_to_login(request.path)
            if is_answer
            else _invitation_page(request, token, invitation)
        )
    if request.user.email != invitation.email:
        return _invitation_page(request, token, invitation, status=403)
    if request.method != "POST":
        watchlist = invitation.watchlist
        cost = takeover(watchlist, request.user, now) if watchlist and invitation.is_offer else None
        return _invitation_page(request, token, invitation, cost=cost)
    if request.POST.get("answer") == "decline":
        invitations.close(invitation, now)
        return _invitation_page(request, token, None, headline=_("Declined"))
    try:
        invitations.accept(invitation, request.user, now)
    except invitations.NotInvitedError:  # Withdrawn since it was read above.
        return _invitation_over(request, token)
    except AllowanceError as error:
        messages.error(request, allowance_in_words(error))
        return redirect(request.path)
    return _to_watchlist(invitation)


def _invitation_over(request: HttpRequest, token: str) -> HttpResponse:
    """Say that the link is over; lead a user who has accepted it to the list."""
    if request.user.is_authenticated and (
        accepted := invitations.find_accepted(token, request.user)
    ):
        return _to_watchlist(accepted)
    return _invitation_page(
        request, token, None, headline=_("This invitation is no longer valid"), status=404
    )


def _to_watchlist(invitation: Invitation) -> HttpResponse:
    if invitation.watchlist_id is None:
        return redirect("monitor:today")
    return redirect("monitor:watchlist", invitation.watchlist_id)


def _invitation_page(
    request: HttpRequest,
    token: str,
    invitation: Invitation | None,
    *,
    status: int = 200,
    **shown: Any,
) -> HttpResponse:
    context = {"invitation": invitation, "token": token, **shown}
    return render(request, "invitation.html", context, status=status)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def leave_mails(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to unsubscribe; a POST does it, or with `again` subscribes again.

    A mail program's POST has neither cookies nor a CSRF token (RFC 8058). The secret in the link
    protects it: no page of another site knows it."""
    left = leaving(token)
    if left is None:
        return _without_referrer(render(request, "doors/left.html", status=404))
    user, lists = left
    translation.activate(user.language)
    is_done = request.method == "POST"
    if is_done and lists:
        want(
            user.mailbox,
            dict.fromkeys((each.pk for each in lists), "again" in request.POST),
            timezone.now(),
        )
    elif is_done:
        user.channels.mail().update(is_paused="again" not in request.POST)
    mailbox = user.channels.prefetch_related("choices").get(kind=ChannelKind.MAIL)
    context = {
        "lists": lists,
        "name": listed([each.name for each in lists]),
        # Mails of any of the link's lists, or of all; and of any list.
        "gets_mail": not all(mailbox.leaves_out(each.pk) for each in lists)
        if lists
        else not mailbox.is_paused,
        "gets_any": not mailbox.is_paused,
        "all_token": token_of(user),
        "is_signed_in": request.user.pk == user.pk,
        "is_done": is_done,
    }
    return _without_referrer(render(request, "doors/leave.html", context))


def _without_referrer(response: HttpResponse) -> HttpResponse:
    """Send no referrer: the address is a secret that no other site may get."""
    response["Referrer-Policy"] = "no-referrer"
    return response
