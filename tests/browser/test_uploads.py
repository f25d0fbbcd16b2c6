"""The file of an import: chosen by a button, dropped, and kept while the session ends."""

import re

import pytest
from playwright.sync_api import FilePayload, expect

from monitor.models import Session
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser
FILE = FilePayload(name="goods.csv", mimeType="text/csv", buffer=b"ID\n3514453298386183303\n12\n")


def test_the_chosen_file_is_named_and_read(tab: Open, shelf: Shelf) -> None:
    merchants = tab().read("/products/add/")
    page = merchants.page
    button, name = page.locator("#file-button"), page.locator("[data-file-name]")
    expect(name).to_have_text("Excel or CSV; or drop it here")
    with page.expect_file_chooser() as opened:
        button.click()
    opened.value.set_files(FILE)
    expect(name).to_have_text("goods.csv")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("row 3")).to_be_visible()
    assert merchants.all_complaints() == []


def test_pasted_text_survives_an_ended_session(tab: Open, shelf: Shelf) -> None:
    merchants = tab(locale="en-GB").read("/products/add/")
    page = merchants.page
    box = page.get_by_label("Links, share texts or IDs")
    box.fill("3514453298386183303\n12")
    Session.objects.all().delete()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(
        page.get_by_text("Your session has ended: your last action was not done.")
    ).to_be_visible()
    page.get_by_label("E-mail address").fill("merchant@example.com")
    page.get_by_label("Password", exact=True).fill("a-password")
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/products/add/$"))
    expect(box).to_have_value("3514453298386183303\n12")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("line 2")).to_be_visible()
    expect(
        merchants.read("/products/add/").page.get_by_label("Links, share texts or IDs")
    ).to_have_value("")
    assert merchants.all_complaints() == []


def test_the_bookmarklet_opens_the_box_with_the_address_of_another_site(
    tab: Open, shelf: Shelf
) -> None:
    merchants = tab().read("/products/add/")
    page = merchants.page
    page.get_by_text("Add while you browse").click()
    bookmarklet = page.locator("[data-bookmarklet]")
    address = bookmarklet.get_attribute("href") or ""
    bookmarklet.click()
    expect(page.locator("#toast")).to_contain_text("Drag this button to the bookmarks bar.")
    assert merchants.all_complaints() == []
    page.goto("about:blank")
    # A bookmark's script runs in the page that is open.
    page.evaluate(f"() => {{ {address.removeprefix('javascript:')} }}")
    page.wait_for_url("**/products/add/?text=about%3Ablank")
    expect(page.get_by_label("Links, share texts or IDs")).to_have_value("about:blank")


def test_a_file_is_dropped_on_the_box(tab: Open, shelf: Shelf) -> None:
    page = tab().read("/products/add/").page
    drop = """() => {
      const files = new DataTransfer();
      files.items.add(new File(["ID\\n3514453298386183303\\n12\\n"], "dropped.csv",
          { type: "text/csv" }));
      const at = { bubbles: true, cancelable: true, dataTransfer: files };
      document.querySelector("#id_text").dispatchEvent(new DragEvent("drop", at));
    }"""
    page.evaluate(drop)
    expect(page.locator("[data-file-name]")).to_have_text("dropped.csv")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("row 3")).to_be_visible()
