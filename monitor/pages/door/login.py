"""The login, in steps, and what asks later who the user is: allauth's views with our forms,
throttles and pages."""

from datetime import timedelta
from typing import Any

from allauth.account.views import (
    ConfirmLoginCodeView,
    LoginView,
    ReauthenticateView,
    RequestLoginCodeView,
)
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from monitor.models import User
from monitor.pages.door.forms import (
    AskForCodeForm,
    ConfirmCodeForm,
    ConfirmPasskeyForm,
    ConfirmPasswordForm,
    LoginCodeForm,
    PasskeyFactorForm,
    PasskeyLoginForm,
    SecondFactorForm,
    SignInForm,
    move_focus,
)
from monitor.pages.shared.answers import signed_in
from monitor.people import throttle
from monitor.people.visitors import Visitor

#: Each question to a passkey is kept in a session until it is answered.
PASSKEY_QUESTIONS = throttle.Limit("passkey-questions", burst=60, every=timedelta(seconds=10))
only_get_and_post = require_http_methods(["GET", "HEAD", "POST"])


class Throttled:
    """A view whose form may have found that the visitor must wait: then its answer has a status of
    its own."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc] # Of the view beside this class.
        if wait := getattr(form, "wait", timedelta()):
            response.status_code = 429
            response["Retry-After"] = throttle.retry_after(wait)
        return response


class PasswordLogin(Throttled, LoginView):
    """The first step. An attempt that was one too many has its own status."""

    template_name = "login.html"
    form_class = SignInForm
    extra_context = {"registration": settings.REGISTRATION, "sign_on": lambda: settings.OIDC_NAME}

    def form_valid(self, form: SignInForm) -> HttpResponse:
        if self.request.GET.get("ended") == "undone":
            text = _("Your session had ended: your last action was not done. Please repeat it.")
            messages.warning(self.request, text)
        response: HttpResponse = super().form_valid(form)
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        move_focus(form, "username", "password")
        return super().form_invalid(form)

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        """Begin anew: a second step that the user has left must not hide the first one."""


class SecondFactor(Throttled, AuthenticateView):
    """The second step, for users who have switched it on: a code or a passkey."""

    template_name = "doors/second_factor.html"
    form_class = SecondFactorForm
    webauthn_form_class = PasskeyFactorForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        factors = Authenticator.objects.filter(user=self.stage.login.user).values_list(
            "type", flat=True
        )
        return {**super().get_context_data(**kwargs), "factors": set(factors)}


class AskForCode(Throttled, RequestLoginCodeView):
    """A login without the password: ask for a code by mail."""

    template_name = "doors/ask_for_code.html"
    form_class = AskForCodeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "network": Visitor.of(self.request).network}

    _redirect_to_pending_stage = PasswordLogin._redirect_to_pending_stage


class EnterCode(ConfirmLoginCodeView):
    """The page after it, the same whether or not the address has an account."""

    template_name = "doors/enter_code.html"
    form_class = LoginCodeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        if self._process.user is None:
            User.objects.filter(
                pk=0
            ).first()  # As long as it took to read the user of a known address.
        return {
            **super().get_form_kwargs(),
            "email": self._process.state["email"],
            "user": self._process.user,
        }

    def form_invalid(self, form: LoginCodeForm) -> HttpResponse:
        if self._process.record_invalid_attempt():
            return render(self.request, self.template_name, self.get_context_data(form=form))
        return redirect(reverse("account_request_login_code", query={"over": "1"}))


class PasskeyLogin(LoginWebAuthnView):
    """A login by a passkey alone: the device has asked for a finger, a face or a PIN.

    A POST without a passkey gets the question that the browser passes on to it. allauth asks only
    in answer to a GET: hence its internal function."""

    form_class = PasskeyLoginForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("monitor:login")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("credential"):
            response: HttpResponse = super().post(request, *args, **kwargs)
            return response
        if wait := throttle.take(PASSKEY_QUESTIONS, Visitor.of(request).network, timezone.now()):
            raise throttle.TooOftenError(wait)
        return JsonResponse(webauthn.begin_authentication(user=None))

    def form_invalid(self, form: Any) -> HttpResponse:
        return redirect(reverse("monitor:login", query={"passkey": "unknown"}))


class ConfirmByPasskey(ReauthenticateWebAuthnView):
    template_name = "doors/confirm_passkey.html"
    form_class = ConfirmPasskeyForm

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **kwargs}


login = only_get_and_post(PasswordLogin.as_view())
second_factor = only_get_and_post(sensitive_post_parameters("code")(SecondFactor.as_view()))
ask_for_code = never_cache(only_get_and_post(AskForCode.as_view()))
enter_code = only_get_and_post(sensitive_post_parameters("code")(EnterCode.as_view()))
passkey_login = never_cache(only_get_and_post(PasskeyLogin.as_view()))
confirm_password, confirm_code, confirm_passkey = (
    signed_in("GET", "POST")(never_cache(sensitive_post_parameters("password", "code")(view)))
    for view in (
        ReauthenticateView.as_view(
            template_name="doors/confirm.html", form_class=ConfirmPasswordForm
        ),
        ReauthenticateByCodeView.as_view(
            template_name="doors/confirm.html", form_class=ConfirmCodeForm
        ),
        ConfirmByPasskey.as_view(),
    )
)
