"""Celery tasks: one call each. The work to do is in the database.

A message only wakes a worker: a lost one loses no work, for the next tick sends another, and one
that comes twice finds nothing to do. No task waits for a time: due times are columns."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from celery import Task, current_app, shared_task
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import OperationalError

from monitor.people import audit
from monitor.polling import checking
from monitor.polling.checking import listings
from monitor.polling.planning import fit as fitting
from monitor.polling.planning.fair_shares import apply_fair_shares
from monitor.polling.recording import ageing, silence
from monitor.telling import outbox
from monitor.telling import upkeep as outbox_upkeep
from monitor.telling.carriers import Carrier, Mails, Posts
from monitor.watching import account_deletion, deletion, following, invitations, upkeep

#: Passes at once in a process: a slow server keeps each busy, and ticks need a thread.
_passes: dict[type[Carrier], BoundedSemaphore] = {
    carrier: BoundedSemaphore(2) for carrier in (Mails, Posts)
}


@shared_task
def tick() -> None:
    """Wake workers for what is due. They wake others if they find much."""
    check_batch.delay()
    read_pages.delay()


@shared_task(expires=10)
def check_batch() -> None:
    """Check a batch of due products and, while there is a backlog, others. The next tick sends
    another message."""
    checking.work_off(check_batch.delay)


@shared_task(expires=10)
def read_pages() -> None:
    """Read due pages of followed shops and of searches, and add the products that lists ask for."""
    listings.read_due(read_pages.delay)
    following.add_matching(timezone.now())


@shared_task
def stand_by() -> None:
    """Do nothing. A worker records a heartbeat with each task, and this one comes even when nothing
    is due."""


@shared_task
def fit_schedule() -> None:
    """Fit the schedule to the products and the budget, if due, and give each person a fair share of
    it."""
    now = timezone.now()
    if fitting.fit_if_due(now):
        apply_fair_shares(now)


@shared_task
def send_outbox() -> None:
    """Send the due mails."""
    _send(Mails)


@shared_task
def send_to_channels() -> None:
    """Send the due messages of the other channels."""
    _send(Posts)


def _send(carrier: type[Carrier]) -> None:
    """Send what is due, unless enough passes run already: what they leave waits for beat's next
    message."""
    if _passes[carrier].acquire(blocking=False):
        try:
            outbox.send_due(None, carrier)
        finally:
            _passes[carrier].release()


@shared_task
def look_back() -> None:
    """Update the prices of a day and a week ago."""
    ageing.look_back(timezone.now())


@shared_task
def tell_of_silence() -> None:
    """Raise the alerts of rules about products without a successful check."""
    silence.raise_silence_alerts(timezone.now())


def broker_fault() -> str:
    """Return why the broker accepts no message, or ''. Send one to see."""
    return wake(stand_by)


def connection_fault() -> str:
    """Return why the broker cannot be connected, or ''. Send nothing, so one without memory seems
    well.

    For what asks all the time: messages would pile up while no worker runs, and keep a worker alive
    without beat."""
    try:
        with _connection():
            return ""
    except (OperationalError, OSError) as error:
        return _name(error)


def queue_lengths() -> dict[str, int]:
    """Return how many messages wait in each queue of the broker; {} if it cannot tell."""
    lengths = {}
    try:
        with _connection() as connection:
            for queue in current_app.conf.task_queues:
                channel: Any = connection.channel()  # An error closes it.
                try:
                    lengths[queue.name] = channel.queue_declare(queue.name, passive=True)[1]
                except (
                    connection.channel_errors
                ):  # Redis has no empty queues, RabbitMQ none before a worker came.
                    lengths[queue.name] = 0
    except (OperationalError, OSError):
        return {}
    return lengths


def wake(task: "Task[..., object]") -> str:
    """Let a worker run a task now, if one is free; return why the broker accepts no message, or ''.

    Wait at most a second: what is due waits for no broker, and the next tick finds it.
    """
    try:
        with _connection() as connection:
            current_app.send_task(task.name, connection=connection, retry=False, expires=1)
    except (OperationalError, OSError) as error:
        return _name(error)
    return ""


def _name(error: Exception) -> str:
    return type(error.__cause__ or error).__name__


@contextmanager
def _connection() -> Iterator[Connection]:
    """Connect to the broker within a second. Raises OperationalError and OSError alone."""
    options = {
        **current_app.conf.broker_transport_options,
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
    }
    broker = current_app.connection_for_write(connect_timeout=1, transport_options=options)
    # Those of RabbitMQ are its library's own, such as for a wrong password.
    own: tuple[type[BaseException], ...] = (*broker.connection_errors, *broker.channel_errors)
    try:
        with broker as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_max=0, timeout=1)
            yield connection
    except OperationalError:
        raise
    except own as error:
        raise OperationalError(str(error)) from error


@shared_task
def clean_up() -> None:
    """Delete expired sessions and empty throttles."""
    upkeep.clean_up(timezone.now())


@shared_task
def purge_watchlists() -> None:
    """Remove lists for good that users deleted long ago, and products on no watchlist."""
    deletion.purge(timezone.now())
    deletion.purge_products(timezone.now())


@shared_task
def purge_traces() -> None:
    """Delete old events of the audit log, and addresses of invited people who never came."""
    audit.purge(timezone.now())
    invitations.purge(timezone.now())


@shared_task
def purge_accounts() -> None:
    """Remove accounts for good that their users deleted long ago."""
    account_deletion.purge(timezone.now())


@shared_task
def purge_mails() -> None:
    """Delete old mails of the outbox."""
    outbox_upkeep.purge(timezone.now())
