"""Can synthetic images be told from real ones? The classifier two-sample test.

Lopez-Paz and Oquab 2017, https://arxiv.org/abs/1610.06545: a classifier is trained to tell the two apart, and on images
that it has not seen it is right more often than by chance only if they differ.
"""

from collections.abc import Sequence

import numpy as np
import scipy.stats
from jaxtyping import Int, UInt8
from sklearn.metrics import roc_auc_score

from dcgan_jax.settings import TrialSettings
from dcgan_jax.trial.fitting import Images, Task, Trainer
from dcgan_jax.trial.record import TwoSampleTest

SHARES = (0.5, 0.2, 0.3)
"""Of the patients: trained on, chosen on, tested with."""

MIN_PATIENTS = 20
_STREAM = 13


def compute_two_sample_test(
    trial: TrialSettings,
    real: Images,
    patients: Sequence[str],
    synthetic: UInt8[np.ndarray, "synthetic height width 1"],
    seed: int,
) -> TwoSampleTest | None:
    """Returns how well a classifier tells real and synthetic images of one class apart, of patients it has not seen.

    As many images of both kinds are used. The p-value is the exact binomial test's, with one real image of each
    patient, so that they are independent.

    Args:
      trial: how the classifier is trained.
      real: images of the class.
      patients: whose each of them is.
      synthetic: images of the class.
      seed: divides them, and is the classifier's.

    Returns:
      None below `MIN_PATIENTS` patients.
    """
    if len(set(patients)) < MIN_PATIENTS or len(synthetic) < MIN_PATIENTS:
        return None
    rng = np.random.default_rng([seed, _STREAM])
    real_parts = divide_patients(patients, rng)
    ends = np.rint(np.cumsum(SHARES) * len(synthetic)).astype(int)
    synthetic_parts = np.split(rng.permutation(len(synthetic)), ends[:-1])
    real_parts[2] = _one_of_each(real_parts[2], patients)
    pairs = [_equally_many(*parts) for parts in zip(real_parts, synthetic_parts, strict=True)]
    images = [np.concatenate([real[own], synthetic[other]]) for own, other in pairs]
    labels = [np.repeat([0, 1], [len(own), len(other)]) for own, other in pairs]

    trainer = Trainer(trial, images[0], images[1], labels[1])
    fit = trainer.fit([Task(np.arange(len(images[0])), labels[0].astype(np.float32), seed)])[0]
    probabilities = trainer.predict(fit.params, images[2])
    correct = int(((probabilities >= 0.5) == labels[2]).sum())
    return TwoSampleTest(
        auc=float(roc_auc_score(labels[2], probabilities)),
        accuracy=correct / len(labels[2]),
        p_value=float(scipy.stats.binomtest(correct, len(labels[2]), alternative="greater").pvalue),
        images=len(labels[2]),
    )


def divide_patients(patients: Sequence[str], rng: np.random.Generator) -> list[Int[np.ndarray, " image"]]:
    """Returns the positions of the images of each of `SHARES` of the patients, whole patients together."""
    names, owners = np.unique(np.asarray(patients), return_inverse=True)
    ranks = rng.permutation(len(names))[owners]
    ends = np.rint(np.cumsum(SHARES) * len(names)).astype(int)
    starts = [0, *ends[:-1]]
    return [np.flatnonzero((ranks >= start) & (ranks < end)) for start, end in zip(starts, ends, strict=True)]


def _one_of_each(positions: Int[np.ndarray, " image"], patients: Sequence[str]) -> Int[np.ndarray, " patient"]:
    _, first = np.unique([patients[position] for position in positions], return_index=True)
    return positions[first]


def _equally_many(
    own: Int[np.ndarray, " real"], other: Int[np.ndarray, " synthetic"]
) -> tuple[Int[np.ndarray, " both"], Int[np.ndarray, " both"]]:
    count = min(len(own), len(other))
    return own[:count], other[:count]
