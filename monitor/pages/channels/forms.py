"""The forms of a channel's address, and that of what is sent to it."""

from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from monitor.delivery.channels import SPECS, browser, webhook
from monitor.delivery.channels.parts import BadTargetError, ChannelTarget
from monitor.models import Channel, Watchlist
from monitor.models.names import refuse_web_addresses
from monitor.pages.shared.fields import Styled, StyledForm


class ChannelAddressForm(StyledForm):
    """An address and its signing secret. `target` is set when the form is valid.

    `made_secret`: the secret is a new one, which the user has to see.
    """

    url = forms.CharField(
        label=_("Webhook address"),
        help_text=_("In the group's settings: add a custom robot and copy its address."),
        max_length=1000,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "url"}),
    )
    secret = forms.CharField(
        label=_("Signing secret"),
        help_text=_("Only if the robot has one. A webhook without one gets one."),
        max_length=500,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "off", "data-password": ""}, render_value=True),
    )

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = kind
        self.target: ChannelTarget | None = None
        self.made_secret = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind = cleaned.get("kind") or self._kind
        if kind in SPECS and "url" in cleaned:
            try:
                self.target = SPECS[kind].read_target(cleaned["url"], cleaned.get("secret", ""))
                if kind == webhook.SPEC.kind and not self.target.secret:
                    self.target, self.made_secret = replace(self.target, secret=webhook.new_secret()), True
            except BadTargetError as error:
                self.add_error("url", str(error.problem))
        return cleaned


class BrowserForm(forms.Form):
    """What a browser answers when the user turns alerts on in it. `target` is set when the form is valid."""

    subscription = forms.CharField(max_length=4000, widget=forms.HiddenInput)
    target: ChannelTarget | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        try:
            self.target = browser.read_target(cleaned.get("subscription", ""), "")
        except BadTargetError as error:
            self.add_error(None, str(error.problem))
        return cleaned


class NewChannelForm(ChannelAddressForm):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[choice for choice in Channel.Kind.choices if choice[0] != Channel.Kind.BROWSER],
        initial=Channel.Kind.FEISHU,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=_("Name"), max_length=60, validators=[refuse_web_addresses])
    field_order = ("kind", "name", "url", "secret")

    def __init__(self, *args: Any, taken: QuerySet[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken = taken

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self._taken.filter(name=name).exists():
            raise forms.ValidationError(_("You have a channel of that name already."))
        return name


class ChannelForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """What is sent to a channel, and when."""

    lists = forms.ModelMultipleChoiceField(
        label=_("Watchlists"), queryset=Watchlist.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Channel
        fields = ("name", "how", "only_urgent", "is_paused")

    def __init__(self, *args: Any, lists: QuerySet[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["lists"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = lists
        left_out = set(self.instance.left_out.values_list("pk", flat=True))
        self.initial["lists"] = [watchlist.pk for watchlist in lists if watchlist.pk not in left_out]

    def left_out(self) -> list[Watchlist]:
        """The lists that are not chosen."""
        chosen = set(self.cleaned_data["lists"])
        return [watchlist for watchlist in self.fields["lists"].queryset if watchlist not in chosen]  # type: ignore[attr-defined]
