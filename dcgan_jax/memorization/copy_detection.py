"""Which images count as copies: thresholds that held-out images set, and how often they err."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool

from dcgan_jax.memorization.nearest import Nearest
from dcgan_jax.memorization.record import ExpectedShare
from dcgan_jax.metrics.intervals import LEVEL

PERCENTILE = 1.0
Space = Literal["features", "pixels"]
SPACES: tuple[Space, ...] = get_args(Space)
ROUNDING = 1e-6
"""Relative distances below it are none."""


def compute_thresholds(held_out: Mapping[str, Nearest]) -> dict[str, float]:
    """Returns the first percentile of the held-out images' relative distances in each space; of fewer than 99, the
    smallest.

    Held-out images that equal a training image, as duplicated files do, are passed over: they are copies themselves.
    There must be others. Weibull's percentile, since of n values it is the one that a further value is below with
    probability 0.01 (the k-th smallest is at k / (n + 1)); below numpy's default it is with 0.02 at n = 100.
    """
    is_own = ~equals_training(held_out)
    return {
        space: float(np.percentile(held_out[space].relative[is_own], PERCENTILE, method="weibull")) for space in SPACES
    }


def compute_expected_share(num_held_out: int, num_generated: int) -> ExpectedShare:
    """Returns the share of generated images found if they were like held-out ones (the null hypothesis).

    The share below the k-th smallest of n held-out values is Beta(k, n + 1 - k), so the number found of m generated
    images is beta-binomial; with 95% confidence it is not above the `highest`. Both spaces together find at most the
    sum. Images of one patient count as independent.
    """
    import scipy.stats  # only here: it takes long to import, and most runs are not assessed

    rank = max((num_held_out + 1) * PERCENTILE / 100, 1.0)
    in_one_space = scipy.stats.betabinom(num_generated, rank, num_held_out + 1 - rank)
    # Half of the error for each space (Bonferroni).
    highest = in_one_space.ppf(1 - (1 - LEVEL) / len(SPACES)) / num_generated
    expected = rank / (num_held_out + 1)
    return ExpectedShare(expected=min(len(SPACES) * expected, 1.0), highest=min(len(SPACES) * float(highest), 1.0))


def is_found(nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> Bool[np.ndarray, " image"]:
    """Returns which images are closer than the threshold in either space."""
    return np.logical_or.reduce([nearest[space].relative < thresholds[space] for space in SPACES])


def equals_training(nearest: Mapping[str, Nearest]) -> Bool[np.ndarray, " image"]:
    """Returns which images are training images, as far as reduced pixels tell."""
    return nearest["pixels"].relative < ROUNDING


def find_false_positives(held_out: Mapping[str, Nearest], patients: Sequence[str]) -> Bool[np.ndarray, " image"]:
    """Returns which held-out images are found when all other patients set the threshold, copies of training apart."""
    is_own = ~equals_training(held_out)
    owners, own = np.asarray(patients)[is_own], take(held_out, is_own)
    found = np.zeros(len(owners), bool)
    for patient in np.unique(owners):
        is_theirs = owners == patient
        found[is_theirs] = is_found(take(own, is_theirs), compute_thresholds(take(own, ~is_theirs)))
    return found


def take(nearest: Mapping[str, Nearest], mask: Bool[np.ndarray, " image"]) -> dict[str, Nearest]:
    """Returns the images in a mask."""
    return {space: Nearest(*(values[mask] for values in of_space)) for space, of_space in nearest.items()}


def measure_shares_by_space(nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> dict[str, float]:
    """Returns the share of images closer than the threshold of each space."""
    return {space: float((nearest[space].relative < thresholds[space]).mean()) for space in SPACES}
