"""Curves hold every step, take the page's colors, and share no name with another drawing."""

import re
from xml.etree import ElementTree

import pytest

from dcgan_jax.report.curves import BINS, bin_curve, draw_curves
from dcgan_jax.training.step import METRICS


def rows(count):
    return [{"step": step, **dict.fromkeys(METRICS, 0.5), "generator_loss": step} for step in range(1, count + 1)]


def test_steps_are_averaged_within_the_band_of_their_extremes():
    curve = bin_curve(rows(2 * BINS), "generator_loss")
    assert curve.steps[:2].tolist() == curve.mean[:2].tolist() == [1.5, 3.5]
    assert (curve.lowest[-1], curve.highest[-1]) == (2 * BINS - 1, 2 * BINS)
    assert bin_curve(rows(3), "generator_loss").mean.tolist() == [1, 2, 3]
    assert bin_curve(rows(3), "fid") is None
    assert bin_curve([{"step": 1, "generator_loss": None}], "generator_loss") is None


@pytest.mark.parametrize("count", [1, 5, BINS, 10_000])
def test_a_drawing_is_the_same_every_time_small_and_without_fixed_colors(count):
    drawn = draw_curves(rows(count), "loss")
    assert drawn == draw_curves(rows(count), "loss")
    assert len(drawn) < 100_000
    ElementTree.fromstring(drawn)
    assert {"var(--real)", "var(--generated)", "var(--third)"} <= set(re.findall(r"var\(--\w+\)", drawn))
    assert not re.search(r"#[0-9a-f]{6}\b", drawn)
    assert "<style" not in drawn


def test_two_drawings_share_no_name_and_find_their_own():
    losses, accuracies = (draw_curves(rows(5), kind) for kind in ("loss", "accuracy"))
    names = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (losses, accuracies)]
    assert not names[0] & names[1]
    for svg, own in zip((losses, accuracies), names, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([^)"]+)', svg)) <= own


def test_without_rows_there_is_no_drawing():
    assert draw_curves([], "loss") == ""
