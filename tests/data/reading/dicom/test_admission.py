"""What is no gray frame to learn from is refused by its true reason."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dcgan_jax.data.images import read_stored
from dcgan_jax.data.reading.stored_image import BadImageError
from tests.dicom_files import IDENTIFIERS, make_dicom, make_table, make_values

VALUES = make_values()


def refuse(content):
    with pytest.raises(BadImageError) as error:
        read_stored(content, "x")
    assert not any(identifier in str(error.value) for identifier in IDENTIFIERS)
    return error.value.reason


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"NumberOfFrames": 2}, "config.data.admit=frames"),
        ({"PresentationIntentType": "FOR PROCESSING"}, "config.data.admit=for_processing"),
        ({"BurnedInAnnotation": "YES"}, "BurnedInAnnotation"),
        ({"NumberOfFrames": 2, "SharedFunctionalGroupsSequence": Sequence([Dataset()])}, "2 frames"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "color"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "color"),
        ({"PhotometricInterpretation": ""}, "PhotometricInterpretation"),
        ({"BitsAllocated": 32}, "32 bits"),
        ({"BitsStored": 17}, "contradicts itself"),
        ({"HighBit": 3}, "contradicts itself"),
        ({"Rows": 0}, "no size"),
        ({"Rows": 65535, "Columns": 65535}, "pixels"),
        ({"Rows": 90}, "truncated"),
        ({"RescaleSlope": 0}, "RescaleSlope"),
        ({"RescaleSlope": "1e300"}, "beyond all measure"),
        ({"VOILUTSequence": Sequence([Dataset()])}, "VOI lookup table is broken"),
    ],
)
def test_other_objects(elements, reason):
    assert reason in refuse(make_dicom(VALUES, **elements))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("reportsi.dcm", "Basic Text SR"),
        ("rtplan.dcm", "RT Plan"),
        ("waveform_ecg.dcm", "ECG"),
        ("liver_1frame.dcm", "1 bits"),
        ("rtdose_1frame.dcm", "32 bits"),
        ("badVR.dcm", "NumberOfFrames is no number"),
        ("MR_truncated.dcm", "8,130 of 8,192 bytes"),
        ("JPEG2000-embedded-sequence-delimiter.dcm", "compressed image"),
        ("examples_ybr_color.dcm", "30 frames"),
    ],
)
def test_files_of_pydicom(name, reason):
    with Path(get_testdata_file(name, download=False)).open("rb") as file:
        assert reason in refuse(file.read())


def test_a_table_that_lacks_entries():
    table = make_table(0, np.arange(8))
    table[0].LUTData = b"\0" * 6
    assert "truncated: 3 of 8" in refuse(make_dicom(VALUES, VOILUTSequence=table))


def test_what_follows_the_pixels_is_no_part_of_them():
    content = make_dicom(VALUES, Rows=VALUES.shape[0] + 1) + bytes(100)
    assert "truncated: 252 of 280 bytes" in refuse(content)


def test_a_compressed_image_of_another_size():
    small, large = (make_dicom(values, syntax="1.2.840.10008.1.2.4.80") for values in (VALUES, VALUES[:5]))
    swapped = small.replace(small[small.index(b"\xff\xd8") :], large[large.index(b"\xff\xd8") :])
    assert "14 x 9 pixels and the compressed image of 14 x 5" in refuse(swapped)
