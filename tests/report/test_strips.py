"""Where marks stand, by hand: in percent of a line from its lowest to its highest value."""

import pytest

from dcgan_jax.report.strips import create_strip


def test_places_are_percent_of_the_line():
    strip = create_strip("words", [("own", 0.25), ("real", 1.0)], (0.2, 0.5), (0.4, 0.6), (0.0, 1.0))
    assert [(mark.kind, mark.place) for mark in strip.marks] == [("own", 25.0), ("real", 100.0)]
    assert (strip.interval, strip.band) == ((20.0, 50.0), (40.0, 60.0))
    assert strip.ticks == ((0.0, "0"), (100.0, "1.0"))
    assert strip.label == "words"


def test_a_line_begins_at_zero_unless_something_lies_below_it():
    above = create_strip("", [("own", 5.0)])
    assert above.ticks[0] == (0.0, "0")
    assert above.marks[0].place == pytest.approx(100 / 1.06, abs=0.01)
    below = create_strip("", [("own", 0.0)], (-1.0, 1.0))
    assert [name for _, name in below.ticks] == ["\N{MINUS SIGN}1.1", "0", "1.1"]
    assert below.marks[0].place == 50.0


def test_an_end_near_zero_has_no_name_beside_that_of_zero():
    strip = create_strip("", [("own", -0.01), ("real", 1.0)])
    assert [name for _, name in strip.ticks] == ["0", "1.1"]


def test_what_is_not_known_is_left_out():
    assert create_strip("", [("own", None)]) is None
    strip = create_strip("", [("own", 1.0), ("real", None)], (None, 2.0))
    assert len(strip.marks) == 1
    assert strip.interval is None


def test_a_single_zero_has_a_line_too():
    assert create_strip("", [("own", 0.0)]).marks[0].place == 0.0
