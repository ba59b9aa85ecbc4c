"""Scores a generator against the real images of one class, for one latent seed.

The latents that choose a checkpoint never meet the report: they come from streams of different names.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from dcgan_jax.evaluation.featurizer import Batch, Featurizer, RealImages
from dcgan_jax.evaluation.protocol import Protocol, stretch_contrast
from dcgan_jax.evaluation.versions import describe_weights
from dcgan_jax.inception.features import Features
from dcgan_jax.metrics.comparison import compute_scores

CHOICE_STREAM, REPORT_STREAM = "score_choice", "score_report"

NEAREST_DIMS, DEEPEST_DIMS = 768, 2048
"""Where nearest images are looked for; and what stands beside a score at fewer dims."""

DrawFn = Callable[[int, int, str, int], Iterable[Batch]]
"""(number of the class, seed, stream, count) -> batches of generated images."""


class Scorer:
    """The real images of a class, ready to be compared with any generator; their features are computed once.

    Attributes:
      protocol: what scores are measured under.
      featurizer: what measures images; prepares them as the protocol says.
      number: of the class, as the generator is told it.
      training: the images trained on.
      held_out: real images of other patients, or None.
      description: where the real images come from: fields of `RealImagesRecord`; empty if nobody said.
      scored: positions of the training images that the protocol scores against.
      fingerprint: `protocol_fingerprint`; of one run, only scores of one fingerprint compare.
      warnings: sentences on what is doubtful about every score of this scorer.
    """

    def __init__(
        self,
        protocol: Protocol,
        featurizer: Featurizer,
        training: RealImages,
        held_out: RealImages | None = None,
        number: int = 0,
        description: Mapping[str, Any] | None = None,
    ):
        """Measures nothing yet."""
        self.protocol, self.featurizer, self.training, self.number = protocol, featurizer, training, number
        self.held_out = held_out if held_out is not None and len(held_out) else None
        self.description = dict(description or {})
        self.scored = protocol.select_real(len(training))
        self.fingerprint = protocol_fingerprint(self)
        self.warnings = [
            *protocol.describe_shortfall(len(training)),
            *protocol.describe_resolution(*training.pixels.shape[1:3]),
            *describe_weights(featurizer.weights),
        ]

    def score(self, draw_fn: DrawFn, seed: int) -> dict[str, float]:
        """Returns `comparison.compute_scores` of one generated set; for use in training.

        Latents of the stream "score_choice" depend on the seed alone: checkpoints differ by what they have learned.

        Raises:
          UserError: too few images, or features that are not finite.
        """
        dims = self.protocol.dims
        generated = self.measure_generated(self.draw(draw_fn, seed, CHOICE_STREAM), (dims,))
        return compute_scores(self.training_features[dims][self.scored], generated[dims])

    @property
    def dims(self) -> tuple[int, ...]:
        """Lengths of the features that a report needs."""
        return tuple(sorted({self.protocol.dims, NEAREST_DIMS, DEEPEST_DIMS}))

    def draw(self, draw_fn: DrawFn, seed: int, stream: str) -> Iterable[Batch]:
        """Returns a generated set of this class, in batches."""
        return draw_fn(self.number, seed, stream, self.protocol.num_generated)

    @cached_property
    def training_features(self) -> Features:
        """The features of all training images, by their length: at all of `dims`, for the scores and for the report."""
        return self.featurizer.measure_real(self.training, self.dims, "features of training images")

    @cached_property
    def held_out_features(self) -> Features | None:
        """The same of the held-out images; None without such images."""
        if self.held_out is None:
            return None
        return self.featurizer.measure_real(self.held_out, self.dims, "features of held-out images")

    def measure_generated(self, batches: Iterable[Batch], dims: tuple[int, ...]) -> Features:
        """Returns the features of a generated set, stretched first if the protocol says so."""
        stretched = map(stretch_contrast, batches) if self.protocol.stretch else batches
        count = self.protocol.num_generated
        return self.featurizer.measure(stretched, count, dims, "features of generated images")


def protocol_fingerprint(scorer: Scorer) -> str:
    """Returns 12 hexadecimal digits that differ wherever the protocol or the weights would move a score.

    The name of the protocol is not among what is hashed: "paper" is the default one with other values. Nor are the
    latent seeds, whose number changes how sure a score is and not what it measures.
    """
    preprocess = scorer.protocol.preprocess
    measured_under = {
        "dims": scorer.protocol.dims,
        "preprocess": preprocess.name,
        "resize_filter": preprocess.filter_label,
        "stretch": scorer.protocol.stretch,
        "num_real": len(scorer.scored),
        "num_generated": scorer.protocol.num_generated,
        "weights_sha256": scorer.featurizer.weights.sha256,
    }
    return hashlib.sha256(json.dumps(measured_under, sort_keys=True).encode()).hexdigest()[:12]
