"""Differentiable augmentation: what the discriminator sees of real and of generated images is changed alike.

With few real images the discriminator soon knows them by heart; changed anew each time, they last longer, and since
generated images go through the same differentiable changes, the generator learns the images, not the changes (Zhao et
al. 2020, DiffAugment, https://arxiv.org/abs/2006.10738, where every image is changed). Each change happens to an image
with a probability, as in ADA (Karras et al. 2020, https://arxiv.org/abs/2006.06676, which measures that changes of
some kinds leak into what is generated when nearly every image is changed: at a probability of 0.8 it saw none yet).

Images are never mirrored: it would put the heart on the wrong side.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates
from jaxtyping import Array, Float, Key

from dcgan_jax.settings import AugmentSettings

Image = Float[Array, "height width channels"]
BLACK = -1.0
"""What comes in at the borders: X-rays are black there."""


def augment(
    images: Float[Array, "batch height width channels"],
    keys: Key[Array, " batch"],
    probability: Float[Array, ""] | float,
    settings: AugmentSettings,
) -> Float[Array, "batch height width channels"]:
    """Changes each image at random by its own key.

    Args:
      images: in [-1, 1]; what comes out may lie outside.
      keys: one an image.
      probability: of each change, for each image.
      settings: how far each change may go; those of strength 0 are left out.
    """
    # Numbered before any is left out, so that turning one on leaves the draws of the others as they are.
    changes = [(number, *change) for number, change in enumerate(_changes(settings)) if change[1] > 0]

    def augment_one(image: Image, key: Key[Array, ""]) -> Image:
        for number, change, strength in changes:
            happens, how = jax.random.split(jax.random.fold_in(key, number))
            changed = change(image, how, strength)
            image = jnp.where(jax.random.bernoulli(happens, probability), changed, image)
        return image

    return jax.vmap(augment_one)(images, keys) if changes else images


def _changes(settings: AugmentSettings) -> list[tuple[Callable[[Image, Key[Array, ""], float], Image], float]]:
    return [
        (rotate, settings.rotation),
        (zoom, settings.scale),
        (translate, settings.translation),
        (brighten, settings.brightness),
        (change_contrast, settings.contrast),
        (cut_out, settings.cutout),
    ]


def rotate(image: Image, key: Key[Array, ""], degrees: float) -> Image:
    """Turns an image about its center by an angle between -degrees and degrees."""
    angle = jnp.deg2rad(jax.random.uniform(key, minval=-degrees, maxval=degrees))
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    return _warp(image, jnp.array([[cosine, -sine], [sine, cosine]]))


def zoom(image: Image, key: Key[Array, ""], share: float) -> Image:
    """Scales an image about its center by a factor whose logarithm is uniform between -log and log of (1 + share)."""
    reach = jnp.log1p(share)
    factor = jnp.exp(jax.random.uniform(key, minval=-reach, maxval=reach))
    return _warp(image, jnp.eye(2) / factor)


def translate(image: Image, key: Key[Array, ""], share: float) -> Image:
    """Moves an image by whole pixels, at most `share` of its size, along each axis."""
    reach = [round(side * share) for side in image.shape[:2]]
    padded = jnp.pad(image, ((reach[0],) * 2, (reach[1],) * 2, (0, 0)), constant_values=BLACK)
    corner = jax.random.randint(key, (2,), 0, 2 * jnp.array(reach) + 1)
    return jax.lax.dynamic_slice(padded, (corner[0], corner[1], 0), image.shape)


def brighten(image: Image, key: Key[Array, ""], reach: float) -> Image:
    """Adds one number between -reach and reach, on the scale of [-1, 1], to all pixels."""
    return image + jax.random.uniform(key, minval=-reach, maxval=reach)


def change_contrast(image: Image, key: Key[Array, ""], reach: float) -> Image:
    """Multiplies the distances from the image's mean by a factor between 1 - reach and 1 + reach."""
    factor = jax.random.uniform(key, minval=1.0 - reach, maxval=1.0 + reach)
    mean = jnp.mean(image)
    return mean + factor * (image - mean)


def cut_out(image: Image, key: Key[Array, ""], share: float) -> Image:
    """Makes a square of `share` of the sides mid-gray (0); its center lies anywhere in the image."""
    height, width = image.shape[:2]
    center = jax.random.uniform(key, (2,)) * jnp.array([height, width])
    rows = jnp.abs(jnp.arange(height) + 0.5 - center[0]) < share * height / 2
    columns = jnp.abs(jnp.arange(width) + 0.5 - center[1]) < share * width / 2
    return jnp.where((rows[:, None] & columns[None, :])[..., None], 0.0, image)


def _warp(image: Image, matrix: Float[Array, "2 2"]) -> Image:
    """Returns the image whose pixel at offset x from the center is, bilinearly, the given one's at matrix @ x."""
    height, width = image.shape[:2]
    center = jnp.array([(height - 1) / 2, (width - 1) / 2])
    grid = jnp.stack(jnp.meshgrid(jnp.arange(height), jnp.arange(width), indexing="ij"), axis=-1) - center
    rows, columns = jnp.moveaxis(grid @ matrix.T + center, -1, 0)

    def sample(channel: Float[Array, "height width"]) -> Float[Array, "height width"]:
        return map_coordinates(channel, [rows, columns], order=1, mode="constant", cval=BLACK)

    return jax.vmap(sample, in_axes=-1, out_axes=-1)(image)
