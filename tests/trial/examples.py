"""Prepared sets without pixels, for what goes by names only."""

from dcgan_jax.data.prepared import Example
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
