"""The site can be installed: its manifest, its service worker, and the page without a
connection."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from monitor.models import User

pytestmark = pytest.mark.django_db
SOURCE = re.compile(r'(?:href|src)="(/static/[^"#]+)|"(?:\.|\./)([\w.]+\.js)"')


def file_of(address: str) -> str:
    found = finders.find(address.removeprefix("/static/"))
    assert isinstance(found, str), address
    return found


def test_the_manifest_lets_phones_install_the_site_and_share_to_the_box(client: Client) -> None:
    response = client.get("/manifest.webmanifest", headers={"Accept-Language": "zh-hans"})
    assert response.headers["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == (
        "看摊",
        "/",
        "standalone",
    )
    assert (manifest["id"], manifest["scope"]) == ("/", "/")
    share = {
        "action": "/products/add/",
        "method": "GET",
        "enctype": "application/x-www-form-urlencoded",
        "params": {"title": "title", "text": "text", "url": "url"},
    }
    assert manifest["share_target"] == share
    page = client.get("/login/").content.decode()
    # With its cookies, by which the browser gets it in the user's language.
    assert (
        '<link rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials">' in page
    )
    assert f'<meta name="theme-color" content="{manifest["theme_color"]}">' in page
    assert '<link rel="apple-touch-icon" href="/static/icon-192.png">' in page


def test_the_worker_serves_the_whole_site_and_is_asked_for_anew(client: Client) -> None:
    response = client.get("/sw.js")
    assert response.headers["Content-Type"] == "text/javascript"
    assert "no-store" in response.headers["Cache-Control"]
    for address in re.findall(r'"(/static/[^"]+)"', response.content.decode()):
        file_of(address)


def test_the_page_without_a_connection_knows_nobody_and_needs_only_kept_files(
    web: Client, merchant: User
) -> None:
    response = web.get("/offline/")
    page = response.content.decode()
    assert merchant.email not in page
    assert "csrf" not in page
    assert "sessionid" not in response.cookies
    kept = set(re.findall(r'"(/static/[^"]+)"', web.get("/sw.js").content.decode()))
    needed = {first for first, _ in SOURCE.findall(page) if first} - {"/static/icon-192.png"}
    assert "/static/js/offline.js" in needed
    assert needed <= kept


@pytest.mark.parametrize(
    ("language", "title"), [("en", "No connection"), ("zh-hans", "网络未连接")]
)
def test_it_speaks_the_users_language(
    web: Client, merchant: User, language: str, title: str
) -> None:
    User.objects.filter(pk=merchant.pk).update(language=language)
    assert title in web.get("/offline/").content.decode()
