"""What a browser answers when the user turns alerts on in it."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from monitor.delivery.channels import browser
from monitor.delivery.channels.parts import BadTargetError
from monitor.models import Channel
from monitor.pages.shared.channel_forms import TargetForm
from monitor.sealing import SealError


def addresses(channels: Iterable[Channel]) -> dict[str, Channel]:
    """The browsers among `channels`, by the address of their subscription."""
    browsers = {}
    for channel in channels:
        if channel.kind == Channel.Kind.BROWSER:
            with suppress(SealError):
                browsers[channel.target["url"]] = channel
    return browsers


class BrowserForm(TargetForm):
    """The subscription is JSON. It must not be that of one of the channels `others`: they would show alerts twice."""

    subscription = forms.CharField(max_length=4000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, others: Iterable[Channel] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._others = others

    def add_error(self, field: str | None, error: Any) -> None:
        """The name, which is chosen for the user, has no field: what is wrong with it is said of the whole form."""
        super().add_error(field if field in self.fields else None, error)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        try:
            self.target = browser.read_target(cleaned.get("subscription", ""), "")
        except BadTargetError as error:
            self.add_error(None, str(error.problem))
        else:
            if other := addresses(self._others).get(self.target.url):
                self.add_error(None, _("This browser is your channel “%(channel)s”.") % {"channel": other.name})
        return cleaned
