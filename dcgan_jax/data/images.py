"""One image file -> 8-bit gray pixels; every quirk of a file format is known here and nowhere else.

JPEG, PNG, TIFF, BMP, PNM and WebP, of any mode Pillow reads:

- Colour becomes luma (ITU-R 601, which leaves gray stored as colour as it is); palettes and CMYK are resolved first.
- Transparent pixels become black, as air is in an X-ray.
- The orientation that a camera or a scanner recorded (EXIF) is applied.
- One gray channel deeper than 8 bits is brought to 8 by a `DepthRange`; deeper colour keeps its 8 highest bits.
- Files with several pages are refused: which page is the X-ray is not ours to guess.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, UInt8
from PIL import Image, ImageOps

from dcgan_jax.errors import UserError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".pgm", ".ppm", ".webp"})
MAX_PIXELS = 89_478_485
"""Larger images are refused: a small file can claim any size and take all memory (Pillow warns from here on)."""

# Only these: Pillow's other readers (EPS runs Ghostscript, for one) are nothing to point at files from elsewhere.
_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "PPM", "WEBP")
_DEEP_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_SAMPLE_FORMAT = 258, 262, 339
_TIFF_WHITE_IS_ZERO, _TIFF_SIGNED = 0, 2


class BadImageError(UserError):
    """A file that should be an image and can't be used as one."""

    def __init__(self, file: str, reason: str):
        super().__init__(f"{file} can't be used: {reason}.")
        self.file = file
        self.reason = reason


@dataclass(frozen=True)
class DepthRange:
    """The values of deeper files that become 0 and 255."""

    low: float
    high: float


def list_image_files(folder: Path) -> list[str]:
    """Returns the image files below a folder, as sorted paths relative to it with forward slashes.

    Files are told by their suffix, in any case. Hidden files and folders (.DS_Store, ._*) and __MACOSX are left out;
    links are followed.
    """
    files = []
    visited = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        visited.add(os.path.realpath(parent))
        # A link to a folder above would be walked for ever.
        folders[:] = [
            name for name in folders if not is_ignored(name) and os.path.realpath(Path(parent) / name) not in visited
        ]
        files += [
            (Path(parent) / name).relative_to(folder).as_posix()
            for name in names
            if not is_ignored(name) and Path(name).suffix.lower() in SUFFIXES
        ]
    return sorted(files)


def is_ignored(name: str) -> bool:
    """Tells whether a file or folder of this name is an operating system's, not the data set's."""
    return name.startswith(".") or name == "__MACOSX"


def read_gray(content: bytes, file: str, depth_range: DepthRange | str) -> UInt8[np.ndarray, "height width"]:
    """Returns the pixels of one image file.

    Args:
      content: the whole file.
      file: its name, for messages.
      depth_range: which values of a file deeper than 8 bits become 0 and 255: a `DepthRange`, "container" (the ends
        of the type, 0 and 1 for floats) or "image" (the file's own least and greatest value).

    Raises:
      BadImageError: when the file is no image, broken, of several pages or absurdly large.
    """
    image = _load(content, file)
    if image.mode in _DEEP_MODES:
        return _scale_deep_values(image, file, depth_range)
    return np.array(_resolve(image).convert("L"))


def read_color(content: bytes, file: str, depth_range: DepthRange | str) -> UInt8[np.ndarray, "height width channel"]:
    """As `read_gray`, with colour kept: one channel where all three are equal, three elsewhere.

    For scores, which must see the colours that other tools see; an RGB file with gray content gives one channel with
    exactly the values of each of its three.
    """
    image = _load(content, file)
    if image.mode in _DEEP_MODES:
        return _scale_deep_values(image, file, depth_range)[..., None]
    pixels = np.array(_resolve(image).convert("RGB"))
    is_gray = (pixels == pixels[..., :1]).all()
    return pixels[..., :1] if is_gray else pixels


def measure_depth_range(content: bytes, file: str) -> DepthRange | None:
    """Returns the least and greatest value of a file deeper than 8 bits, and None for other files.

    Other files are not decoded, so this is quick and finds only some of the broken ones.

    Raises:
      BadImageError: as `read_gray`.
    """
    if _open(content, file).mode not in _DEEP_MODES:
        return None
    values = _read_deep_values(_load(content, file), file)
    return DepthRange(float(values.min()), float(values.max()))


def _open(content: bytes, file: str) -> Image.Image:
    """Reads the header only."""
    if not content:
        raise BadImageError(file, "it is empty")
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImageError(file, f"it claims more than {MAX_PIXELS:,} pixels") from error
    except Image.UnidentifiedImageError as error:
        raise BadImageError(file, "its content is not an image of a known format") from error
    except Exception as error:  # Pillow raises almost anything, struct.error to KeyError, for a broken header.
        raise BadImageError(file, f"its header is broken ({error})") from error
    if image.width * image.height > MAX_PIXELS:
        raise BadImageError(file, f"it claims {image.width:,} x {image.height:,} pixels, more than {MAX_PIXELS:,}")
    try:  # counting the pages reads their headers, too
        # Some cameras append a preview to a JPEG (MPO); the first frame is the photograph.
        frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    except Exception as error:
        raise BadImageError(file, f"the header of a further page is broken ({error})") from error
    if frames > 1:
        raise BadImageError(file, f"it has {frames} pages; save the one to use as a file of its own")
    return image


def _load(content: bytes, file: str) -> Image.Image:
    image = _open(content, file)
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
    except Exception as error:  # As above: whatever Pillow raises here, the file is broken.
        raise BadImageError(file, f"it is truncated or broken ({error})") from error
    # The tags say what the values mean, and a transposed copy has lost them.
    upright.info["tags"] = getattr(image, "tag_v2", {})
    upright.info["format"] = image.format
    return upright


def _resolve(image: Image.Image) -> Image.Image:
    """Returns the image without palette, CMYK and transparency."""
    if image.has_transparency_data:
        colour = image.convert("RGBA")
        black = Image.new("RGBA", colour.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, colour)
    return image if image.mode in ("1", "L", "RGB") else image.convert("RGB")


def _scale_deep_values(
    image: Image.Image, file: str, depth_range: DepthRange | str
) -> UInt8[np.ndarray, "height width"]:
    values = _read_deep_values(image, file)
    if isinstance(depth_range, DepthRange):
        low, high = depth_range.low, depth_range.high
    elif depth_range == "container":
        low, high = _container_range(image, values, file)
    else:
        low, high = float(values.min()), float(values.max())
    span = high - low or 1.0  # a flat image is black
    return np.rint((np.clip(values, low, high) - low) * 255.0 / span).astype(np.uint8)


def _read_deep_values(image: Image.Image, file: str) -> Float64[np.ndarray, "height width"]:
    values = np.asarray(image, np.float64)
    if not np.isfinite(values).all():
        raise BadImageError(file, "some of its pixels are infinite or not a number")
    tags = image.info["tags"]
    if tags.get(_TIFF_PHOTOMETRIC) == _TIFF_WHITE_IS_ZERO and image.mode.startswith("I;16"):
        # Pillow inverts these for 8 bits and not for 16.
        values = 2 ** tags.get(_TIFF_BITS, (16,))[0] - 1 - values
    return values


def _container_range(image: Image.Image, values: Float64[np.ndarray, "height width"], file: str) -> tuple[float, float]:
    tags = image.info["tags"]
    if image.mode == "F":
        if values.min() < 0 or values.max() > 1:
            raise BadImageError(
                file, "its floats are not within 0 and 1, so data.intensity=container can't be used; use dataset"
            )
        return 0.0, 1.0
    # Outside TIFF, whole numbers deeper than 8 bits are 16-bit ones, in whatever type Pillow holds them.
    bits = tags.get(_TIFF_BITS, (16,))[0]
    if tags.get(_TIFF_SAMPLE_FORMAT, (1,))[0] == _TIFF_SIGNED:
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return 0.0, 2.0**bits - 1
