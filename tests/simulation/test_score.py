"""Delays, what was missed, and by which day: reckoned on lives made by hand."""

from monitor.simulation.play import DAY, HOUR, MINUTE, Played
from monitor.simulation.score import Detection, Figures, detections, score
from monitor.simulation.truth import Life


def test_a_change_waits_for_the_next_look() -> None:
    life = Life([0, 100, 700], [0, 1, 2])
    assert list(detections([life], [[0, 300, 600, 900]], DAY)) == [
        Detection(0, 100, 200, is_missed=False),
        Detection(0, 700, 200, is_missed=False),
    ]


def test_a_look_at_the_second_of_a_change_shows_it() -> None:
    assert list(detections([Life([0, 300], [0, 1])], [[300]], DAY)) == [Detection(0, 300, 0, is_missed=False)]


def test_a_change_that_another_overwrites_is_missed_and_waits_all_the_same() -> None:
    life = Life([0, 100, 200, 600], [0, 1, 0, 1])
    assert list(detections([life], [[0, 300, 600]], DAY)) == [
        Detection(0, 100, 200, is_missed=True),
        Detection(0, 200, 100, is_missed=False),
        Detection(0, 600, 0, is_missed=False),
    ]
    # A look that comes with the next change is too late for the one before.
    assert [one.is_missed for one in detections([life], [[200, 700]], DAY)] == [True, False, False]


def test_a_look_that_finds_nothing_shows_nothing() -> None:
    life = Life([0, 100, 200, 900], [0, 1, None, 1])
    assert list(detections([life], [[250, 950]], DAY)) == [Detection(0, 100, 850, is_missed=False)]
    # Another value when it comes back: what was there before was never seen.
    other = Life([0, 100, 200, 900], [0, 1, None, 2])
    assert list(detections([other], [[250, 950]], DAY)) == [
        Detection(0, 100, 850, is_missed=True),
        Detection(0, 900, 50, is_missed=False),
    ]


def test_what_nobody_looks_at_waits_until_the_end() -> None:
    assert list(detections([Life([0, 100], [0, 1])], [[]], DAY)) == [Detection(0, 100, DAY - 100, is_missed=False)]


def test_figures_are_of_the_scored_days_alone_and_by_day() -> None:
    first = Life([0, HOUR, DAY + HOUR, DAY + 3 * HOUR, 3 * DAY + 1], [0, 1, 2, 3, 4])
    other = Life([0, DAY + 2 * HOUR, 2 * DAY + HOUR], [0, 1, 2])
    played = Played(
        looks=[[2 * HOUR, DAY + HOUR + 10 * MINUTE, 2 * DAY], [DAY + 2 * HOUR + 20 * MINUTE, 3 * DAY]],
        calls=[1, 2, 1, 1],
    )
    found = score([first, other], played, first=1, days=2)
    assert found.days == (
        Figures(changes=3, median=20.0, mean=(10 + 20 + 21 * 60) / 3, p95=21 * 60.0, missed=0.0, calls=2),
        Figures(changes=1, median=23 * 60.0, mean=23 * 60.0, p95=23 * 60.0, missed=0.0, calls=1),
    )
    assert found.overall.changes == 4
    assert found.overall.calls == 3
    assert found.overall.median == (20 + 21 * 60) / 2


def test_products_that_change_seldom_are_told_of_apart() -> None:
    busy = Life(range(0, 2 * DAY, HOUR), list(range(48)))
    calm = Life([0, 5 * HOUR], [0, 1])
    played = Played(looks=[range(0, 2 * DAY, HOUR), [2 * HOUR, 6 * HOUR, DAY + HOUR]], calls=[26, 25])
    found = score([busy, calm], played, first=0, days=1)
    assert (found.overall.changes, found.overall.median) == (24, 0.0)
    assert found.seldom == Figures(changes=1, median=60.0, mean=60.0, p95=60.0, missed=0.0, calls=2)


def test_the_95th_of_a_hundred_is_the_95th() -> None:
    life = Life([0, *(DAY + number for number in range(100))], list(range(101)))
    looks = [DAY + 99 + MINUTE]
    found = score([life], Played([looks], [0, 1]), first=1, days=1).overall
    assert (found.changes, found.missed) == (100, 0.99)
    assert found.p95 is not None
    assert round(found.p95 * MINUTE) == MINUTE + 94


def test_a_day_without_a_change_has_no_delay() -> None:
    found = score([Life([0], [0])], Played([[5]], [1]), first=0, days=1)
    assert found.days == (Figures(0, None, None, None, None, 1),)
