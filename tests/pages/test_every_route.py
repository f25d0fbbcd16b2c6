"""Every role tries every address of the site, with every method: `routes.py` has the expected
answers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from monitor.urls import allauth_urlpatterns, urlpatterns
from tests.models.statements import written
from tests.pages.routes import ROLES, ROUTES, Route, World

pytestmark = pytest.mark.django_db
#: A response, and the tables that were written.
type Answer = tuple[Any, set[str]]
METHODS = ("GET", "POST")
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/products/?q=a"}
#: Pages of allauth have the names that it looks for, without our prefix.
ALLAUTHS = {str(pattern.name) for pattern in allauth_urlpatterns if isinstance(pattern, URLPattern)}
PATTERNS = {
    str(pattern.name): pattern
    for pattern in (*urlpatterns, *allauth_urlpatterns)
    # We call them "login" and "register".
    if isinstance(pattern, URLPattern) and pattern.name not in ("account_login", "account_signup")
}


def section_of(name: str) -> str:
    """Return the first part of a route's address, such as 'products'."""
    return str(PATTERNS[name].pattern).partition("/")[0] or "today"


SECTIONS = {
    section: [name for name in PATTERNS if section_of(name) == section]
    for section in map(section_of, PATTERNS)
}
of_each_section = pytest.mark.parametrize("names", SECTIONS.values(), ids=SECTIONS)
#: What any visit may write: its session, the time of the visit, the use of a token, its part of a
#: limit, and the audit log's event of a download.
WRITTEN_BY_VISITS = {
    "monitor_session",
    "monitor_user",
    "monitor_apitoken",
    "monitor_throttle",
    "monitor_auditevent",
}


@pytest.fixture(scope="module")
def _world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The objects of all tests: making them takes longer than most routes."""
    with django_db_blocker.unblock(), undone():
        world = World.make()
        assert world.ids  # Made here, not in the first test.
        yield world


@pytest.fixture
def world(_world: World, db: None) -> World:
    return _world


def address_of(name: str, world: World) -> str:
    """Return the address of a route, with the owner's ids as its parameters."""
    pattern, ids = PATTERNS[name].pattern, world.ids
    section = str(pattern).partition("/")[0]
    kwargs = {}
    for parameter in pattern.converters:
        key = parameter if parameter in ids else f"{section}.{parameter}"
        if key not in ids:
            pytest.fail(
                f"{pattern} has a parameter that is not known here. Say in World.ids "
                f"(tests/pages/routes.py) what {key!r} is: the id of something that the owner of "
                f'the list has, as in ids["{key}"] = ....'
            )
        kwargs[parameter] = ids[key]
    return reverse(name if name in ALLAUTHS else f"monitor:{name}", kwargs=kwargs)


@contextmanager
def undone() -> Iterator[None]:
    """Roll back everything that is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answer(world: World, role: str, method: str, name: str, headers: dict[str, str]) -> Answer:
    """Return what a route answers to a role. Each call starts from the same rows."""
    address = address_of(name, world)
    with undone(), CaptureQueriesContext(connection) as captured:
        client = world.client(role)
        if method == "POST":
            response = client.post(address, dict(ROUTES[name].data), headers=headers)
        else:
            response = client.generic(method, address, headers=headers)
    return response, written(captured) - WRITTEN_BY_VISITS


def line(statuses: dict[str, int]) -> str:
    return '"' + " ".join(str(statuses[role]) for role in ROLES) + '"'


def test_every_route_is_listed(world: World) -> None:
    missing = [name for name in PATTERNS if name not in ROUTES]
    lines = []
    for name in missing:
        ROUTES[name] = Route("", "")
        now = [
            {role: answer(world, role, method, name, {})[0].status_code for role in ROLES}
            for method in METHODS
        ]
        lines.append(f'    "{name}": Route({", ".join(map(line, now))}),')
    assert not missing, (
        "Routes without a line in ROUTES (tests/pages/routes.py). Below is what they answer now to "
        f"{' '.join(ROLES)}, by GET and then by POST without data. Make sure that each is "
        "what you mean (a stranger's "
        "id is 404, a viewer changes nothing, without a login 302), then add:\n" + "\n".join(lines)
    )
    assert not ROUTES.keys() - PATTERNS.keys(), (
        "ROUTES (tests/pages/routes.py) lists routes that there are no longer."
    )


@of_each_section
def test_each_role_gets_the_listed_answer_and_only_a_taken_post_writes(
    world: World, names: list[str]
) -> None:
    for name in names:
        for method in METHODS:
            statuses = {}
            for role in ROLES:
                response, tables = answer(world, role, method, name, {})
                statuses[role] = response.status_code
                is_write = method == "POST" and response.status_code < 400
                assert is_write or not tables, f"{method} {name} by a {role} writes"
            expected = ROUTES[name].expected(method)
            assert statuses == expected, f"{method} {name}: {line(statuses)} and not as ROUTES says"


@pytest.mark.parametrize(
    "name", [name for name in PATTERNS if name in ROUTES and not ROUTES[name].public]
)
def test_what_is_listed_hides_what_is_not_theirs(name: str) -> None:
    expected = {role: {ROUTES[name].expected(method)[role] for method in METHODS} for role in ROLES}
    assert expected["anonymous"] == {302}
    if PATTERNS[name].pattern.converters:
        for role in ("stranger", "staff"):
            assert expected[role] <= {404, 405}, f"{name} tells a {role} something"
            assert 404 in expected[role], f"{name} tells a {role} that it is there"


@of_each_section
def test_anonymous_users_are_led_to_the_login(world: World, names: list[str]) -> None:
    for name in names:
        if ROUTES[name].public:
            continue
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            response, _tables = answer(world, "anonymous", method, name, {})
            assert response.status_code == 302, f"{method} {name}"
            assert response.headers["Location"].startswith("/login/"), f"{method} {name}"
        # The session expired while a page was open: the whole page goes to the login, not a region
        # of it.
        for method, how in (("GET", "1"), ("POST", "undone")):
            response, _tables = answer(world, "anonymous", method, name, HTMX)
            assert (response.status_code, response.content) == (200, b""), f"{method} {name}"
            expected = f"/login/?ended={how}&next=/products/%3Fq%3Da"
            assert response.headers["HX-Redirect"] == expected, f"{method} {name}"


@of_each_section
def test_a_region_of_a_page_is_hidden_as_the_page_is(world: World, names: list[str]) -> None:
    for name in names:
        if PATTERNS[name].pattern.converters and not ROUTES[name].public:
            for method in METHODS:
                status = answer(world, "stranger", method, name, HTMX)[0].status_code
                assert status == ROUTES[name].expected(method)["stranger"], f"{method} {name}"


@of_each_section
def test_head_answers_as_get_and_other_methods_do_nothing(world: World, names: list[str]) -> None:
    for name in names:
        for headers in ({}, HTMX):
            (got, _), (headed, tables) = (
                answer(world, "owner", method, name, headers) for method in ("GET", "HEAD")
            )
            assert (headed.status_code, headed.getvalue(), tables) == (
                got.status_code,
                b"",
                set(),
            ), f"HEAD {name}"
            for header in ("Location", "HX-Redirect", "Content-Type"):
                assert headed.headers.get(header) == got.headers.get(header), f"HEAD {name}"
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
            response, tables = answer(world, "owner", method, name, {})
            allowed = {200, 204, 302, 403, 404, 405} if method == "OPTIONS" else {302, 404, 405}
            assert response.status_code in allowed, f"{method} {name}: {response.status_code}"
            assert not tables, f"{method} {name} writes"


def walk(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return the namespaced name and the pattern of every address of the site."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry, route)
        else:
            yield route, str(entry.name)


def test_there_is_nothing_but_the_pages_the_admin_the_api_and_the_sandbox() -> None:
    """A new tree of addresses must be excluded here, with tests of who may see it."""
    unlisted = {
        route
        for route, name in walk(get_resolver())
        if not route.startswith(("admin/", "api/", "sandbox/"))
        and name not in {*PATTERNS, *ALLAUTHS}
    }
    assert unlisted == set()


def test_the_admin_is_for_operators_alone(world: World) -> None:
    routes = {route for route, _ in walk(get_resolver()) if route.startswith("admin/")}
    # Logout redirects to the start; the change of password redirects to the settings.
    routes -= {"admin/logout/", "admin/password_change/"}
    assert len(routes) > 50
    for route in routes:
        address = "/" + re.sub(r"<[^>]+>|\(\?P<.*?\)", "1", route).rstrip("$")
        for role in ("anonymous", "owner"):
            response = world.client(role).get(address)
            assert response.status_code in (302, 403, 404), (
                f"{address} answers {response.status_code} to {role}"
            )
            if response.status_code == 302:
                assert response.headers["Location"].startswith(("/admin/login/", "/login/")), (
                    address
                )


def test_every_link_to_the_help_page_finds_its_part(world: World) -> None:
    client, linked = world.client("owner"), set()
    parts = set(re.findall(r'id="([\w-]+)"', client.get("/help/").content.decode()))
    for name in PATTERNS:
        with undone():
            response = client.get(address_of(name, world))
        if not response.streaming:
            linked |= set(
                re.findall(r'href="/help/#([\w-]+)"', response.content.decode(errors="ignore"))
            )
    assert linked
    assert linked <= parts
