"""Losses on logits: the paper's binary cross-entropy, the hinge loss, and that of pairs; and penalties beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

Logits = Float[Array, " batch"]
LossFn = Callable[[Logits], Float[Array, ""]]


@dataclass(frozen=True)
class Losses:
    """What is minimized: by the discriminator on real and on generated images, and by the generator on its own."""

    real: LossFn
    generated: LossFn
    generator: LossFn


def real_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of -log sigmoid(logits): small where the images are taken for real.

    It is the discriminator's loss on real images and, on generated ones, the generator's non-saturating loss
    (Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, section 3).
    """
    return optax.sigmoid_binary_cross_entropy(logits, jnp.ones_like(logits)).mean()


def generated_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of -log(1 - sigmoid(logits)): the discriminator's loss on generated images."""
    return optax.sigmoid_binary_cross_entropy(logits, jnp.zeros_like(logits)).mean()


def hinge_real_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of max(0, 1 - logits) (Lim and Ye 2017, https://arxiv.org/abs/1705.02894)."""
    return jnp.mean(jax.nn.relu(1.0 - logits))


def hinge_generated_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of max(0, 1 + logits): the discriminator's hinge loss on generated images."""
    return jnp.mean(jax.nn.relu(1.0 + logits))


def relativistic_loss(better: Logits, worse: Logits) -> Float[Array, ""]:
    """Returns the mean of -log sigmoid(better - worse) over pairs: small where the first of each is judged more real.

    The discriminator minimizes it with real images first, the generator with its own first, so that every generated
    image is judged beside a real one and none can win by leaving out a kind of image (Jolicoeur-Martineau 2018,
    https://arxiv.org/abs/1807.00734; Huang et al. 2024, R3GAN, https://arxiv.org/abs/2501.05441, section 2.1).
    """
    return jnp.mean(jax.nn.softplus(worse - better))


def mode_seeking_loss(
    images: Float[Array, "batch height width channels"], latents: Float[Array, "batch latent"]
) -> Float[Array, ""]:
    """Returns the distance between two latents over the distance between their images, as a mean over pairs.

    Neighbors in the batch are pairs; distances are mean absolute differences (Mao et al. 2019,
    https://arxiv.org/abs/1903.05628, equation 4, minimized as its reciprocal, as their code does).

    Args:
      images: generated, in [-1, 1]; an even number.
      latents: of the images.
    """
    image_distance = jnp.mean(jnp.abs(images[::2] - images[1::2]), axis=(1, 2, 3))
    latent_distance = jnp.mean(jnp.abs(latents[::2] - latents[1::2]), axis=1)
    return jnp.mean(latent_distance / (image_distance + 1e-5))


def reconstruction_loss(
    reconstruction: Float[Array, "batch h w channels"], images: Float[Array, "batch height width channels"]
) -> Float[Array, ""]:
    """Returns the mean squared difference between images, averaged down to its size, and their reconstruction.

    A discriminator that has to draw what it is shown keeps more of an image than what separates it from generated ones
    (Liu et al. 2021, FastGAN, https://arxiv.org/abs/2101.04775, section 3.2, there by a perceptual distance).

    Args:
      reconstruction: in [-1, 1].
      images: as the discriminator sees them, of a height and width that are multiples of those.
    """
    batch, height, width, channels = reconstruction.shape
    tiles = images.reshape(batch, height, images.shape[1] // height, width, images.shape[2] // width, channels)
    return jnp.mean(jnp.square(reconstruction - tiles.mean(axis=(2, 4))))


def imle_loss(
    real: Float[Array, "real feature"],
    generated: Float[Array, "generated feature"],
    is_same_class: Bool[Array, "real generated"] | None = None,
) -> Float[Array, ""]:
    """Returns the mean distance, in features, from each real image to the nearest generated one.

    Minimized by the generator, it draws a generated image to every real one: none is left out (Li and Malik 2018,
    implicit maximum likelihood estimation, https://arxiv.org/abs/1809.09087, section 3, here among the images of one
    batch and in the discriminator's features). Distances are mean squared differences, in units of the mean square of
    the real features.

    Args:
      real: features of real images.
      generated: features of generated images.
      is_same_class: which may be taken for the nearest; None: any. A real image that has none counts as 0.
    """
    if is_same_class is None:
        is_same_class = jnp.ones((len(real), len(generated)), bool)
    # The squared distances but for a number of each real image; by a product, which holds no array of all pairs.
    distances = jnp.sum(jnp.square(generated), axis=1) - 2 * jnp.matmul(real, generated.T, precision="highest")
    chosen = jnp.argmin(jnp.where(is_same_class, jax.lax.stop_gradient(distances), jnp.inf), axis=1)
    # A product and no look-up, whose gradient accelerators add up in any order.
    nearest = jnp.matmul(jax.nn.one_hot(chosen, len(generated)), generated, precision="highest")
    squares = jnp.mean(jnp.square(real - nearest), axis=1) / (jnp.mean(jnp.square(real)) + 1e-8)
    return jnp.mean(jnp.where(jnp.any(is_same_class, axis=1), squares, 0.0))


def gradient_penalty(
    logits_fn: Callable[[Float[Array, "batch height width channels"]], Logits],
    images: Float[Array, "batch height width channels"],
) -> Float[Array, ""]:
    """Returns half the mean squared norm of the logits' gradient at images.

    At real images it is R1, at generated ones R2 (Mescheder et al. 2018, https://arxiv.org/abs/1801.04406, section 4.1,
    without the weight).

    Args:
      logits_fn: images -> logits, each depending on its own image alone (minibatch statistics aside, as usual).
      images: as the discriminator sees them, augmented if they are.
    """
    gradients = jax.grad(lambda x: jnp.sum(logits_fn(x)))(images)
    return 0.5 * jnp.mean(jnp.sum(jnp.square(gradients), axis=(1, 2, 3)))


def hinge_generator_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of -logits: the generator's loss beside the discriminator's hinge losses."""
    return -jnp.mean(logits)


LOSSES = {
    "logistic": Losses(real_loss, generated_loss, real_loss),
    "hinge": Losses(hinge_real_loss, hinge_generated_loss, hinge_generator_loss),
}
"""By `loss.kind`; the paper's binary cross-entropy is `logistic`. `relativistic` is missing: it is a loss of pairs."""


def compute_accuracy(logits: Logits, target: Literal[0, 1]) -> Float[Array, ""]:
    """Returns the share of images that the logits put on the side of the target, 1 for real, in [0, 1].

    As in Keras' binary accuracy, an image counts as real when its probability of being real is above one half.
    """
    taken_for_real = jnp.mean(logits > 0)
    return taken_for_real if target else 1.0 - taken_for_real
