"""Single sign-on by OpenID Connect, by allauth's provider. Off until configured: `OIDC_ISSUER`.

A connection leads to one account: that whose address is the one that the other site has verified,
or the one whose user made it in the settings. It replaces the password, not the second factor."""

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from monitor.models import User
from monitor.people import links
from monitor.people.second_factor import tell

logger = logging.getLogger(__name__)


class SignOnAdapter(DefaultSocialAccountAdapter):
    """Decides which account a visitor of the other site has."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Log in to an account, unless a user connects the one that they have logged in to.

        allauth's own search by address is off: it takes users' passwords away."""
        account = sociallogin.account
        # All else that the other site tells is not needed.
        account.extra_data = {}
        if account.pk:
            account.save(update_fields=["extra_data"])
        if sociallogin.is_existing or sociallogin.state.get("process") == "connect":
            return
        # Some sites tell "false", which is a text.
        verified = [
            address.email.lower()
            for address in sociallogin.email_addresses
            if address.verified is True
        ]
        user = User.objects.filter(email__in=verified, is_active=True).first()
        if user is None:
            raise ImmediateHttpResponse(_no_account(request, verified[0] if verified else ""))
        sociallogin.connect(request, user)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        raise ImmediateHttpResponse(site_down(request, f"{error} {type(exception).__name__}"))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Refuse: new accounts are made by our registration."""
        return False

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return reverse("mfa_index")

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: Any, **kwargs: Any
    ) -> None:
        tell(user, template_prefix.rpartition("/")[2], timezone.now())


def site_down(request: HttpRequest, reason: str) -> HttpResponse:
    """Say that the other site did not tell who the visitor is; `reason` is for the log."""
    logger.warning("Single sign-on failed: %s", reason)
    return render(request, "doors/site_down.html", {"site": settings.OIDC_NAME}, status=502)


def _no_account(request: HttpRequest, email: str) -> HttpResponse:
    """Answer a visitor without an account. `email` is the verified address, or ''."""
    if email and settings.REGISTRATION == "open":
        return redirect(reverse("monitor:register", query={"address": links.join_token(email)}))
    context = {"site": settings.OIDC_NAME, "email": email}
    return render(request, "doors/no_account.html", context, status=403)
