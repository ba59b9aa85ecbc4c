"""How varied generated images are beside real ones, from features: what precision and recall do not see.

Each has a blind spot that another lacks: a few images drawn again and again keep the trace of their covariance, and so,
nearly, do blurred ones, while both retrieve few real images; and images around the middle of the real ones may retrieve
many of them, and have little spread. None of the three sees copies of training images: memorization/ looks for them.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from dcgan_jax.errors import UserError
from dcgan_jax.metrics.neighbors import squared_distance_blocks


class VarietyScores(NamedTuple):
    """What generated images have of the variety of real ones."""

    irs: float  # the image retrieval score, see `compute_retrieval_score`
    trace_ratio: float | None  # see `compute_trace_ratio`; None where the real images are all alike
    vendi: float  # see `compute_vendi_score`


def compute_variety_scores(real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"]) -> VarietyScores:
    """Returns all scores of this module; raises UserError where a side has fewer than two images."""
    return VarietyScores(
        compute_retrieval_score(real, generated),
        compute_trace_ratio(real, generated),
        compute_vendi_score(real, generated),
    )


def compute_retrieval_score(real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"]) -> float:
    """Returns how many different real images are the nearest of a generated one, over the number expected by chance.

    n draws from m images, each as likely as the others, meet m (1 - (1 - 1/m)^n) of them. The score is small where
    many generated images resemble the same few real ones. Real images score less than 1, too, since some are nearer to
    the middle than others: compare with real images at the same counts.

    Source: Dombrowski et al. 2025 (CVPR), "Image Generation Diversity Issues and How to Tame Them", who go on to
    estimate how many images can be retrieved at all.

    Raises:
      UserError: no image on a side.
    """
    _require(1, "The image retrieval score", real, generated)
    nearest = [squares.argmin(axis=1) for _, squares in squared_distance_blocks(_widen(generated), _widen(real))]
    m, n = len(real), len(generated)
    return len(np.unique(np.concatenate(nearest))) / (m * -np.expm1(n * np.log1p(-1 / m))) if m > 1 else 1.0


def compute_trace_ratio(real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"]) -> float | None:
    """Returns tr C_generated / tr C_real of the two covariances (divisor N - 1), or None where tr C_real is 0.

    The spread of all features together: 1 for images as different from each other as real ones are, whatever their
    mean. It does not depend on the counts but by chance.

    Raises:
      UserError: fewer than two images on a side.
    """
    _require(2, "The trace ratio", real, generated)
    spread = float(np.var(_widen(real), axis=0, ddof=1).sum())
    return float(np.var(_widen(generated), axis=0, ddof=1).sum()) / spread if spread > 0 else None


def compute_vendi_score(real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"]) -> float:
    """Returns the effective number of different images among the generated ones, from 1 to n.

    exp of the entropy of the eigenvalues of K / n, where K holds the cosines between the features of two generated
    images, taken from the mean of the real ones: seen from the origin, all X-rays lie in one direction. It grows with
    n: compare with real images at the same count.

    Source: Friedman and Dieng 2023 (TMLR), "The Vendi Score".

    Raises:
      UserError: no image on a side.
    """
    _require(1, "The Vendi score", real, generated)
    shifted = _widen(generated) - _widen(real).mean(axis=0)
    lengths = np.linalg.norm(shifted, axis=1, keepdims=True)
    rows = np.divide(shifted, lengths, out=np.zeros_like(shifted), where=lengths > 0) / np.sqrt(len(shifted))
    # The products of rows and those of columns have the same eigenvalues, but for zeros.
    values = np.linalg.eigvalsh(rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows)
    shares = values[values > np.finfo(np.float64).eps * len(values)]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _widen(features: Float[np.ndarray, "image dims"]) -> Float64[np.ndarray, "image dims"]:
    return np.asarray(features, np.float64)


def _require(needed: int, name: str, *sides: Float[np.ndarray, "_ dims"]) -> None:
    fewest = min(map(len, sides))
    if fewest < needed:
        raise UserError(f"{name} needs at least {needed} images a side, and there are {fewest}: add images.")
