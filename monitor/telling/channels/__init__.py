"""What is sent to mailboxes, group robots, apps, browsers and webhooks, and what their answers
mean.

Others store and retry. `parts` has the values, and each kind of channel but mail has a `PostSpec`:
group robots and apps are in `platforms`, the others each in a file."""

from monitor.models import Message
from monitor.telling.channels import browser, platforms, webhook

#: The kinds that users add, by an address.
POSTS = {spec.kind: spec for spec in (*platforms.SPECS, webhook.SPEC, browser.SPEC)}
FOR_PROGRAMS = frozenset(kind for kind, spec in POSTS.items() if spec.is_for_programs)


def is_for_program(message: Message) -> bool:
    return message.channel is not None and message.channel.kind in FOR_PROGRAMS


def is_frozen(message: Message) -> bool:
    """Return whether its body stays as it is, because it was sent to a program."""
    return bool(message.attempts) and is_for_program(message)
