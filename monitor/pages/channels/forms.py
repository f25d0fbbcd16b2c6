"""The forms of channels: their addresses, what is sent to them and when, and a browser's
subscription."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.models import Channel, ChannelChoice, ChannelKind, User, Watchlist
from monitor.models.sealing import SealError
from monitor.models.users import HOUR_CHOICES, HOW_CHOICES
from monitor.pages.shared.fields import Styled, StyledForm
from monitor.people import channels as writes
from monitor.people.throttle import TooOftenError, wait_in_words
from monitor.telling import connecting
from monitor.telling.channels import POSTS, browser, webhook
from monitor.telling.channels.parts import BadTargetError, ChannelTarget, PostSpec
from monitor.text.formatting import space

#: The quiet hours that are offered to users who have none.
QUIET_HOURS = (22, 8)


def addresses(channels: Iterable[Channel]) -> dict[str, Channel]:
    """Return the browsers among `channels`, by the address of their subscription."""
    browsers = {}
    for channel in channels:
        if channel.kind == ChannelKind.BROWSER:
            with suppress(SealError):
                browsers[channel.target["url"]] = channel
    return browsers


class TargetForm(StyledForm):
    """Where messages go. `target` is set when the form is valid."""

    target: ChannelTarget
    #: A new signing secret: the user gives it to the program before the test.
    made_secret = ""

    def mend(self, channel: Channel, now: datetime) -> bool:
        """Use the channel with the target of a valid form if a test message arrives. Raises
        `Channel.DoesNotExist`."""
        with self.telling_errors():
            connecting.mend(channel, self.target, now)
        return not self.errors

    def is_ready(self) -> bool:
        """Return whether a test message may be sent: the form is valid, and no secret was made just
        now."""
        return self.is_valid() and not self.made_secret

    def add(self, kind: str, name: str, user: User, now: datetime) -> bool:
        """Save the channel of a valid form if a test message arrives; False, with an error, if
        not."""
        with self.telling_errors():
            connecting.add(user, kind, name, self.target, now)
        return not self.errors

    @contextmanager
    def telling_errors(self) -> Iterator[None]:
        try:
            yield
        except forms.ValidationError as error:
            # The name of a browser, which is chosen for the user, has no field.
            self.add_error(None, error if "name" in self.fields else error.messages)
        except TooOftenError as error:
            self.add_error(None, wait_in_words(error.wait))


class ChannelAddressForm(TargetForm):
    """An address and its signing secret. A `stored` channel keeps them if no address is entered."""

    url = forms.CharField(
        label=_("Webhook address"),
        max_length=1000,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "url"}),
    )
    secret = forms.CharField(
        label=_("Signing secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "off", "data-password": ""}, render_value=True),
    )

    def __init__(self, *args: Any, stored: Channel | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = stored
        if stored is not None:
            self.fields["url"].required = False
            if not stored.is_ended:
                self._describe(POSTS[stored.kind])

    def _describe(self, spec: PostSpec) -> None:
        address = self.fields["url"]
        address.help_text = f"{spec.where}{space()}{_('Blank: unchanged.')}"
        if spec.asks_key:
            address.label = _("Key")
        if not spec.is_signed:
            del self.fields["secret"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind = self._stored.kind if self._stored else cleaned.get("kind")
        if kind and "url" in cleaned:
            url, secret = cleaned["url"], cleaned.get("secret", "")
            if self._stored:
                self.target = connecting.read_new_target(self._stored, url, secret)
            else:
                self.target = connecting.read_target(kind, url, secret)
            if kind == webhook.SPEC.kind and not self.target.secret:
                self._make_secret()
        return cleaned

    def _make_secret(self) -> None:
        """Make a secret and show it: the receiver has to know it before the test message comes."""
        self.made_secret = webhook.new_secret()
        # Each field has one value.
        self.data = {name: self.data[name] for name in self.data} | {"secret": self.made_secret}


class NewChannelForm(ChannelAddressForm):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=connecting.TYPED_KINDS,
        initial=ChannelKind.FEISHU,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=_("Name"), max_length=60)
    field_order = ("kind", "url", "secret", "name")


class ChannelForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """What is sent to a channel, and when; for each of `lists` there may be an exception. A list
    without a field in the data, such as a newer one, keeps its choice. A mailbox has no name."""

    class Meta:
        model = Channel
        fields = ("name", "how", "only_urgent", "is_paused")
        help_texts = {
            "how": _("Immediately: alerts within 2 minutes come together, urgent ones do not wait.")
        }

    def __init__(self, *args: Any, lists: Iterable[Watchlist] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.is_mail:
            del self.fields["name"]
        else:
            self.fields["name"].required = True
        self.lists = list(lists)
        choices = [
            ("", gettext("as above")),
            *HOW_CHOICES,
            (ChannelChoice.OFF, gettext("no alerts")),
        ]
        for watchlist in self.lists:
            initial = self.instance.choice_for(watchlist.pk)
            widget = forms.Select({"class": "form-select"})
            self.fields[_field_of(watchlist)] = forms.ChoiceField(
                choices=choices, required=False, initial=initial, widget=widget
            )

    def list_fields(self) -> list[tuple[Watchlist, forms.BoundField]]:
        return [(watchlist, self[_field_of(watchlist)]) for watchlist in self.lists]

    def has_exceptions(self) -> bool:
        """Return whether a list's alerts come in another way, or a choice was not understood."""
        return any(choice.value() or choice.errors for _list, choice in self.list_fields())

    def change(self, now: datetime) -> bool:
        """Save a valid form; False, with an error, if the name is refused."""
        fields = {watchlist.pk: _field_of(watchlist) for watchlist in self.lists}
        chosen = {key: self.cleaned_data[name] for key, name in fields.items() if name in self.data}
        try:
            writes.change(self.save(commit=False), chosen, now)
        except forms.ValidationError as error:
            self.add_error(None, error)
        return not self.errors


def _field_of(watchlist: Watchlist) -> str:
    return f"list-{watchlist.pk}"


class BrowserForm(TargetForm):
    """The subscription is JSON. It must not be that of one of the channels `others`: they would
    show alerts twice."""

    subscription = forms.CharField(max_length=4000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, others: Iterable[Channel] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._others = others

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        try:
            self.target = browser.read_target(cleaned.get("subscription", ""), "")
        except BadTargetError as error:
            self.add_error(None, str(error.problem))
        else:
            if other := addresses(self._others).get(self.target.url):
                self.add_error(
                    None,
                    gettext("This browser is your channel “%(channel)s”.")
                    % {"channel": other.name},
                )
        return cleaned


def _hour(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=HOUR_CHOICES, coerce=int, empty_value=None, required=False
    )


class HoursForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """When a user's digests come, and when only urgent alerts do."""

    has_quiet_hours = forms.BooleanField(label=_("Quiet hours"), required=False)
    quiet_from = _hour(_("From"))
    quiet_to = _hour(_("Until"))

    class Meta:
        model = User
        fields = ("digest_hour", "digest_weekday", "quiet_from", "quiet_to")
        labels = {"digest_hour": _("Time of day"), "digest_weekday": _("Weekday")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["has_quiet_hours"] = self.instance.quiet_from is not None
        if self.instance.quiet_from is None:
            self.initial.update(quiet_from=QUIET_HOURS[0], quiet_to=QUIET_HOURS[1])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("quiet_from"), cleaned.get("quiet_to")
        if not cleaned.get("has_quiet_hours"):
            cleaned["quiet_from"] = cleaned["quiet_to"] = None
        elif not self.errors and (begins is None or ends is None or begins == ends):
            self.add_error("quiet_to", _("Quiet hours begin at one hour and end at another."))
        return cleaned
