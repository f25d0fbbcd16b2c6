"""Login, registration, passwords, and what users set for themselves."""

from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from monitor.accounts import attempts, links, people
from monitor.accounts.sign_ins import failed
from monitor.budget import throttle
from monitor.models import User
from monitor.models.names import refuse_web_addresses
from monitor.models.users import ACCOUNT_KEPT, PRIVACY_VERSION
from monitor.pages.shared import time_zones
from monitor.pages.shared.fields import Styled, StyledForm
from monitor.text import formatting


def password_field(autocomplete: str, label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput({"autocomplete": autocomplete, "data-password": ""})
    return forms.CharField(label=label, help_text=help_text, strip=False, widget=widget)


def address_field(label: Any, autocomplete: str) -> forms.EmailField:
    return forms.EmailField(label=label, max_length=254, widget=forms.EmailInput({"autocomplete": autocomplete}))


def move_focus(form: forms.BaseForm, first: str, other: str) -> None:
    """After a failed attempt: from the field `first` to the `other`, unless the error is in the first one."""
    if first not in form.errors:
        del form.fields[first].widget.attrs["autofocus"]
        form.fields[other].widget.attrs["autofocus"] = True


class SignInForm(Styled, AuthenticationForm):
    """The e-mail address is the login. `wait` is how long this visitor must wait before another attempt."""

    wait = timedelta()
    #: The user, if the address and the password are those of a deleted account.
    deleted: User | None = None
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
            raise too_often(attempt.wait)
        self._refuse_deleted(attempt, email, password)
        cleaned = super().clean()
        attempt.succeeded()
        return cleaned

    def _refuse_deleted(self, attempt: attempts.Attempt, email: str, password: str) -> None:
        """Raises `ValidationError` if the address is that of a deleted account. Every address costs one hash."""
        email = User.objects.normalize_email(email)
        user = User.objects.filter(email=email, is_active=False, deleted_at__gt=timezone.now() - ACCOUNT_KEPT).first()
        if user is None:
            return
        if user.check_password(password):
            attempt.succeeded()
            self.deleted = user
            raise ValidationError(_("This account was deleted."), code="deleted")
        failed(user, "wrong_password")
        User.objects.filter(pk=0).first()  # As long as it takes to look for an account that is not deleted.
        raise self.get_invalid_login_error()

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Log in the user, or lead to what is still asked, such as a second factor."""
        user = self.get_user()
        login = Login(user=user, redirect_url=redirect_url)
        response: HttpResponse = perform_password_login(request, {"email": user.email}, login)
        return response


def too_often(wait: timedelta) -> ValidationError:
    """Says how long to wait, rounded up to minutes."""
    minutes = timedelta(minutes=-(-wait // timedelta(minutes=1)))
    return ValidationError(
        _("Too many attempts. Please try again in %(wait)s."),
        code="throttled",
        params={"wait": formatting.duration(minutes)},
    )


class PersonForm(StyledForm):
    """A form about `user`."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class ChosenPasswordForm(PersonForm):
    """A new password. One field is enough: the page can show it, and a mail helps after a typing error."""

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
    """Asks for the password: an open page is not enough to take over the account. Limits guesses."""

    password = password_field("current-password", _("Current password"))

    def clean_password(self) -> str:
        password, user_key = str(self.cleaned_data["password"]), str(self.user.pk)
        if wait := throttle.take(attempts.AT_OWN_PASSWORD, user_key, timezone.now()):
            raise too_often(wait)
        if not self.user.check_password(password):
            failed(self.user, "wrong_password")
            raise ValidationError(_("This is not your current password."), code="password_incorrect")
        throttle.forget(attempts.AT_OWN_PASSWORD, user_key)
        return password


class ConfirmPasswordForm(CurrentPasswordForm):
    """The password once more, before something that concerns the security of the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True


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


class AddressForm(StyledForm):
    """An address that gets a mail."""

    email = address_field(_("E-mail address"), "username")

    def clean_email(self) -> str:
        return User.objects.normalize_email(self.cleaned_data["email"])


class AskForCodeForm(AddressForm):
    """An address that gets a code to log in. `wait` is how long the visitor must wait before another mail."""

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
            raise too_often(wait)
        self._user = User.objects.filter(email=email, is_active=True).first()
        return email


class LoginCodeForm(StyledForm):
    """The code of that mail, made of the seed that allauth passes as `code`; '' without an account."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )

    def __init__(self, *args: Any, code: str, email: str, user: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seed, self._email, self._user = code, email, user

    def clean_code(self) -> str:
        """The session counts attempts, too, but not those of one moment."""
        typed = "".join(filter(str.isdigit, self.cleaned_data["code"]))
        wait = throttle.take(attempts.AT_LOGIN_CODE, self._seed or self._email, timezone.now())
        if wait or not constant_time_compare(typed, links.login_code(self._seed)) or not self._seed:
            failed(self._user, "wrong_code")
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


class ProfileForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """How pages and mails address the user."""

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")
        widgets = {"name": forms.TextInput({"autocomplete": "name"}), "time_zone": forms.Select()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The model accepts every zone; these are the ones that are offered.
        offered = time_zones.choices(timezone.now(), self.instance.time_zone)
        self.fields["time_zone"].widget.choices = offered

    def clean_name(self) -> str:
        return formatting.one_line(str(self.cleaned_data["name"]), 150)
