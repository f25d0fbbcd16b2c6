"""Codes and passkeys: allauth's forms, in our look, and with limits that no stranger can use up."""

import struct
from datetime import timedelta
from itertools import batched
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from monitor.accounts import attempts, second_factor, sign_ins
from monitor.pages.shared.account_forms import too_often
from monitor.pages.shared.fields import Styled
from monitor.text import formatting

LONGEST_PASSKEY_NAME, MOST_PASSKEYS = 40, 20


def code_field(help_text: Any, **attributes: Any) -> forms.CharField:
    widget = forms.TextInput(
        {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "spellcheck": "false",
            "autofocus": True,
            **attributes,
        }
    )
    return forms.CharField(label=_("Code"), max_length=20, help_text=help_text, widget=widget)


class _CodeForm(Styled, BaseAuthenticateForm):
    """A code of the app, or a recovery code. `wait` is how long the user must wait before another attempt."""

    wait = timedelta()
    code = code_field(_("From your app, or a recovery code."))

    def clean_code(self) -> str:
        attempt = attempts.begin_code(context.request, self.user, timezone.now())
        if attempt.wait:
            self.wait = attempt.wait
            raise too_often(attempt.wait)
        try:
            code = str(super().clean_code())
            if not second_factor.use_code(self.authenticator, code):
                raise get_adapter().validation_error("incorrect_code")
        except ValidationError:
            self.note_failure()
            raise
        attempt.succeeded()
        return code

    def note_failure(self) -> None:
        sign_ins.failed(self.user, "wrong_code")

    def save(self) -> None:
        super().save()
        if self.authenticator.type == Authenticator.Type.RECOVERY_CODES:
            left = second_factor.codes_left(Authenticator.objects.get(pk=self.authenticator.pk))
            second_factor.mail(self.user, "recovery_code_used", timezone.now(), left=left)
            text = ngettext(
                "You used a recovery code; %(left)s is left.", "You used a recovery code; %(left)s are left.", left
            )
            messages.warning(context.request, text % {"left": left})


class SecondFactorForm(_CodeForm, AuthenticateForm):
    """At the login."""

    def note_failure(self) -> None:
        sign_ins.second_step_failed(self.user, "wrong_code")


class ConfirmCodeForm(_CodeForm, ReauthenticateForm):
    """In place of the password, later."""


class CredentialField(forms.JSONField):
    """What the browser answers for a passkey. allauth's own field fails on some answers that are none."""

    def __init__(self, kind: type[RegistrationResponse] | type[AuthenticationResponse]) -> None:
        super().__init__(widget=forms.HiddenInput)
        self._kind = kind

    def to_python(self, value: Any) -> Any:
        answer = super().to_python(value)
        try:
            self._kind.from_dict(answer)
        except (TypeError, ValueError, LookupError, AttributeError, struct.error):
            raise get_adapter().validation_error("incorrect_code") from None
        return answer


class _PasskeyForm(AuthenticateWebAuthnForm):
    """The answer of a passkey. A wrong one is recorded."""

    credential = CredentialField(AuthenticationResponse)

    def clean(self) -> dict[str, Any] | None:
        if self.errors:
            self.note_failure()
        cleaned: dict[str, Any] | None = super().clean()
        return cleaned

    def note_failure(self) -> None:
        sign_ins.failed(self.user, "wrong_passkey")


class PasskeyLoginForm(_PasskeyForm, LoginWebAuthnForm):
    """In place of the password. Who logs in is what the passkey says, so a wrong one is recorded for no account."""


class PasskeyFactorForm(_PasskeyForm):
    """After the password."""

    def note_failure(self) -> None:
        sign_ins.second_step_failed(self.user, "wrong_passkey")


class ConfirmPasskeyForm(_PasskeyForm, ReauthenticateWebAuthnForm):
    """In place of the password, later."""


class NewAppForm(Styled, ActivateTOTPForm):
    """The first code of a new authenticator app."""

    code = code_field("")

    @property
    def secret_in_groups(self) -> str:
        """For people who type it."""
        return " ".join("".join(group) for group in batched(self.secret, 4))


class NewPasskeyForm(Styled, AddWebAuthnForm):
    """A new passkey, with a name by which the user knows it."""

    credential = CredentialField(RegistrationResponse)
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_PASSKEY_NAME,
        required=False,
        help_text=_("For example the name of your phone."),
        widget=forms.TextInput({"autofocus": True}),
    )

    def clean_name(self) -> str:
        return formatting.one_line(str(super().clean_name()), LONGEST_PASSKEY_NAME)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).count() >= MOST_PASSKEYS:
            raise ValidationError(_("You have too many passkeys already."), code="too_many")
        return cleaned
