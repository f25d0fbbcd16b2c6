"""What a browser answers when the user turns alerts on in it."""

from typing import Any

from django import forms

from monitor.delivery.channels import browser
from monitor.delivery.channels.parts import BadTargetError
from monitor.pages.shared.channel_forms import TargetForm


class BrowserForm(TargetForm):
    """The subscription is JSON."""

    subscription = forms.CharField(max_length=4000, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        try:
            self.target = browser.read_target(cleaned.get("subscription", ""), "")
        except BadTargetError as error:
            self.add_error(None, str(error.problem))
        return cleaned
