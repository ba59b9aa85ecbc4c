"""Inception-V3 as the Frechet distance uses it: features only, in the variant of pytorch-fid.

Layers: Szegedy et al. 2015 (arXiv:1512.00567) as in torchvision's `inception_v3`. Variant: mseitzer/pytorch-fid,
src/pytorch_fid/inception.py: average pools do not count the padding, and the last block has a max pool in their place.
Parameters keep the names of pytorch-fid's entries, with batch normalization folded into kernel and bias.
"""

from collections.abc import Sequence
from typing import TypeVar

import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jaxtyping import Array, Float32, UInt8

from dcgan_jax.inception.blocks import BlockA, BlockB, BlockC, BlockD, BlockE, Convolution, Maps, Next, max_pool
from dcgan_jax.models.convolutions import Form

INPUT_SIZE = 299
"""Height and width, in pixels, at which the network looks at an image."""

DIMS = (64, 192, 768, 2048)
"""Lengths of the feature vectors: after the first max pool, the second, Mixed_6e, and Mixed_7c."""

_ArrayType = TypeVar("_ArrayType", Array, np.ndarray)


class InceptionV3(nn.Module):
    """Images to feature vectors: the means over space of the feature maps at the depths asked for."""

    dims: Sequence[int] = DIMS  # which of `DIMS`; the network stops at the deepest
    form: Form = "xla"  # what computes the convolutions

    @nn.compact
    def __call__(
        self, images: UInt8[Array, "batch height width channel"] | Float32[Array, "batch 299 299 channel"]
    ) -> dict[int, Float32[Array, "batch dims"]]:
        """Returns the features by their length.

        Args:
          images: one (gray) or three channels; uint8 of any size, resized here as pytorch-fid does, or float32 in
            [-1, 1] that have the network's size already. Float32 sums need `default_matmul_precision("highest")`.
        """
        if images.dtype == jnp.uint8:
            images = 2.0 * resize_bilinear(images.astype(jnp.float32) / 255.0) - 1.0
        features = {}
        deepest = max(self.dims)
        for dims, stage in zip(DIMS, (_first_maps, _second_maps, _middle_maps, _last_maps), strict=True):
            if dims <= deepest:
                images = stage(images, self.form)
                features[dims] = images.mean(axis=(1, 2))
        return {dims: features[dims] for dims in DIMS if dims in self.dims}


def resize_bilinear(
    images: Float32[_ArrayType, "batch height width channel"],
) -> Float32[_ArrayType, "batch 299 299 channel"]:
    """Resizes as pytorch-fid's network does: bilinear, half-pixel centers, no antialiasing; NumPy or JAX arrays."""
    for axis in (1, 2):
        low, high, weight = _bilinear_taps(images.shape[axis])
        weight = weight.reshape([-1 if axis == other else 1 for other in range(4)])
        lows, highs = (images[:, at] if axis == 1 else images[:, :, at] for at in (low, high))
        images = lows * (1 - weight) + highs * weight
    return images


def _bilinear_taps(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns, for every output position, its two neighbors and the weight of the second."""
    position = np.maximum((np.arange(INPUT_SIZE) + 0.5) * (size / INPUT_SIZE) - 0.5, 0.0)
    low = np.minimum(position.astype(int), size - 1)
    return low, np.minimum(low + 1, size - 1), (position - low).astype(np.float32)


def _first_maps(x: Maps, form: Form) -> Next:
    # [299, 299, 1 or 3] -> [73, 73, 64]
    x = Convolution(32, 3, stride=2, padding="valid", form=form, name="Conv2d_1a_3x3")(x)
    x = Convolution(32, 3, padding="valid", form=form, name="Conv2d_2a_3x3")(x)
    x = Convolution(64, 3, form=form, name="Conv2d_2b_3x3")(x)
    return max_pool(x, stride=2)


def _second_maps(x: Maps, form: Form) -> Next:
    # [73, 73, 64] -> [35, 35, 192]
    x = Convolution(80, 1, form=form, name="Conv2d_3b_1x1")(x)
    x = Convolution(192, 3, padding="valid", form=form, name="Conv2d_4a_3x3")(x)
    return max_pool(x, stride=2)


def _middle_maps(x: Maps, form: Form) -> Next:
    # [35, 35, 192] -> [35, 35, 288] -> [17, 17, 768]
    for name, pool_features in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)):
        x = BlockA(pool_features, form, name=name)(x)
    x = BlockB(form, name="Mixed_6a")(x)
    for name, width in (("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)):
        x = BlockC(width, form, name=name)(x)
    return x


def _last_maps(x: Maps, form: Form) -> Next:
    # [17, 17, 768] -> [8, 8, 1280] -> [8, 8, 2048]
    x = BlockD(form, name="Mixed_7a")(x)
    x = BlockE("average", form, name="Mixed_7b")(x)
    return BlockE("max", form, name="Mixed_7c")(x)
