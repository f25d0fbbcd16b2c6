"""The forms of a channel's address, and that of what is sent to it."""

from dataclasses import asdict
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
from monitor.sealing import SealError
from monitor.text.formatting import space

#: Test messages of one person.
TESTS = throttle.Limit("channel-tests", burst=5, every=timedelta(minutes=6))
_NAME_TAKEN = _("You have a channel of that name already.")


class TargetForm(StyledForm):
    """Where messages go. `target` is set when the form is valid."""

    target: ChannelTarget | None = None

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

    def add(self, kind: str, name: str, user: User, now: datetime) -> Channel | None:
        """Save the channel of a valid form if a test message arrives; None, with an error, if not."""
        if user.channels.count() >= writes.MOST_CHANNELS:
            self.add_error(None, _too_many())
            return None
        if user.channels.filter(name=name).exists():
            self.add_error("name", _NAME_TAKEN)
            return None
        if not self.arrives(kind, user, now):
            return None
        assert self.target is not None
        try:
            return writes.add(user, kind, name, asdict(self.target), SPECS[kind].ending(self.target), now)
        except writes.ChannelNameTakenError:
            self.add_error("name", _NAME_TAKEN)
        except writes.TooManyChannelsError:
            self.add_error(None, _too_many())
        return None


class ChannelAddressForm(TargetForm):
    """An address and its signing secret. A `stored` channel keeps them if no address is entered.

    `made_secret` is one that the user has to give to the program before the test.
    """

    url = forms.CharField(
        label=_("Address or key"),
        max_length=1000,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "url"}),
    )
    secret = forms.CharField(
        label=_("Signing secret"),
        help_text=_("Only if the robot has one. For a webhook you may leave it blank to get one."),
        max_length=500,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "off", "data-password": ""}, render_value=True),
    )

    def __init__(self, *args: Any, stored: Channel | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored, self.made_secret = stored, ""
        if stored is not None:
            self.fields["url"].required = False
            self.fields["url"].help_text = f"{SPECS[stored.kind].where}{space()}{_('Blank: as it was.')}"
            if not SPECS[stored.kind].is_signed:
                del self.fields["secret"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind = cleaned.get("kind") or (self._stored.kind if self._stored else "")
        if kind not in SPECS or "url" not in cleaned:
            return cleaned
        try:
            url, secret = cleaned["url"], cleaned.get("secret", "")
            if not url and self._stored is not None:
                old = self._stored.target
                url, secret = old["url"], secret or old["secret"]
            self.target = SPECS[kind].read_target(url, secret)
        except BadTargetError as error:
            self.add_error(error.field, str(error.problem))
        except SealError:
            self.add_error("url", _("The old address cannot be read any more: enter it again."))
        else:
            if kind == webhook.SPEC.kind and not secret:
                self._make_secret()
        return cleaned

    def _make_secret(self) -> None:
        """The receiver has to know the secret before the test message comes."""
        self.made_secret = webhook.new_secret()
        self.fields["secret"].help_text = ""
        # Each field has one value.
        self.data = {name: self.data[name] for name in self.data} | {"secret": self.made_secret}
        self.add_error("secret", _("Give this signing secret to your program, then send the test:"))


class NewChannelForm(ChannelAddressForm):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(kind, label) for kind, label in Channel.Kind.choices if SPECS[kind].example],
        initial=Channel.Kind.FEISHU,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=_("Name"), max_length=60, validators=[refuse_web_addresses])
    field_order = ("kind", "url", "secret", "name")


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
        self.fields["name"].validators.append(refuse_web_addresses)
        field = self.fields["lists"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = lists
        left_out = set(self.instance.left_out.values_list("pk", flat=True))
        self.initial["lists"] = [watchlist.pk for watchlist in lists if watchlist.pk not in left_out]

    def change(self, now: datetime) -> bool:
        """Save a valid form; False, with an error, if the name is taken."""
        try:
            writes.change(self.save(commit=False), self._left_out(), now)
        except writes.ChannelNameTakenError:
            self.add_error("name", _NAME_TAKEN)
            return False
        return True

    def _left_out(self) -> list[Watchlist]:
        """The lists that are not chosen."""
        chosen = set(self.cleaned_data["lists"])
        return [watchlist for watchlist in self.fields["lists"].queryset if watchlist not in chosen]  # type: ignore[attr-defined]


def _too_many() -> str:
    return gettext("You have %(count)d channels: remove one first.") % {"count": writes.MOST_CHANNELS}
