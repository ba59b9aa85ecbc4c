"""The Inception score (Salimans et al. 2016), for weights that carry a classifier."""

import numpy as np
from jaxtyping import Float, Float64

from dcgan_jax.errors import UserError

_TOLERANCE = 1e-3


def compute_probabilities(
    features: Float[np.ndarray, "image dims"],
    kernel: Float[np.ndarray, "dims classes"],
    bias: Float[np.ndarray, " classes"],
) -> Float64[np.ndarray, "image classes"]:
    """Returns what the classifier of the network makes of its last features."""
    logits = np.asarray(features, np.float64) @ np.asarray(kernel, np.float64) + bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def compute_inception_score(probabilities: Float[np.ndarray, "image classes"], splits: int = 10) -> tuple[float, float]:
    """Returns mean and standard deviation over the splits of exp(E[KL(p(y|x) || p(y))]), from 1 to the classes.

    The splits are consecutive parts of the images, each scored for itself.

    Raises:
      UserError: fewer images than splits, or rows that are no probabilities.
    """
    if len(probabilities) < splits:
        raise UserError(f"The Inception score in {splits} splits needs as many images: there are {len(probabilities)}.")
    values = np.asarray(probabilities, np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=_TOLERANCE)):
        raise UserError("The Inception score needs probabilities: rows that are not negative and sum to 1.")
    scores = []
    for part in np.array_split(values, splits):
        share = part / np.maximum(part.mean(axis=0), np.finfo(np.float64).tiny)
        # The limit of p log p at 0 is 0.
        scores.append(np.exp((part * np.log(np.where(part > 0, share, 1.0))).sum(axis=1).mean()))
    return float(np.mean(scores)), float(np.std(scores))
