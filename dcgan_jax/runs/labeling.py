"""How synthetic images say that they are: in each file, and beside them."""

from PIL.PngImagePlugin import PngInfo

from dcgan_jax.data.synthetic_marks import CHUNK, SYNTHETIC

NOTICE = """\
These images are synthetic: a generative model made them, no patient was imaged.
For research and augmentation, not for diagnosis.
The model was trained on the images listed in train_files.tsv of its run. If those are the chest X-rays of Kermany,
Zhang and Goldbaum (Mendeley Data, doi:10.17632/rscbjbr9sj.2, CC BY 4.0), keep this attribution with the images.
"""


def grid_chunks() -> PngInfo:
    """Returns the text that goes into a picture of several synthetic images."""
    chunks = PngInfo()
    chunks.add_text(CHUNK, f"{SYNTHETIC} chest X-rays, several in one picture; not from patients")
    chunks.add_text("Software", "dcgan_jax")
    return chunks


def text_chunks(label: str, step: int, latent_seed: str) -> PngInfo:
    """Returns the text that goes into a synthetic PNG.

    Args:
      label: the class it was made for.
      step: of the checkpoint.
      latent_seed: seed and number of its latents.
    """
    chunks = PngInfo()
    chunks.add_text(CHUNK, f"{SYNTHETIC} chest X-ray, class {label}; not from a patient")
    chunks.add_text("Software", "dcgan_jax")
    chunks.add_text("Source", f"checkpoint step {step}, latent seed {latent_seed}")
    return chunks
