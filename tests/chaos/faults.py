"""What goes wrong: one entry in `FAULTS` for each fault, and the order in which a seed plays
them."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from tests.chaos.market import ANSWERS, BLACKOUT, Market
from tests.chaos.people import Crowd
from tests.chaos.sinks import Sinks
from tests.chaos.stack import Stack


class World(NamedTuple):
    """All that a fault can touch. `database` is a connection of ours, `role` the name of the
    stack's user."""

    market: Market
    sinks: Sinks
    stack: Stack
    crowd: Crowd
    database: psycopg.Connection[Any]
    role: str
    chance: random.Random
    began: float


type Fault = Callable[[World], AbstractContextManager[object]]


class Entry(NamedTuple):
    """A fault while its context lasts, for so many seconds. People who are `shaken` by it may see
    an error page."""

    name: str
    fault: Fault
    lasts: tuple[float, float] = (2, 7)
    shaken: bool = False


@contextmanager
def weather(world: World, name: str) -> Iterator[None]:
    world.market.weather.append(name)
    yield
    with suppress(ValueError):
        world.market.weather.remove(name)


@contextmanager
def blackout(world: World) -> Iterator[None]:
    world.market.blackouts, world.market.is_blackout = world.market.blackouts + 1, True
    yield
    world.market.is_blackout = False


@contextmanager
def provider_down(world: World) -> Iterator[None]:
    world.market.close()
    yield
    world.market.reopen()


@contextmanager
def signalled(world: World, name: str, number: signal.Signals) -> Iterator[None]:
    """Send a signal to one process of this name and its children."""
    world.chance.choice(world.stack.named(name)).signal(number)
    yield


@contextmanager
def child_killed(world: World) -> Iterator[None]:
    for child in world.stack.processes["web"].children[:1]:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    yield


@contextmanager
def redis_paused(world: World) -> Iterator[None]:
    redis = world.stack.processes["redis"]
    redis.signal(signal.SIGSTOP)
    yield
    redis.signal(signal.SIGCONT)


@contextmanager
def sessions_ended(world: World) -> Iterator[None]:
    world.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [world.role]
    )
    yield


@contextmanager
def few_connections(world: World) -> Iterator[None]:
    """Too many connections: for new ones there is no room."""
    limit = sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}")
    world.database.execute(limit.format(sql.Identifier(world.role), sql.Literal(3)))
    with sessions_ended(world):
        yield
    world.database.execute(limit.format(sql.Identifier(world.role), sql.Literal(-1)))


@contextmanager
def sink(world: World, fail: Callable[[Sinks], None]) -> Iterator[None]:
    fail(world.sinks)
    yield
    world.sinks.heal()


def mail(command: str, answer: str, times: int = 2) -> Fault:
    return partial(sink, fail=lambda sinks: sinks.mail_answers(command, answer, times))


def kill(name: str) -> Fault:
    return partial(signalled, name=name, number=signal.SIGKILL)


def terminate(name: str) -> Fault:
    return partial(signalled, name=name, number=signal.SIGTERM)


def crowd(act: Callable[[Crowd], AbstractContextManager[object]]) -> Fault:
    return lambda world: act(world.crowd)


#: Long enough for a tick's calls, which come every ten seconds, and for a pass of the outbox, every
#: fifteen.
A_TICK, TWO_TICKS, A_PASS = (11, 14), (20, 24), (14, 18)
FAULTS = [
    *(
        Entry(f"provider: {name}", partial(weather, name=name), TWO_TICKS)
        for name in ANSWERS
        if name != BLACKOUT
    ),
    Entry("provider: nothing found, for all products", blackout, A_TICK),
    Entry("provider: down", provider_down),
    Entry("kill -9 a worker for checks", kill("checks")),
    Entry("kill -9 a worker for checks, again", kill("checks")),
    Entry("kill -9 the worker for messages", kill("upkeep")),
    Entry("kill -9 the worker for messages, again", kill("upkeep")),
    Entry("kill -9 a beat", kill("beat")),
    Entry("kill -9 gunicorn", kill("web"), shaken=True),
    Entry("kill -9 a child of gunicorn", child_killed, shaken=True),
    Entry("SIGTERM to a worker for checks", terminate("checks")),
    Entry("SIGTERM to the worker for messages", terminate("upkeep")),
    Entry("SIGTERM to gunicorn", terminate("web"), shaken=True),
    Entry("Redis restarted empty", kill("redis"), shaken=True),
    Entry("Redis paused", redis_paused, shaken=True),
    Entry("database sessions ended", sessions_ended, shaken=True),
    Entry("too many database connections", few_connections, shaken=True),
    Entry("mail server: 451 to DATA", mail("data", "451 4.3.0 try later"), A_PASS),
    Entry("mail server: 450 to RCPT", mail("rcpt", "450 4.2.0 try later"), A_PASS),
    Entry("mail server: 550 to RCPT", mail("rcpt", "550 5.1.1 no such user", 1), A_PASS),
    Entry("mail server: 421", mail("mail", "421 4.3.2 closing"), A_PASS),
    Entry("mail server: drops after DATA", partial(sink, fail=Sinks.mail_hangs_up), A_PASS),
    Entry("mail server: silent", partial(sink, fail=Sinks.mail_is_silent), A_PASS),
    Entry("webhooks: 503", partial(sink, fail=Sinks.hooks_fail), A_PASS),
    Entry("webhooks: slow", partial(sink, fail=Sinks.hooks_are_slow), A_PASS),
    Entry("webhooks: 410", partial(sink, fail=Sinks.hooks_are_gone), A_PASS),
    Entry("robots: 200 with an error code", partial(sink, fail=Sinks.robots_are_busy), A_PASS),
    Entry("budget nearly spent", crowd(Crowd.tight_budget), A_TICK),
    Entry("an operator stops all calls", crowd(Crowd.halted), A_TICK),
    Entry("a person asks for checks", crowd(Crowd.asks)),
    Entry("a person makes a rule", crowd(Crowd.makes_a_rule)),
]


class Played(NamedTuple):
    at: float
    lasts: float
    entry: Entry


def schedule(seconds: float, seed: int) -> list[Played]:
    """Return what happens when, in seconds from the start: every fault once, in a random order,
    then all again.

    Several last at the same time, but none twice.
    """
    chance, played, at, waiting, ends = (
        random.Random(seed),
        list[Played](),
        0.0,
        list[Entry](),
        dict[str, float](),
    )
    step = seconds / max(len(FAULTS) + 5, seconds / 4)
    while at < seconds:
        waiting = waiting or chance.sample(FAULTS, len(FAULTS))
        entry = next((entry for entry in waiting if ends.get(entry.name, 0) <= at), waiting[0])
        waiting.remove(entry)
        played.append(Played(at, chance.uniform(*entry.lasts), entry))
        ends[entry.name] = at + played[-1].lasts + 2
        at += chance.choice((0.5, 1, 1.5)) * step
    return played
