"""Copies that were saved otherwise are found, and other images are none."""

import io

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.near_copies import compute_outline, find_near_copies
from dcgan_jax.data.phantom import draw_phantom

SIDE = 128


def at_64(image):
    return np.asarray(image.convert("L").resize((64, 64), Image.Resampling.BOX))


@pytest.fixture(scope="module")
def xrays():
    return [Image.fromarray(draw_phantom(SIDE, 0, index, "NORMAL")) for index in range(12)]


def through_jpeg(image):
    content = io.BytesIO()
    image.save(content, "JPEG", quality=40)
    return Image.open(content)


CHANGES = {
    "another encoder": through_jpeg,
    "half the size": lambda image: image.resize((SIDE // 2, SIDE // 2), Image.Resampling.LANCZOS),
    "less contrast": lambda image: image.point(lambda value: 40 + value // 2),
    "color": lambda image: image.convert("RGB"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_that_was_saved_otherwise_is_found_and_no_other(change, xrays):
    images = [*xrays[:8], CHANGES[change](xrays[3]), *xrays[8:]]
    outlines = [compute_outline(at_64(image)) for image in images]
    assert find_near_copies(outlines, ["train"] * 8 + ["test"] * 5) == [(3, 8)]


def test_copies_are_looked_for_between_any_two_splits(xrays):
    outlines = [compute_outline(at_64(xrays[index])) for index in (0, 1, 0, 2, 1, 0)]
    assert find_near_copies(outlines, ["train", "train", "val", "val", "test", "test"]) == [
        (0, 2),
        (0, 5),
        (1, 4),
        (2, 5),
    ]


def test_within_one_split_nothing_is_looked_for(xrays):
    assert find_near_copies([compute_outline(at_64(xrays[0]))] * 3, ["train"] * 3) == []


def test_blank_images_are_no_copies_of_each_other():
    blank = [compute_outline(np.full((64, 64), level, np.uint8)) for level in (0, 255)]
    assert find_near_copies(blank, ["train", "test"]) == []


def test_more_images_than_are_compared_at_once(xrays):
    """Random details, 1,500 images: the two copies are found in whichever block they lie."""
    rng = np.random.default_rng(0)
    outlines = list(rng.normal(size=(1500, 64)))
    outlines[1400], outlines[1300] = outlines[3], outlines[20]
    outlines = [(outline / np.linalg.norm(outline)).astype(np.float16) for outline in outlines]
    splits = ["train"] * 1200 + ["test"] * 300
    assert find_near_copies(outlines, splits) == [(3, 1400), (20, 1300)]
