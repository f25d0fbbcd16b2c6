"""Channels: a program adds one with a test message, chooses what it gets, and removes it. No
address is ever told."""

from datetime import timedelta

import pytest

from monitor.models import AuditEvent, Channel, Message, User, Watchlist
from monitor.people.channels import add
from monitor.telling.channels.webhook import sign
from tests.api import Program, problem_of
from tests.models.factories import NOW, WatchlistFactory
from tests.telling.channels.hooks import Hook

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + "A" * 32
GIVEN = {"kind": "webhook", "name": "ERP", "secret": SECRET}


@pytest.fixture
def channel(merchant: User) -> Channel:
    target = {"url": "https://erp.example.com/hook-1234", "secret": SECRET}
    return add(merchant, "webhook", "ERP", target, "…1234", NOW)


def test_a_program_adds_a_channel_when_a_test_message_arrives(
    writer: Program, merchant: User, webhook: Hook
) -> None:
    row = writer.post("/channels", {**GIVEN, "url": webhook.url})
    assert [body["type"] for _headers, body in webhook.calls] == ["test"]
    channel = merchant.channels.added().get()
    assert channel.target["secret"] == SECRET
    assert row == {
        "id": str(channel.pk),
        "kind": "webhook",
        "name": "ERP",
        "state": "works",
        "how": "at_once",
        "only_urgent": False,
        "is_paused": False,
        "left_out": [],
        "failing_since": None,
        "refused_at": None,
        "answer": "",
        "advice": "",
        "confirmed_at": "2026-11-25T04:00:00Z",
        "created_at": "2026-11-25T04:00:00Z",
    }
    mailbox, *added = writer.get("/channels")
    assert (mailbox["kind"], mailbox["name"]) == ("mail", "E-mail")
    assert added == [row]
    assert writer.get(f"/channels/{row['id']}") == row


def test_an_address_and_its_secret_are_never_told(reader: Program, channel: Channel) -> None:
    for path in ("/channels", f"/channels/{channel.pk}"):
        answer = reader.send("GET", path).content.decode()
        assert "erp.example.com" not in answer
        assert "1234" not in answer
        assert SECRET not in answer


def test_a_test_that_does_not_arrive_says_why_and_adds_nothing(
    writer: Program, webhook: Hook
) -> None:
    webhook.default = (410, {}, b"gone")
    response = writer.send("POST", "/channels", {**GIVEN, "url": webhook.url})
    assert "The test message did not arrive: 410" in problem_of(response, 422)["detail"]
    assert webhook.url not in response.content.decode()
    assert not Channel.objects.added().exists()


def test_a_webhook_without_a_secret_is_told_what_one_is(writer: Program, webhook: Hook) -> None:
    response = writer.send("POST", "/channels", {**GIVEN, "url": webhook.url, "secret": ""})
    assert (
        "whsec_ and then 24 to 64 bytes in base64" in problem_of(response, 422)["errors"][0]["what"]
    )
    assert webhook.calls == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"kind": "pigeon"}, "body.kind"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "body"),
        ({"name": ""}, "body.name"),
        ({"name": "Shop"}, "body.name"),
        ({"secret": "short"}, "body.secret"),
        ({"kind": "browser"}, "body.kind"),
    ],
)
def test_the_fault_is_named_as_on_the_page(
    writer: Program, merchant: User, webhook: Hook, body: dict[str, str], where: str
) -> None:
    add(merchant, "webhook", "Shop", {}, "…hook", NOW)
    response = writer.send("POST", "/channels", {**GIVEN, "url": webhook.url, **body})
    assert problem_of(response, 422)["errors"][0]["where"] == where
    assert merchant.channels.added().count() == 1


def test_a_program_mends_and_tests_a_channel(
    writer: Program, merchant: User, channel: Channel, webhook: Hook
) -> None:
    """As on its page: what is not given stays, and nothing changes before a test message has
    arrived."""
    path, other = f"/channels/{channel.pk}", SECRET.replace("A", "B")
    Channel.objects.update(refused_at=NOW, answer="410 Gone")
    webhook.answers = [(500, {}, b"")]
    response = writer.send("PATCH", path, {"url": webhook.url, "name": "Shop"})
    assert "500 Internal Server Error" in problem_of(response, 422)["detail"]
    assert (writer.get(path)["state"], writer.get(path)["name"]) == ("refused", "ERP")
    row = writer.send("PATCH", path, {"url": webhook.url, "name": "Shop"}).json()
    assert (row["state"], row["name"], row["answer"]) == ("works", "Shop", "")
    writer.send("PATCH", path, {"secret": other})
    channel.refresh_from_db()
    assert channel.target == {"url": webhook.url, "secret": f"{other} {SECRET}"}
    Channel.objects.update(refused_at=NOW)
    assert writer.post(f"{path}/test", None)["state"] == "works"
    assert [body["type"] for _headers, body in webhook.calls] == ["test"] * 4
    problem_of(writer.send("PATCH", path, {"url": "https://169.254.169.254/"}), 422)


def test_for_a_day_after_a_new_secret_the_old_one_signs_too(
    writer: Program, channel: Channel, webhook: Hook
) -> None:
    """As on the page. The receiver may still have the old secret alone when the test message
    comes."""
    path, other = f"/channels/{channel.pk}", SECRET.replace("A", "B")
    writer.send("PATCH", path, {"url": webhook.url})
    assert writer.send("PATCH", path, {"secret": other}).status_code == 200
    headers = webhook.calls[-1][0]
    signed = (headers["webhook-id"], int(headers["webhook-timestamp"]), webhook.bodies[-1])
    assert headers["webhook-signature"] == " ".join(
        sign(secret, *signed) for secret in (other, SECRET)
    )
    writer.post(f"{path}/test", None)
    channel.refresh_from_db()
    assert channel.target_at(NOW + timedelta(hours=23))["secret"] == f"{other} {SECRET}"
    assert channel.target_at(NOW + timedelta(hours=25))["secret"] == other
    # Another address is another receiver.
    writer.send("PATCH", path, {"url": f"{webhook.url}/new", "secret": SECRET})
    channel.refresh_from_db()
    assert channel.target["secret"] == SECRET


def test_a_program_reads_what_was_sent_to_a_channel(
    reader: Program, merchant: User, channel: Channel
) -> None:
    messages = [Message.of_alerts(channel, NOW) for _ in range(3)]
    messages[0].status, messages[0].answer, messages[0].attempts = Message.Status.SENT, "200 OK", 2
    Message.objects.bulk_create([*messages, Message.of_alerts(merchant.mailbox, NOW)])
    rows = reader.pages(f"/channels/{channel.pk}/deliveries", limit=2)
    assert [row["webhook_id"] for row in rows] == [message.uid for message in reversed(messages)]
    assert rows[-1] | {"id": "", "webhook_id": ""} == {
        "id": "",
        "webhook_id": "",
        "status": "sent",
        "attempts": 2,
        "answer": "200 OK",
        "created_at": "2026-11-25T04:00:00Z",
        "sent_at": None,
    }


def test_a_program_pauses_a_channel_and_chooses_what_it_gets(
    writer: Program, channel: Channel, watchlist: Watchlist
) -> None:
    path = f"/channels/{channel.pk}"
    row = writer.send("PATCH", path, {"is_paused": True}).json()
    assert (row["state"], row["is_paused"], row["name"]) == ("paused", True, "ERP")
    changes = {
        "is_paused": False,
        "how": "daily",
        "only_urgent": True,
        "left_out": [str(watchlist.pk)],
        "name": "Shop",
    }
    row = writer.send("PATCH", path, changes).json()
    assert {name: row[name] for name in changes} == changes
    assert [choice.watchlist for choice in channel.choices.filter(is_off=True)] == [watchlist]
    problem_of(writer.send("PATCH", path, {"left_out": [str(WatchlistFactory.create().pk)]}), 404)
    # What is not sent stays.
    row = writer.send("PATCH", path, {"how": "hourly"}).json()
    assert {name: row[name] for name in changes} == changes | {"how": "hourly"}
    channel.refresh_from_db()
    assert channel.target["secret"] == SECRET


def test_a_name_is_taken_once_and_a_refused_change_leaves_the_address_too(
    writer: Program, merchant: User, channel: Channel, webhook: Hook
) -> None:
    other = add(
        merchant, "webhook", "Shop", {"url": "https://shop.example.com", "secret": SECRET}, "…", NOW
    )
    Channel.objects.update(refused_at=NOW)
    response = writer.send("PATCH", f"/channels/{other.pk}", {"name": "ERP", "url": webhook.url})
    [fault] = problem_of(response, 422)["errors"]
    assert fault == {"where": "body.name", "what": "You have a channel of that name already."}
    assert webhook.calls == []
    assert writer.get(f"/channels/{other.pk}")["state"] == "refused"


def test_a_program_removes_a_channel(writer: Program, merchant: User, channel: Channel) -> None:
    assert writer.send("DELETE", f"/channels/{channel.pk}").status_code == 204
    assert not Channel.objects.added().exists()
    event = AuditEvent.objects.get(kind="channel_removed")
    assert event.actor == merchant
    assert event.details["token"].startswith("A program …")
    problem_of(writer.send("DELETE", f"/channels/{channel.pk}"), 404)


def test_a_program_reads_and_pauses_the_mailbox_but_neither_tests_moves_nor_removes_it(
    writer: Program, merchant: User, watchlist: Watchlist
) -> None:
    path = f"/channels/{merchant.mailbox.pk}"
    changes = {"is_paused": True, "how": "daily", "left_out": [str(watchlist.pk)]}
    row = writer.send("PATCH", path, changes).json()
    assert {name: row[name] for name in changes} == changes
    for name in ("name", "url", "secret"):
        problem_of(writer.send("PATCH", path, {name: "https://erp.example.com"}), 422)
    problem_of(writer.send("POST", f"{path}/test"), 409)
    problem_of(writer.send("DELETE", path), 409)
    problem_of(writer.send("POST", "/channels", {**GIVEN, "kind": "mail"}), 422)
    assert not Message.objects.filter(kind=Message.Kind.ADDRESS_TEST).exists()
    assert merchant.mailbox.state == "paused"
