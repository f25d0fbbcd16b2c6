"""The whole way: a provider's reply over HTTP, through every step, to a message at a mail
server."""

import pytest
from django.utils import timezone

from monitor import tasks
from monitor.models import Alert, Message, Product
from tests.servers import ProviderServer, item
from tests.story import Story
from tests.telling.mailserver import MailServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_do_not_wait", "tasks_at_once")]


def test_a_price_cut_reaches_the_merchants_mailbox(
    provider: ProviderServer, mail: MailServer
) -> None:
    story = Story(products=3)
    now = int(timezone.now().timestamp())
    provider.default = lambda query: item(query["num_iid"], now - 60)
    tasks.tick()
    tasks.send_outbox()
    assert set(Product.objects.values_list("price", flat=True)) == {7200}
    assert mail.messages == []

    provider.answers[story.num_iids[1]] = item(story.num_iids[1], now, discount_price=6300)
    Product.objects.update(next_check_at=timezone.now())
    tasks.tick()
    tasks.send_outbox()
    alert = Alert.objects.get()
    assert (alert.before, alert.after) == (7200, 6300)
    [message] = mail.messages
    assert message["To"] == "merchant@example.com"
    assert "63.00" in str(message["Subject"])
    assert Message.objects.get().uid in message["Message-ID"]

    tasks.tick()
    tasks.send_outbox()
    assert len(mail.messages) == 1
    assert len(provider.calls) == 6
