"""Making an account, and getting back into one: the pages for whoever is not signed in."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from monitor.accounts import links, people
from monitor.accounts.attempts import remember_device
from monitor.accounts.visitors import Visitor
from monitor.models import Invitation, User
from monitor.pages.shared.account_forms import AddressForm, ChosenPasswordForm, JoinForm, too_often
from monitor.watchlists import invitations


def at_the_door[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """What these pages share: they hold secrets, and are for whoever is not signed in."""

    @never_cache
    @sensitive_post_parameters()
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, *args, **kwargs)

    return answer


@at_the_door
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password."""
    return _ask(request, "doors/forgotten.html", people.ask_for_reset)


@at_the_door
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind that link. Whoever has chosen a password here is signed in: the link was as good as one."""
    user = links.user_of_reset(token)
    if user is None:
        return render(request, "doors/over.html", {"again": "monitor:forgotten"}, status=404)
    form = ChosenPasswordForm(request.POST or None, user=user)
    if request.method != "POST" or not form.is_valid():
        return render(request, "doors/reset.html", {"form": form, "email": user.email})
    people.change_password(user, form.cleaned_data["new_password"], timezone.now())
    return _welcome(request, user, redirect("monitor:today"))


@at_the_door
def register(request: HttpRequest) -> HttpResponse:
    """Make an account: by an invitation's link or, where that is allowed, by the link that an address was sent."""
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


def _ask(request: HttpRequest, template: str, ask: Callable[[str, str, datetime], Any]) -> HttpResponse:
    """A form for an address, to which a mail then goes. The answer never tells whether it has an account."""
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, template, {"form": form})
    email = form.cleaned_data["email"]
    if wait := ask(email, Visitor.of(request).network, timezone.now()):
        form.add_error(None, too_often(wait))
        return render(request, template, {"form": form}, status=429)
    return render(request, "doors/sent.html", {"email": email})


def _join(request: HttpRequest, email: str | None, now: datetime, invitation: Invitation | None = None) -> HttpResponse:
    if email is None or User.objects.filter(email=email).exists():
        return render(request, "doors/over.html", {"log_in": True}, status=404)
    user = User(email=email, language=get_language() or settings.LANGUAGE_CODE)
    form = JoinForm(request.POST or None, user=user)
    if request.method != "POST" or not form.is_valid():
        if form.is_bound:
            form.focus_what_failed()
        return render(request, "doors/join.html", {"form": form, "email": email, "invitation": invitation})
    try:
        people.join(user, form.cleaned_data["new_password"])
    except people.AddressTakenError:
        return render(request, "doors/over.html", {"log_in": True}, status=404)
    if invitation is not None:
        invitations.accept(invitation, user, now)
    return _welcome(request, user, redirect("monitor:today"))


def _welcome(request: HttpRequest, user: User, response: HttpResponse) -> HttpResponse:
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    remember_device(request, response, user.email)
    return response
