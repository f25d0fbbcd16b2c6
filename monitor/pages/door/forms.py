"""What the login asks: address, password, code and passkey, and what a new account needs.

Allauth's forms of codes and passkeys are in our look, with limits that no stranger can use up.
"""

from datetime import timedelta
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from fido2.webauthn import AuthenticationResponse

from monitor.models import User
from monitor.models.names import refuse_web_addresses
from monitor.models.users import PRIVACY_VERSION
from monitor.pages.shared.account_forms import (
    ChosenPasswordForm,
    CredentialField,
    CurrentPasswordForm,
    address_field,
    code_field,
)
from monitor.pages.shared.fields import Styled, StyledForm
from monitor.people import attempts, links, people, second_factor, sign_ins, throttle
from monitor.people.library import log_in
from monitor.text import formatting


def move_focus(form: forms.BaseForm, first: str, other: str) -> None:
    """Move the focus after a failed attempt from the field `first` to `other`, unless the error is
    in the first one."""
    if first not in form.errors:
        del form.fields[first].widget.attrs["autofocus"]
        form.fields[other].widget.attrs["autofocus"] = True


class SignInForm(Styled, AuthenticationForm):
    """The e-mail address is the login. `wait` is how long this visitor must wait before another
    attempt."""

    wait = timedelta()
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("Wrong e-mail address or password."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {"class": "form-control", "autocomplete": "username", "autofocus": True}
        self.fields["username"].widget = forms.EmailInput(attributes)
        self.fields["password"].widget.attrs["data-password"] = ""

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not email or not password:
            return self.cleaned_data
        assert self.request is not None
        attempt = attempts.begin(self.request, email, timezone.now())
        if attempt.wait:
            self.wait = attempt.wait
            raise ValidationError(
                [throttle.wait_in_words(attempt.wait), _("A mailed code logs you in immediately.")]
            )
        cleaned = super().clean()
        attempt.succeeded()
        return cleaned

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Log in the user, or lead to what is still asked, such as a second factor."""
        return log_in(request, self.get_user(), redirect_url)


class AddressForm(StyledForm):
    """An address that gets a mail."""

    email = address_field(_("E-mail address"), "username")

    def clean_email(self) -> str:
        return User.objects.normalize_email(self.cleaned_data["email"])


class AskForCodeForm(AddressForm):
    """An address that gets a code to log in. `wait` is how long the visitor must wait before
    another mail."""

    wait = timedelta()
    _user: User | None = None  # allauth reads it.

    def __init__(self, *args: Any, network: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autofocus"] = True
        self._network = network

    def clean_email(self) -> str:
        email, now = super().clean_email(), timezone.now()
        if wait := people.take_mail(email, self._network, now):
            self.wait = wait
            raise ValidationError(throttle.wait_in_words(wait))
        self._user = User.objects.filter(email=email, is_active=True).first()
        return email


class LoginCodeForm(StyledForm):
    """The code of that mail, made of the seed that allauth passes as `code`; '' without an
    account."""

    code = code_field()

    def __init__(self, *args: Any, code: str, email: str, user: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seed, self._email, self._user = code, email, user

    def clean_code(self) -> str:
        """Check the code. The session counts attempts, too, but not simultaneous ones."""
        typed = "".join(filter(str.isdigit, self.cleaned_data["code"]))
        wait = throttle.take(attempts.AT_LOGIN_CODE, self._seed or self._email, timezone.now())
        if wait or not constant_time_compare(typed, links.login_code(self._seed)) or not self._seed:
            sign_ins.failed(self._user, "wrong_code")
            raise ValidationError(_("This code is wrong."), code="wrong")
        return typed


class JoinForm(ChosenPasswordForm):
    """A name and a password for an address that is confirmed already."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        required=False,
        validators=[refuse_web_addresses],
        widget=forms.TextInput({"autocomplete": "name", "autofocus": True}),
    )
    consent = forms.BooleanField(
        label=_("I have read and agree to"),
        error_messages={"required": _("Without your consent there can be no account.")},
    )
    field_order = ("name", "new_password", "consent")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].label = _("Password")

    def clean_name(self) -> str:
        self.user.name = formatting.one_line(str(self.cleaned_data["name"]), 150)
        return self.user.name

    def clean_consent(self) -> bool:
        self.user.consent_version, self.user.consent_at = PRIVACY_VERSION, timezone.now()
        return True


class ConfirmPasswordForm(CurrentPasswordForm):
    """The password once more, before something that concerns the security of the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True


class _CodeForm(Styled, BaseAuthenticateForm):
    """A code of the app, or a recovery code. `wait` is how long the user must wait before another
    attempt."""

    wait = timedelta()
    code = code_field(_("From your app, or a recovery code."))

    def clean_code(self) -> str:
        attempt = attempts.begin_code(context.request, self.user, timezone.now())
        if attempt.wait:
            self.wait = attempt.wait
            raise ValidationError(throttle.wait_in_words(attempt.wait))
        try:
            code = str(super().clean_code())
            if not second_factor.use_code(self.authenticator, code):
                raise get_adapter().validation_error("incorrect_code")
        except ValidationError:
            sign_ins.failed(self.user, "wrong_code")
            raise
        attempt.succeeded()
        return code

    def save(self) -> None:
        super().save()
        if self.authenticator.type == Authenticator.Type.RECOVERY_CODES:
            left = second_factor.codes_left(Authenticator.objects.get(pk=self.authenticator.pk))
            second_factor.mail(self.user, "recovery_code_used", timezone.now(), left=left)
            text = ngettext(
                "You used a recovery code; %(left)s is left.",
                "You used a recovery code; %(left)s are left.",
                left,
            )
            messages.warning(context.request, text % {"left": left})


class SecondFactorForm(_CodeForm, AuthenticateForm):
    """The code that the login asks for after the password."""


class ConfirmCodeForm(_CodeForm, ReauthenticateForm):
    """Confirms in place of the password, some time after the login."""


class PasskeyFactorForm(AuthenticateWebAuthnForm):
    """The passkey that the login asks for after the password. A wrong one is recorded."""

    credential = CredentialField(AuthenticationResponse)

    def clean(self) -> dict[str, Any] | None:
        if self.errors:
            sign_ins.failed(self.user, "wrong_passkey")
        cleaned: dict[str, Any] | None = super().clean()
        return cleaned


class PasskeyLoginForm(PasskeyFactorForm, LoginWebAuthnForm):
    """In place of the password. Who logs in is what the passkey says, so a wrong one is recorded
    for no account."""


class ConfirmPasskeyForm(PasskeyFactorForm, ReauthenticateWebAuthnForm):
    """Confirms in place of the password, some time after the login."""
