"""Files of 8 bits a sample, and deeper gray ones that Pillow keeps whole."""

import io
from typing import Literal

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from dcgan_jax.data.reading.formats import FileFormat
from dcgan_jax.data.reading.stored_image import MAX_PIXELS, BadImageError, SampleType, StoredImage

DEEP_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
_ROWS_AT_ONCE = 256


def open_image(content: bytes, file: str, file_format: FileFormat) -> Image.Image:
    """Returns an image of which the header alone is read.

    Raises:
      BadImageError: the header is broken, or tells of several pages or of too many pixels.
    """
    assert file_format.pillow
    try:
        image = Image.open(io.BytesIO(content), formats=(file_format.pillow,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImageError(file, f"it claims more than {MAX_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise BadImageError(file, f"it is a {file_format.name} file of a kind that is not read, or broken") from error
    except Exception as error:  # Pillow raises almost anything, struct.error to KeyError, for a broken header.
        raise BadImageError(file, f"its {file_format.name} header is broken ({error})") from error
    check_size(image.width, image.height, file)
    if image.format == "PPM" and image.mode == "RGB" and _greatest_value(image) > 255:
        raise BadImageError(file, "it is a PNM of color deeper than 8 bits, which is not read: save it as PNG or TIFF")
    try:  # counting the pages reads their headers, too
        # Some cameras append a preview to a JPEG (MPO); the first frame is the photograph.
        frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    except Exception as error:
        raise BadImageError(file, f"the header of a further page is broken ({error})") from error
    check_pages(frames, file)
    return image


def _greatest_value(image: Image.Image) -> int:
    """Returns the value that stands for white in a PNM file: Pillow tells its decoder where that is not 255."""
    assert isinstance(image, ImageFile.ImageFile)
    arguments = image.tile[0].args
    return arguments[-1] if isinstance(arguments, tuple) and isinstance(arguments[-1], int) else 255


def check_size(width: int, height: int, file: str) -> None:
    """Raises BadImageError if an image of so many pixels is refused."""
    if width * height > MAX_PIXELS:
        raise BadImageError(file, f"it claims {width:,} x {height:,} pixels, more than {MAX_PIXELS:,}")


def check_pages(pages: int, file: str) -> None:
    """Raises BadImageError if there are several: which one is the X-ray is not ours to guess."""
    if pages > 1:
        raise BadImageError(file, f"it has {pages} pages; save the one to use as a file of its own")


def load_image(image: Image.Image, file: str, color: bool) -> StoredImage:
    """Returns the values of an image from `open_image`, upright, without palette, CMYK and transparency.

    They are three colors, or luma (ITU-R 601, which leaves gray stored as color as it is).

    Raises:
      BadImageError: the file is truncated or broken.
    """
    try:
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
    except Exception as error:  # As above: whatever Pillow raises here, the file is broken.
        raise BadImageError(file, f"it is truncated or broken ({error})") from error
    if image.mode in DEEP_MODES:
        mode, values = image.mode, _take_values(image)
        if mode == "F":
            if not np.isfinite(values).all():
                raise BadImageError(file, "some of its pixels are infinite or not a number")
            return StoredImage(values, SampleType("float", 32))
        # Outside TIFF, whole numbers deeper than 8 bits are 16-bit ones, in whatever type Pillow holds them.
        return StoredImage(values.astype(np.uint16, copy=False), SampleType("unsigned", 16))
    wanted: Literal["RGB", "L"] = "RGB" if color else "L"
    if image.has_transparency_data:
        return _hide_transparent(image, wanted)
    for mode in ([] if image.mode in ("1", "L", "RGB") else ["RGB"]) + [wanted]:
        if image.mode != mode:
            converted = image.convert(mode)
            image.close()
            image = converted
    return StoredImage(_take_values(image))


def _hide_transparent(image: Image.Image, wanted: Literal["RGB", "L"]) -> StoredImage:
    """Lays an image over black, as air is in an X-ray; in strips, because of whole ones three would be held."""
    shown, is_hidden = Image.new(wanted, image.size), True
    for box in _list_strips(image):
        strip = image.crop(box).convert("RGBA")
        is_hidden = is_hidden and strip.getchannel("A").getbbox() is None
        black = Image.new("RGBA", strip.size, (0, 0, 0, 255))
        shown.paste(Image.alpha_composite(black, strip).convert(wanted), box)
    image.close()
    return StoredImage(_take_values(shown), is_hidden=is_hidden)


def _take_values(image: Image.Image) -> np.ndarray:
    """Returns the values of an image, which is closed: at once, Pillow and NumPy would hold three copies of them."""
    strips = _list_strips(image)
    first = np.asarray(image.crop(strips[0]))
    values = np.empty((image.height, *first.shape[1:]), first.dtype)
    for box in strips:
        values[box[1] : box[3]] = np.asarray(image.crop(box))
    image.close()
    return values


def _list_strips(image: Image.Image) -> list[tuple[int, int, int, int]]:
    """Returns the boxes of a few rows each that make up an image."""
    width, height = image.size
    return [(0, top, width, min(top + _ROWS_AT_ONCE, height)) for top in range(0, height, _ROWS_AT_ONCE)]
