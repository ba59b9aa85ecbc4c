"""Damaged DICOM files, read by the decoder of every data set: a picture or the named error, and nothing else.

Run by hand: `python -m tests.fuzz_dicom --cases=5000`.
"""

import io
import sys

import numpy as np

from dcgan_jax.data.images import read_gray
from dcgan_jax.data.reading.dicom.header import read_header
from tests.dicom_files import (
    IMPLICIT,
    JPEG_2000,
    JPEG_LS,
    SYNTAXES,
    make_dicom,
    make_group,
    make_table,
    make_values,
    repeat_frame,
)
from tests.fuzzing import main

_CURVE = (np.linspace(0, 1, 256) ** 2 * 255).astype(np.uint16)


def create_samples() -> list[bytes]:
    """Returns a file of every transfer syntax and every transformation, one without preamble, enhanced ones."""
    values, table = make_values(), make_table(100, _CURVE)
    return [
        *(make_dicom(values, syntax=syntax) for syntax in SYNTAXES),
        *(make_dicom(make_values(16, True), 16, signed=True, syntax=syntax) for syntax in SYNTAXES),
        make_dicom(make_values(8), 8, photometry="MONOCHROME1"),
        make_dicom(values, WindowCenter=[2000, 1000], WindowWidth=[3000, 10], VOILUTFunction="SIGMOID"),
        make_dicom(values, ModalityLUTSequence=table, VOILUTSequence=table, PixelPaddingValue=7, ViewPosition="PA"),
        make_dicom(values, syntax=IMPLICIT, VOILUTSequence=table, RescaleSlope=-0.7, RescaleIntercept=3000),
        make_dicom(values)[132:],
        *map(_make_enhanced, SYNTAXES),
    ]


def _make_enhanced(syntax: str) -> bytes:
    """Returns an enhanced object of three frames where it is compressed, and of one elsewhere."""
    groups = {
        "SharedFunctionalGroupsSequence": make_group("PixelValueTransformationSequence", RescaleSlope=-2),
        "PerFrameFunctionalGroupsSequence": make_group("FrameVOILUTSequence", WindowCenter=5000, WindowWidth=3000),
    }
    one = make_dicom(make_values(), syntax=syntax, NumberOfFrames=1, **groups)
    if syntax not in (JPEG_LS, JPEG_2000):
        return one
    return make_dicom(make_values(), syntax=syntax, NumberOfFrames=3, PixelData=repeat_frame(one, 3), **groups)


def read(content: bytes) -> None:
    """Reads the owner of a file, and its pixels in every way."""
    read_header(io.BytesIO(content), "x").elements.raw("PatientID")
    for intensity in ("dataset", "image", "container", "equalize"):
        pixels = read_gray(content, "x", intensity, ("for_processing", "frames"))
        assert pixels.dtype == np.uint8
        assert pixels.size


if __name__ == "__main__":
    sys.exit(main(read, create_samples()))
