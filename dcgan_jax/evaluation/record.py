"""The record of an evaluation: the scores, and all that has to be known to read them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from dcgan_jax.memorization.record import MemorizationRecord, NotAssessable, upgrade_memorization
from dcgan_jax.metrics.intervals import Interval
from dcgan_jax.storage.record import Part, Record

FID_OF_CLASSES = "the mean of the classes' FIDs, each counting alike; it chooses the best checkpoint"


class Scores(Part):
    """Scores of one set of images against a reference, as they are shown; None where there are too few images."""

    fid: float | None = None
    kid: float | None = None
    precision: float | None = None
    recall: float | None = None
    density: float | None = None
    coverage: float | None = None
    irs: float | None = Field(
        None, title="image retrieval score", description="different nearest real images over chance"
    )
    trace_ratio: float | None = Field(
        None, title="trace ratio", description="spread of the features over that of the reference"
    )
    vendi: float | None = Field(None, title="Vendi score", description="effective number of different images")


class Measures(Scores):
    """Scores of one set of images, and how varied they are in their pixels, which needs no reference."""

    ms_ssim: float | None = Field(None, description="mean similarity of pairs of the images, 0 to 1")


class Baseline(Measures):
    """What real images score against other real images, and generated ones at the same counts.

    Attributes:
      num_real: images of the reference.
      num_other: images that stand where generated ones would.
      divided_by: "patients" where none is on both sides.
      divisions: random divisions that the scores are means over.
      lowest: the lowest FID of them.
      highest: the highest.
      generated: scores of as many generated images against the same reference.
      ratio: their FID over that of the real images.
    """

    num_real: int
    num_other: int
    divided_by: Literal["patients", "images"]
    divisions: int | None = None
    lowest: float | None = None
    highest: float | None = None
    generated: Measures
    ratio: float | None


class Baselines(Baseline):
    """Of random parts of the training images; beside it their halves, and images that were not trained on."""

    halves: Baseline
    held_out: Baseline | None


class Intervals(Part):
    """95% intervals for the expected scores at these counts: that of fid, with those of others in it."""

    low: float
    high: float
    level: float
    method: str
    kid: Interval | None = None
    kid_held_out: Interval | None = None
    irs: Interval | None = None
    trace_ratio: Interval | None = None


class DeepestCounts(Part):
    """What fid_2048 is measured at."""

    num_real: int
    num_generated: int
    latent_seeds: int


class RealImagesRecord(Part):
    """Which real images these are: scores compare only against the same ones.

    Attributes:
      image_size: height and width in pixels.
      num_training: images trained on.
      num_scored: those of them that are scored against.
      num_held_out: images of other patients.
      note: at which resolution they are scored.
    """

    source: str | None = None
    variant: str | None = None
    label: str | None = None
    resize: str | None = None
    aspect: str | None = None
    intensity: str | None = None
    holdout: float | None = None
    fraction: float | None = None
    exclude: tuple[str, ...] = ()
    image_size: tuple[int, int]
    num_training: int
    num_scored: int
    num_held_out: int
    note: str


class EvaluationRecord(Scores, Record):
    """Scores of one class, means over the latent seeds, with their protocol.

    Attributes:
      step: updates that the generator has had.
      by_seed: what each latent seed gave.
      fid_2048: of the first latent seed, at 2048 dims; compares only at these counts.
      ms_ssim: mean similarity of pairs of generated images; `ms_ssim_real` of training images.
      memorised_share: share of generated images that are found to be copies, or "not assessable".
      fingerprint: only scores of one fingerprint compare.
      seed: the first of the latent seeds.
    """

    step: int
    fid: float
    kid: float | None
    kid_subsets: float | None
    kid_subsets_std: float | None
    precision: float | None
    recall: float | None
    density: float | None
    coverage: float | None
    kid_held_out: float | None
    by_seed: dict[str, list[float] | None]
    interval: Intervals | None
    baseline: Baselines | None
    fid_2048: float
    fid_2048_counts: DeepestCounts
    ms_ssim: float
    ms_ssim_real: float
    ms_ssim_pairs: int
    inception_score: float | None
    inception_score_std: float | None = None
    inception_score_note: str
    memorised_share: float | NotAssessable
    memorization: MemorizationRecord
    protocol: str
    dims: int
    preprocess: str
    resize_filter: str
    stretch: bool
    num_real: int
    num_held_out: int
    num_generated: int
    weights: str
    weights_sha256: str
    fingerprint: str
    real_images: RealImagesRecord
    seed: int
    seeds: list[int]
    stream: str
    warnings: list[str]
    versions: dict[str, str]
    device: str

    @property
    def by_class(self) -> dict[str, "EvaluationRecord"]:
        """The record by its class, whose name is empty in old records."""
        return {self.real_images.label or "": self}

    @classmethod
    def upgrade(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Takes over the names that records had before they were typed: `floor`, `memorisation`."""
        if version:
            return values
        upgraded = dict(values)
        if "floor" in upgraded:
            upgraded["baseline"] = upgrade_floor(upgraded.pop("floor"))
        if isinstance(section := upgraded.pop("memorisation", None), dict):
            upgraded["memorization"] = upgrade_memorization(section)
        return upgraded


class ClassesRecord(Record):
    """Scores of a run of several classes: those of each, and the mean of their FIDs."""

    step: int
    fid: float
    fid_is: str = FID_OF_CLASSES
    protocol: str
    fingerprint: str
    classes: dict[str, EvaluationRecord]

    @property
    def by_class(self) -> dict[str, EvaluationRecord]:
        """The record of each class."""
        return self.classes

    @classmethod
    def upgrade(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Says of the classes' records, too, which version wrote them."""
        classes = values.get("classes")
        if version or not isinstance(classes, dict):
            return values
        return {**values, "classes": {name: {"schema_version": 0, **of_class} for name, of_class in classes.items()}}


def read_evaluation(path: Path) -> EvaluationRecord | ClassesRecord:
    """Reads the record of an evaluation, of one class or of several, whatever version wrote it.

    Raises:
      FileNotFoundError: there is none.
      UserError: it is damaged, of another kind, or of a newer version.
    """
    try:
        has_classes = "classes" in json.loads(path.read_bytes())
    except (OSError, ValueError, TypeError, RecursionError):
        has_classes = False  # and the reader below says what is wrong
    return (ClassesRecord if has_classes else EvaluationRecord).read(
        path, "remove it and run --mode=evaluate again, which writes it"
    )


def record_of_class(record: EvaluationRecord | ClassesRecord, label: str) -> EvaluationRecord:
    """Returns the record of a class out of that of its run; the only one where there is one."""
    return record.classes[label] if isinstance(record, ClassesRecord) else record


def choose_record(
    records: Mapping[str, EvaluationRecord | ClassesRecord], step: int | None, protocol: str
) -> str | None:
    """Returns the name of the record that speaks for a run; None where there is none.

    It is of `step` where one is, else of the last step; of several protocols that one comes first, and of several
    fingerprints of one the last by name. Nothing depends on when a file was written.
    """

    def rank(name: str) -> tuple[bool, int, bool, str]:
        record = records[name]
        return record.step == step, record.step, record.protocol == protocol, name

    return max(records, key=rank, default=None)


def upgrade_floor(floor: dict[str, Any] | None) -> dict[str, Any] | None:
    """Returns what records called `floor` as a `Baseline`, or with its parts as `Baselines`."""
    if floor is None:
        return None
    upgraded = {name: value for name, value in floor.items() if name not in ("of", "score")}
    parts: dict[str, Any] = {name: upgrade_floor(floor[name]) for name in ("halves", "held_out") if name in floor}
    return {**upgraded, **parts, "generated": {"fid": floor.get("score")}}
