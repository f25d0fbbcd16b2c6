"""The guide for programs is a page of the site, with the text of `docs/api.md`."""

import html
import re

import pytest
from django.conf import settings
from django.test import Client

pytestmark = pytest.mark.django_db


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def test_the_page_has_every_word_of_the_file_and_the_address_of_this_site(web: Client) -> None:
    page = web.get("/help/programs/").content.decode()
    card = page.partition('guide" lang="en">')[2]
    shown = words(html.unescape(re.sub(r"<[^>]+>", " ", card)))
    text = (
        (settings.BASE_DIR / "docs" / "api.md")
        .read_text()
        .replace("https://watch.example.org", settings.SITE_URL)
    )
    text = re.sub(r"```\w+|\]\(https://[^)]+\)", " ", text.removeprefix("# The API\n"))
    assert shown[: len(words(text))] == words(text)
    assert f"export SITE={settings.SITE_URL}" in page
    assert 'id="webhooks"' in page
