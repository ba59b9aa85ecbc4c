"""Small DICOM files of every kind that is read, with identifiers in their headers that no output may hold."""

import io
import struct

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.filereader import dcmread
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import UID

IMPLICIT, EXPLICIT, DEFLATED = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
BIG_ENDIAN, RLE = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5"
JPEG_LOSSLESS, JPEG_LS = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"
JPEG_2000, HTJ2K = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201"
SYNTAXES = (IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN, RLE, JPEG_LOSSLESS, JPEG_LS, JPEG_2000, HTJ2K)

CR, DX, MG = (f"1.2.840.10008.5.1.4.1.1.1{kind}" for kind in ("", ".1", ".2"))
_STUDY = "1.2.826.0.1.3680043.8.498.71717171"
IDENTIFIERS = (
    *("Citizen^Jane", "19561203", "20240229", "ACC-77120", "St. Nowhere Hospital", "Referrer^Rita", _STUDY),
    *("1 Hidden Lane", "Operator^Otto", "HOSP-9"),
)
"""What every file tells of its patient beside the number, which `make_dicom` is given."""


def make_dicom(
    values: np.ndarray,
    bits: int = 12,
    *,
    signed: bool = False,
    photometry: str = "MONOCHROME2",
    syntax: str = EXPLICIT,
    high: int | None = None,
    patient: str = "MRN-0000001",
    **elements: object,
) -> bytes:
    """Returns a file.

    Args:
      values: stored values [row, column], within `bits`.
      bits: stored, of 8 allocated where 8 suffice and 16 elsewhere.
      signed: two's complement.
      photometry: PhotometricInterpretation.
      syntax: transfer syntax.
      high: HighBit; what is left of the word above and below is filled with ones, which are no part of the values.
      patient: PatientID.
      **elements: others by keyword, which may be those above.
    """
    allocated = 8 if bits <= 8 else 16
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = UID(CR), UID(f"{_STUDY}.1")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = UID(_STUDY), UID(f"{_STUDY}.2")
    dataset.PatientName, dataset.PatientID, dataset.IssuerOfPatientID = "Citizen^Jane", patient, "HOSP-9"
    dataset.PatientBirthDate, dataset.StudyDate, dataset.AccessionNumber = "19561203", "20240229", "ACC-77120"
    dataset.InstitutionName, dataset.InstitutionAddress = "St. Nowhere Hospital", "1 Hidden Lane"
    dataset.ReferringPhysicianName, dataset.OperatorsName = "Referrer^Rita", "Operator^Otto"
    dataset.Modality, dataset.SamplesPerPixel, dataset.PhotometricInterpretation = "CR", 1, photometry
    dataset.Rows, dataset.Columns = values.shape
    dataset.BitsAllocated, dataset.BitsStored = allocated, bits
    dataset.HighBit = bits - 1 if high is None else high
    dataset.PixelRepresentation = int(signed)
    order = ">" if syntax == BIG_ENDIAN else "<"
    words = _place(values, bits, allocated, dataset.HighBit).astype(f"{order}u{allocated // 8}")
    dataset.PixelData = _encode(words, values, bits, signed, syntax)
    dataset["PixelData"].VR = "OB" if allocated == 8 else "OW"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    content = io.BytesIO()
    dcmwrite(content, dataset, enforce_file_format=True)
    return content.getvalue()


def repeat_frame(content: bytes, count: int) -> bytes:
    """Returns the pixels of a compressed file as those of so many frames, all alike, in two fragments each."""
    frame = get_frame(dcmread(io.BytesIO(content)).PixelData, 0, number_of_frames=1)
    return encapsulate([frame] * count, fragments_per_frame=2)


def make_table(first: int, entries: np.ndarray, bits: int = 16) -> Sequence:
    """Returns a sequence with one lookup table."""
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 2**16, first % 2**16, bits]
    item["LUTDescriptor"].VR = "US"
    item.LUTData = entries.astype("<u2").tobytes()
    item["LUTData"].VR = "OW"
    return Sequence([item])


def make_group(macro: str, **elements: object) -> Sequence:
    """Returns a sequence of functional groups, as enhanced objects have them, with one macro of the elements."""
    item, group = Dataset(), Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    setattr(group, macro, Sequence([item]))
    return Sequence([group])


def make_values(bits: int = 12, signed: bool = False, shape: tuple[int, int] = (9, 14), seed: int = 0) -> np.ndarray:
    """Returns stored values from one end of the type to the other."""
    low = -(2 ** (bits - 1)) if signed else 0
    values = np.random.default_rng(seed).integers(low, low + 2**bits, shape)
    values[0, 0], values[-1, -1] = low, low + 2**bits - 1
    return values


def _place(values: np.ndarray, bits: int, allocated: int, high: int) -> np.ndarray:
    mask, shift = (1 << bits) - 1, high + 1 - bits
    around = ~(mask << shift) & ((1 << allocated) - 1)
    return ((values & mask) << shift) | (around if shift else 0)


def _encode_rle(words: np.ndarray) -> bytes:
    """A plane for each byte of a word, the highest first (PS3.5 annex G)."""
    octets = words.view(np.uint8).reshape(*words.shape, words.itemsize)[..., ::-1]
    planes = [imagecodecs.packbits_encode(np.ascontiguousarray(octets[..., n])) for n in range(words.itemsize)]
    planes = [plane + b"\0" * (len(plane) % 2) for plane in planes]
    places = [64 + sum(map(len, planes[:n])) for n in range(len(planes))]
    return struct.pack("<16L", len(planes), *places, *[0] * (15 - len(planes))) + b"".join(planes)


def _encode(words: np.ndarray, values: np.ndarray, bits: int, signed: bool, syntax: str) -> bytes:
    if syntax == RLE:
        return encapsulate([_encode_rle(words)])
    if syntax == JPEG_LOSSLESS:
        return encapsulate([imagecodecs.ljpeg_encode(words, bitspersample=bits)])
    if syntax == JPEG_LS:
        return encapsulate([imagecodecs.jpegls_encode(words)])
    if syntax == JPEG_2000:
        typed = values.astype(np.int16) if signed else words
        return encapsulate([imagecodecs.jpeg2k_encode(typed, bitspersample=bits, level=0, codecformat="j2k")])
    if syntax == HTJ2K:
        return encapsulate([imagecodecs.htj2k_encode(values.astype(np.int16) if signed else words, reversible=True)])
    return words.tobytes() + b"\0" * (words.nbytes % 2)
