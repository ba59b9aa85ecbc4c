"""How synthetic images say that they are: in each file, and beside them."""

from PIL.PngImagePlugin import PngInfo

from dcgan_jax.data.synthetic_marks import CHUNK, SYNTHETIC
from dcgan_jax.settings import DataSettings

NOTICE_FILE = "NOTICE.txt"
NOTICE = """\
These images are synthetic: a generative model made them, no patient was imaged.
For research and augmentation, not for diagnosis.
"""
"""How every notice begins."""

_PUBLISHED = """\
The model was trained on the chest X-rays of Kermany, Zhang and Goldbaum (Mendeley Data, doi:10.17632/rscbjbr9sj.2,
CC BY 4.0): keep this attribution with the images.
"""
_OWN = """\
The model was trained on the images listed in train_files.tsv of its run, and what their owners allow holds for these.
"""


def create_notice(data: DataSettings) -> str:
    """Returns the text that lies beside synthetic images of a generator that was trained on these data."""
    return NOTICE + (_PUBLISHED if data.is_published else _OWN)


def grid_chunks() -> PngInfo:
    """Returns the text that goes into a picture of several synthetic images."""
    return _create_chunks(f"{SYNTHETIC} images, several in one picture; not from patients")


def text_chunks(label: str, step: int, latent_seed: str, truncation: float = 1.0) -> PngInfo:
    """Returns the text that goes into a synthetic PNG; `latent_seed` is seed and number of its latents."""
    scaled = "" if truncation == 1 else f", truncation {truncation:g}"
    chunks = _create_chunks(f"{SYNTHETIC} image, class {label}; not from a patient")
    chunks.add_text("Source", f"checkpoint step {step}, latent seed {latent_seed}{scaled}")
    return chunks


def _create_chunks(description: str) -> PngInfo:
    chunks = PngInfo()
    chunks.add_text(CHUNK, description)
    chunks.add_text("Software", "dcgan_jax")
    return chunks
