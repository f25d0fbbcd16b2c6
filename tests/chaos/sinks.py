"""Where messages go: a mail server, two webhooks and three group robots on this machine, which also
fail."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.parser import BytesParser
from email.policy import default as policy

from monitor.models import Channel
from tests.telling.channels.hooks import DOWN, OK, Answer, Hook, hook
from tests.telling.channels.standins import ROBOTS, Platform, serving
from tests.telling.mailserver import MailServer, mail_server

#: Answers of robots that are busy, with HTTP 200.
BUSY = {
    "feishu": {"code": 11232, "msg": "frequency limited"},
    "dingtalk": {"errcode": -1, "errmsg": "系统繁忙"},
    "wecom": {"errcode": -1, "errmsg": "system busy"},
}


class Sinks:
    def __init__(
        self, mail: MailServer, hooks: dict[str, Hook], groups: dict[str, Platform]
    ) -> None:
        self.mail, self.hooks, self.groups = mail, hooks, groups

    @property
    def targets(self) -> list[tuple[str, str, dict[str, str]]]:
        """The kind, name and target of each channel to add."""
        secret = "whsec_" + "A" * 44
        hooks = [
            ("webhook", name, {"url": place.url, "secret": secret})
            for name, place in self.hooks.items()
        ]
        return hooks + [
            (name, name, {"url": place.url, "secret": ""}) for name, place in self.groups.items()
        ]

    def texts(self) -> Iterator[str]:
        """Everything that arrived, decoded."""
        for raw in self.mail.raw:
            message = BytesParser(policy=policy).parsebytes(raw)
            yield str(message.items())
            yield from (
                str(part.get_content())
                for part in message.walk()
                if part.get_content_maintype() == "text"
            )
        yield from (
            json.dumps(call, ensure_ascii=False)
            for place in self.hooks.values()
            for call in place.calls
        )
        yield from (
            json.dumps(body, ensure_ascii=False)
            for group in self.groups.values()
            for body in group.accepted
        )

    def arrivals(self) -> Counter[str]:
        """How often the message with an ID arrived, by mail or on a webhook."""
        heads = (
            BytesParser(policy=policy).parsebytes(raw, headersonly=True) for raw in self.mail.raw
        )
        arrived = Counter(str(head["Message-ID"]).strip("<>") for head in heads)
        return arrived + Counter(uid for place in self.hooks.values() for uid in place.ids)

    def bodies(self) -> dict[str, set[bytes]]:
        """The bodies of each ID on webhooks."""
        bodies: dict[str, set[bytes]] = {}
        for place in self.hooks.values():
            for uid, body in zip(place.ids, place.bodies, strict=True):
                bodies.setdefault(uid, set()).add(body)
        return bodies

    def taken(self, channel: Channel) -> int:
        """How many messages a robot took."""
        return len(self.groups[channel.kind].accepted)

    # The faults, each undone by `heal`.

    def mail_answers(self, command: str, answer: str, times: int) -> None:
        getattr(self.mail, f"{command}_answers").extend([answer] * times)

    def mail_hangs_up(self) -> None:
        self.mail.hang_ups = 3

    def mail_is_silent(self) -> None:
        self.mail.greets_after = 8

    def hooks_fail(self) -> None:
        for place in self.hooks.values():
            place.default = DOWN

    def hooks_are_slow(self) -> None:
        def slowly() -> Answer:
            time.sleep(4)
            return OK

        for place in self.hooks.values():
            place.default = slowly

    def hooks_are_gone(self) -> None:
        next(iter(self.hooks.values())).answers = [(410, {}, b"gone")]

    def robots_are_busy(self) -> None:
        for name, group in self.groups.items():
            group.answers.extend([(200, json.dumps(BUSY[name]).encode())] * 3)

    def heal(self) -> None:
        self.mail.hang_ups, self.mail.greets_after = 0, 0
        for name in ("mail", "rcpt", "data"):
            getattr(self.mail, f"{name}_answers").clear()
        for place in self.hooks.values():
            place.default, place.answers = OK, []
        for group in self.groups.values():
            group.answers.clear()


@contextmanager
def sinks() -> Iterator[Sinks]:
    with ExitStack() as stack:
        hooks = {f"webhook {number}": stack.enter_context(hook()) for number in (1, 2)}
        groups = {kind: stack.enter_context(serving(Platform(kind))) for kind in ROBOTS}
        yield Sinks(stack.enter_context(mail_server()), hooks, groups)
