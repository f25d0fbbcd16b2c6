"""The form of a channel's address, and that of what is sent to it."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.accounts import channels as writes
from monitor.budget import throttle
from monitor.delivery import channel_outbox
from monitor.delivery.channels import SPECS, webhook
from monitor.delivery.channels.parts import BadTargetError, ChannelTarget, SendOutcome
from monitor.models import Channel, User, Watchlist
from monitor.models.names import refuse_web_addresses
from monitor.pages.shared.account_forms import too_often
from monitor.pages.shared.fields import Styled, StyledForm

#: Test messages of one person.
TESTS = throttle.Limit("channel-tests", burst=10, every=timedelta(minutes=6))
#: Characters of an address that are shown.
_ENDING = 4
_NAME_TAKEN = _("You have a channel of that name already.")


def ending_of(target: ChannelTarget) -> str:
    return f"…{target.url.removesuffix('.send')[-_ENDING:]}"


class ChannelAddressForm(StyledForm):
    """An address and its signing secret. `target` is set when the form is valid.

    `made_secret`: the secret is a new one, which the user has to see.
    """

    url = forms.CharField(
        label=_("Address or key"),
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
        if kind in SPECS:
            self.fields["url"].help_text = str(SPECS[kind].where)
            if not SPECS[kind].is_signed:
                del self.fields["secret"]
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

    def arrives(self, kind: str, user: User, now: datetime) -> bool:
        """Send a test message. If it does not arrive, the form says what the platform answered, and what to do."""
        assert self.target is not None
        if wait := throttle.take(TESTS, str(user.pk), now):
            self.add_error(None, too_often(wait))
            return False
        verdict = channel_outbox.try_out(kind, self.target, user, now)
        if verdict.outcome is SendOutcome.SENT:
            return True
        self.add_error(None, _("The test message did not arrive: %(answer)s") % {"answer": gettext(verdict.answer)})
        if verdict.advice:
            self.add_error(None, str(verdict.advice))
        return False


class NewChannelForm(ChannelAddressForm):
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Channel.Kind.choices, initial=Channel.Kind.FEISHU, widget=forms.RadioSelect
    )
    name = forms.CharField(label=_("Name"), max_length=60, validators=[refuse_web_addresses])
    field_order = ("kind", "name", "url", "secret")

    def __init__(self, *args: Any, taken: QuerySet[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken = taken

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self._taken.filter(name=name).exists():
            raise forms.ValidationError(_NAME_TAKEN)
        return name

    def add(self, user: User, now: datetime) -> Channel | None:
        """Save the channel of a valid form if a test message arrives; None, with an error, if not."""
        kind, name = self.cleaned_data["kind"], self.cleaned_data["name"]
        if not self.arrives(kind, user, now):
            return None
        assert self.target is not None
        try:
            return writes.add(user, kind, name, asdict(self.target), ending_of(self.target), now)
        except writes.ChannelNameTakenError:
            self.add_error("name", _NAME_TAKEN)
        except writes.TooManyChannelsError:
            self.add_error(None, _("You have %(count)d channels: remove one first.") % {"count": writes.MOST_CHANNELS})
        return None


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

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.instance.owner.channels.exclude(pk=self.instance.pk).filter(name=name).exists():
            raise forms.ValidationError(_NAME_TAKEN)
        return name

    def left_out(self) -> list[Watchlist]:
        """The lists that are not chosen."""
        chosen = set(self.cleaned_data["lists"])
        return [watchlist for watchlist in self.fields["lists"].queryset if watchlist not in chosen]  # type: ignore[attr-defined]
