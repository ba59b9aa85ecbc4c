"""What truncation costs: how much more alike truncated images are than those of the same latents in full."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from dcgan_jax.memorization.correlation import to_gray
from dcgan_jax.metrics.ms_ssim import compute_mean_similarity
from dcgan_jax.runs.asked_images import count_images, list_latents
from dcgan_jax.runs.run import Run

_IMAGES, _PAIRS = 64, 100


class Price(NamedTuple):
    """Mean MS-SSIM of pairs of images, 0 to 1, and of the same latents in full: higher is less varied."""

    truncated: float
    full: float


def measure_price(run: Run, label: str) -> Price | None:
    """Returns the price in a class, of its first images; None of a single image. Of several processes all must ask."""
    count = min(_IMAGES, count_images(run.settings.generate))
    if count < 2:
        return None
    latents = list_latents(run, count)
    return Price(_measure(run, label, latents), _measure(run, label, latents / run.truncation))


def describe_price(prices: dict[str, Price], truncation: float) -> str:
    """Returns a sentence of the prices in all classes; empty where none was measured."""
    if not prices:
        return ""
    parts = [f"{label} {price.truncated:.4f} instead of {price.full:.4f}" for label, price in prices.items()]
    return f"Latents are scaled by {truncation:g}, which costs variety: MS-SSIM of pairs is {', '.join(parts)}."


def _measure(run: Run, label: str, latents: Float[np.ndarray, "image latent"]) -> float:
    images = np.stack([drawn.image for drawn in run.draw_latents(label, latents, compared=False)])
    return compute_mean_similarity(to_gray(images), _PAIRS, np.random.default_rng(0))
