"""Prepared sets without pixels, for what goes by names only, and a row of a record."""

from dcgan_jax.data.prepared import Example
from dcgan_jax.trial.record import OverCopies
from tests.data.listed_set import ListedSet


def example(file, split="train", patient=None, published=None, sha256=None):
    """An image whose class is the folder it lies in and whose patient is the folder below, unless said otherwise."""
    label, owner = file.split("/")[:2]
    patient = patient or owner
    return Example(split, 0, file, label, patient, published or patient, sha256 or f"sha of {file}", 64, 64)


def patients(label, count, split="train", images=2):
    """Some images each of some patients, named after the split."""
    return [
        example(f"{label}/{label}-{split}{number:02d}/{image}.png", split)
        for number in range(count)
        for image in range(images)
    ]


TWENTY_AND_THIRTY = ListedSet(*patients("NORMAL", 20), *patients("PNEUMONIA", 30))

OVER_COPIES = OverCopies(
    arm="synthetic",
    ratio=0.5,
    fraction=0.5,
    difference=0.03,
    interval=(0.01, 0.05),
    p_value=0.001,
    p_adjusted=0.01,
    verdict="It is more.",
)
