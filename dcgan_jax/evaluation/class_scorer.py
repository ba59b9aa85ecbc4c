"""Scores of a run, class by class: each class against its own real images, and what they come to together.

A run of one class has the scores of that class. One of several is judged by the mean of the classes' FIDs, each
counting alike (Miyato and Koyama 2018, https://arxiv.org/abs/1802.05637, who call them intra FIDs): in one pool, images
of the wrong class would count as good ones, and a rare class would hardly count.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.evaluation.evaluate_class import evaluate_class
from dcgan_jax.evaluation.record import ClassesRecord, EvaluationRecord
from dcgan_jax.evaluation.scorer import DrawFn, Scorer


class RunEvaluation(NamedTuple):
    """What a full evaluation gives."""

    # Of one class its own; of several that of each, by name, and the mean of their FIDs.
    record: EvaluationRecord | ClassesRecord
    # By the name of each class, its generated images of the first latent seed.
    images: dict[str, UInt8[np.ndarray, "image height width channel"]]


class ClassScorer:
    """The real images of a run, ready to be compared with any generator of the same classes.

    Attributes:
      by_class: what scores each class, by name, in the order of their numbers.
      fingerprint: only scores of one fingerprint compare; of one class, that of its scorer.
    """

    def __init__(self, by_class: Mapping[str, Scorer]):
        self.by_class = dict(by_class)
        fingerprints = [scorer.fingerprint for scorer in self.by_class.values()]
        self.fingerprint = fingerprints[0]
        if len(fingerprints) > 1:
            self.fingerprint = hashlib.sha256(" ".join(fingerprints).encode()).hexdigest()[: len(self.fingerprint)]

    @property
    def protocol_name(self) -> str:
        """The name of the protocol, which is the same for all classes."""
        return next(iter(self.by_class.values())).protocol.name

    def score(self, draw_fn: DrawFn, seed: int) -> dict[str, float]:
        """Returns the scores of the one class, or of several their means by name, and each as "fid/NORMAL".

        See `Scorer.score`, also for what it raises.
        """
        scored = {label: scorer.score(draw_fn, seed) for label, scorer in self.by_class.items()}
        if len(scored) == 1:
            return next(iter(scored.values()))
        shared = set.intersection(*map(set, scored.values()))  # some scores need more images than a class may have
        return {
            **{name: float(np.mean([own[name] for own in scored.values()])) for name in sorted(shared)},
            **{f"{name}/{label}": value for label, own in scored.items() for name, value in own.items()},
        }

    def evaluate(self, draw_fn: DrawFn, seed: int, step: int) -> RunEvaluation:
        """Scores a generator in full; see `evaluate_class`."""
        evaluations = {label: evaluate_class(scorer, draw_fn, seed, step) for label, scorer in self.by_class.items()}
        images = {label: of_class.images for label, of_class in evaluations.items()}
        records = {label: of_class.record for label, of_class in evaluations.items()}
        if len(records) == 1:
            return RunEvaluation(next(iter(records.values())), images)
        together = ClassesRecord(
            step=step,
            fid=float(np.mean([record.fid for record in records.values()])),
            protocol=self.protocol_name,
            fingerprint=self.fingerprint,
            classes=records,
        )
        return RunEvaluation(together, images)
