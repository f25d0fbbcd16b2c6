"""Every role tries every address of the site, with every method: `routes.py` has the expected answers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from monitor.urls import allauth_urlpatterns, urlpatterns
from tests.pages.routes import ROLES, ROUTES, Route, World

pytestmark = pytest.mark.django_db
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
    """The first part of a route's address, such as 'products'."""
    return str(PATTERNS[name].pattern).partition("/")[0] or "today"


#: Making the world takes longer than most routes: the routes of a section share one.
SECTIONS = {
    section: [name for name in PATTERNS if section_of(name) == section] for section in map(section_of, PATTERNS)
}
of_each_section = pytest.mark.parametrize("names", SECTIONS.values(), ids=SECTIONS)
#: What every visit may write: its session, the user's last visit, for exports an event of the audit log, and for feeds
#: that the token was used.
LEFT_BY_A_VISIT = re.compile(
    r'^\w+ (INTO |FROM )?"(django|monitor)_session"'
    r'|^INSERT INTO "monitor_auditevent"'
    r'|^(INSERT( OR IGNORE)? INTO|UPDATE) "monitor_throttle"'
    r'|^UPDATE "monitor_apitoken" SET "last_used_at" = [^,]+ WHERE'
    r'|^UPDATE "monitor_user" SET ("(seen_at|last_visit_at)" = [^,]+(, |\s))+WHERE',
)
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)", re.DOTALL)


def writes(captured: CaptureQueriesContext) -> list[str]:
    """The statements that wrote, except those of `LEFT_BY_A_VISIT`."""
    statements = [query["sql"] for query in captured if WRITES.match(query["sql"])]
    return [sql for sql in statements if not LEFT_BY_A_VISIT.match(sql)]


@pytest.fixture
def world(db: None) -> World:
    return World.make()


def address_of(name: str, world: World) -> str:
    """The address of a route, with the owner's ids as its parameters."""
    pattern, ids = PATTERNS[name].pattern, world.ids()
    section = str(pattern).partition("/")[0]
    kwargs = {}
    for parameter in pattern.converters:
        key = parameter if parameter in ids else f"{section}.{parameter}"
        if key not in ids:
            pytest.fail(
                f"{pattern} has a parameter that is not known here. Say in World.ids (tests/pages/routes.py) what "
                f'{key!r} is: the id of something that the owner of the list has, as in ids["{key}"] = ....'
            )
        kwargs[parameter] = ids[key]
    return reverse(name if name in ALLAUTHS else f"monitor:{name}", kwargs=kwargs)


@contextmanager
def undone() -> Iterator[None]:
    """Rolls back everything that is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answers(world: World, name: str, method: str, route: Route) -> dict[str, int]:
    """The status a route answers to each role. Each role starts from the same rows."""
    address, statuses = address_of(name, world), {}
    for role in ROLES:
        with undone():
            client = world.client(role)
            statuses[role] = client.generic(method, address).status_code if method != "POST" else 0
            if method == "POST":
                statuses[role] = client.post(address, dict(route.data)).status_code
    return statuses


def line(statuses: dict[str, int]) -> str:
    return '"' + " ".join(str(statuses[role]) for role in ROLES) + '"'


def test_every_route_is_listed(world: World) -> None:
    missing = [name for name in PATTERNS if name not in ROUTES]
    lines = []
    for name in missing:
        now = [answers(world, name, method, Route("", "")) for method in ("GET", "POST")]
        lines.append(f'    "{name}": Route({line(now[0])}, {line(now[1])}),')
    assert not missing, (
        "Routes without a line in ROUTES (tests/pages/routes.py). Below is what they answer now to "
        f"{' '.join(ROLES)}, by GET and then by POST without data. Make sure that each is what you mean (a stranger's "
        "id is 404, a viewer changes nothing, without a login 302), then add:\n" + "\n".join(lines)
    )
    assert not ROUTES.keys() - PATTERNS.keys(), "ROUTES (tests/pages/routes.py) lists routes that there are no longer."


@of_each_section
def test_a_route_answers_every_role_as_listed(world: World, names: list[str]) -> None:
    for name in names:
        for method in ("GET", "POST"):
            statuses = answers(world, name, method, ROUTES[name])
            expected = ROUTES[name].expected(method)
            assert statuses == expected, f"{method} {name}: {line(statuses)} and not as ROUTES says"


@pytest.mark.any_database
@of_each_section
def test_anonymous_users_are_led_to_the_login(world: World, names: list[str]) -> None:
    for address in (address_of(name, world) for name in names if not ROUTES[name].public):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            response = Client().generic(method, address)
            assert response.status_code == 302, f"{method} {address}"
            assert response.headers["Location"].startswith("/login/"), f"{method} {address}"
        # The session expired while a page was open: the whole page goes to the login, not a region of it.
        for method, how in (("GET", "1"), ("POST", "undone")):
            response = Client().generic(method, address, headers=HTMX)
            assert (response.status_code, response.content) == (200, b""), f"{method} {address}"
            expected = f"/login/?ended={how}&next=/products/%3Fq%3Da"
            assert response.headers["HX-Redirect"] == expected, f"{method} {address}"


@of_each_section
def test_another_users_objects_are_not_found(world: World, names: list[str]) -> None:
    for name in names:
        if not PATTERNS[name].pattern.converters or ROUTES[name].public:
            continue
        address = address_of(name, world)
        for role in ("stranger", "staff"):
            for headers in ({}, HTMX):
                with undone():
                    client = world.client(role)
                    codes = {
                        client.get(address, headers=headers).status_code,
                        client.post(address, headers=headers).status_code,
                    }
                assert codes <= {404, 405}, f"{address} tells a {role} something"
                assert 404 in codes, f"{address} tells a {role} that it is there"


@of_each_section
def test_get_and_head_answer_the_same_and_write_nothing(world: World, names: list[str]) -> None:
    for address in (address_of(name, world) for name in names):
        for role in ROLES:
            for headers in ({}, HTMX):
                heads = []
                for method in ("GET", "HEAD"):
                    with undone():
                        client = world.client(role)
                        with CaptureQueriesContext(connection) as captured:
                            response = client.generic(method, address, headers=headers)
                    assert writes(captured) == [], f"{method} {address} by a {role} writes"
                    shared = {key: response.headers.get(key) for key in ("Location", "HX-Redirect", "Content-Type")}
                    heads.append((response.status_code, shared))
                assert heads[0] == heads[1], f"HEAD {address} by a {role}"
                assert response.getvalue() == b"", f"HEAD {address} by a {role}"


@pytest.mark.any_database
@of_each_section
def test_other_methods_do_nothing(world: World, names: list[str]) -> None:
    for address in (address_of(name, world) for name in names):
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
            for role in ("viewer", "owner"):
                with undone():
                    client = world.client(role)
                    with CaptureQueriesContext(connection) as captured:
                        status = client.generic(method, address).status_code
                allowed = {200, 204, 302, 403, 404, 405} if method == "OPTIONS" else {302, 404, 405}
                assert status in allowed, f"{method} {address}: {status}"
                assert writes(captured) == [], f"{method} {address} writes"


def walk(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The namespaced name and the pattern of every address of the site."""
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
        if not route.startswith(("admin/", "api/", "sandbox/")) and name not in {*PATTERNS, *ALLAUTHS}
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
            assert response.status_code in (302, 403, 404), f"{address} answers {response.status_code} to {role}"
            if response.status_code == 302:
                assert response.headers["Location"].startswith(("/admin/login/", "/login/")), address


def test_the_admin_answers_head_as_get(admin_client: Client) -> None:
    for route in {route for route, _ in walk(get_resolver()) if route.startswith("admin/")} - {"admin/logout/"}:
        address = "/" + re.sub(r"<[^>]+>|\(\?P<.*?\)", "1", route).rstrip("$")
        codes = [admin_client.generic(method, address).status_code for method in ("GET", "HEAD")]
        assert codes[0] == codes[1], f"HEAD {address}"


def test_the_sandbox_reads_no_users(world: World) -> None:
    for route, _ in walk(get_resolver()):
        if route.startswith("sandbox/"):
            with CaptureQueriesContext(connection) as captured:
                Client().get("/" + re.sub(r"<[^>]+>", "1", route))
            assert not [query["sql"] for query in captured if "monitor_user" in query["sql"]], route


def test_every_link_to_the_help_page_finds_its_part(world: World) -> None:
    client, linked = world.client("owner"), set()
    parts = set(re.findall(r'id="([\w-]+)"', client.get("/help/").content.decode()))
    for name in PATTERNS:
        with undone():
            response = client.get(address_of(name, world))
        if not response.streaming:
            linked |= set(re.findall(r'href="/help/#([\w-]+)"', response.content.decode(errors="ignore")))
    assert linked
    assert linked <= parts
