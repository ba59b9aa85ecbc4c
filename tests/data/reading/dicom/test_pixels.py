"""Files made here and pydicom's own, against the formulas of PS3.3 C.11 written out anew, pixel by pixel."""

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, get_frame

from dcgan_jax.data.images import read_gray, read_stored
from tests import dicom_files
from tests.dicom_files import (
    HTJ2K,
    JPEG_2000,
    JPEG_LOSSLESS,
    JPEG_LS,
    RLE,
    SYNTAXES,
    make_dicom,
    make_group,
    make_table,
    make_values,
)

PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"
CURVE = (np.linspace(0, 1, 300) ** 2 * 4000).astype(np.uint16)


def show_table(values, first, entries):
    """Gray from 0 to 1, one value after the other."""
    found = [entries[min(max(round(value) - first, 0), len(entries) - 1)] for value in values.ravel().tolist()]
    return np.array(found).reshape(values.shape) / entries.max()


def show_window(values, center, width, function="LINEAR"):
    if function == "SIGMOID":
        return 1 / (1 + np.exp(-4 * (values - center) / width))
    if function == "LINEAR":
        gray = (values - (center - 0.5)) / (width - 1) + 0.5
        gray[values <= center - 0.5 - (width - 1) / 2] = 0
        gray[values > center - 0.5 + (width - 1) / 2] = 1
        return gray
    gray = (values - center) / width + 0.5
    gray[values <= center - width / 2] = 0
    gray[values > center + width / 2] = 1
    return gray


def round_gray(gray):
    return np.rint(gray.astype(np.float32).astype(np.float64) * 255).astype(np.uint8)


def check_shown(content, gray):
    """Checks what a file's own window or table shows."""
    np.testing.assert_array_equal(read_gray(content, "x", "dataset"), round_gray(gray))


def check_values(content, values):
    """Checks modality values, upright."""
    found = read_stored(content, "x").values
    np.testing.assert_array_equal(found, values.astype(found.dtype))


TYPES = [(12, False), (12, True), (16, False), (16, True)]


@pytest.mark.parametrize("photometry", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("bits", "signed"), TYPES)
@pytest.mark.parametrize("kind", ["plain", "window", "table", "negative slope"])
def test_every_kind_of_gray(kind, bits, signed, photometry):
    stored = make_values(bits, signed)
    ends = np.array([stored.min(), stored.max()])
    middle, is_inverted = float(ends.mean()), photometry == "MONOCHROME1"
    if kind == "table":
        first = int(middle) - 100
        content = make_dicom(
            stored, bits, signed=signed, photometry=photometry, VOILUTSequence=make_table(first, CURVE)
        )
        gray = show_table(stored, first, CURVE)
    elif kind == "plain":
        content = make_dicom(stored, bits, signed=signed, photometry=photometry)
        check_values(content, ends.sum() - stored if is_inverted else stored)
        return
    else:
        slope, intercept = (-10, 3000) if kind == "negative slope" else (1, 0)
        values, center = stored * slope + intercept, round(middle * slope + intercept + 100)
        width = 3000 if bits == 12 else 30000
        content = make_dicom(
            stored,
            bits,
            signed=signed,
            photometry=photometry,
            RescaleSlope=slope,
            RescaleIntercept=intercept,
            WindowCenter=center,
            WindowWidth=width,
        )
        upright = (ends * slope + intercept).sum() - values if is_inverted else values
        check_values(content, upright)
        gray = show_window(values.astype(float), center, width)
    check_shown(content, 1 - gray if is_inverted else gray)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(("bits", "signed"), [(8, False), *TYPES])
def test_every_transfer_syntax(syntax, bits, signed):
    stored = make_values(bits, signed)
    check_values(make_dicom(stored, bits, signed=signed, syntax=syntax), stored)


@pytest.mark.parametrize("bits", [10, 14])
@pytest.mark.parametrize("signed", [False, True])
def test_what_lies_above_and_below_the_stored_bits_is_no_part_of_a_value(bits, signed):
    stored = make_values(bits, signed)
    check_values(make_dicom(stored, bits, signed=signed, high=bits), stored)


def test_eight_bits_are_those_of_any_other_file():
    stored = make_values(8)
    image = read_stored(make_dicom(stored, 8), "x")
    assert not image.is_deep
    np.testing.assert_array_equal(
        read_gray(make_dicom(stored, 8, photometry="MONOCHROME1"), "x", "dataset"), 255 - stored
    )


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_functions_of_a_window(function):
    stored = make_values()
    content = make_dicom(stored, WindowCenter=2000.5, WindowWidth=1001, VOILUTFunction=function)
    check_shown(content, show_window(stored.astype(float), 2000.5, 1001, function))


def test_modality_table_then_window():
    stored = make_values()
    content = make_dicom(stored, ModalityLUTSequence=make_table(1000, CURVE), WindowCenter=1500, WindowWidth=2001)
    values = show_table(stored, 1000, CURVE) * CURVE.max()
    check_values(content, values)
    check_shown(content, show_window(values, 1500, 2001))


def test_an_enhanced_object_of_one_frame_is_read_as_a_classic_one():
    """What its functional groups say of the frame takes the place of what stands beside them."""
    rescale, window = {"RescaleSlope": -2, "RescaleIntercept": 9000}, {"WindowCenter": 5000, "WindowWidth": 3000}
    values = make_values()
    enhanced = make_dicom(
        values,
        NumberOfFrames=1,
        SharedFunctionalGroupsSequence=make_group("PixelValueTransformationSequence", **rescale),
        PerFrameFunctionalGroupsSequence=make_group("FrameVOILUTSequence", **window),
    )
    for intensity in ("dataset", "container"):
        np.testing.assert_array_equal(
            read_gray(enhanced, "x", intensity), read_gray(make_dicom(values, **rescale, **window), "x", intensity)
        )
    assert not np.array_equal(read_gray(enhanced, "x", "container"), read_gray(make_dicom(values), "x", "container"))


def test_the_first_of_several_frames_is_read_where_they_are_admitted():
    """An enhanced object brings a window for each frame."""
    first, second = make_values(), make_values(seed=1)
    windows = [make_group("FrameVOILUTSequence", WindowCenter=center, WindowWidth=3000)[0] for center in (1500, 9)]
    content = make_dicom(
        np.concatenate([first, second]),
        Rows=len(first),
        NumberOfFrames=2,
        SharedFunctionalGroupsSequence=make_group("PixelValueTransformationSequence", RescaleSlope=2),
        PerFrameFunctionalGroupsSequence=windows,
    )
    stored = read_stored(content, "x", admit=["frames"])
    np.testing.assert_array_equal(stored.values, 2 * first)
    shown = read_gray(content, "x", "dataset", ["frames"])
    np.testing.assert_array_equal(shown, np.rint(255 * show_window(2.0 * first, 1500, 3000)))
    assert "the first of 2 frames" in stored.steps.notes


@pytest.mark.parametrize("has_table", [False, True])
@pytest.mark.parametrize("syntax", [RLE, JPEG_LOSSLESS, JPEG_LS, JPEG_2000, HTJ2K])
def test_the_first_of_several_compressed_frames(syntax, has_table):
    frames = [make_values(seed=seed) for seed in range(3)]
    alone = [pydicom.dcmread(io.BytesIO(make_dicom(values, syntax=syntax))).PixelData for values in frames]
    coded = [get_frame(content, 0, number_of_frames=1) for content in alone]
    # Two fragments a frame, as a reader may meet them, but of RLE, whose frames have one.
    pixels = encapsulate(coded, fragments_per_frame=1 if syntax == RLE else 2, has_bot=has_table)
    content = make_dicom(frames[0], syntax=syntax, NumberOfFrames=3, PixelData=pixels)
    np.testing.assert_array_equal(read_stored(content, "x", admit=["frames"]).values, frames[0])


def test_an_image_for_processing_is_read_where_it_is_admitted():
    values = make_values()
    content = make_dicom(values, PresentationIntentType="FOR PROCESSING")
    stored = read_stored(content, "x", admit=["for_processing"])
    np.testing.assert_array_equal(stored.values, values)
    assert any("FOR PROCESSING" in note for note in stored.steps.notes)


def test_whole_set_of_pydicom():
    """Each gray file that comes with pydicom and needs no decoder, and the others of which it has the raw pixels."""
    checked = 0
    for path in sorted(PYDICOM.rglob("*")):
        dataset = pydicom.dcmread(path, force=True) if path.is_file() else {}
        syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID", "")
        if not (syntax and dataset.get("SamplesPerPixel") == 1 and dataset.get("BitsAllocated") in (8, 16)):
            continue
        raw = dataset
        if path.name.startswith("MR_small"):  # one image in several transfer syntaxes
            raw = pydicom.dcmread(PYDICOM / "MR_small.dcm")
        elif (
            syntax.is_encapsulated or path.name == "MR_truncated.dcm" or dataset.PhotometricInterpretation[:4] != "MONO"
        ):
            continue
        _check_file(path, raw)
        checked += 1
    assert checked == 42


def _check_file(path, raw):
    is_large = raw.BitsAllocated == 16
    order = ">" if raw.file_meta.TransferSyntaxUID == dicom_files.BIG_ENDIAN else "<"
    words = np.frombuffer(raw.PixelData, f"{order}{'i' if raw.PixelRepresentation else 'u'}{1 + is_large}")
    stored = words[: raw.Rows * raw.Columns].reshape(raw.Rows, raw.Columns).astype(float)
    slope, intercept = float(raw.get("RescaleSlope", 1)), float(raw.get("RescaleIntercept", 0))
    values, content = stored * slope + intercept, path.read_bytes()
    is_padding = stored == raw.get("PixelPaddingValue", np.inf)
    is_inverted = raw.PhotometricInterpretation == "MONOCHROME1"
    if "WindowCenter" in raw:
        center, width = (np.atleast_1d(raw[name].value)[0] for name in ("WindowCenter", "WindowWidth"))
        gray = show_window(values, float(center), float(width))
        check_shown(content, np.where(is_padding, 0, 1 - gray if is_inverted else gray))
    else:
        check_values(content, np.where(is_padding, values[~is_padding].min(), values))
