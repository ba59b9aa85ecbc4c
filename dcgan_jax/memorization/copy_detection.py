"""Which images count as copies: thresholds that held-out images set, and how often they err."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Int

from dcgan_jax.memorization.nearest import Nearest
from dcgan_jax.memorization.record import ExpectedShare
from dcgan_jax.metrics.intervals import LEVEL

PERCENTILE = 1.0
Space = Literal["features", "pixels"]
SPACES: tuple[Space, ...] = get_args(Space)
ROUNDING = 1e-6
"""Relative distances below it are none."""


def compute_thresholds(reference: Mapping[str, Nearest]) -> dict[str, float]:
    """Returns the first percentile of the relative distances of reference images in each space.

    Of fewer than 99 images it is the smallest distance. Reference images that equal a training image, as duplicated
    files do, are copies themselves and are left out; at least one other must be there. The percentile is Weibull's,
    where the k-th smallest of n values is at k / (n + 1): a new value of the same distribution is below it with
    probability 0.01. With numpy's default that probability is 0.02 at n = 100.

    Args:
      reference: distances of real images that were not generated: held-out ones, or training images of other patients.
    """
    is_own = ~equals_training(reference)
    return {
        space: float(np.percentile(reference[space].relative[is_own], PERCENTILE, method="weibull")) for space in SPACES
    }


def compute_expected_share(num_reference: int, num_generated: int) -> ExpectedShare:
    """Returns the share of generated images found if they were like the reference images (the null hypothesis).

    The share below the k-th smallest of n reference values is Beta(k, n + 1 - k), so the number found of m generated
    images is beta-binomial; with 95% confidence it is not above the `highest`. Both spaces together find at most the
    sum. Images of one patient count as independent.
    """
    import scipy.stats  # only here: it takes long to import, and most runs are not assessed

    rank = max((num_reference + 1) * PERCENTILE / 100, 1.0)
    in_one_space = scipy.stats.betabinom(num_generated, rank, num_reference + 1 - rank)
    # Half of the error for each space (Bonferroni).
    highest = in_one_space.ppf(1 - (1 - LEVEL) / len(SPACES)) / num_generated
    expected = rank / (num_reference + 1)
    return ExpectedShare(expected=min(len(SPACES) * expected, 1.0), highest=min(len(SPACES) * float(highest), 1.0))


def is_found(nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> Bool[np.ndarray, " image"]:
    """Returns which images are closer than the threshold in either space."""
    return np.logical_or.reduce([nearest[space].relative < thresholds[space] for space in SPACES])


def equals_training(nearest: Mapping[str, Nearest]) -> Bool[np.ndarray, " image"]:
    """Returns which images are training images, as far as reduced pixels tell."""
    return nearest["pixels"].relative < ROUNDING


def find_false_positives(reference: Mapping[str, Nearest], patients: Sequence[str]) -> Bool[np.ndarray, " image"]:
    """Returns which reference images are found when all other patients set the threshold, copies of training apart."""
    is_own = ~equals_training(reference)
    owners, own = np.asarray(patients)[is_own], take(reference, is_own)
    found = np.zeros(len(owners), bool)
    for patient in np.unique(owners):
        is_theirs = owners == patient
        found[is_theirs] = is_found(take(own, is_theirs), compute_thresholds(take(own, ~is_theirs)))
    return found


def take(
    nearest: Mapping[str, Nearest], chosen: Bool[np.ndarray, " image"] | Int[np.ndarray, " chosen"]
) -> dict[str, Nearest]:
    """Returns what was found of the images in a mask, or at some positions in their order."""
    return {space: Nearest(*(values[chosen] for values in of_space)) for space, of_space in nearest.items()}


def measure_shares_by_space(nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> dict[str, float]:
    """Returns the share of images closer than the threshold of each space."""
    return {space: float((nearest[space].relative < thresholds[space]).mean()) for space in SPACES}
