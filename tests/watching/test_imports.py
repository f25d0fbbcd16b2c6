"""Imports: drafts are kept, added once, and undone completely."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Import, ImportRow, Watch, Watchlist
from monitor.models.imports import KEPT_FOR, RowKind
from monitor.showing.reads.imports import account_of, first_checks
from monitor.watching import imports
from monitor.watching.deletion import delete_for_good
from monitor.watching.imports import Source, Target, add_some, set_interval, start_import, take_back
from monitor.watching.services import add_products, create_watchlist, remove
from monitor.watching.upkeep import clean_up
from monitor.watching.uploads.lines import read_rows, read_text
from tests.factories import MembershipFactory, UserFactory
from tests.story import FIRST_ID, Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NEW = [str(FIRST_ID + number) for number in range(100, 120)]


def draft(
    story: Story, text: str, watchlist: Watchlist | None = None, interval: timedelta = HOUR
) -> Import:
    target = Target(watchlist or story.watchlist, "", interval)
    return start_import(story.user, Source(text, tuple(read_text(text))), target, story.now)


def kinds(of: Import) -> list[str]:
    return list(of.rows.with_kind(of).order_by("pk").values_list("kind", flat=True))


def on(watchlist: Watchlist) -> set[str]:
    return set(watchlist.watches.values_list("product__num_iid", flat=True))


def test_every_row_has_its_kind_for_this_list_and_the_others() -> None:
    story = Story(products=2)
    other = create_watchlist(story.user, "供应商")
    add_products(other, [story.num_iids[1], NEW[5]], story.now)
    stranger = create_watchlist(UserFactory.create(), "Secret")
    add_products(stranger, [NEW[1]], story.now)
    import_ = draft(
        story, "\n".join([story.num_iids[0], NEW[0], NEW[0], NEW[1], NEW[5], "123", "衬衫"])
    )
    assert kinds(import_) == ["here", "new", "repeated", "new", "elsewhere", "doubtful", "bad"]
    assert set(import_.rows.filter(is_chosen=True).values_list("num_iid", flat=True)) == {
        NEW[0],
        NEW[1],
    }
    import_.watchlist = other
    assert (kinds(import_)[0], kinds(import_)[4]) == (RowKind.ELSEWHERE, RowKind.HERE)


@pytest.mark.parametrize("is_deleted", [True, False])
def test_nothing_is_added_to_a_list_that_is_gone_or_may_no_longer_be_edited(
    is_deleted: bool,
) -> None:
    story = Story()
    editor = UserFactory.create()
    membership = MembershipFactory.create(watchlist=story.watchlist, user=editor, role="editor")
    target = Target(story.watchlist, "", HOUR)
    import_ = start_import(editor, Source(lines=tuple(read_text(NEW[0]))), target, story.now)
    if is_deleted:
        delete_for_good(story.watchlist, story.now)
        import_.refresh_from_db()
    else:
        membership.delete()
    with pytest.raises(Watchlist.DoesNotExist):
        add_some(import_, story.now)
    assert not Watch.objects.filter(product__num_iid=NEW[0]).exists()


def test_a_new_list_gets_a_free_name_if_its_name_is_taken_meanwhile() -> None:
    story = Story()
    target = Target(None, "新品", HOUR)
    import_ = start_import(story.user, Source(lines=tuple(read_text(NEW[0]))), target, story.now)
    create_watchlist(story.user, "新品")
    add_some(import_, story.now)
    assert Import.objects.get(pk=import_.pk).watchlist == Watchlist.objects.get(name="新品 (2)")


def test_a_large_import_goes_on_where_it_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "STEP", 8)
    monkeypatch.setattr(imports, "CHUNK", 5)
    story = Story()
    import_ = draft(story, "\n".join(NEW))
    assert [add_some(import_, story.now) for _ in range(3)] == [False, False, True]
    assert on(story.watchlist) >= set(NEW)
    assert Import.objects.get(pk=import_.pk).finished_at == story.now


def test_a_decided_import_needs_no_preview_and_adds_all_sure_rows() -> None:
    story = Story(products=2)
    other = create_watchlist(story.user, "供应商")
    lines = tuple(read_text("\n".join([*story.num_iids, NEW[0], NEW[0], "12", "衬衫"])))
    import_ = start_import(
        story.user, Source(lines=lines), Target(other, "", HOUR), story.now, is_decided=True
    )
    assert import_.is_under_way
    assert on(other) == set()
    assert add_some(import_, story.now, 2) is False
    assert add_some(import_, story.now, 2) is True
    assert on(other) == {*story.num_iids, NEW[0]}
    account = account_of(Import.objects.get(pk=import_.pk))
    assert account == Counter(rows=6, to_add=3, added=3, repeated=1, doubtful=1, bad=1)


def test_every_row_is_counted_at_every_step() -> None:
    story = Story(products=2)
    other = create_watchlist(story.user, "供应商")
    add_products(other, [NEW[9]], story.now)
    import_ = draft(story, "\n".join([story.num_iids[0], NEW[9], *NEW[:4], NEW[0], "12", "衬衫"]))
    assert account_of(import_) == Counter(
        rows=9, to_add=4, waiting=4, already=1, repeated=1, doubtful=1, bad=1, left=1
    )
    add_some(import_, story.now, 3)
    assert account_of(import_) == Counter(
        rows=9, to_add=4, added=3, waiting=1, already=1, repeated=1, doubtful=1, bad=1, left=1
    )
    add_some(import_, story.now)
    import_.refresh_from_db()
    assert account_of(import_) == Counter(
        rows=9, to_add=4, added=4, already=1, repeated=1, doubtful=1, bad=1, left=1
    )
    story.watchlist.watches.filter(product__num_iid=story.num_iids[0]).delete()
    assert account_of(import_) == Counter(
        rows=9, to_add=4, added=4, repeated=1, doubtful=1, bad=1, left=2
    )


def test_two_imports_of_the_same_products_both_finish() -> None:
    story = Story()
    first, second = draft(story, "\n".join(NEW)), draft(story, "\n".join(NEW))
    assert add_some(first, story.now)
    assert add_some(second, story.now)
    second.refresh_from_db()
    assert account_of(second) == Counter(rows=len(NEW), already=len(NEW))
    assert not second.rows.with_kind(second).exclude(kind=RowKind.HERE).exists()


def test_undoing_an_import_deletes_its_new_list_unless_it_is_used() -> None:
    story = Story()
    for name, used in (("one", False), ("two", True)):
        target = Target(None, name, HOUR)
        import_ = start_import(
            story.user, Source(lines=tuple(read_text(NEW[0]))), target, story.now
        )
        add_some(import_, story.now)
        if used:
            add_products(Watchlist.objects.get(name=name), NEW[1:2], story.now)
        take_back(import_, story.now)
        assert Watchlist.objects.filter(name=name).exists() == used


def test_an_import_that_is_undone_while_it_runs_adds_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 5)
    story = Story()
    import_ = draft(story, "\n".join(NEW))
    add_one_piece = imports._add

    def add_and_take_back(*args: Any) -> object:
        monkeypatch.setattr(imports, "_add", add_one_piece)
        added = add_one_piece(*args)
        take_back(Import.objects.get(pk=import_.pk), story.now)
        return added

    monkeypatch.setattr(imports, "_add", add_and_take_back)
    add_some(import_, story.now)
    assert on(story.watchlist) == {story.num_iids[0]}
    assert Import.objects.get(pk=import_.pk).finished_at is None


def test_a_draft_that_was_added_in_another_tab_cannot_change_its_list() -> None:
    story = Story()
    import_ = draft(story, NEW[0])
    in_another_tab = Import.objects.get(pk=import_.pk)
    add_some(import_, story.now)
    set_interval(in_another_tab, 2 * HOUR)
    assert Import.objects.get(pk=import_.pk).interval == HOUR


def test_rows_of_the_text_and_of_the_file_are_kept_separately() -> None:
    story = Story()
    file_rows = tuple(read_rows([(1, ["商品ID"]), (2, [NEW[1]])]))
    source = Source(NEW[0], tuple(read_text(NEW[0])), "x" * 300 + ".csv", file_rows)
    import_ = start_import(story.user, source, Target(story.watchlist, "", HOUR), story.now)
    assert import_.file_name.endswith("x.csv")
    assert len(import_.file_name) == 200
    rows = import_.rows.order_by("pk").values_list("number", "column", "is_from_file", "num_iid")
    assert list(rows) == [(1, 0, False, NEW[0]), (2, 1, True, NEW[1])]


def test_the_upkeep_deletes_expired_imports_and_not_the_next_merchants_request() -> None:
    story = Story()
    draft(story, NEW[0])
    story.now += KEPT_FOR + HOUR
    kept = draft(story, NEW[1])
    assert Import.objects.count() == 2
    clean_up(story.now)
    assert list(Import.objects.all()) == [kept]
    assert ImportRow.objects.count() == 1


def test_of_lines_without_a_product_the_first_hundred_are_kept_and_all_are_counted() -> None:
    story = Story()
    import_ = draft(story, "\n".join(["衬衫"] * 150 + NEW + ["12"] + ["裙子"] * 150))
    assert import_.rows.count() == 100 + len(NEW) + 1
    assert set(import_.rows.filter(num_iid="").values_list("text", flat=True)) == {"衬衫"}
    counted = Counter(rows=321, bad=300, doubtful=1, to_add=20)
    assert account_of(import_) == counted | Counter(waiting=20)
    add_some(import_, story.now)
    import_.refresh_from_db()
    assert account_of(import_) == counted | Counter(added=20)
    assert first_checks(import_, story.now)["bad"] == 300


def test_products_removed_during_an_import_are_not_added_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "STEP", 8)
    story = Story()
    import_ = draft(story, "\n".join(NEW))
    add_some(import_, story.now)
    remove(story.watchlist.watches.filter(product__num_iid__in=NEW[:3]), story.now)
    while not add_some(import_, story.now):
        pass
    assert on(story.watchlist) == {story.num_iids[0], *NEW[3:]}
