"""The text of a mail: subject, text and HTML, in the recipient's language and time zone."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.utils import translation

from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Membership, Message, Product, Shop, User
from monitor.provider.observation import Status
from monitor.telling.compose import write_messages
from monitor.telling.message import build
from monitor.telling.outbox import send_due
from monitor.text.formatting import one_line
from monitor.watching.services import add_products, create_watchlist
from tests.polling.story import Story
from tests.telling.mailserver import MailServer, part

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Story]:
    """A merchant who reads English, while another language is active."""
    story = Story()
    User.objects.update(language="en", time_zone="America/New_York")
    story.hears()
    with translation.override("zh-hans"):
        yield story


class Page(HTMLParser):
    """The visible text of a page, its links, sources, tags and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self._is_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style"
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.sources += [value or "" for name, value in attrs if name == "src"]
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.words += data.split()

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    @property
    def text(self) -> str:
        return " ".join(self.words)


def mail_to(story: Story, address: str = "merchant@example.com") -> tuple[str, str, Page]:
    """Subject, text and page of the mail of new alerts to `address`."""
    write_messages(story.now)
    message = build(Message.objects.select_related("recipient").get(address=address))
    return str(message.subject), str(message.body), Page(message.html)


def test_text_and_page_have_the_same_facts_of_a_lower_price(story: Story) -> None:
    story.hears(price=6300)
    Product.objects.update(first_data_time=story.now - timedelta(days=40))

    subject, text, page = mail_to(story)

    assert subject == "Price down 12.5% · ¥72.00 → ¥63.00: 磨毛衬衫"
    for fact in (
        "1 alert",
        "磨毛衬衫",
        "¥72.00 → ¥63.00",
        "▼ 12.5%",
        "lowest in 30 days · 11-10 21:00 · 对手",
        "Times: America/New_York.",
        "Unsubscribe from “对手”",
        "Unsubscribe from all",
    ):
        assert fact in text
        assert fact in page.text
    for link in (
        f"/alerts/{Alert.objects.get().pk}/",
        "/alerts/",
        f"/products/{story.num_iids[0]}/",
    ):
        assert f"https://watch.example.org{link}" in text
        assert f"https://watch.example.org{link}" in page.links
    on_douyin = f"https://haohuo.jinritemai.com/views/product/item2?id={story.num_iids[0]}"
    assert on_douyin in text
    assert [link for link in page.links if not link.startswith("https://watch.example.org/")] == [
        "https://watch.example.org",
        on_douyin,
    ][::-1]


def test_it_is_in_the_language_of_each_recipient(story: Story) -> None:
    member = User.objects.create_user("member@example.com", language="zh-hans")
    Membership.objects.create(watchlist=story.watchlist, user=member)
    story.hears(status=Status.OFF_SHELF)

    subject, text, _page = mail_to(story)
    assert subject == "Now off shelf: 磨毛衬衫"
    assert "on sale → off shelf" in text
    assert "11-10 21:00" in text

    _subject, text, page = mail_to(story, "member@example.com")
    assert "11-11 10:00" in text
    with translation.override("zh-hans"):
        words = translation.gettext("off shelf")
    assert words in text
    assert words in page.text


def test_a_change_is_shown_once_with_all_its_rules_and_lists(story: Story) -> None:
    story.rule(Kind.PRICE_DROPPED, 1000)
    second_list = create_watchlist(story.user, "自己的")
    add_products(second_list, story.num_iids, story.now)
    story.hears(price=6300)

    subject, text, _page = mail_to(story)

    assert subject.startswith("Price down 12.5%")
    assert text.count("¥72.00 → ¥63.00") == 1
    assert "对手; 自己的" in text


HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7|add:7 }} %s &amp; Bcc: "
    "all@evil.test"
)


def test_hostile_names_stay_text(server: MailServer, story: Story) -> None:
    name = HOSTILE.replace(" Bcc", "\r\nBcc") + "\u202e"
    Shop.objects.update(name=name)
    story.watchlist.name = name
    story.watchlist.save()
    story.hears(title=name, price=6300, shop=None)

    assert send_due(story.now) == Counter(sent=1)

    assert server.recipients == ["merchant@example.com"]
    (message,) = server.messages
    assert message["Bcc"] is None
    html, text = part(message, "html"), part(message, "plain")
    page = Page(html)
    assert "script" not in page.tags
    assert "onerror" not in page.attributes
    assert all(
        source.startswith(("https://p3-aio.ecombdimg.com/", "cid:")) for source in page.sources
    )
    # The product, and its list twice: in the card and in the foot.
    start = one_line(HOSTILE, 50).removesuffix("…")
    assert page.text.count(start) == text.count(start) == 3
    assert "\u202e" not in str(message["Subject"]) + html + text
