"""All images that the classifiers of a trial train on, in one array: arms are positions in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.settings import TrialSettings
from dcgan_jax.trial.arms import Arm, count_synthetic, group_positions
from dcgan_jax.trial.fitting import Images
from dcgan_jax.trial.splits import TrialSplit
from dcgan_jax.trial.synthetic_folder import SyntheticSource


@dataclass(frozen=True)
class ImageBank:
    """Real images first, then synthetic ones."""

    images: Images
    num_real: int
    # By fraction and class, positions of the real training images.
    real: Mapping[float, Mapping[str, Int[np.ndarray, " _"]]]
    # By class, fraction, whether they are selected, and generator seed, positions of the synthetic images.
    synthetic: Mapping[tuple[str, float, bool, int], Int[np.ndarray, " _"]]

    def synthetic_positions(self, arm: Arm, label: str, generator_seed: int, count: int) -> Int[np.ndarray, " image"]:
        """Returns the positions of synthetic images: an arm with fewer has the first of those of an arm with more."""
        return self.synthetic[label, arm.fraction, arm.kind.is_selected, generator_seed][:count]


def create_bank(
    prepared: PreparedSet,
    split: TrialSplit,
    arms: Sequence[Arm],
    trial: TrialSettings,
    label: str,
    source: SyntheticSource | None,
) -> ImageBank:
    """Reads all real images that are trained on, and draws all synthetic ones that the arms need.

    The label is the class that a generator learns; the source may be None where no arm has synthetic images.

    Raises:
      UserError: the source does not have what an arm needs.
    """
    examples = split.training[max(split.training)]
    place = {example: index for index, example in enumerate(examples)}
    real = {}
    for fraction, chosen in split.training.items():
        own = np.array([place[example] for example in chosen])
        real[fraction] = {name: own[rows] for name, rows in group_positions([e.label for e in chosen]).items()}
    images = [prepared.images(examples)]
    synthetic, first = {}, len(examples)
    for (name, fraction, is_selected), count in _count_needed(arms, real, label).items():
        for seed in range(trial.generator_seeds):
            assert source is not None  # arms with synthetic images are refused without
            images.append(source.draw(name, fraction, seed, count, is_selected))
            synthetic[name, fraction, is_selected, seed] = np.arange(first, first + count)
            first += count
    return ImageBank(np.concatenate(images), len(examples), real, synthetic)


def _count_needed(
    arms: Sequence[Arm], real: Mapping[float, Mapping[str, Int[np.ndarray, " image"]]], label: str
) -> dict[tuple[str, float, bool], int]:
    """Returns, by class, fraction and whether they are selected, the most synthetic images that any arm has."""
    needed: dict[tuple[str, float, bool], int] = {}
    for arm in arms:
        if arm.has_synthetic:
            counts = {name: len(own) for name, own in real[arm.fraction].items()}
            for name, count in count_synthetic(arm, counts, label).items():
                kind = name, arm.fraction, arm.kind.is_selected
                needed[kind] = max(count, needed.get(kind, 0))
    return needed
