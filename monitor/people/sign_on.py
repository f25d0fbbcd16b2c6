"""Single sign-on: other sites that tell who a visitor is. Off until configured:
`SOCIALACCOUNT_PROVIDERS`.

A connection leads to one account: that whose address is the one that the other site has verified,
or the one whose user made it in the settings. It replaces the password, not the second factor."""

import logging
from dataclasses import dataclass
from typing import Any

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext

from monitor.models import User
from monitor.people.second_factor import tell
from monitor.provider.http import Adapter

logger = logging.getLogger(__name__)
MOST_BYTES = 1024 * 1024


class SignOnFailedError(Exception):
    """The other site did not tell who the visitor is."""


class NoAccountError(Exception):
    """There is no account for the visitor. `email` is the verified address, or ''."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email


@dataclass(frozen=True, slots=True)
class Site:
    """A configured site; `provider` is allauth's name, `key` that of its rows."""

    provider: str
    key: str
    name: str
    url: str


def sites() -> list[Site]:
    """Return the configured sites, by name as users know them."""
    names = {
        "feishu": pgettext("site", "Feishu"),
        "dingtalk": pgettext("site", "DingTalk"),
        "weixin": pgettext("site", "WeChat"),
    }
    configured_sites = []
    for provider, configured in settings.SOCIALACCOUNT_PROVIDERS.items():
        app = configured["APPS"][0]
        is_oidc = provider == "openid_connect"
        url = reverse(
            f"{provider}_login", kwargs={"provider_id": app["provider_id"]} if is_oidc else None
        )
        key = app["provider_id"] if is_oidc else provider
        configured_sites.append(Site(provider, key, app.get("name") or names[provider], url))
    return configured_sites


class SignOnAdapter(DefaultSocialAccountAdapter):
    """Decides which account a visitor of another site has."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Raise `NoAccountError`, unless a user connects the account that they have logged in
        to. allauth's state and PKCE bind the answer to this browser.

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
            raise NoAccountError(verified[0] if verified else "")
        sociallogin.connect(request, user)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        logger.warning(
            "Single sign-on by %s failed: %s %s", provider.sub_id, error, type(exception).__name__
        )
        raise SignOnFailedError

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Refuse: new accounts are made by our registration."""
        return False

    def get_requests_session(self) -> requests.Session:
        """Return allauth's session, with limits of time and size."""
        session: requests.Session = super().get_requests_session()
        session.mount("https://", Adapter(most_bytes=MOST_BYTES))
        session.mount("http://", Adapter(most_bytes=MOST_BYTES))
        return session

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return reverse("mfa_index")

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: Any, **kwargs: Any
    ) -> None:
        tell(user, template_prefix.rpartition("/")[2], timezone.now())
