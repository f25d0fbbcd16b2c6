"""What users change in the settings: profile, password, address, second factors, and the end of the
account."""

from itertools import batched
from typing import Any

from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import RegistrationResponse

from monitor.models import User
from monitor.pages.settings import time_zones
from monitor.pages.shared.account_forms import (
    ChosenPasswordForm,
    CredentialField,
    CurrentPasswordForm,
    address_field,
    code_field,
)
from monitor.pages.shared.fields import Styled
from monitor.text import formatting

LONGEST_PASSKEY_NAME = 40


class ProfileForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """How pages and mails address the user."""

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")
        widgets = {"name": forms.TextInput({"autocomplete": "name"}), "time_zone": forms.Select()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The model accepts every zone; these are the ones that are offered.
        offered = time_zones.choices(self.instance.time_zone)
        self.fields["time_zone"].widget.choices = offered

    def clean_name(self) -> str:
        return formatting.one_line(str(self.cleaned_data["name"]), 150)


class NewPasswordForm(CurrentPasswordForm, ChosenPasswordForm):
    """The current password and a new one."""

    field_order = ("password", "new_password")


class NewAddressForm(CurrentPasswordForm):
    """Another e-mail address. It counts once the link in its mail was opened."""

    email = address_field(_("New e-mail address"), "email")
    field_order = ("email", "password")

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.user.email:
            raise ValidationError(_("This is your address already."), code="same")
        return email


class DeleteAccountForm(CurrentPasswordForm):
    """The password, unless they log in another way, and have just done so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.user.has_usable_password():
            del self.fields["password"]
        elif self.is_bound:
            self.fields["password"].widget.attrs["autofocus"] = True


class NewAppForm(Styled, ActivateTOTPForm):
    """The first code of a new authenticator app."""

    code = code_field()

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
