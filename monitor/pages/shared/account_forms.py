"""Signing in, joining, passwords, and what a person sets for himself."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.accounts import attempts
from monitor.budget import throttle
from monitor.models import User
from monitor.models.names import refuse_web_addresses
from monitor.pages.shared import time_zones
from monitor.pages.shared.fields import styled
from monitor.text import formatting


def password_field(autocomplete: str, label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        strip=False,
        widget=styled(forms.PasswordInput, autocomplete=autocomplete, **{"data-password": ""}),
    )


def address_field(label: Any, autocomplete: str) -> forms.EmailField:
    return forms.EmailField(
        label=label, max_length=254, widget=styled(forms.EmailInput, autocomplete=autocomplete, maxlength=254)
    )


def focus_unless_failed(form: forms.BaseForm, first: str, other: str) -> None:
    """Move the focus from the field `first`, unless something is wrong with it, to the `other`."""
    if first not in form.errors:
        del form.fields[first].widget.attrs["autofocus"]
        form.fields[other].widget.attrs["autofocus"] = True


class SignInForm(AuthenticationForm):
    """The e-mail address is the login. `wait` says for how long this visitor may not try this account again."""

    wait = timedelta()
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("The e-mail address or the password is wrong. Capitals matter in the password only."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget = styled(forms.EmailInput, autocomplete="username", autofocus=True)
        self.fields["password"].widget.attrs.update({"class": "form-control", "data-password": ""})

    def focus_what_failed(self) -> None:
        """An address that can be read stays; what is typed again is the password."""
        focus_unless_failed(self, "username", "password")

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not email or not password:
            return self.cleaned_data
        assert self.request is not None
        attempt = attempts.begin(self.request, email, timezone.now())
        if attempt.wait:
            self.wait = attempt.wait
            raise too_often(attempt.wait)
        cleaned = super().clean()
        attempt.succeeded()
        return cleaned


def too_often(wait: timedelta) -> ValidationError:
    """What to tell somebody who has to wait, to the full minute."""
    minutes = timedelta(minutes=-(-wait // timedelta(minutes=1)))
    return ValidationError(
        _("Too many attempts. Please try again in %(wait)s."),
        code="throttled",
        params={"wait": formatting.duration(minutes)},
    )


class PersonForm(forms.Form):
    """A form about `user`."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class ChosenPasswordForm(PersonForm):
    """A new password. One field: it can be shown, and a mail helps whoever mistyped."""

    new_password = password_field(
        "new-password",
        _("New password"),
        _("At least 8 characters, and not only digits. No common password, and nothing like your name or address."),
    )

    def clean_new_password(self) -> str:
        password = str(self.cleaned_data["new_password"])
        password_validation.validate_password(password, self.user)
        return password


class CurrentPasswordForm(PersonForm):
    """Whoever finds an open page cannot take the account over without the password, nor guess it for long."""

    password = password_field("current-password", _("Current password"))

    def clean_password(self) -> str:
        password, whose = str(self.cleaned_data["password"]), str(self.user.pk)
        if wait := throttle.take(attempts.AT_OWN_PASSWORD, whose, timezone.now()):
            raise too_often(wait)
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your current password."), code="password_incorrect")
        throttle.forget(attempts.AT_OWN_PASSWORD, whose)
        return password


class NewPasswordForm(CurrentPasswordForm, ChosenPasswordForm):
    """The current password and a new one."""

    field_order = ("password", "new_password")


class NewAddressForm(CurrentPasswordForm):
    """Another e-mail address, which counts once its mail has been answered."""

    email = address_field(_("New e-mail address"), "email")
    field_order = ("email", "password")

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.user.email:
            raise ValidationError(_("This is your address already."), code="same")
        return email


class AddressForm(forms.Form):
    """An address to which a mail shall go."""

    email = address_field(_("E-mail address"), "username")

    def clean_email(self) -> str:
        return User.objects.normalize_email(self.cleaned_data["email"])


class JoinForm(ChosenPasswordForm):
    """A name and a password for an address that is confirmed already."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        required=False,
        validators=[refuse_web_addresses],
        widget=styled(forms.TextInput, autocomplete="name", maxlength=150, autofocus=True),
    )
    field_order = ("name", "new_password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].label = _("Password")

    def focus_what_failed(self) -> None:
        """A name that can be kept stays."""
        focus_unless_failed(self, "name", "new_password")

    def clean_name(self) -> str:
        self.user.name = formatting.one_line(str(self.cleaned_data["name"]), 150)
        return self.user.name


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """How pages and mails speak to somebody."""

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")
        widgets = {
            "name": styled(forms.TextInput, autocomplete="name", maxlength=150),
            "language": styled(forms.Select, "form-select"),
            "time_zone": styled(forms.Select, "form-select"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The model says what is a zone; these are those that are offered.
        offered = time_zones.choices(timezone.now(), self.instance.time_zone)
        self.fields["time_zone"].widget.choices = offered

    def clean_name(self) -> str:
        return formatting.one_line(str(self.cleaned_data["name"]), 150)
