"""Connects django-allauth, which logs users in, with our users, throttles and pages."""

import secrets
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core import context
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from monitor.models import User
from monitor.people import people
from monitor.people.attempts import remember_device
from monitor.people.proof import proved_within

#: How long after a login no password is asked for again.
LOGIN_COUNTS = timedelta(minutes=5)


class AccountAdapter(DefaultAccountAdapter):
    """Decides where allauth sends users and what it tells them."""

    def is_ajax(self, request: HttpRequest) -> bool:
        """Answer with pages, whatever a request accepts."""
        return False

    def post_login(self, request: HttpRequest, user: User, **login: Any) -> HttpResponse:
        """Answer a login of any way, when nothing more is asked."""
        response: HttpResponse = super().post_login(request, user, **login)
        remember_device(request, response, user.email)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("monitor:login")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask no one who has logged in, in any way, within `LOGIN_COUNTS`."""
        is_required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return is_required and not proved_within(context.request, LOGIN_COUNTS)

    def generate_login_code(self) -> str:
        """Return only the seed of a code, because allauth keeps it in the session. See
        `links.login_code`."""
        return secrets.token_urlsafe(12)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mail a code to log in, by our outbox; an unknown address costs the same work. allauth
        sends nothing else."""
        assert template_prefix in ("account/email/login_code", "account/email/unknown_account"), (
            template_prefix
        )
        people.mail_login_code(
            email, context.get("code") or super().generate_login_code(), timezone.now()
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Do nothing: `monitor.pages.settings.security` writes the mail in the transaction of the
        change."""

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Show only messages in our words; our pages show the rest themselves."""
        if message_template and message_template.endswith("account_connected_other.txt"):
            message = _("Another user has connected this account already.")
        if message:
            messages.add_message(request, level, message, extra_tags=extra_tags)


def log_in(request: HttpRequest, user: User, redirect_url: str | None = None) -> HttpResponse:
    """Log in a user who has entered their password, or chosen one by a link in a mail. A second
    factor is still asked.

    allauth's internal function records that it was a password; its public one, `perform_login`,
    does not."""
    if request.user.is_authenticated:
        auth.logout(request)
    login = Login(user=user, redirect_url=redirect_url)
    response: HttpResponse = perform_password_login(request, {"email": user.email}, login)
    return response
