"""The plan of a study, frozen before the first answer: study.json."""

import hashlib
from pathlib import Path
from typing import Any, Literal

from dcgan_jax.errors import FileError
from dcgan_jax.settings import StudySettings
from dcgan_jax.storage.record import Part, Record

FOLDER = "study"
"""Of a study, in its workdir."""

PLAN, KEY, IMAGES, CONSENT, INSTRUCTIONS = "study.json", "key.json", "images.bin", "consent.md", "instructions.md"

FROZEN = (
    *("design", "readers", "images", "repeats", "generated_share", "question", "naive"),
    *("margin", "endpoint", "seed"),
)
"""Fields of `config.study` that may not change once a study is planned."""


class Origin(Part):
    """Where the images of a study come from.

    Attributes:
      real: a sentence on the real images.
      generated: a sentence on the generated ones.
      real_from: patients the generator has not seen, its training patients, or a folder that says nothing of it.
      run_identity: of the run, where the images are a run's.
      checkpoint_step: of its generator.
      classes: shown, as many images of each.
      max_similarity: correlation with a training image above which generated ones were left out; 0: none were.
    """

    real: str
    generated: str
    real_from: Literal["held_out", "training", "folder"]
    run_identity: str = ""
    checkpoint_step: int | None = None
    classes: tuple[str, ...] = ()
    max_similarity: float = 0.0


class Counts(Part):
    """How many images there are of what.

    Attributes:
      real: shown in the told phase, and in the naive one before it.
      generated: likewise.
      left_out_as_copies: generated ones that came too near to a training image.
      blank: generated ones with next to nothing in them, which were shown all the same.
    """

    real: int
    generated: int
    left_out_as_copies: int
    blank: int


class Plan(Record):
    """What was decided before the first answer.

    Attributes:
      design: one image at a time, or two.
      readers: how many.
      images: real and generated ones of the told phase together; in pairs, pairs.
      repeats: share of them that come twice.
      generated_share: of all images.
      question: the answers to the second question; none where nothing more is asked.
      naive: images before readers are told.
      margin: of equivalence, around 0.5.
      endpoint: the figure that is tested first: balanced accuracy, or the area under the ROC curve.
      seed: of latents and of the choice of real images.
      image_size: pixels a side, as shown.
      expected_half_width: of the 95% interval of mean accuracy.
      origin: of the images.
      counts: of the images.
      images_sha256: of images.bin.
      key_sha256: of key.json, which says which image is which.
      consent_sha256: of consent.md.
      instructions_sha256: of instructions.md.
      created: time, UTC.
      version: of this program.
    """

    design: Literal["rating", "pairs"]
    readers: int
    images: int
    repeats: float
    generated_share: float
    question: tuple[str, ...]
    naive: int
    margin: float
    endpoint: Literal["accuracy", "auc"]
    seed: int
    image_size: int
    expected_half_width: float
    origin: Origin
    counts: Counts
    images_sha256: str
    key_sha256: str
    consent_sha256: str
    instructions_sha256: str
    created: str
    version: str

    def refuse_changes(self, study: StudySettings, folder: Path) -> None:
        """Raises UserError if settings would make it another study."""
        asked = describe(study)
        changed = [name for name, value in asked.items() if getattr(self, name) != value]
        if changed:
            fields = ", ".join(f"config.study.{name}" for name in changed)
            raise FileError(
                folder / PLAN,
                f"has other values of {fields}, and a plan is frozen: give those, or another --workdir; a study "
                "without an answer may be removed with its folder.",
            )


class KeyRow(Part):
    """What one image is.

    Attributes:
      kind: real or generated.
      label: its class; empty where nobody said.
      origin: its file, or its latent seed and number.
    """

    kind: Literal["real", "generated"]
    label: str
    origin: str


class Key(Record):
    """What each image is, by its number; read when the study is closed and not before."""

    rows: tuple[KeyRow, ...]


def describe(study: StudySettings) -> dict[str, Any]:
    """Returns what the settings say of a plan, under the names that it has there."""
    values = {name: getattr(study, name) for name in FROZEN}
    values["question"] = study.choices
    values["images"] = study.images * (2 if study.design == "rating" else 1)
    return values


def hash_bytes(content: bytes) -> str:
    """Returns the hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()
