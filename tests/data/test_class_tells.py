"""Whether files give their class away: by hand, and at sizes where chance does as much."""

import io

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.class_tells import UNKNOWN_KIND, FileKind, describe_inks, find_tells, read_kind

PNG = FileKind("PNG", "gray")


def encode(mode, image_format):
    content = io.BytesIO()
    Image.new(mode, (8, 8)).save(content, image_format)
    return content.getvalue()


@pytest.mark.parametrize(
    ("mode", "image_format", "kind"),
    [
        ("L", "PNG", ("PNG", "gray")),
        ("LA", "PNG", ("PNG", "gray")),
        ("I;16", "PNG", ("PNG", "gray")),
        ("P", "GIF", ("GIF", "a palette")),
        ("RGB", "JPEG", ("JPEG", "color")),
        ("RGBA", "TIFF", ("TIFF", "color")),
        ("CMYK", "JPEG", ("JPEG", "printing inks")),
    ],
)
def test_a_file_says_how_it_stores_its_pixels(mode, image_format, kind):
    assert read_kind(encode(mode, image_format)) == kind


def test_what_is_no_image_is_of_no_kind():
    assert read_kind(b"text") == UNKNOWN_KIND
    assert read_kind(encode("L", "PNG")[:20]) == ("PNG", "gray")


def test_printing_inks_may_be_a_negative():
    assert "negative" in (describe_inks(read_kind(encode("CMYK", "TIFF"))) or "")
    assert describe_inks(PNG) is None


def tells(first, second):
    labels = ["A"] * len(first) + ["B"] * len(second)
    sides = [(int(width), 100) for width in (*first, *second)]
    return {tell.what: tell.accuracy for tell in find_tells(labels, sides, [PNG] * len(sides))}


def test_the_accuracy_is_that_of_the_best_cut():
    """Half of A is as wide as all of B: a cut below gets the other half and B right, 75 of 100."""
    assert tells([10] * 25 + [200] * 25, [200] * 50) == {"number of pixels": 0.75, "aspect": 0.75}
    assert tells([10] * 26 + [200] * 24, [200] * 50)["aspect"] == 0.76
    assert tells([10] * 24 + [200] * 26, [200] * 50) == {}


def test_few_files_tell_nothing_that_chance_would_not():
    assert tells([10] * 5, [200] * 5) == {}
    assert tells([10] * 10, [200] * 10)["number of pixels"] == 1


def test_equal_classes_are_seldom_told_apart():
    rng = np.random.default_rng(0)
    found = [tells(rng.integers(100, 200, 12), rng.integers(100, 200, 12)) for _ in range(50)]
    assert sum(map(bool, found)) == 0
