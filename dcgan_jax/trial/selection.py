"""The arm `selected`: each of its synthetic images is the best of several candidates.

Each image has candidates of its own, so that the first images are the same however many follow. Validation and test
images take no part: a run's discriminator has not seen them, and candidates are compared with training images alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from dcgan_jax.data.pipeline import to_float
from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.evaluation.featurizer import Featurizer, read_real_images
from dcgan_jax.evaluation.protocol import resolve_protocol
from dcgan_jax.inception.weights import load_inception_weights
from dcgan_jax.metrics.neighbors import squared_distance_blocks
from dcgan_jax.runs.figures import Images
from dcgan_jax.runs.run import Run
from dcgan_jax.settings import Settings
from dcgan_jax.training.spectral_norm import normalize
from dcgan_jax.trial.splits import TrialSplit

_BATCH = 64

Choose = Callable[[Run, str, float, Images], Int[np.ndarray, " chosen"]]
"""(run, class, fraction of the training patients, candidates) -> positions of the chosen ones, in order."""


@dataclass(frozen=True)
class Selection:
    """How an image is chosen.

    Attributes:
      candidates: how many there are for each image, next to each other.
      choose: what chooses.
      weights_sha256: of the Inception weights that it measures with; None where it needs none.
    """

    candidates: int
    choose: Choose
    weights_sha256: str | None = None


def create_selection(settings: Settings, prepared: PreparedSet, split: TrialSplit) -> Selection:
    """Returns how `trial.select` chooses.

    Raises:
      UserError: it is by coverage, and there are no Inception weights, or they are damaged.
    """
    candidates = settings.trial.candidates
    if settings.trial.select == "logit":
        return Selection(
            candidates,
            lambda run, label, _, images: choose_by_logit(compute_logits(run, label, images).reshape(-1, candidates)),
        )
    protocol, weights = resolve_protocol(settings.eval), load_inception_weights(settings.eval.weights)
    dims = protocol.dims
    featurizer = Featurizer(weights, protocol.preprocess, settings.runtime.convolutions)

    def choose(run: Run, label: str, fraction: float, images: Images) -> Int[np.ndarray, " chosen"]:
        known = [example for example in split.training[fraction] if example.label == label]
        real = featurizer.measure_real(read_real_images(prepared, known), (dims,), "features of training images")
        batches = (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))
        measured = featurizer.measure(batches, len(images), (dims,), "features of candidates")
        return choose_by_coverage(*find_nearest(measured[dims], real[dims], candidates))

    return Selection(candidates, choose, weights.sha256)


def compute_logits(run: Run, label: str, images: Images) -> Float[np.ndarray, " image"]:
    """Returns what the discriminator of a run says of images: the more, the more real.

    Args:
      run: whose discriminator; it learned beside the generator that is sampled, not beside its average.
      label: the class that it is told, where it is told classes.
      images: uint8 [image, height, width, channel], gray ones for a run in color, too. With minibatch standard
        deviation, neighbors are judged together.
    """
    recipe, params = run.recipe, run.state.discriminator
    if run.state.spectral_vectors is not None:
        params, _ = normalize(params, run.state.spectral_vectors)
    group = recipe.discriminator.minibatch_std or 1
    batch_size = -(-_BATCH // group) * group
    labels = jnp.full(batch_size, run.labels.index(label), jnp.int32)

    @jax.jit
    def judge(images: UInt8[Array, "batch height width channel"]) -> Float[Array, " batch"]:
        return recipe.discriminator.apply({"params": params}, to_float(images), None, labels)

    images = np.repeat(images, run.settings.model.channels // images.shape[-1], axis=-1)
    # The last batch is filled up with the first images.
    positions = np.arange(-(-len(images) // batch_size) * batch_size) % len(images)
    logits = [np.asarray(judge(jnp.asarray(images[rows]))) for rows in positions.reshape(-1, batch_size)]
    return np.concatenate(logits)[: len(images)]


def choose_by_logit(logits: Float[np.ndarray, "chosen candidate"]) -> Int[np.ndarray, " chosen"]:
    """Returns the positions of the candidates that look most real.

    Azadi et al. 2019 (https://arxiv.org/abs/1810.06758) reject images by the discriminator, too, so that what is left
    is distributed as real images; here the best of a fixed number is taken, which may cost variety.
    """
    count, candidates = logits.shape
    return np.arange(count) * candidates + logits.argmax(axis=1)


def find_nearest(
    images: Float[np.ndarray, "image dims"], real: Float[np.ndarray, "m dims"], candidates: int
) -> tuple[Int[np.ndarray, "chosen candidate"], Float[np.ndarray, "chosen candidate"]]:
    """Returns the number of the real image nearest to each candidate, and the squared distance from it."""
    blocks = squared_distance_blocks(images.astype(np.float64), real.astype(np.float64))
    nearest, squares = zip(*((block.argmin(axis=1), block.min(axis=1)) for _, block in blocks), strict=True)
    return np.concatenate(nearest).reshape(-1, candidates), np.concatenate(squares).reshape(-1, candidates)


def choose_by_coverage(
    nearest: Int[np.ndarray, "chosen candidate"], distances: Float[np.ndarray, "chosen candidate"]
) -> Int[np.ndarray, " chosen"]:
    """Returns the positions of candidates that spread over the real images.

    One after the other, the candidate whose nearest real image has been the nearest of the fewest chosen ones; among
    equals the one that is closest to it.

    Args:
      nearest: number of the real image nearest to each candidate.
      distances: from it.
    """
    times_chosen = np.zeros(nearest.max() + 1, int)
    chosen = np.empty(len(nearest), int)
    for row, (own, away) in enumerate(zip(nearest, distances, strict=True)):
        best = np.lexsort((away, times_chosen[own]))[0]
        times_chosen[own[best]] += 1
        chosen[row] = row * nearest.shape[1] + best
    return chosen
