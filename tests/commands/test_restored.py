"""After a restore nothing is sent twice, and no more calls are made than the day's budget has."""

import io
import os
import sqlite3
import subprocess
from collections import deque
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.judging.rules.kinds import Kind
from monitor.models import (
    Alert,
    AuditEvent,
    Channel,
    Message,
    Product,
    ProviderAccount,
    Session,
    UsageDay,
    Watch,
    WatchTag,
)
from monitor.people import channels
from monitor.polling import checking
from monitor.polling.budget import ledger
from monitor.polling.recording.silence import raise_silence_alerts
from monitor.showing.reads.health import HealthState, read_health
from monitor.telling import outbox
from monitor.telling.compose import write_messages
from tests.polling.story import Story
from tests.provider.servers import ProviderServer, item
from tests.telling.channels.hooks import Hook
from tests.telling.mailserver import MailServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("mails_do_not_wait", "alerts_on_any_change"),
]
BUDGET = 20


class Market:
    """A provider that counts its calls, and whose six products all get a new price when `fall` says
    so."""

    def __init__(self, provider: ProviderServer, settings: Settings) -> None:
        settings.PROVIDER_DAILY_CALLS, settings.PROVIDER_CONCURRENCY = BUDGET, 1
        self.price: int | str = 7200
        self.provider, self.at = provider, int(timezone.now().timestamp()) - 600
        self.counts = True
        provider.default = self.answer
        self.story = Story(products=6)
        self.webhook = channels.add(
            self.story.user, "webhook", "ERP", {"url": "", "secret": ""}, "…hook", timezone.now()
        )

    def answer(self, query: dict[str, str]) -> dict[str, Any]:
        told = (
            {"api_info": f"today:{len(self.provider.calls)} max:1000"}
            if self.counts
            else {"api_info": ""}
        )
        return item(query["num_iid"], self.at, discount_price=self.price) | told

    def fall(self, at: int | None = None) -> None:
        assert isinstance(self.price, int)
        self.price, self.at = self.price - 500, at or self.at + 60

    def check(self) -> int:
        """Make all products due, and check what the budget allows; return the calls."""
        before = len(self.provider.calls)
        Product.objects.update(next_check_at=timezone.now() - timedelta(seconds=1))
        deque(checking.check_due(), maxlen=0)
        return len(self.provider.calls) - before


@pytest.fixture
def market(provider: ProviderServer, webhook: Hook, settings: Settings) -> Market:
    market = Market(provider, settings)
    target = {"url": webhook.url, "secret": ""}
    channels.mend(market.webhook, target, "…hook", timezone.now())
    return market


class Backup:
    """The database in a file, made and restored as docs/operations.md says."""

    def __init__(self, file: Path) -> None:
        self.file = file
        if connection.vendor == "postgresql":
            self._run("pg_dump", "--format=custom", f"--file={file}")
            return
        connection.ensure_connection()
        with closing(sqlite3.connect(file)) as copy:
            connection.connection.backup(copy)

    def restore(self) -> str:
        """Go back in time; return what `restored` says."""
        if connection.vendor == "postgresql":
            options = ["--clean", "--if-exists", "--single-transaction", "--exit-on-error"]
            name = connection.settings_dict["NAME"]
            self._run("pg_restore", *options, f"--dbname={name}", str(self.file))
        else:
            with closing(sqlite3.connect(self.file)) as copy:
                copy.backup(connection.connection)
        connection.close()
        return restored()

    @staticmethod
    def _run(*command: str) -> None:
        parameters = connection.get_connection_params()
        names = {"PGDATABASE": "dbname", "PGHOST": "host", "PGPORT": "port", "PGUSER": "user"}
        names["PGPASSWORD"] = "password"
        address = {name: str(parameters[key]) for name, key in names.items() if key in parameters}
        subprocess.run(command, env=os.environ | address, check=True)


def restored() -> str:
    out = io.StringIO()
    call_command("restored", stdout=out)
    return out.getvalue()


def told(mail: MailServer, webhook: Hook) -> tuple[int, int]:
    outbox.send_due()
    return len(mail.messages), len(webhook.calls)


def test_a_restore_sends_nothing_twice_and_stays_within_the_budget(
    market: Market, mail: MailServer, webhook: Hook, tmp_path: Path
) -> None:
    assert market.check() == 6
    told(mail, webhook)
    market.fall()
    assert market.check() == 6
    write_messages(timezone.now())
    waiting = Message.objects.filter(status="pending").count()
    assert waiting == 2
    backup = Backup(tmp_path / "backup")

    # What the backup does not know: the messages go out, prices fall again, that is told, and calls
    # are made.
    Session.objects.create(
        session_key="a" * 32, session_data="", expire_date=timezone.now() + timedelta(days=1)
    )
    told(mail, webhook)
    market.fall()
    assert market.check() == 6
    sinks = told(mail, webhook)
    newest = Alert.objects.latest("pk").pk

    assert f"since the backup: {waiting}." in backup.restore()
    assert told(mail, webhook) == sinks
    assert not Session.objects.exists()
    assert read_health(timezone.now(), "").verdicts()["outbox"].state is HealthState.WARN
    assert AuditEvent.objects.latest("pk").kind == "restored"

    # 18 calls were made, of which the database knows 12: a trial call asks, and then one is left.
    assert UsageDay.objects.get().reserved == 12
    assert market.check() == BUDGET - 18
    assert UsageDay.objects.get().reserved == BUDGET
    assert not ProviderAccount.objects.get().circuit_is_open
    # What fell meanwhile is an alert again, with an ID of its own, and told to nobody.
    again = Alert.objects.filter(pk__gt=newest)
    assert again.count() >= 1
    # So it is in tables that had no row.
    assert WatchTag.objects.create(watch=Watch.objects.earliest("pk"), name="tag").pk > 1_000_000
    assert told(mail, webhook) == sinks


def test_what_happens_after_a_restore_is_told_and_an_operator_sends_again_what_was_set_aside(
    market: Market,
    mail: MailServer,
    webhook: Hook,
    tmp_path: Path,
    settings: Settings,
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    market.check()
    market.fall()
    market.check()
    write_messages(timezone.now())
    backup = Backup(tmp_path / "backup")
    before = told(mail, webhook)
    backup.restore()
    now = int(timezone.now().timestamp())
    market.at = now + 1
    assert market.check() >= 6
    assert told(mail, webhook) == before
    market.fall(now + 2)
    market.check()
    after = told(mail, webhook)
    assert after[1] == before[1] + 1
    aside = Message.objects.get(channel__kind="webhook", status="failed")
    channel = Channel.objects.get(kind="webhook")
    assert outbox.send_again(channel, aside.pk, timezone.now())
    assert told(mail, webhook)[1] == after[1] + 1
    assert webhook.ids[0] == aside.uid
    assert len({*webhook.ids}) == 3, "No row knows the body that its old ID had."


def test_what_fell_before_a_restore_is_not_told_again_though_a_reply_without_a_price_came_between(
    market: Market,
    mail: MailServer,
    webhook: Hook,
    tmp_path: Path,
    settings: Settings,
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    market.check()
    backup = Backup(tmp_path / "backup")
    market.fall()
    market.check()
    sinks = told(mail, webhook)
    for _ in range(2):
        backup.restore()
        fallen, market.price, market.at = market.price, "?", int(timezone.now().timestamp()) + 1
        market.check()
        market.price, market.at = fallen, market.at + 1
        market.check()
        assert Product.objects.filter(price=fallen).exists()
        assert told(mail, webhook) == sinks


def test_without_the_providers_count_checks_wait_for_the_operator(
    market: Market, tmp_path: Path
) -> None:
    market.check()
    backup = Backup(tmp_path / "backup")
    backup.restore()
    market.counts = False
    assert market.check() == 1
    account = ProviderAccount.objects.get()
    assert account.circuit_code == "restored"
    assert account.next_probe_at is not None
    assert account.next_probe_at > timezone.now()
    ledger.rest_for_room(timezone.now())
    assert ProviderAccount.objects.get().circuit_code == "restored"


def test_what_people_have_asked_for_is_not_called_for_again(market: Market) -> None:
    market.check()
    Product.objects.update(asked_at=timezone.now(), asked_by=market.story.user)
    restored()
    assert not Product.objects.filter(asked_at__isnull=False).exists()


def test_a_silence_that_becomes_true_after_a_restore_is_told(
    market: Market, mail: MailServer, webhook: Hook
) -> None:
    """One product was heard of 4 hours before the restore, another one 7 hours before."""
    market.check()
    market.story.rule(Kind.SILENT, 6)
    now = timezone.now()
    later, before = Product.objects.order_by("pk")[:2]
    for product, hours in ((later, 4), (before, 7)):
        since = now - timedelta(hours=hours)
        Product.objects.filter(pk=product.pk).update(answered_at=since, asked_since=since)
    restored()
    assert raise_silence_alerts(now + timedelta(hours=3)) == 2
    write_messages(now + timedelta(hours=3))
    (told,) = Message.objects.filter(channel__kind="webhook", status="pending")
    assert [alert.product for alert in told.alerts.all()] == [later]
