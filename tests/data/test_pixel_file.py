"""Slots of pixels that threads fill and read."""

import os

import numpy as np
import pytest

from dcgan_jax.data.pixel_file import PixelFile


def flat(value, height, width):
    return np.full((height, width), value, np.uint8)


def test_slots_may_be_filled_in_any_order(tmp_path):
    with PixelFile(tmp_path / "pixels", 2) as pixels:
        for slot in (2, 0, 1):
            pixels.write(slot, flat(slot, 2, 2))
        assert [pixels.read(slot).tolist() for slot in range(3)] == [[[slot] * 2] * 2 for slot in range(3)]


def test_what_the_system_writes_in_part_is_written_on(tmp_path, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, content, offset: pwrite(file, content[:5], offset))
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    with PixelFile(tmp_path / "pixels", 8) as pixels:
        pixels.write(1, image)
        np.testing.assert_array_equal(pixels.read(1), image)


def test_floats_are_kept_whole(tmp_path):
    image = np.array([[0.1, np.nan], [-1e9, 2]], np.float32)
    with PixelFile(tmp_path / "pixels", 2, np.float32) as pixels:
        pixels.write(3, image)
        np.testing.assert_array_equal(pixels.read(3), image)


def test_a_slot_that_was_never_filled_is_an_error(tmp_path):
    with PixelFile(tmp_path / "pixels", 2) as pixels, pytest.raises(OSError, match="ends at byte 0"):
        pixels.read(0)
