"""Operators get a mail when polling stops: what it means and what to do."""

from collections import Counter

import pytest

from monitor.models import User
from monitor.polling.budget.ledger import NO_ROOM, tell_operators
from monitor.provider.codes import TABLE, Action
from monitor.telling.notices import STOPS
from monitor.telling.outbox import send_due
from tests.polling.story import START
from tests.telling.mailserver import MailServer, part

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _operator() -> None:
    User.objects.create_superuser("operator@example.com", language="en").channels.update(
        is_paused=True
    )


def test_it_says_what_happened_and_what_to_do(server: MailServer) -> None:
    tell_operators("4016", "余额不足\r\n<b>请充值</b>", START)

    assert send_due(START) == Counter(sent=1)

    (message,) = server.messages
    assert message["Subject"] == "Checks stopped: insufficient balance (4016)"
    assert message["To"] == "operator@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] is None
    for kind in ("plain", "html"):
        text = part(message, kind)
        assert "Code 4016: insufficient balance" in text
        assert "Top up the account" in text
        assert "2026-11-11 08:00 (Asia/Shanghai)" in text
        assert "https://watch.example.org/admin/" in text
        assert "<b>" not in text if kind == "html" else "余额不足 <b>请充值</b>" in text


def test_every_code_that_stops_all_calls_is_explained() -> None:
    assert set(STOPS) == {
        NO_ROOM,
        *(code for code, row in TABLE.items() if row.action is Action.STOP),
    }
