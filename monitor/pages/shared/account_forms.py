"""Fields and forms that the login and the settings share: passwords, codes and passkeys."""

import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from monitor.models import User
from monitor.pages.shared.fields import StyledForm
from monitor.people import attempts, second_factor, throttle
from monitor.people.sign_ins import failed


def password_field(autocomplete: str, label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput({"autocomplete": autocomplete, "data-password": ""})
    return forms.CharField(label=label, help_text=help_text, strip=False, widget=widget)


def address_field(label: Any, autocomplete: str) -> forms.EmailField:
    return forms.EmailField(
        label=label, max_length=254, widget=forms.EmailInput({"autocomplete": autocomplete})
    )


class PersonForm(StyledForm):
    """A form about `user`."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class ChosenPasswordForm(PersonForm):
    """A new password. One field is enough: the page can show it, and a mail helps after a typing
    error."""

    new_password = password_field(
        "new-password",
        _("New password"),
        _("At least 8 characters, hard to guess."),
    )

    def clean_new_password(self) -> str:
        password = str(self.cleaned_data["new_password"])
        password_validation.validate_password(password, self.user)
        return password


class CurrentPasswordForm(PersonForm):
    """Asks for the password: an open page is not enough to take over the account. Limits
    guesses."""

    password = password_field("current-password", _("Current password"))

    def clean_password(self) -> str:
        password, user_key = str(self.cleaned_data["password"]), str(self.user.pk)
        if wait := throttle.take(attempts.AT_OWN_PASSWORD, user_key, timezone.now()):
            raise ValidationError(throttle.wait_in_words(wait))
        if not self.user.check_password(password):
            failed(self.user, "wrong_password")
            raise ValidationError(
                _("This is not your current password."), code="password_incorrect"
            )
        throttle.forget(attempts.AT_OWN_PASSWORD, user_key)
        return password


def code_field(help_text: Any = "") -> forms.CharField:
    attributes = {
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "spellcheck": "false",
        "autofocus": True,
    }
    widget = forms.TextInput(attributes)
    return forms.CharField(label=_("Code"), max_length=20, help_text=help_text, widget=widget)


class CredentialField(forms.JSONField):
    """What the browser answers for a passkey, on a page of this site and no other.

    allauth's own field fails on some answers that are none, and takes those of subdomains and other
    ports."""

    def __init__(self, kind: type[RegistrationResponse] | type[AuthenticationResponse]) -> None:
        super().__init__(widget=forms.HiddenInput)
        self._kind = kind

    def to_python(self, value: Any) -> Any:
        try:
            answer = super().to_python(value)
            origin = self._kind.from_dict(answer).response.client_data.origin
        except (TypeError, ValueError, LookupError, AttributeError, RecursionError, struct.error):
            origin = ""
        if origin != second_factor.site_origin():
            raise get_adapter().validation_error("incorrect_code")
        return answer

    def bound_data(self, data: Any, initial: Any) -> None:
        """Show no refused answer again: the browser asks the passkey anew."""
