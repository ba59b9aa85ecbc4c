"""The arms of a trial: what each adds to the real images, and which images that makes."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from dcgan_jax.settings import ARMS, ArmKind, ArmName, TrialSettings
from dcgan_jax.trial.fitting import Task

REFERENCE: ArmName = "real"
COPIES: ArmName = "duplicated"
"""The arm that has as many images as one with synthetic images, and no new ones."""

_COPIES_STREAM = 11


@dataclass(frozen=True)
class Arm:
    """One arm at one amount of data.

    Attributes:
      name: of `ARMS`.
      ratio: synthetic (or duplicated) images per real one of their class; 0 where the arm has none.
      fraction: share of the training patients.
    """

    name: ArmName
    ratio: float
    fraction: float

    @property
    def kind(self) -> ArmKind:
        """What it is trained on."""
        return ARMS[self.name]

    @property
    def columns(self) -> dict[str, Any]:
        """How rows of the record name it; see `OfArm`."""
        return {"arm": self.name, "ratio": self.ratio, "fraction": self.fraction}

    @property
    def has_synthetic(self) -> bool:
        """Whether synthetic images take part."""
        return self.kind.added in ("of_one_class", "of_all_classes")


class Unit(NamedTuple):
    """One classifier of an arm."""

    arm: Arm
    seed: int  # of the classifier
    generator_seed: int  # of the synthetic images; 0 where the arm has none

    @property
    def name(self) -> str:
        """A name for files."""
        arm = self.arm
        return f"{arm.name}_r{arm.ratio:g}_f{arm.fraction:g}_s{self.seed}_g{self.generator_seed}"


def list_arms(trial: TrialSettings, names: Iterable[ArmName]) -> list[Arm]:
    """Returns the arms at every fraction and, where they have one, ratio; the reference first."""
    chosen = set(names) | {REFERENCE}
    return [
        Arm(name, ratio, fraction)
        for fraction in trial.fractions
        for name in ARMS
        if name in chosen
        for ratio in ((0.0,) if ARMS[name].added == "nothing" else trial.ratios)
    ]


def list_units(arm: Arm, trial: TrialSettings) -> list[Unit]:
    """Returns the classifiers of an arm: every classifier seed with every generator seed."""
    generators = range(trial.generator_seeds if arm.has_synthetic else 1)
    return [Unit(arm, seed, generator) for generator in generators for seed in range(trial.seeds)]


def repeats_reference(arm: Arm, labels: Iterable[str], positive: str) -> bool:
    """Returns whether an arm trains the very classifiers of the reference: weights of sides that are equal are all 1.

    The labels are those of the real training images at its fraction.
    """
    sides = Counter(label == positive for label in labels)
    return arm.kind.is_weighted and sides[True] == sides[False]


def count_synthetic(arm: Arm, real: Mapping[str, int], label: str) -> dict[str, int]:
    """Returns how many synthetic or duplicated images of each class an arm has, of how many real ones at its fraction.

    The label is the class that a generator learns.
    """
    classes = list(real) if arm.kind.added == "of_all_classes" else [label] if arm.ratio else []
    return {name: max(1, round(arm.ratio * real[name])) for name in classes}


def create_task(
    unit: Unit,
    real: Mapping[str, Int[np.ndarray, " _"]],
    synthetic_fn: Callable[[Arm, str, int, int], Int[np.ndarray, " image"]],
    label: str,
    positive: str,
) -> Task:
    """Returns what one classifier is trained on.

    Args:
      unit: the classifier.
      real: positions of the real training images of each class at the arm's fraction.
      synthetic_fn: (arm, class, generator seed, count) -> positions of as many synthetic images.
      label: the class that a generator learns.
      positive: the class to be recognized.
    """
    arm = unit.arm
    parts: list[tuple[str, Int[np.ndarray, " image"]]] = []
    if arm.kind.has_real:
        parts += real.items()
    for name, count in count_synthetic(arm, {name: len(own) for name, own in real.items()}, label).items():
        if arm.has_synthetic:
            parts.append((name, synthetic_fn(arm, name, unit.generator_seed, count)))
        else:
            parts.append((name, _draw_copies(real[name], count, unit.seed)))
    return Task(
        pool=np.concatenate([own for _, own in parts]).astype(np.int32),
        labels=np.concatenate([np.full(len(own), name == positive, np.float32) for name, own in parts]),
        seed=unit.seed,
        is_augmented=arm.kind.is_augmented,
        is_weighted=arm.kind.is_weighted,
    )


def _draw_copies(positions: Int[np.ndarray, " image"], count: int, seed: int) -> Int[np.ndarray, " copy"]:
    """Returns positions to repeat: all of them once more before any is repeated again."""
    rng = np.random.default_rng([seed, _COPIES_STREAM])
    rounds = [rng.permutation(positions) for _ in range(-(-count // len(positions)))]
    return np.concatenate(rounds)[:count]


def group_positions(labels: Sequence[str]) -> dict[str, Int[np.ndarray, " image"]]:
    """Returns the positions of the images of each class."""
    array = np.asarray(labels)
    return {str(name): np.flatnonzero(array == name) for name in np.unique(array)}
