"""The security of the login: authenticator app, passkeys, recovery codes. allauth's views in our
look."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import (
    DownloadRecoveryCodesView,
    GenerateRecoveryCodesView,
    ViewRecoveryCodesView,
)
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic.edit import FormView

from monitor.models import User
from monitor.pages.settings.forms import NewAppForm, NewPasskeyForm
from monitor.pages.shared.answers import PageRequest, proof_wanted, signed_in
from monitor.people.second_factor import codes_left, tell, use_code
from monitor.people.sessions import end_other_sessions
from monitor.people.visitors import Visitor


def security(user: User) -> dict[str, Any]:
    """Return what the security part of the settings shows. One query."""
    factors = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
    by_type = {factor.type: factor for factor in factors}
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    return {
        "app": by_type.get(Authenticator.Type.TOTP),
        "passkeys": [factor for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "codes": codes,
        "sign_on": settings.OIDC_NAME,
        "connection": SocialAccount.objects.filter(user=user, provider="oidc").first()
        if settings.OIDC_NAME
        else None,
        "codes_left": codes_left(codes) if codes else 0,
    }


class FactorChange(FormView):  # type: ignore[type-arg]
    """A change that is mailed to the user, as `event`. The next page says `done`, or with new
    recovery codes `done_with_codes`."""

    event, done, done_with_codes = "", gettext_lazy("Saved."), gettext_lazy("Saved.")
    did_generate_recovery_codes = False

    def form_valid(self, form: Any) -> HttpResponse:
        assert isinstance(self.request.user, User)
        with transaction.atomic():
            response = super().form_valid(form)
            browser = Visitor.of(self.request).user_agent
            tell(
                self.request.user,
                self.event,
                timezone.now(),
                name=self.name_of(form),
                browser=browser,
            )
        messages.success(
            self.request, self.done_with_codes if self.did_generate_recovery_codes else self.done
        )
        return response

    def name_of(self, form: Any) -> str:
        """Return the name of the passkey, if it is one."""
        return ""


class NewFactor(FactorChange):
    """Logs out the other browsers: they logged in with the password alone, and one may be a
    thief's."""

    def form_valid(self, form: Any) -> HttpResponse:
        assert isinstance(self.request.user, User)
        response = super().form_valid(form)
        end_other_sessions(self.request.user, self.request.session.session_key)
        return response


class NewApp(NewFactor, ActivateTOTPView):
    template_name = "settings/authenticator.html"
    form_class = NewAppForm
    event, done = "totp_activated", gettext_lazy("Authenticator app on.")
    done_with_codes = gettext_lazy("Authenticator app on. Keep these codes.")

    def form_valid(self, form: NewAppForm) -> HttpResponse:
        response = super().form_valid(form)
        app = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        use_code(app, form.cleaned_data["code"])
        return response


class RemoveApp(FactorChange, DeactivateTOTPView):
    template_name = "settings/remove_factor.html"
    event, done = "totp_deactivated", gettext_lazy("Authenticator app removed.")


class NewPasskey(NewFactor, AddWebAuthnView):
    event, done = "webauthn_added", gettext_lazy("Passkey added.")
    done_with_codes = gettext_lazy("Passkey added. Keep these codes.")
    template_name = "settings/passkey.html"
    form_class = NewPasskeyForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask for a passkey that is enough to log in: the device stores it, and knows its owner.

        allauth's own question cannot ask for that without a switch in its form: hence its internal
        function."""
        context = {**super().get_context_data(**kwargs), **kwargs}
        return {
            **context,
            "question": webauthn.begin_registration(self.request.user, passwordless=True),
        }

    def name_of(self, form: NewPasskeyForm) -> str:
        return str(form.cleaned_data["name"])


class RemovePasskey(FactorChange, RemoveWebAuthnView):
    event, done = "webauthn_removed", gettext_lazy("Passkey removed.")
    template_name = "settings/remove_factor.html"
    success_url = reverse_lazy("mfa_index")

    def name_of(self, form: Any) -> str:
        return str(self.object.data["name"])


class NewCodes(FactorChange, GenerateRecoveryCodesView):
    event, done = "recovery_codes_generated", gettext_lazy("New recovery codes created.")
    template_name = "settings/new_codes.html"


@signed_in("GET")
def index(request: PageRequest) -> HttpResponse:
    """Redirect to the part of the settings, where allauth leads after a change."""
    return redirect(reverse("monitor:settings", fragment="security"))


@signed_in("GET", "POST")
def remove_passkey(request: PageRequest, passkey: int) -> HttpResponseBase:
    """Another user's passkey is not found, before a password is asked for."""
    get_object_or_404(
        Authenticator, pk=passkey, user=request.user, type=Authenticator.Type.WEBAUTHN
    )
    return _remove_passkey(request, pk=passkey)


@signed_in("GET", "POST")
def disconnect(request: PageRequest, connection: int) -> HttpResponse:
    """End a connection with a site of single sign-on."""
    account = get_object_or_404(SocialAccount, pk=connection, user=request.user)
    if wanted := proof_wanted(request, then=request.path):
        return wanted
    if request.method != "POST":
        return render(request, "settings/disconnect.html", {"account": account})
    with transaction.atomic():
        account.delete()
        tell(request.user, "account_disconnected", request.now)
    messages.success(request, _("Disconnected."))
    return redirect("mfa_index")


_remove_passkey = RemovePasskey.as_view()
new_app, remove_app, new_passkey, new_codes = (
    signed_in("GET", "POST")(never_cache(view.as_view()))
    for view in (NewApp, RemoveApp, NewPasskey, NewCodes)
)
codes = signed_in("GET")(
    never_cache(ViewRecoveryCodesView.as_view(template_name="settings/codes.html"))
)
codes_as_file = signed_in("GET")(
    never_cache(DownloadRecoveryCodesView.as_view(template_name="settings/codes.txt"))
)
