"""A new channel: the page asks for what the chosen kind needs, and says where it is found."""

import pytest
from playwright.sync_api import expect

from monitor.telling.channels import POSTS
from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


def test_only_what_the_chosen_kind_needs_is_asked_for(tab: Open) -> None:
    page = tab(390).go("/channels/").page
    kinds = page.locator(".channel-kinds")
    secret = page.get_by_label("Signing secret", exact=True)
    expect(kinds.locator("code:visible")).to_have_text(POSTS["feishu"].example)
    expect(secret).to_be_visible()

    page.get_by_label("WxPusher").check()
    expect(kinds.locator("code:visible")).to_have_text(POSTS["wxpusher"].example)
    expect(page.get_by_label("WxPusher")).to_have_accessible_description(
        "Scan the code on wxpusher.zjiecode.com/docs/spt.html and copy the SPT. "
        f"{POSTS['wxpusher'].example}"
    )
    expect(secret).to_be_hidden()

    page.keyboard.press("ArrowRight")
    expect(kinds.locator("code:visible")).to_have_text(POSTS["telegram"].example)
