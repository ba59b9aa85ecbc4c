"""DICOM files with and without what should stand before them, and hostile ones: bounded work and memory."""

import contextlib
import struct
import time
import zlib

import numpy as np
import pytest

from dcgan_jax.data.images import read_stored
from dcgan_jax.data.reading.dicom.signature import is_dicom
from dcgan_jax.data.reading.formats import DICOM, DICOM_DIRECTORY, HEAD_BYTES, find_format
from dcgan_jax.data.reading.stored_image import BadImageError
from tests.dicom_files import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, JPEG_LS, make_dicom, make_values

VALUES = make_values()


def find_dataset(content):
    """Where the elements of the object begin, after those of the file."""
    return 132 + 12 + struct.unpack_from("<L", content, 140)[0]


def element(group, number, kind, value=b"", length=None):
    """An explicit element with a long length."""
    return struct.pack("<HH2sHL", group, number, kind, 0, len(value) if length is None else length) + value


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
def test_without_preamble_and_without_the_files_own_elements(syntax):
    content = make_dicom(VALUES, syntax=syntax)
    bare = content[find_dataset(content) :]
    assert find_format(bare[:HEAD_BYTES]) == DICOM
    np.testing.assert_array_equal(read_stored(bare, "x").values, VALUES)
    if syntax != BIG_ENDIAN:
        np.testing.assert_array_equal(read_stored(content[132:], "x").values, VALUES)


def test_a_transfer_syntax_that_the_elements_contradict():
    content = make_dicom(VALUES, syntax=IMPLICIT)
    explicit = make_dicom(VALUES)
    wrong = explicit[: find_dataset(explicit)] + content[find_dataset(content) :]
    np.testing.assert_array_equal(read_stored(wrong, "x").values, VALUES)


def test_a_directory_of_files_is_no_image():
    content = make_dicom(VALUES).replace(b"1.2.840.10008.5.1.4.1.1.1\0", b"1.2.840.10008.1.3.10".ljust(26, b"\0"))
    assert find_format(content[:HEAD_BYTES]) == DICOM_DIRECTORY


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x08\x00\x05\x00CS",
        b"\x08\x00" * 100,
        bytes(352),
        b"P5 4 4 255\n" + bytes(100),
        b"\x89PNG\r\n\x1a\n" + bytes(300),
        b"\x02\x00\x00\x00" * 90,
    ],
)
def test_other_files_are_not_taken_for_dicom(head):
    assert not is_dicom(head)


def refuse_within(seconds, content, reason):
    start = time.process_time()
    with pytest.raises(BadImageError, match=reason):
        read_stored(content, "x")
    assert time.process_time() - start < seconds


def splice(inserted, syntax=EXPLICIT):
    """A file with bytes before its pixel module."""
    content = make_dicom(VALUES, syntax=syntax)
    place = content.index(struct.pack("<HH", 0x0028, 0x0002))
    return content[:place] + inserted + content[place:]


def test_deflated_zeros_without_end():
    content = make_dicom(VALUES, syntax=DEFLATED)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(2**24)) for _ in range(20)) + packer.flush()
    refuse_within(5, content[: find_dataset(content)] + bomb, "inflates to more than")


def test_more_elements_than_any_header_has():
    refuse_within(5, splice(struct.pack("<HH2sH", 0x0019, 0x1001, b"LO", 0) * 300_000), "does not end")


def test_a_value_that_is_longer_than_any():
    refuse_within(5, splice(element(0x0028, 0x1050, b"UN", b"1\\" * 2**20)), "does not end")


@pytest.mark.parametrize("depth", [50, 50_000])
def test_sequences_in_sequences(depth):
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    refuse_within(5, splice((element(0x0028, 0x3010, b"SQ", length=0xFFFFFFFF) + item) * depth), "DICOM")


def test_items_without_end_in_a_sequence_of_a_stated_length():
    items = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * 100_000
    refuse_within(5, splice(element(0x0028, 0x3010, b"SQ", items)), "VOI lookup table is broken")


def test_fragments_without_end():
    content = make_dicom(VALUES, syntax=JPEG_LS)
    place = content.index(struct.pack("<HHLL", 0xFFFE, 0xE000, 4, 0)) + 12  # after the table of offsets
    refuse_within(5, content[:place] + struct.pack("<HHL", 0xFFFE, 0xE000, 0) * 300_000, "compressed pixels")


def test_jpeg_ls_that_is_cut_short_ends():
    content = make_dicom(make_values(16, True), 16, signed=True, syntax=JPEG_LS)
    start = content.index(b"\xff\xda") + 10
    for end in range(start, start + 120):  # CharLS would read one of these for ever
        refuse_within(5, content[:end], "truncated or broken")


def test_lengths_beyond_the_end_of_the_file():
    for content in (make_dicom(VALUES), make_dicom(VALUES, syntax=IMPLICIT)):
        for place in range(find_dataset(content), len(content) - 300, 7):
            damaged = content[:place] + b"\xff\xff\xff\x7f" + content[place + 4 :]
            with contextlib.suppress(BadImageError):
                read_stored(damaged, "x")
