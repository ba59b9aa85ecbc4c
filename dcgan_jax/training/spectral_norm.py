"""Spectral normalization of the discriminator: every kernel is divided by an estimate of its largest singular value.

Miyato et al. 2018 (https://arxiv.org/abs/1802.05957), Algorithm 1. The estimate comes from one power iteration an
update; the vectors it goes on from are part of the state, so that a resumed run continues them. Modules know nothing
of it: it maps parameters to parameters.
"""

import zlib

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from dcgan_jax.models.discriminator import DECODER

Vectors = dict[str, Float[Array, " features"]]
"""One unit vector for each kernel, as long as its last axis, by the name of its layer."""

_EPSILON = 1e-12


def create_vectors(params: PyTree, key: Key[Array, ""]) -> Vectors:
    """Returns random unit vectors for the kernels of a discriminator, each a function of the key and the layer's name.

    Its decoder, where it has one, is left as it is.
    """

    def draw(name: str, features: int) -> Float[Array, " features"]:
        return _unit(jax.random.normal(jax.random.fold_in(key, zlib.crc32(name.encode())), (features,)))

    judging = {name: layer for name, layer in params.items() if not name.startswith(DECODER)}
    return {name: draw(name, layer["kernel"].shape[-1]) for name, layer in judging.items()}


def normalize(params: PyTree, vectors: Vectors) -> tuple[PyTree, Vectors]:
    """Returns the parameters with normalized kernels, and the vectors after one more power iteration.

    A kernel of shape [..., in, out] counts as the matrix [... * in, out]. Gradients flow through the kernel and its
    singular value, not through the vectors.
    """
    normalized, updated = dict(params), {}
    for name in vectors:
        layer = params[name]
        matrix = layer["kernel"].reshape(-1, layer["kernel"].shape[-1])
        left = jax.lax.stop_gradient(_unit(matrix @ vectors[name]))
        updated[name] = jax.lax.stop_gradient(_unit(left @ matrix))
        largest = left @ matrix @ updated[name]
        normalized[name] = {**layer, "kernel": layer["kernel"] / largest}
    return normalized, updated


def _unit(vector: Float[Array, " n"]) -> Float[Array, " n"]:
    return vector / (jnp.linalg.norm(vector) + _EPSILON)
