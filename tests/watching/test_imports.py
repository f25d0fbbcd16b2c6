"""Imports: drafts are kept, added once, and undone completely."""

from collections import Counter
from datetime import timedelta

import pytest

from monitor.models import Import, ImportRow, Watch, Watchlist
from monitor.models.imports import KEPT_FOR, RowKind
from monitor.showing.reads.imports import account_of
from monitor.watching import imports
from monitor.watching.deletion import delete_for_good
from monitor.watching.imports import Source, Target, add_some, start_import, take_back
from monitor.watching.services import add_products, create_watchlist, remove
from monitor.watching.upkeep import clean_up
from monitor.watching.uploads.lines import read_text
from tests.models.factories import MembershipFactory, UserFactory
from tests.polling.story import FIRST_ID, Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NEW = [str(FIRST_ID + number) for number in range(100, 120)]


def draft(story: Story, text: str, target: Target | None = None) -> Import:
    source = Source(text, tuple(read_text(text)))
    return start_import(story.user, source, target or Target(story.watchlist), story.now)


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
    assert kinds(import_) == ["here", "new", "repeated", "new", "new", "doubtful", "bad"]
    assert set(import_.rows.filter(is_chosen=True).values_list("num_iid", flat=True)) == {
        story.num_iids[0],
        NEW[0],
        NEW[1],
        NEW[5],
    }
    import_.watchlist = other
    assert (kinds(import_)[0], kinds(import_)[4]) == (RowKind.NEW, RowKind.HERE)


@pytest.mark.parametrize("is_deleted", [True, False])
def test_nothing_is_added_to_a_list_that_is_gone_or_may_no_longer_be_edited(
    is_deleted: bool,
) -> None:
    story = Story()
    editor = UserFactory.create()
    membership = MembershipFactory.create(watchlist=story.watchlist, user=editor, role="editor")
    target = Target(story.watchlist)
    import_ = start_import(editor, Source(lines=tuple(read_text(NEW[0]))), target, story.now)
    if is_deleted:
        delete_for_good(story.watchlist, story.now)
        import_.refresh_from_db()
    else:
        membership.delete()
    with pytest.raises(Watchlist.DoesNotExist):
        add_some(import_, story.now)
    assert not Watch.objects.filter(product__num_iid=NEW[0]).exists()


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
        story.user, Source(lines=lines), Target(other), story.now, is_decided=True
    )
    assert import_.saved_at is not None
    assert import_.finished_at is None
    assert on(other) == set()
    assert add_some(import_, story.now, 2) is False
    assert add_some(import_, story.now, 2) is True
    assert on(other) == {*story.num_iids, NEW[0]}
    account = account_of(Import.objects.get(pk=import_.pk))
    assert account == Counter(rows=6, to_add=3, added=3, repeated=1, doubtful=1, bad=1)


def test_every_row_is_counted_at_every_step() -> None:
    story = Story(products=2)
    import_ = draft(story, "\n".join([story.num_iids[0], *NEW[:4], NEW[0], "12", "衬衫"]))
    others = {"already": 1, "repeated": 1, "doubtful": 1, "bad": 1}
    assert account_of(import_) == Counter(rows=8, to_add=4, waiting=4, **others)
    add_some(import_, story.now, 3)
    assert account_of(import_) == Counter(rows=8, to_add=4, added=3, waiting=1, **others)
    add_some(import_, story.now)
    import_.refresh_from_db()
    assert account_of(import_) == Counter(rows=8, to_add=4, added=4, **others)
    story.watchlist.watches.filter(product__num_iid=story.num_iids[0]).delete()
    others["already"] = 0
    assert account_of(import_) == Counter(rows=8, to_add=4, added=4, left=1, **others)


def test_undoing_an_import_deletes_its_new_list_unless_it_is_used() -> None:
    story = Story()
    for name, used in (("one", False), ("two", True)):
        import_ = draft(story, NEW[0], Target(None, name))
        add_some(import_, story.now)
        if used:
            add_products(Watchlist.objects.get(name=name), NEW[1:2], story.now)
        take_back(import_, story.now)
        assert Watchlist.objects.filter(name=name).exists() == used


def test_an_import_that_is_undone_while_it_runs_adds_no_more() -> None:
    story = Story()
    import_ = draft(story, "\n".join(NEW))
    assert not add_some(import_, story.now, 5)
    take_back(Import.objects.get(pk=import_.pk), story.now)
    assert not add_some(import_, story.now)
    assert on(story.watchlist) == {story.num_iids[0]}
    assert Import.objects.get(pk=import_.pk).finished_at is None


def test_the_upkeep_deletes_expired_imports_and_not_the_next_merchants_request() -> None:
    story = Story()
    draft(story, NEW[0])
    story.now += KEPT_FOR + HOUR
    kept = draft(story, NEW[1])
    assert Import.objects.count() == 2
    clean_up(story.now)
    assert list(Import.objects.all()) == [kept]
    assert ImportRow.objects.count() == 1


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
