import numpy as np
import pytest

from dcgan_jax.data.appearance import describe_flaw, is_mask
from dcgan_jax.data.phantom import draw_phantom


def histogram(**levels):
    counts = np.zeros(256, int)
    for level, count in levels.items():
        counts[int(level[1:])] = count
    return counts


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"v0": 900, "v255": 100}, True),
        ({"v0": 900, "v1": 100}, True),  # numbers of classes
        ({"v0": 1000}, False),  # blank
        ({"v0": 600, "v3": 20, "v250": 30, "v255": 350}, True),  # through JPEG
        ({"v0": 600, "v100": 6, "v255": 394}, False),
        ({"v0": 9990, "v5": 9, "v255": 1}, False),  # black, with a speck
    ],
)
def test_two_values_are_a_mask(levels, expected):
    assert is_mask(histogram(**levels)) == expected


def test_a_drawn_chest_is_none():
    assert not is_mask(np.bincount(draw_phantom(64, 0, 0, "NORMAL").ravel(), minlength=256))


def test_flaws_are_told_apart():
    assert describe_flaw(1, is_hidden=False) == "blank"
    assert describe_flaw(1, is_hidden=True).startswith("black")
    assert describe_flaw(25, is_hidden=False) == "limited to fewer than a tenth of the gray levels"
    assert describe_flaw(26, is_hidden=False) is None
