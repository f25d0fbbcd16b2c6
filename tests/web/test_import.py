"""Adding products on the page: the box, the preview with its cost, the adding, the first checks."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from monitor.models import Import, Pace, Product, ProviderAccount, UsageDay, User, Watch, Watchlist
from monitor.models.usage import provider_day
from monitor.recording.heartbeat import beat
from monitor.watchlists import add_products
from tests.factories import NOW, MembershipFactory, ProductFactory, UserFactory, WatchFactory, WatchlistFactory
from tests.web import HTMX

pytestmark = pytest.mark.django_db
ONE, TWO, THREE = "3514453298386183303", "3514453298386183304", "3514453298386183305"
LINK = f"https://haohuo.jinritemai.com/views/product/item2?id={TWO}"
ADD = "/products/add/"


def paste(web: Client, text: str, watchlist: Watchlist | None = None, **fields: object) -> str:
    """Paste and go on to the preview; its address."""
    target = {"watchlist": watchlist.pk} if watchlist else {"watchlist": "new", "list_name": "My products"}
    response = web.post(ADD, {"text": text, **target, **fields})
    assert response.status_code == 302, response.content.decode()
    return str(response.headers["Location"])


def look(web: Client, address: str) -> str:
    return web.get(address).content.decode()


def squeezed(page: str) -> str:
    return " ".join(page.split())


def ticks(of: Import) -> dict[str, object]:
    rows = of.rows.filter(num_iid__gt="")
    return {"shown": ",".join(str(row.pk) for row in rows), "row": [row.pk for row in rows if row.is_chosen]}


def add(web: Client, address: str, watchlist: Watchlist, **fields: object) -> str:
    form = {"watchlist": watchlist.pk, "interval": int(watchlist.interval.total_seconds()), "add": "1", **fields}
    return web.post(address, form, follow=True).content.decode()


def test_the_preview_tells_each_row_and_saves_nothing(web: Client, watchlist: Watchlist) -> None:
    known = WatchFactory.create(watchlist=watchlist, product=ProductFactory.create(num_iid=THREE, title="Known shirt"))
    text = f"{ONE}\nshirt <b>\n{LINK}\nhttps://v.douyin.com/abc/\n{ONE}\n{known.product.num_iid}\n123"
    page = squeezed(look(web, paste(web, text, watchlist)))
    for said in ('<b class="num">2</b> new', "1</b> on this list already", "1</b> named twice", "1</b> doubtful"):
        assert said in page
    assert "2 were not understood" in page
    assert "shirt &lt;b&gt;" in page
    assert "a short link does not hold the product ID" in page
    assert "line 4" in page
    assert "Known shirt" in page
    assert "a product ID has 19 digits as a rule" in page
    assert Watch.objects.count() == 1
    assert Product.objects.count() == 1


def test_the_cost_is_reckoned_against_the_budget_and_everything_that_is_scheduled(
    web: Client, watchlist: Watchlist
) -> None:
    for _ in range(3):
        WatchFactory.create(watchlist=watchlist)
    page = squeezed(look(web, paste(web, f"{ONE}\n{TWO}", watchlist)))
    assert "+48</strong> calls a day" in page
    assert "1,440 in 30 days" in page
    assert 'All lists, as they are</dt><dd class="num">72<' in page
    assert 'With these</dt><dd class="num">120<' in page
    assert 'Left each day</dt><dd class="num">10,880<' in page
    assert "2 first checks are made at once; 11,000 calls are left today." in page
    assert "Add 2 products" in page


def test_a_new_list_is_checked_as_its_products_change_and_says_what_that_takes_at_least(
    web: Client, merchant: User, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    other = WatchlistFactory.create(owner=merchant, pace=Pace.ADAPTIVE, interval=timedelta(days=1))
    add_products(other, [ProductFactory.create().num_iid for _ in range(8)], NOW)
    address = paste(web, f"{ONE}\n{TWO}", list_name="New")
    page = squeezed(look(web, address))
    assert 'at least <strong class="num">+2</strong> calls a day' in page
    assert "60 in 30 days, 0.2% of the budget" in page
    assert 'Each new product</dt><dd class="num">at least 1 a day<' in page
    assert 'All lists, as they are</dt><dd class="num">at least 8<' in page
    assert 'Beyond that, where most is found</dt><dd class="num">990<' in page
    assert "Left each day" not in page
    assert "Other products that are checked as they change would be checked about 20% less often." in page
    form = {"watchlist": "new", "list_name": "New", "pace": "fixed", "interval": 86400}
    page = squeezed(web.post(address, form, headers=HTMX).content.decode())
    assert '<strong class="num">+2</strong> calls a day' in page
    assert "at least <strong" not in page
    assert "would be checked about 0.2% less often." in page
    web.post(address, {**form, "pace": "adaptive", "add": "1"})
    made = Watchlist.objects.get(name="New")
    assert (made.pace, made.interval, made.watches.filter(pace="").count()) == ("adaptive", timedelta(days=1), 2)


def test_products_may_be_checked_otherwise_than_the_list_they_go_to(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, ONE, watchlist)
    assert '<option value="fixed" selected>' in look(web, address)
    web.post(address, {"watchlist": watchlist.pk, "pace": "adaptive", "interval": 86400}, headers=HTMX)
    assert '<option value="adaptive" selected>' in look(web, address)
    back = look(web, f"{ADD}?again={Import.objects.get().pk}")
    assert ('<option value="adaptive" selected>' in back, '<option value="86400" selected>' in back) == (True, True)
    add(web, address, watchlist, pace="adaptive", interval=86400)
    watch = watchlist.watches.get()
    assert (watch.pace, watch.interval) == ("adaptive", timedelta(days=1))
    assert (watch.product.interval, watch.product.soonest) == (timedelta(days=1), timedelta(minutes=5))


def test_the_box_leaves_a_list_that_is_there_its_own_pace(web: Client, watchlist: Watchlist) -> None:
    box = look(web, f"{ADD}?list={watchlist.pk}")
    assert '<option value="" selected>1 day</option>' in box
    assert '<option value="" selected>As often as they change</option>' in box
    paste(web, ONE, watchlist, pace="", interval="")
    of = Import.objects.get()
    assert (of.interval, of.pace) == (watchlist.interval, "")
    assert '<option value="fixed" selected>' in look(web, f"{ADD}{of.pk}/")


def test_many_first_checks_are_spread_and_it_is_said_over_what_time(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 240
    page = squeezed(look(web, paste(web, "\n".join(str(int(ONE) + number) for number in range(60)), watchlist)))
    assert "60 first checks are made within 12 h, beside those of other products." in page


def test_what_another_list_has_is_named_and_added_only_if_it_is_ticked(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    product = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant, name="Own <b>")).product
    address = paste(web, f"{ONE}\n{product.num_iid}", watchlist)
    page = squeezed(look(web, address))
    assert "1</b> on other lists of yours" in page
    assert "Own &lt;b&gt;</span>" in page
    assert "You watch these already, so they are not ticked." in page
    assert "0 of 1 ticked" in page
    assert "Add 1 product" in page
    assert "1 is on another list of yours and was left there." in squeezed(add(web, address, watchlist))
    assert list(watchlist.watches.values_list("product__num_iid", flat=True)) == [ONE]


def test_what_another_list_checks_as_often_costs_nothing(web: Client, merchant: User, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant)).product
    address = paste(web, product.num_iid, watchlist)
    assert "Nothing is ticked that could be added." in look(web, address)
    web.post(address, {"watchlist": watchlist.pk, "interval": 3600, "all": "elsewhere:1"})
    page = squeezed(look(web, address))
    assert "+0</strong> calls a day" in page
    assert "Add 1 product" in page


def test_another_interval_changes_the_cost_and_nothing_else(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n{TWO}", watchlist)
    response = web.post(address, {"watchlist": watchlist.pk, "interval": 600}, headers=HTMX)
    text = squeezed(response.content.decode())
    assert response.headers["HX-Retarget"] == "#cost"
    assert text.startswith('<section id="cost"')
    assert "+288</strong>" in text
    assert not Watch.objects.exists()
    assert "+288</strong>" in look(web, address)


def test_an_unticked_row_costs_nothing_and_is_not_added(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n{TWO}\n123", watchlist)
    of = Import.objects.get()
    keep = of.rows.get(num_iid=ONE).pk
    form = {**ticks(of), "row": [keep], "watchlist": watchlist.pk, "interval": 3600}
    assert "+24</strong>" in web.post(address, form, headers=HTMX).content.decode()
    add(web, address, watchlist, **{**ticks(of), "row": [keep]})
    assert list(watchlist.watches.values_list("product__num_iid", flat=True)) == [ONE]


def test_all_rows_of_a_kind_are_ticked_at_once(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n12\n34", watchlist)
    of = Import.objects.get()
    web.post(address, {**ticks(of), "watchlist": watchlist.pk, "interval": 3600, "all": "doubtful:1"})
    assert of.rows.filter(is_chosen=True).count() == 3
    web.post(address, {**ticks(of), "watchlist": watchlist.pk, "interval": 3600, "all": "new:0"})
    assert set(of.rows.filter(is_chosen=True).values_list("num_iid", flat=True)) == {"12", "34"}


def test_more_than_the_budget_is_said_with_the_interval_that_fits(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 100
    address = paste(web, "\n".join(str(int(ONE) + number) for number in range(10)), watchlist)
    page = squeezed(look(web, address))
    assert "All lists together would need 140 calls a day more than the budget has." in page
    assert "Checks would come late, those of low priority first." in page
    assert 'Lacking each day</dt><dd class="num">140<' in page
    assert "Check every 6 h instead" in page
    web.post(address, {"watchlist": watchlist.pk, "interval": 3600, "fit": 21600})
    assert 'Left each day</dt><dd class="num">60<' in squeezed(look(web, address))
    settings.PROVIDER_DAILY_CALLS = 1
    assert "Not even a check a week of each would fit" in look(web, address)


def test_another_list_brings_its_interval_and_a_new_look_at_the_rows(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    other = WatchlistFactory.create(owner=merchant, name="Other", interval=timedelta(days=1))
    WatchFactory.create(watchlist=other, product=ProductFactory.create(num_iid=ONE))
    address = paste(web, ONE, watchlist)
    text = web.post(address, {"watchlist": other.pk, "interval": 3600}, headers=HTMX).content.decode()
    assert text.lstrip().startswith('<div id="step"')
    assert "1</b> on this list already" in text
    assert Import.objects.get().interval == timedelta(days=1)


def test_a_list_that_rests_costs_nothing_until_it_is_resumed(web: Client, watchlist: Watchlist) -> None:
    Watchlist.objects.update(is_paused=True)
    page = look(web, paste(web, ONE, watchlist))
    assert "This list is paused" in page
    assert "+0</strong>" in page
    assert "first check" not in page.split('id="cost"')[1]


def test_adding_leads_to_the_first_checks(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n{TWO}\nnonsense", watchlist)
    page = squeezed(add(web, address, watchlist))
    assert "2 products added to “Rivals”" in page
    assert "0 of 2 checked" in page
    assert 'data-refresh-every="3"' in page
    assert "1 was not understood." in page
    assert set(watchlist.watches.values_list("product__num_iid", flat=True)) == {ONE, TWO}
    assert set(Product.objects.due(NOW).values_list("num_iid", flat=True)) == {ONE, TWO}
    add(web, address, watchlist)
    assert watchlist.watches.count() == 2


def test_the_first_products_make_the_first_list_with_its_rules(web: Client, merchant: User) -> None:
    assert "My products" in look(web, ADD)
    address = paste(web, ONE)
    assert not Watchlist.objects.exists()
    web.post(address, {"watchlist": "new", "list_name": "My products", "interval": 600, "add": "1"})
    watchlist = Watchlist.objects.get(owner=merchant)
    assert (watchlist.name, watchlist.rules.count(), watchlist.interval) == ("My products", 3, timedelta(minutes=10))
    assert watchlist.watches.get().interval is None


def test_the_box_says_which_share_texts_work(web: Client) -> None:
    page = look(web, ADD)
    assert "Share texts work if they hold a product&#x27;s long link or its ID" in page.replace("'", "&#x27;")
    assert "open it and copy the address of the page that comes" in page


def test_progress_counts_the_checked_names_the_failing_and_ends(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, "\n".join(str(int(ONE) + number) for number in range(10)), watchlist)
    add(web, address, watchlist)
    beat("one@host", "tick", NOW)
    Import.objects.update(saved_at=NOW - timedelta(minutes=2))
    keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))
    Product.objects.filter(pk__in=keys[:3]).update(checked_at=NOW, answered_at=NOW, title="Checked shirt", price=7200)
    Product.objects.filter(pk=keys[3]).update(checked_at=NOW, failing_since=NOW, last_outcome="timeout")
    page = squeezed(look(web, address))
    assert "4 of 10 checked · about 3 min to go · 1 fails" in page
    assert 'value="4"' in page
    assert "The first check failed" in page
    assert "timeout" in page
    assert page.count("Checked shirt") == 3
    Product.objects.update(checked_at=NOW, answered_at=NOW, failing_since=None)
    page = look(web, address)
    assert "All have been checked." in page
    assert "data-refresh-every" not in page


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        ("nothing", "No worker is running"),
        ("budget", "The first checks go on at midnight in China."),
        ("pause", "This list is paused"),
    ],
)
def test_it_says_why_no_check_comes(web: Client, watchlist: Watchlist, happens: str, said: str) -> None:
    address = paste(web, ONE, watchlist)
    assert said not in add(web, address, watchlist)
    Import.objects.update(saved_at=NOW - timedelta(minutes=1))
    if happens == "budget":
        UsageDay.objects.create(day=provider_day(NOW), reserved=11_000)
        ProviderAccount.objects.get_or_create(pk=1)
    if happens == "pause":
        Watchlist.objects.update(is_paused=True)
    assert said in look(web, address)


def test_undo_takes_the_added_ones_off_again(web: Client, watchlist: Watchlist) -> None:
    there = WatchFactory.create(watchlist=watchlist)
    address = paste(web, f"{ONE}\n{there.product.num_iid}", watchlist)
    add(web, address, watchlist)
    page = squeezed(web.post(f"{address}undo/", follow=True).content.decode())
    assert "Taken back: 1 product<" in page
    assert "It is off “Rivals” again. Nothing of it is checked any more, unless another list watches it." in page
    assert f'href="{ADD}?again={Import.objects.get().pk}"' in page
    assert f'href="/products/?list={watchlist.pk}"' in page
    assert list(watchlist.watches.all()) == [there]
    assert web.post(f"{address}undo/").status_code == 404
    assert web.post(address, {"watchlist": watchlist.pk, "add": "1"}).status_code == 302
    assert list(watchlist.watches.all()) == [there]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_undo_names_the_list_that_goes_with_it(web: Client, headers: dict[str, str]) -> None:
    address = paste(web, f"{ONE}\n{TWO}", list_name="Coats <b>")
    web.post(address, {"watchlist": "new", "list_name": "Coats <b>", "interval": 3600, "add": "1"})
    page = squeezed(web.post(f"{address}undo/", headers=headers, follow=True).content.decode())
    assert "Taken back: 2 products<" in page
    assert "The list “Coats &lt;b&gt;”, which was made for the import, is gone too." in page
    assert 'href="/products/"' in page
    assert not Watchlist.objects.exists()


def test_what_was_pasted_is_in_the_box_again(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\nnonsense", watchlist)
    key = Import.objects.get().pk
    assert f"?again={key}" in look(web, address)
    assert f"{ONE}\nnonsense</textarea>" in look(web, f"{ADD}?again={key}")
    assert (
        f"{ONE}\nnonsense</textarea>" in web.post(ADD, {"text": f"{ONE}\nnonsense", "watchlist": "x"}).content.decode()
    )


def test_what_was_pasted_can_be_gone_back_to_until_it_is_added(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\nnonsense", watchlist, interval=21600)
    back = f"{ADD}?draft={Import.objects.get().pk}"
    page = look(web, back)
    assert f"{ONE}\nnonsense</textarea>" in page
    assert '<option value="21600" selected>' in page
    later = paste(web, TWO, watchlist)
    assert f"{ONE}\nnonsense</textarea>" in look(web, back)
    add(web, later, watchlist)
    for draft in Import.objects.all():
        assert "</textarea>" in look(web, f"{ADD}?draft={draft.pk}")
        assert not look(web, f"{ADD}?draft={draft.pk}").partition("</textarea>")[0].endswith(("nonsense", TWO))
    assert "nonsense" in look(web, address)


@pytest.mark.parametrize("draft", ["", "0", "-1", "x", "9" * 30])
def test_a_draft_that_there_is_not_leaves_the_box_empty(web: Client, watchlist: Watchlist, draft: str) -> None:
    paste(web, f"{ONE}\nnonsense", watchlist)
    assert "nonsense" not in look(web, f"{ADD}?draft={draft}")


def test_a_strangers_draft_leaves_the_box_empty(web: Client, watchlist: Watchlist) -> None:
    paste(web, f"{ONE}\nnonsense", watchlist)
    web.force_login(UserFactory.create())
    assert "nonsense" not in look(web, f"{ADD}?draft={Import.objects.get().pk}")


def test_problems_come_as_a_file_in_which_nothing_is_a_formula(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"=HYPERLINK(衬衫)\n{ONE}\n12", watchlist)
    response = web.get(f"{address}problems.csv")
    assert response.headers["Content-Disposition"].startswith("attachment")
    lines = response.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "line or row,column,text,problem"
    assert lines[1] == "1,,'=HYPERLINK(衬衫),no product ID or Douyin product link was found"
    assert lines[2].startswith("3,,12,")


def test_of_thousands_of_rows_the_first_are_shown_and_all_are_added(web: Client, watchlist: Watchlist) -> None:
    ids = [str(int(ONE) + number) for number in range(1, 1001)]
    address = paste(web, " ".join(ids), watchlist)
    page = look(web, address)
    assert page.count('name="row"') == 200
    assert "and 800 more" in page
    assert "1,000</b> new" in page
    assert "1,000 products added" in add(web, address, watchlist)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"text": ""}, "Paste at least one link or ID, or choose a file."),
        ({"text": " \n "}, "Paste at least one link or ID, or choose a file."),
        ({"text": ONE, "watchlist": "new", "list_name": " "}, "Give the new list a name."),
        ({"text": ONE, "watchlist": "new", "list_name": "rivals"}, "You have a watchlist of that name already"),
        ({"text": ONE, "watchlist": "999"}, "Select a valid choice"),
    ],
)
def test_it_says_what_is_wrong_beside_the_box(
    web: Client, watchlist: Watchlist, fields: dict[str, str], complaint: str
) -> None:
    page = web.post(ADD, {"watchlist": str(watchlist.pk), **fields}).content.decode()
    assert complaint in page
    assert not Import.objects.exists()


def test_a_list_that_is_named_in_the_address_is_chosen(web: Client, merchant: User, watchlist: Watchlist) -> None:
    other = WatchlistFactory.create(owner=merchant, name="A first one")
    assert f'<option value="{watchlist.pk}" selected' in look(web, f"{ADD}?list={watchlist.pk}")
    for odd in ("x", "", "999999999999999999999", str(other.pk)):
        assert f'<option value="{other.pk}" selected' in look(web, f"{ADD}?list={odd}")


def test_an_editor_adds_to_a_shared_list_and_loses_it_gracefully(web: Client, merchant: User) -> None:
    shared = WatchlistFactory.create(name="Shared")
    membership = MembershipFactory.create(watchlist=shared, user=merchant, role="editor")
    address = paste(web, ONE, shared)
    add(web, address, shared)
    assert shared.watches.count() == 1
    membership.delete()
    assert "you may no longer edit it" in web.post(f"{address}undo/").content.decode()
    assert shared.watches.count() == 1


def test_an_exchange_brings_the_step_and_its_address(web: Client, watchlist: Watchlist) -> None:
    response = web.post(ADD, {"text": ONE, "watchlist": watchlist.pk}, headers=HTMX)
    address = f"{ADD}{Import.objects.get().pk}/"
    assert response.headers["HX-Push-Url"] == address
    text = response.content.decode()
    assert text.lstrip().startswith('<div id="step"')
    assert "<!doctype" not in text
    form = {"watchlist": watchlist.pk, "interval": 3600, "add": "1"}
    assert "0 of 1 checked" in web.post(address, form, headers=HTMX).content.decode()


def test_no_step_asks_the_database_more_when_there_is_more(web: Client, watchlist: Watchlist) -> None:
    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert web.get(address).status_code == 200
        return len(captured)

    few = paste(web, f"{ONE}\n12\nnonsense", watchlist)
    many = paste(web, "\n".join([*(str(int(ONE) + number) for number in range(300)), "12", "nonsense"]), watchlist)
    assert asked(few) == asked(many) <= 10
    add(web, few, watchlist)
    add(web, many, watchlist)
    Import.objects.update(saved_at=NOW - timedelta(minutes=1))
    assert asked(few) == asked(many) <= 10


def test_a_file_is_read_by_row_and_column(web: Client, watchlist: Watchlist) -> None:
    table = f"名称,商品ID\n衬衫,{ONE}\n裙子,3.51445E+18\n".encode("gbk")
    address = paste(web, "", watchlist, file=SimpleUploadedFile("products.csv", table))
    page = squeezed(look(web, address))
    assert "1</b> new" in page
    assert "row 3 column B" in page
    assert "a spreadsheet has rounded this ID" in page
