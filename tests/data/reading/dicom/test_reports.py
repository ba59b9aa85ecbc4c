"""The mistakes that other readers of DICOM were reported to make, and what is right (by hand)."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from dcgan_jax.data.images import read_gray, read_stored
from dcgan_jax.data.reading.stored_image import BadImageError
from tests.dicom_files import EXPLICIT, make_dicom, make_table, make_values

RAMP = np.array([[0, 1, 2, 3, 4]])


def show(stored=RAMP, bits=12, **elements):
    return read_gray(make_dicom(stored, bits, **elements), "x", "dataset")[0].tolist()


def notes(content):
    return read_stored(content, "x").steps.notes


def test_output_rises_with_the_modality_value_whatever_the_slope():
    # OHIF/Viewers#127; pydicom 3.0.2 gives 3000..450 as 450..3000
    window = {"RescaleSlope": -10, "RescaleIntercept": 3000, "WindowCenter": 1725, "WindowWidth": 2551}
    assert show(np.array([[0, 255]]), **window) == [255, 0]


@pytest.mark.parametrize("shape", ["", "IDENTITY", "INVERSE"])
def test_black_and_white_are_exchanged_once_after_the_window(shape):
    # cornerstone3D#2215 (twice), monai-deploy-app-sdk#282 (never)
    window = {"WindowCenter": 2, "WindowWidth": 4, "VOILUTFunction": "LINEAR_EXACT", "PresentationLUTShape": shape}
    assert show(photometry="MONOCHROME1", **window) == [255, 191, 128, 64, 0]
    assert show(**window) == ([255, 191, 128, 64, 0] if shape == "INVERSE" else [0, 64, 128, 191, 255])


def test_values_are_rescaled_before_the_range_is_taken():
    # torchxrayvision's reader takes stored values; others divide by 255
    image = read_stored(make_dicom(RAMP, RescaleSlope=0.5, RescaleIntercept=-1), "x")
    assert image.values[0].tolist() == [-1, -0.5, 0, 0.5, 1]
    assert image.ends == (-1, 4095 / 2 - 1)
    halves = make_dicom(np.array([[0, 4095]]), RescaleSlope=0.5)
    assert read_gray(halves, "x", "container")[0].tolist() == [0, 255]


def test_a_table_comes_before_a_window_and_is_indexed_by_whole_numbers():
    # pydicom#1183, #1234
    table = make_table(1, np.array([0, 100, 200], np.uint16))
    content = make_dicom(RAMP, RescaleSlope=0.9, VOILUTSequence=table, WindowCenter=2, WindowWidth=2)
    # 0, 0.9, 1.8, 2.7, 3.6 -> entries of 1, 1, 2, 3, 3
    assert read_gray(content, "x", "dataset")[0].tolist() == [0, 0, 128, 255, 255]
    assert "VOI lookup table and window are both there: the table was used" in notes(content)


def test_a_table_that_is_narrower_than_it_claims_reaches_white():
    # dicom-rs#825
    assert show(VOILUTSequence=make_table(0, np.arange(5, dtype=np.uint16) * 1000, bits=16)) == [0, 64, 128, 191, 255]


def test_a_table_of_bytes():
    table = make_table(0, np.arange(4, dtype=np.uint16), bits=8)
    table[0].LUTData = bytes([0, 50, 100, 200])
    assert show(VOILUTSequence=table) == [0, 64, 128, 255, 255]


def test_a_table_of_a_signed_image_may_begin_below_0():
    table = make_table(-2, np.array([0, 1, 2, 3, 4], np.uint16))
    assert show(np.array([[-2048, -2, 0, 2, 2047]]), signed=True, VOILUTSequence=table) == [0, 0, 128, 255, 255]


def test_a_window_narrower_than_1_is_taken_as_exact_and_that_is_said():
    # fo-dicom#1153 is black, pydicom raises
    content = make_dicom(RAMP, RescaleSlope=0.1, WindowCenter=0.2, WindowWidth=0.4)
    assert read_gray(content, "x", "dataset")[0].tolist() == [0, 64, 128, 191, 255]
    assert "the window is narrower than 1: taken as LINEAR_EXACT" in notes(content)


def test_a_window_without_width_is_not_used():
    content = make_dicom(RAMP, WindowCenter=2, WindowWidth=0)
    assert read_stored(content, "x").display is None
    assert "the window has no width: it was not used" in notes(content)


def test_jpeg_2000_whose_sign_is_not_the_headers():
    # pydicom#1149: the corners are padding, -2000; 6192 by the sign of the codestream, brighter than bone
    path = get_testdata_file("J2K_pixelrep_mismatch.dcm", download=False)
    image = read_stored(Path(path).read_bytes(), "x")
    assert image.values[0, 0] == image.values[-1, -1] == image.values.min() == -2000
    assert any("JPEG 2000 says unsigned" in note for note in image.steps.notes)


def test_no_decoder_is_a_sentence_with_the_transfer_syntax_and_the_package():
    # pydicom#1282, #1440
    content = make_dicom(RAMP).replace(EXPLICIT.encode() + b"\0", b"1.2.840.10008.1.2.4.100"[:20])
    with pytest.raises(BadImageError, match=r"no decoder for its transfer syntax .* python-gdcm"):
        read_stored(content, "x")


def test_a_scaling_of_each_image_and_equalizing_are_modes_that_are_named():
    # mimic-cxr#16, chexpert-labeler#11
    content = make_dicom(np.array([[0, 0, 10, 4000]]), WindowCenter=2048, WindowWidth=4096)
    assert read_gray(content, "x", "image")[0].tolist() == [0, 0, 1, 255]
    assert read_gray(content, "x", "equalize")[0].tolist() == [0, 0, 0, 255]
    middle = make_dicom(np.array([[0, 0, 1000, 2000, 2000, 4000]]))
    # levels 0, 63, 127, 255: 0, 1, 3 and 4 of the 4 pixels above the darkest
    assert read_gray(middle, "x", "equalize")[0].tolist() == [0, 0, 64, 191, 191, 255]


def test_text_in_the_pixels_is_refused_and_silence_about_it_noted():
    # pydicom#375
    with pytest.raises(BadImageError, match="BurnedInAnnotation YES"):
        read_stored(make_dicom(RAMP, BurnedInAnnotation="YES"), "x")
    assert "BurnedInAnnotation is missing" in notes(make_dicom(RAMP))
    assert not notes(make_dicom(RAMP, BurnedInAnnotation="NO"))


def test_color_is_refused_and_not_converted():
    # pydicom#2226
    content = make_dicom(make_values(8), 8, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422")
    with pytest.raises(BadImageError, match="in color"):
        read_stored(content, "x")


@pytest.mark.parametrize(
    ("photometry", "elements", "values"),
    [
        ("MONOCHROME2", {}, [10, 100, 4090, 10]),
        ("MONOCHROME1", {}, [4085, 3995, 5, 5]),
        ("MONOCHROME2", {"PixelPaddingRangeLimit": 4090}, [10, 100, 10, 10]),
    ],
)
def test_padding_is_black_whichever_end_is_and_widens_no_range(photometry, elements, values):
    stored = np.array([[10, 100, 4090, 4095]])
    image = read_stored(make_dicom(stored, photometry=photometry, PixelPaddingValue=4095, **elements), "x")
    assert image.values[0].tolist() == values
    assert image.steps.padding
    window = make_dicom(
        stored, photometry=photometry, PixelPaddingValue=4095, WindowCenter=2048, WindowWidth=4096, **elements
    )
    assert (read_gray(window, "x", "dataset")[image.values == image.values.min()][-1:] == 0).all()


def test_padding_of_a_signed_image():
    image = read_stored(make_dicom(np.array([[-2000, -100, 7]]), signed=True, PixelPaddingValue=-2000), "x")
    assert image.values[0].tolist() == [-100, -100, 7]
