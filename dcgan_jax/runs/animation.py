"""Frames as a film: an animated WebP, which browsers show, and an MP4 where imageio-ffmpeg is installed."""

import importlib.util
import io
import tempfile
import warnings
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image

from dcgan_jax.data.synthetic_marks import SYNTHETIC
from dcgan_jax.runs.figures import Images

FRAMES_PER_SECOND = 25

DESCRIPTION = f"{SYNTHETIC} images, a walk through latents; not from patients"
"""What a film says of itself."""


def encode_webp(frames: Images) -> bytes:
    """Returns an animated WebP that begins again at its end; the pixels are kept as they are."""
    described = Image.Exif()
    described[ExifTags.Base.ImageDescription] = DESCRIPTION
    first, *others = [Image.fromarray(frame) for frame in _in_color(frames)]
    content = io.BytesIO()
    first.save(
        content,
        format="WEBP",
        save_all=True,
        append_images=others,
        duration=1000 // FRAMES_PER_SECOND,
        loop=0,
        lossless=True,
        exif=described,
    )
    return content.getvalue()


def can_encode_mp4() -> bool:
    """Returns whether imageio-ffmpeg, which brings an encoder, is installed."""
    return importlib.util.find_spec("imageio_ffmpeg") is not None


def encode_mp4(frames: Images) -> bytes:
    """Returns an MP4 (H.264), for slides and players; its pixels are close to those of the frames."""
    import imageio_ffmpeg

    height, width = frames.shape[1:3]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # JAX's, of forks: this one becomes another program at once
        path = Path(folder, "walk.mp4")
        writer = imageio_ffmpeg.write_frames(
            str(path),
            (width, height),
            fps=FRAMES_PER_SECOND,
            codec="libx264",
            quality=9,
            macro_block_size=2,
            output_params=["-metadata", f"comment={DESCRIPTION}", "-fflags", "+bitexact"],
        )
        writer.send(None)
        for frame in _in_color(frames):
            writer.send(np.ascontiguousarray(frame))
        writer.close()
        return path.read_bytes()


def _in_color(frames: Images) -> UInt8[np.ndarray, "_ height width 3"]:
    return np.broadcast_to(frames, (*frames.shape[:-1], 3))
